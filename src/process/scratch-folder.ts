import { readlinkSync, rmSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from './process-identity.js'

/** A folder for copies of databases and staged files, below the system's for temporary files or below one of ours. */
export interface ScratchFolder {
  folder: string
  remove: () => Promise<void>
}

const NAME = /^\.?d1-runbook-[a-z]+-(?<place>\d+)-(?<pid>\d+)-\w{6}$/

/** Folders of this process, for an end that lets nobody remove them. */
const live = new Set<string>()

process.on('exit', () => {
  for (const folder of live) {
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // Somebody writes there still: the next process sweeps it.
    }
  }
})

const swept = new Map<string, Promise<void>>()

/**
 * Makes a folder that carries the number of this process in its name. A process that was killed leaves its folders: the first
 * call in a process removes those of others that run no more. `purpose`: one word in lower case. `within`: where it is made, if there
 * is such a place; `hidden`: beside what people look at.
 */
export async function scratchFolder(
  purpose: string,
  { within = tmpdir(), hidden = false }: { within?: string; hidden?: boolean } = {},
): Promise<ScratchFolder> {
  await mkdir(within, { recursive: true })
  const sweeping = swept.get(within) ?? sweep(within)
  swept.set(within, sweeping)
  await sweeping
  const name = `${hidden ? '.' : ''}d1-runbook-${purpose}-${pidNamespace()}-${process.pid}-`
  const folder = await mkdtemp(join(within, name))
  live.add(folder)
  return {
    folder,
    remove: async () => {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
      live.delete(folder)
    },
  }
}

/** No work lasts that long: of another container, whose processes cannot be seen from here. Milliseconds. */
const ABANDONED_AFTER_MS = 7 * 24 * 60 * 60_000

async function sweep(within: string): Promise<void> {
  const names = await readdir(within)
  const remove = async (name: string): Promise<void> => {
    if (await isStale(within, name)) await rm(join(within, name), { recursive: true, force: true })
  }
  // What belongs to another user stays.
  await Promise.allSettled(names.map(remove))
}

async function isStale(within: string, name: string): Promise<boolean> {
  const { place, pid } = NAME.exec(name)?.groups ?? {}
  if (pid === undefined) return false
  if (place === pidNamespace()) return !isAlive(Number(pid))
  return Date.now() - (await stat(join(within, name))).mtimeMs > ABANDONED_AFTER_MS
}

/** Containers may share the folder for temporary files, and count their processes each by itself. */
function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
  } catch {
    return '0'
  }
}
