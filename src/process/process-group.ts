import { execa } from 'execa'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandLineOf } from './process-identity.js'

/**
 * Wrangler is a chain of processes (wrapper, command line, workerd). Ending only the first leaves the migration running,
 * and it commits. So every command leads a process group of its own, and the group is signalled whole.
 */
const live = new Set<number>()
const GRACE_MS = 3000

process.on('exit', () => {
  for (const leader of live) signalGroup(leader, 'SIGKILL')
})

export function rememberGroup(leader: number): void {
  live.add(leader)
}

/**
 * Ends what is left of the group and returns once nobody of it runs. False: somebody outlived SIGKILL. `only`: leave a
 * group alone none of whose command lines match, because its number was given to another program.
 */
export async function endGroup(leader: number, options: { only?: RegExp } = {}): Promise<boolean> {
  if (groupAlive(leader) && (options.only === undefined || (await matches(leader, options.only)))) {
    if (process.platform === 'win32') await endTree(leader)
    else {
      signalGroup(leader, 'SIGTERM')
      if (!(await gone(leader, GRACE_MS))) signalGroup(leader, 'SIGKILL')
    }
  }
  const ended = await gone(leader, GRACE_MS)
  live.delete(leader)
  return ended
}

/** Windows has no process groups: whoever the leader started is known only while it lives, so it is ended with them, at once. */
async function endTree(leader: number): Promise<void> {
  await execa('taskkill', ['/pid', String(leader), '/T', '/F'], { reject: false })
}

async function matches(leader: number, pattern: RegExp): Promise<boolean> {
  if (process.platform !== 'linux') {
    // A group whose leader is gone keeps its number to itself: nobody else was given it.
    const line = await commandLineOf(leader)
    return line === undefined || pattern.test(line)
  }
  return linuxMembers(leader).some((pid) => {
    try {
      return pattern.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
    } catch {
      return false
    }
  })
}

export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? leader : -leader, signal)
  } catch {
    // Already gone.
  }
}

export function groupAlive(leader: number): boolean {
  if (process.platform === 'linux') return linuxMembers(leader).length > 0
  try {
    process.kill(process.platform === 'win32' ? leader : -leader, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function gone(leader: number, withinMs: number): Promise<boolean> {
  for (const until = Date.now() + withinMs; ; await sleep(25)) {
    if (!groupAlive(leader)) return true
    if (Date.now() >= until) return false
  }
}

/** Members of the group that can still do something. A zombie cannot, yet answers to signal 0 until it is reaped. */
function linuxMembers(leader: number): number[] {
  const members: number[] = []
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      // The name in brackets may hold anything; the fields follow its last bracket: state, parent, group.
      const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (Number(group) === leader && state !== 'Z' && state !== 'X') members.push(Number(entry))
    } catch {
      // Ended while we looked.
    }
  }
  return members
}
