import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * Numbers of the processes of `wrangler d1 migrations apply` that works below `folder`, as soon as there are some. Linux
 * only: elsewhere a process list cannot be read without starting programs.
 */
export async function wranglerApplying(folder: string, patienceMs = 60_000): Promise<number[]> {
  for (const limit = Date.now() + patienceMs; Date.now() < limit; await pause(20)) {
    const found = processes().filter(
      ({ words }) =>
        words.includes('migrations') && words.includes('apply') && words.join(' ').includes(folder),
    )
    if (found.length > 0) return found.map(({ pid }) => pid)
  }
  return []
}

function processes(): { pid: number; words: string[] }[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0')
        return [{ pid: Number(entry), words }]
      } catch {
        // Ended while we looked.
        return []
      }
    })
}
