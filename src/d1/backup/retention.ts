import { existsSync } from 'node:fs'
import { chmod, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { archiveTime } from './archive-names.js'

export interface StoredBackup {
  file: string
  /** From the name, UTC. ISO 8601. */
  createdAt: string
  sizeBytes: number
}

/** Archives of exactly this environment, newest first. Their names are read, not their content. */
export async function listBackups({
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
 * Removes archives of this environment beyond the newest `keep`. `verified` was just restored and compared: it always
 * stays, so a valid backup is left whatever the others hold. Those that stay are their owner's alone. Returns what was removed.
 */
export async function pruneBackups(request: {
  dir: string
  environment: string
  keep: number
  verified: string
}): Promise<string[]> {
  const others = (await listBackups(request)).filter(({ file }) => file !== request.verified)
  const surplus = others.slice(Math.max(0, request.keep - 1)).map(({ file }) => file)
  for (const file of surplus) await rm(file, { force: true })
  // Of a version that left them readable to everybody. What belongs to another user stays as it is.
  const kept = others.filter(({ file }) => !surplus.includes(file))
  await Promise.allSettled(kept.map(({ file }) => chmod(file, 0o600)))
  return surplus
}
