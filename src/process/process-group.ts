import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

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
  if (groupAlive(leader) && (options.only === undefined || matches(leader, options.only))) {
    signalGroup(leader, 'SIGTERM')
    if (!(await gone(leader, GRACE_MS))) signalGroup(leader, 'SIGKILL')
  }
  const ended = await gone(leader, GRACE_MS)
  live.delete(leader)
  return ended
}

function matches(leader: number, pattern: RegExp): boolean {
  // Elsewhere than on Linux we cannot look without spawning; the group file is written for Wrangler only.
  if (process.platform !== 'linux') return true
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
    // Windows has no process groups: `endGroup` there ends the leader, and `runWrangler` the tree.
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
