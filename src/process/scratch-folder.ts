import { readlinkSync, rmSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from './process-identity.js'

/** A folder below the system's for temporary files, for copies of databases. */
export interface ScratchFolder {
  folder: string
  remove: () => Promise<void>
}

const NAME = /^d1-runbook-[a-z]+-(?<place>\d+)-(?<pid>\d+)-\w{6}$/

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

let swept: Promise<void> | undefined

/**
 * Makes a folder that carries the number of this process in its name. A process that was killed leaves its folders: the first
 * call in a process removes those of others that run no more. `purpose`: one word in lower case.
 */
export async function scratchFolder(purpose: string): Promise<ScratchFolder> {
  await (swept ??= sweep())
  const folder = await mkdtemp(join(tmpdir(), `d1-runbook-${purpose}-${pidNamespace()}-${process.pid}-`))
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

async function sweep(): Promise<void> {
  const names = await readdir(tmpdir())
  const remove = async (name: string): Promise<void> => {
    if (await isStale(name)) await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
  // What belongs to another user stays.
  await Promise.allSettled(names.map(remove))
}

async function isStale(name: string): Promise<boolean> {
  const { place, pid } = NAME.exec(name)?.groups ?? {}
  if (pid === undefined) return false
  if (place === pidNamespace()) return !isAlive(Number(pid))
  return Date.now() - (await stat(join(tmpdir(), name))).mtimeMs > ABANDONED_AFTER_MS
}

/** Containers may share the folder for temporary files, and count their processes each by itself. */
function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
  } catch {
    return '0'
  }
}
