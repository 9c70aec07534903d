import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Archives, StoredBackup } from './archives.js'
import { archiveTime } from './archive-names.js'

/** Archives of a folder named after an environment, newest first. Their names are read, not their content: of which database, they do not say. */
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

/** Undefined where there is none. */
export async function newestBackup(archives: Archives): Promise<StoredBackup | undefined> {
  for await (const stored of archives.list()) return stored
  return undefined
}

/**
 * Removes archives of this database beyond the newest `keep`. `verified` was just restored and compared: it always stays, so
 * a valid backup is left whatever the others hold. So do those that a run holds.
 */
export async function pruneBackups({
  archives,
  keep,
  verified,
}: {
  archives: Archives
  keep: number
  verified: string
}): Promise<void> {
  const listed: string[] = []
  for await (const { file } of archives.list()) listed.push(file)
  // Asked behind the list: an archive gets its hold before it is there.
  const holdersOf = await archives.holders()
  const others: string[] = []
  for (const file of listed) if (file !== verified && (await holdersOf(file)).length === 0) others.push(file)
  const surplus = others.slice(Math.max(0, keep - 1))
  await archives.settle({ surplus, kept: others.filter((file) => !surplus.includes(file)) })
}
