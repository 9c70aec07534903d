import { execa } from 'execa'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '../../src/process/package-root.js'
import { buildIfStale } from '../e2e/processes.js'

const LAUNCHER = path.join(packageRoot(), 'bin', 'd1-runbook.mjs')
const MAIN = pathToFileURL(path.join(packageRoot(), 'dist', 'src', 'cli', 'main.js')).href

await buildIfStale()

export interface CliResult {
  code: number | undefined
  stdout: string
  stderr: string
}

/** What a command is told of its surroundings: without our variables, and where no Temporal answers. */
const surroundings = (cwd: string, env: Record<string, string>): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
  HOME: cwd,
  TEMPORAL_ADDRESS: '127.0.0.1:1',
  ...env,
})

let last: Promise<unknown> = Promise.resolve()

/**
 * The built command line in this process, in `cwd`: what most tests of it need, at a tenth of the price. Folder, variables and
 * outputs are the process's own, so one command waits for the other; {@link spawnCli} where the process is the point.
 */
export function runCli(args: string[], cwd: string, env: Record<string, string> = {}): Promise<CliResult> {
  return runCliWith(args, cwd, surroundings(cwd, env))
}

/** The same, with these variables and no others. */
export function runCliWith(args: string[], cwd: string, env: Record<string, string>): Promise<CliResult> {
  const result = last.then(() => runHere(args, cwd, env))
  last = result.catch(() => undefined)
  return result
}

async function runHere(args: string[], cwd: string, env: Record<string, string>): Promise<CliResult> {
  const { main } = (await import(MAIN)) as { main: (argv: string[]) => Promise<number> }
  const before = { cwd: process.cwd(), env: { ...process.env } }
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)]
  setEnvironment(env)
  process.chdir(cwd)
  try {
    const code = await main(args)
    return { code, stdout: stdout.text(), stderr: stderr.text() }
  } finally {
    process.chdir(before.cwd)
    setEnvironment(before.env)
    stdout.release()
    stderr.release()
  }
}

function setEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in env)) Reflect.deleteProperty(process.env, name)
  Object.assign(process.env, env)
}

/** Keeps what is written instead of writing it, and gives the stream back as it was. */
function capture(stream: NodeJS.WriteStream): { text: () => string; release: () => void } {
  const chunks: Buffer[] = []
  const write = stream.write.bind(stream)
  const listeners = stream.listeners('error')
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    chunks.push(Buffer.from(chunk))
    const written = rest.find((one): one is () => void => typeof one === 'function')
    if (written !== undefined) queueMicrotask(written)
    return true
  }
  return {
    text: () => Buffer.concat(chunks).toString('utf8'),
    release: () => {
      stream.write = write
      for (const listener of stream.listeners('error')) {
        if (!listeners.includes(listener)) stream.off('error', listener as () => void)
      }
    },
  }
}

/** The command line as a person has it: a process of its own, in `cwd`, without our terminal and our variables. */
export async function spawnCli(
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<CliResult> {
  const result = await launchCli(args, cwd, env)
  return { code: result.exitCode, stdout: result.stdout, stderr: result.stderr }
}

/** The same, while it runs. */
export function launchCli(args: string[], cwd: string, env: Record<string, string> = {}) {
  return execa(process.execPath, [LAUNCHER, ...args], {
    cwd,
    env: surroundings(cwd, env),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: 400_000,
  })
}

/** The one JSON document on stdout; anything beside it makes this throw. */
export async function runJson(
  args: string[],
  cwd: string,
  run = runCli,
): Promise<{ code: number | undefined; json: unknown }> {
  const { code, stdout } = await run([...args, '--json'], cwd)
  return { code, json: JSON.parse(stdout) }
}
