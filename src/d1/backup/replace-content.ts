import { guard } from '../sqlite/disk-failure.js'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Target } from '../../contract/target.js'
import { diskFailure } from '../sqlite/disk-failure.js'
import { exportSqlite } from './export/export.js'
import { targetFile } from '../read/local-reader.js'
import { withReader } from '../read/open-reader.js'
import type { Reader } from '../sqlite/reader.js'
import { restoreDatabase } from './restore.js'
import { openSqlite, quoteName, quoteText, cellText } from '../sqlite/sqlite.js'
import { openStage } from '../wrangler/stage.js'
import { demandSuccess, runWrangler } from '../wrangler/wrangler.js'

const IMPORT_TIMEOUT_MS = 14 * 60_000

/**
 * Puts what a verified archive holds in the place of what the database holds. A local database is exchanged as a file,
 * with the old one kept beside the backups; a remote one is emptied and filled by one import, which D1 takes back as a
 * whole when any of it fails. Safe to run again.
 *
 * Throws `BackupInvalid` and `DatabaseLocked` before anything is touched, and what Wrangler throws.
 */
export async function replaceContent(input: {
  target: Target
  /** The archive. */
  file: string
  stageRoot: string
  signal?: AbortSignal
}): Promise<{ safetyCopy?: string }> {
  await mkdir(input.stageRoot, { recursive: true })
  const folder = await mkdtemp(path.join(input.stageRoot, 'replace-'))
  const signal = input.signal === undefined ? {} : { signal: input.signal }
  try {
    const restored = await restoreDatabase({ file: input.file, to: folder, ...signal })
    if (!input.target.database.remote) return await exchangeFile(input.target, restored.database)
    await importRemotely(input.target, restored.database, folder, signal)
    return {}
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function exchangeFile(target: Target, restored: string): Promise<{ safetyCopy?: string }> {
  const live = targetFile(target)
  await mkdir(path.dirname(live), { recursive: true })
  const arriving = `${live}.restored`
  try {
    await copyFile(restored, arriving)
    const kept = existsSync(live) ? await keepAside(target, live) : {}
    // A journal of the old file would be played into the new one.
    for (const suffix of ['-wal', '-shm']) await rm(`${live}${suffix}`, { force: true })
    await rename(arriving, live)
    return kept
  } catch (error) {
    await rm(arriving, { force: true })
    throw diskFailure(error, path.dirname(live))
  }
}

/** Throws `DatabaseLocked` while somebody else has the file open: they would go on writing into the old one. */
async function keepAside(target: Target, live: string): Promise<{ safetyCopy: string }> {
  await mkdir(target.backupDir, { recursive: true })
  const stamp = new Date()
    .toISOString()
    .replace(/[-:.Z]/g, '')
    .replace('T', '-')
  const safetyCopy = path.join(target.backupDir, `before-restore-${target.environment}-${stamp}.sqlite`)
  guard(live, () => {
    const database = openSqlite(live)
    try {
      // Leaving the journal mode of workerd needs the file for oneself.
      database.exec('PRAGMA journal_mode = DELETE')
      database.exec(`VACUUM INTO ${quoteText(safetyCopy)}`)
    } finally {
      database.close()
    }
  })
  return { safetyCopy }
}

async function importRemotely(
  target: Target,
  restored: string,
  folder: string,
  signal: { signal?: AbortSignal },
): Promise<void> {
  const file = path.join(folder, 'replace.sql')
  const head = await withReader(target, async (reader) => [
    'PRAGMA defer_foreign_keys=TRUE',
    ...(await dropEverything(reader)),
  ])
  await exportSqlite({ database: restored, file, head, ...signal })
  const stage = await openStage(target, [], folder)
  const args = ['d1', 'execute', target.database.name, '--file', file, '--yes']
  const result = await runWrangler({
    target,
    args,
    config: stage.config,
    timeoutMs: IMPORT_TIMEOUT_MS,
    ...signal,
  })
  demandSuccess(result, `Restoring the backup into ${target.database.name}`)
}

/** Children before their parents, since dropping a parent deletes from its children, or is refused for them. */
async function dropEverything(reader: Reader): Promise<string[]> {
  const objects = await reader.query(
    `SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`,
  )
  const named = (type: string): string[] =>
    objects.filter((row) => row['type'] === type).map((row) => cellText(row['name']))
  const shadows = (await reader.query('PRAGMA table_list')).filter((row) => row['type'] === 'shadow')
  const hidden = new Set(shadows.map((row) => cellText(row['name'])))
  const tables = named('table').filter((name) => !hidden.has(name))
  const parents = new Map<string, Set<string>>()
  for (const table of tables) {
    const keys = await reader.query(`PRAGMA foreign_key_list(${quoteText(table)})`)
    parents.set(table, new Set(keys.map((row) => cellText(row['table']).toLowerCase())))
  }
  return [
    ...named('trigger').map((name) => `DROP TRIGGER ${quoteName(name)}`),
    ...named('view').map((name) => `DROP VIEW ${quoteName(name)}`),
    ...childrenFirst(tables, parents).map((name) => `DROP TABLE ${quoteName(name)}`),
  ]
}

/** Tables in a ring of foreign keys come in any order, at the end. */
export function childrenFirst(tables: string[], parents: Map<string, Set<string>>): string[] {
  const left = [...tables]
  const ordered: string[] = []
  while (left.length > 0) {
    const free = left.findIndex(
      (table) =>
        !left.some((other) => other !== table && parents.get(other)?.has(table.toLowerCase()) === true),
    )
    ordered.push(...left.splice(Math.max(0, free), 1))
  }
  return ordered
}
