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
  const [file, ...args] = process.platform === 'win32' ? windowsQuery(pid) : posixQuery(pid)
  const { failed, stdout } = await execa(file, args, { reject: false, timeout: 10_000 })
  return failed || stdout === '' ? undefined : stdout
}

function windowsQuery(pid: number): [string, ...string[]] {
  const query = `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`
  return ['powershell.exe', '-NoProfile', '-Command', query]
}

function posixQuery(pid: number): [string, ...string[]] {
  return ['ps', '-ww', '-o', 'command=', '-p', String(pid)]
}
