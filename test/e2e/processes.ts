import { execa } from 'execa'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { RunView } from '../../src/contract/run.js'
import { packageRoot } from '../../src/process/package-root.js'

/** No command of these tests takes longer, even on a busy machine. Milliseconds. */
const PATIENCE_MS = 400_000

export interface CommandResult {
  code: number | undefined
  /** The one document of `--json`. */
  json: unknown
  stderr: string
}

/** Also a promise of its end: an async function that returns one waits for that. */
export type Command = ReturnType<typeof launch>

/** Makes `dist` what the sources say: the launcher runs that. Quick when nothing changed. */
export async function buildIfStale(): Promise<void> {
  const code = `import { setUp } from './setup/steps.mjs'; process.exitCode = (await setUp(['build'])) ? 0 : 1`
  await execa(process.execPath, ['--input-type=module', '--eval', code], { cwd: packageRoot() })
}

/** What is built of a module, such as `src/worker.js`, for a process of a test: to translate it there costs more than most that it does. */
export const builtModule = (file: string): string =>
  pathToFileURL(path.join(packageRoot(), 'dist', file)).href

/** The launcher as a person has it: a process of its own, without a terminal, knowing only the variables it is given. */
export function launch(
  args: string[],
  env: Record<string, string>,
  timeout = PATIENCE_MS,
  root = packageRoot(),
) {
  return execa(process.execPath, [path.join(root, 'bin', 'd1-runbook.mjs'), ...args], {
    env: { ...inherited(), ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout,
    // Should the test itself die, its processes end too.
    cleanup: true,
  })
}

const services: Command[] = []

/** The same for `dev` and `worker`, which run until they are told to stop. `root`: of which installation. */
export function launchService(args: string[], env: Record<string, string>, root = packageRoot()): Command {
  const service = launch(args, env, 0, root)
  services.push(service)
  return service
}

/** Those that a test which failed has left: the next file would share the machine with them. As Ctrl-C, so that they end what they started. */
export async function endServices(): Promise<void> {
  const begun = services.splice(0)
  for (const service of begun) service.kill('SIGINT')
  await Promise.all(begun)
}

/** How a command ended, in a process of its own or in this one. */
export type Ended = PromiseLike<{ exitCode?: number | undefined; stdout: string; stderr: string }>

/** What came of a command with `--json`; anything beside the one document on stdout makes this throw. */
export async function resultOf(command: Ended): Promise<CommandResult> {
  const { exitCode, stdout, stderr } = await command
  try {
    return { code: exitCode, json: JSON.parse(stdout), stderr }
  } catch (cause) {
    throw new Error(`stdout is not one JSON document: "${stdout}"\n${stderr}`, { cause })
  }
}

/** The document of a command that must end with `code`; throws with what it said instead. */
export async function documentOf<T = RunView>(command: Ended, code: number): Promise<T> {
  const result = await resultOf(command)
  if (result.code === code) return result.json as T
  throw new Error(
    `exit ${result.code ?? 'by signal'}, expected ${code}: ${JSON.stringify(result.json)}\n${result.stderr}`,
  )
}

/** Resolves once the process has said something that matches on stderr; rejects with what it said when it ends before. */
export function untilSays(command: Command, pattern: RegExp): Promise<string> {
  const heard = listenTo(command)
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (pattern.test(heard.said)) resolve(heard.said)
    }
    look()
    command.stderr.on('data', look)
    command.then(() => reject(new Error(`it ended without saying ${pattern}:\n${heard.said}`)), reject)
  })
}

const HEARD = new WeakMap<Command, { said: string }>()

/** All that it says from the first time on: two lines may come at once, of which the first is waited for before the second. */
function listenTo(command: Command): { said: string } {
  const known = HEARD.get(command)
  if (known !== undefined) return known
  const heard = { said: '' }
  command.stderr.on('data', (chunk: Buffer) => (heard.said += chunk.toString('utf8')))
  HEARD.set(command, heard)
  return heard
}

/** Programs, caches and the machine's own: nothing that would point a command at a real account or server. */
export function inherited(): Record<string, string> {
  const names = ['PATH', 'Path', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR', 'HOME', 'USERPROFILE', 'APPDATA']
  const ours = ['D1_RUNBOOK_TEMPORAL_CLI', 'D1_RUNBOOK_TEMPORAL_TEST_SERVER', 'NODE_COMPILE_CACHE']
  return Object.fromEntries(
    [...names, ...ours].flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
