import { existsSync } from 'node:fs'
import { chmod, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Target } from '../../contract/target.js'
import { archiveTime } from './archive-names.js'
import { isHeld } from './holds.js'
import { ArchiveProblem, unpackArchive } from './unpack.js'

export interface StoredBackup {
  file: string
  /** From the name, UTC. ISO 8601. */
  createdAt: string
  sizeBytes: number
}

/** Archives named after an environment, newest first. Their names are read, not their content: of which database, they do not say. */
export async function listArchives({
  dir,
  environment,
}: {
  dir: string
  environment: string
}): Promise<StoredBackup[]> {
  if (!existsSync(dir)) return []
  const found: StoredBackup[] = []
  for (const name of await readdir(dir)) {
    const at = archiveTime(environment, name)
    if (at === undefined) continue
    const file = join(dir, name)
    found.push({ file, createdAt: at.toISOString(), sizeBytes: (await stat(file)).size })
  }
  return found.sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0))
}

/**
 * Archives of the target's environment, newest first, without those that say they are of another database: two projects may
 * share a folder and call their environments alike. One that cannot be read is among them, since nothing says it is not.
 */
export async function* backupsOf(target: Target): AsyncGenerator<StoredBackup> {
  for (const stored of await listArchives({ dir: target.backupDir, environment: target.environment })) {
    const databaseId = await databaseOf(stored.file)
    if (databaseId === undefined || databaseId === target.database.id) yield stored
  }
}

/** The first of `backupsOf`; undefined where there is none. */
export async function newestBackup(target: Target): Promise<StoredBackup | undefined> {
  for await (const stored of backupsOf(target)) return stored
  return undefined
}

/** Undefined where the archive cannot be read. */
async function databaseOf(file: string): Promise<string | undefined> {
  try {
    return (await unpackArchive(file)).metadata.database.id
  } catch (error) {
    if (error instanceof ArchiveProblem) return undefined
    throw error
  }
}

/**
 * Removes archives of this database beyond the newest `keep`. `verified` was just restored and compared: it always stays, so
 * a valid backup is left whatever the others hold. So do those that a run holds. Those that stay are their owner's alone.
 * Returns what was removed.
 */
export async function pruneBackups({
  target,
  keep,
  verified,
}: {
  target: Target
  keep: number
  verified: string
}): Promise<string[]> {
  const others: string[] = []
  for await (const { file } of backupsOf(target)) {
    if (file !== verified && !(await isHeld(file))) others.push(file)
  }
  const surplus = others.slice(Math.max(0, keep - 1))
  for (const file of surplus) await rm(file, { force: true })
  // Of a version that left them readable to everybody. What belongs to another user stays as it is.
  const kept = others.filter((file) => !surplus.includes(file))
  await Promise.allSettled(kept.map((file) => chmod(file, 0o600)))
  return surplus
}
