import { execa } from 'execa'
import os from 'node:os'

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

/** Runs a command of the project, such as its tests. `output` is everything that it printed. */
export async function runProjectCommand(input: {
  command: string[]
  folder: string
  signal: AbortSignal
}): Promise<{ passed: boolean; output: string; durationMs: number }> {
  const [program = '', ...args] = input.command
  const result = await execa(program, args, {
    cwd: input.folder,
    all: true,
    reject: false,
    stdin: 'ignore',
    preferLocal: true,
    cancelSignal: input.signal,
    forceKillAfterDelay: 5_000,
  })
  const reason = result.failed && result.exitCode === undefined ? `\n${result.shortMessage}` : ''
  return {
    passed: !result.failed,
    output: `${result.all}${reason}`,
    durationMs: Math.round(result.durationMs),
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
    stripFinalNewline: false,
  })
  if (!result.failed) return { signature: result.stdout }
  return {
    signature: undefined,
    reason: result.stderr.trim() === '' ? (result.shortMessage ?? '') : result.stderr.trim(),
  }
}
