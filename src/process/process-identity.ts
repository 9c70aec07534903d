import { execa } from 'execa'
import { readFileSync } from 'node:fs'

/** Whether a process of that number runs. A zombie counts as gone: it can do nothing any more. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  if (process.platform !== 'linux') return true
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}

/**
 * How the process was started, or undefined when that cannot be read. Numbers of dead processes are given out again, so
 * nothing is ended before its command line proved to be ours.
 */
export async function commandLineOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    } catch {
      return undefined
    }
  }
  return ask(pid, { posix: 'command=', windows: 'CommandLine' })
}

/**
 * When the process began, to be compared with itself only, or undefined when that cannot be read: number and start together
 * name one process, also across a restart of the machine.
 */
export async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux')
    return ask(pid, { posix: 'lstart=', windows: 'CreationDate.ToFileTimeUtc()' })
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Field 22, in ticks since the boot; the name of the program, which may hold blanks, ends with the last bracket.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return ticks === undefined ? undefined : `${boot}/${ticks}`
  } catch {
    return undefined
  }
}

async function ask(pid: number, what: { posix: string; windows: string }): Promise<string | undefined> {
  const [file, ...args] =
    process.platform === 'win32' ? windowsQuery(pid, what.windows) : posixQuery(pid, what.posix)
  const { failed, stdout } = await execa(file, args, { reject: false, timeout: 10_000 })
  return failed || stdout.trim() === '' ? undefined : stdout.trim()
}

function windowsQuery(pid: number, property: string): [string, ...string[]] {
  const query = `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").${property}`
  return ['powershell.exe', '-NoProfile', '-Command', query]
}

function posixQuery(pid: number, field: string): [string, ...string[]] {
  return ['ps', '-ww', '-o', field, '-p', String(pid)]
}
