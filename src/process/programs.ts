import { execa } from 'execa'
import { childEnvironment } from './child-environment.js'
import os from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { endGroup, rememberGroup } from './process-group.js'

/** The project's own programs: git and its tests. Wrangler is run by `src/d1/wrangler/wrangler.ts` alone. */

/** Who types: git's user name, as the people of a team are known, else the name of the account on this machine. */
export async function defaultActor(folder: string): Promise<string> {
  const name = await git(folder, ['config', 'user.name'])
  return name === undefined || name === '' ? os.userInfo().username : name
}

/** Output of git, trimmed; undefined where there is no git or no repository. */
export async function git(folder: string, args: string[]): Promise<string | undefined> {
  const result = await execa('git', args, { cwd: folder, reject: false, timeout: 10_000, stdin: 'ignore' })
  return result.failed ? undefined : result.stdout.trim()
}

/** The same, its bytes as they are. */
export async function gitBytes(folder: string, args: string[]): Promise<Uint8Array | undefined> {
  const options = {
    cwd: folder,
    reject: false,
    timeout: 10_000,
    stdin: 'ignore',
    encoding: 'buffer',
  } as const
  const result = await execa('git', args, { ...options, stripFinalNewline: false })
  return result.failed ? undefined : result.stdout
}

/** A command of the project that takes longer hangs. Milliseconds. */
export const PROJECT_COMMAND_LIMIT_MS = 30 * 60_000

/** Whoever left the group may still hold its output open: it is not waited for longer than this. Milliseconds. */
const LAST_OUTPUT_MS = 1000

/**
 * Runs a command of the project, such as its tests. `output` is everything that it printed. It leads a process group of its
 * own, of which nothing is left afterwards, however it ended; past the limit it counts as failed.
 */
export async function runProjectCommand(input: {
  command: string[]
  folder: string
  signal: AbortSignal
  /** Milliseconds. */
  limitMs?: number
  /** Variables that it gets besides the ordinary ones. */
  variables?: readonly string[]
}): Promise<{ passed: boolean; output: string; durationMs: number }> {
  const [program = '', ...args] = input.command
  const limitMs = input.limitMs ?? PROJECT_COMMAND_LIMIT_MS
  const begun = Date.now()
  const child = execa(program, args, {
    cwd: input.folder,
    env: childEnvironment('project', { named: input.variables ?? [] }),
    extendEnv: false,
    all: true,
    buffer: false,
    reject: false,
    stdin: 'ignore',
    preferLocal: true,
    detached: process.platform !== 'win32',
  })
  const printed: Buffer[] = []
  child.all.on('data', (chunk: Buffer) => printed.push(chunk))
  const { pid } = child
  if (pid !== undefined) rememberGroup(pid)
  let end = (_how: 'stopped' | 'late'): void => undefined
  const ended = new Promise<'stopped' | 'late'>((resolve) => (end = resolve))
  const limit = setTimeout(() => end('late'), limitMs)
  const stop = (): void => end('stopped')
  if (input.signal.aborted) stop()
  input.signal.addEventListener('abort', stop, { once: true })
  try {
    const first = await Promise.race([child, ended])
    if (pid !== undefined) await endGroup(pid)
    const result = typeof first === 'string' ? await Promise.race([child, sleep(LAST_OUTPUT_MS)]) : first
    const output = Buffer.concat(printed).toString('utf8')
    const durationMs = Date.now() - begun
    if (first === 'late')
      return {
        passed: false,
        durationMs,
        output: `${output}\nIt did not end within ${Math.round(limitMs / 1000)} s, and was ended.`,
      }
    const reason = result?.failed === true && result.exitCode === undefined ? `\n${result.shortMessage}` : ''
    return {
      passed: first !== 'stopped' && result?.failed === false,
      output: `${output}${reason}`,
      durationMs,
    }
  } finally {
    clearTimeout(limit)
    input.signal.removeEventListener('abort', stop)
  }
}

/** Opens a file as the desktop does; says nothing where there is no desktop. */
export async function openWithSystem(file: string): Promise<void> {
  const opener: Partial<Record<NodeJS.Platform, [string, string[]]>> = {
    darwin: ['open', [file]],
    win32: ['explorer.exe', [file]],
  }
  const [program, args] = opener[process.platform] ?? ['xdg-open', [file]]
  await execa(program, args, { reject: false, stdio: 'ignore', timeout: 10_000 })
}

/**
 * `text` signed by `ssh-keygen -Y sign`, armoured. With a public key's file the agent signs; a key with a passphrase asks
 * for it in the terminal. Undefined where it could not, with what it said in `reason`.
 */
export async function sshSign(input: {
  key: string
  namespace: string
  text: string
}): Promise<{ signature: string } | { signature: undefined; reason: string }> {
  const { key, namespace, text } = input
  const result = await execa('ssh-keygen', ['-Y', 'sign', '-q', '-n', namespace, '-f', key], {
    input: text,
    reject: false,
    timeout: 120_000,
    // It says there when a hardware key waits to be touched.
    stderr: process.stderr.isTTY ? ['pipe', 'inherit'] : 'pipe',
    stripFinalNewline: false,
  })
  if (!result.failed) return { signature: result.stdout }
  return {
    signature: undefined,
    reason: result.stderr.trim() === '' ? (result.shortMessage ?? '') : result.stderr.trim(),
  }
}
