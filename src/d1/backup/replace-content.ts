import { guard } from '../sqlite/disk-failure.js'
import { existsSync, writeFileSync } from 'node:fs'
import { copyFile, mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { keepOutOfGit } from '../../process/private-files.js'
import { scratchFolder } from '../../process/scratch-folder.js'
import type { Target } from '../../contract/target.js'
import { diskFailure } from '../sqlite/disk-failure.js'
import { RunbookError } from '../../contract/failures.js'
import { targetFile } from '../read/local-reader.js'
import { exportSqlite } from './export/export.js'
import { heldAgainst, holdsAll } from './held-against.js'
import { withReader } from '../read/open-reader.js'
import type { Reader } from '../sqlite/reader.js'
import { restoreDatabase } from './restore.js'
import { rowOrder } from './export/row-order.js'
import { takeInventory } from '../schema/inventory.js'
import { openSqlite, quoteName, quoteText } from '../sqlite/sqlite.js'
import { openStage } from '../wrangler/stage.js'
import { demandSuccess, runWrangler } from '../wrangler/wrangler.js'

const IMPORT_TIMEOUT_MS = 14 * 60_000

/**
 * Puts what a verified archive holds in the place of what the database holds. A local database is exchanged as a file,
 * with the old one kept beside the backups; a remote one is emptied and filled by one import, whose statements each stand for
 * themselves, unless it is found to hold all of it already. Safe to run again: each time the database is read before anything is imported.
 *
 * Throws `BackupInvalid` and `DatabaseLocked` before anything is touched, what Wrangler throws, and `ApplyPartial` where a remote
 * database, read back, does not hold what the archive holds.
 */
export async function replaceContent(input: {
  target: Target
  /** The archive. */
  file: string
  stageRoot: string
  signal?: AbortSignal
}): Promise<{ safetyCopy?: string }> {
  const { folder, remove } = await scratchFolder('replace', { within: input.stageRoot })
  const signal = input.signal === undefined ? {} : { signal: input.signal }
  try {
    const restored = await restoreDatabase({ file: input.file, to: folder, ...signal })
    if (!input.target.database.remote) return await exchangeFile(input.target, restored.database)
    await importRemotely(input.target, restored.database, folder, signal)
    return {}
  } finally {
    await remove()
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
  if (!existsSync(target.backupDir)) await keepOutOfGit(target.backupDir)
  await mkdir(target.backupDir, { recursive: true, mode: 0o700 })
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
      // SQLite writes into an empty file that is there, and leaves it its owner's.
      writeFileSync(safetyCopy, '', { flag: 'wx', mode: 0o600 })
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
  // An earlier try may have done it, though nobody heard of its end: again would be another time without a database.
  if (await holdsAll(target, { restored, folder, ...signal })) return
  const file = path.join(folder, 'replace.sql')
  await withReader(target, (live) => writeReplacement({ live, restored, file, ...signal }))
  const stage = await openStage(target, [], folder)
  const args = ['d1', 'execute', target.database.name, '--file', file, '--yes']
  const result = await runWrangler({
    target,
    args,
    config: stage.config,
    timeoutMs: IMPORT_TIMEOUT_MS,
    ...signal,
  })
  try {
    demandSuccess(result, `Restoring the backup into ${target.database.name}`)
  } catch (error) {
    // Of an import that ended and of one that was taken back D1 may say the same. One that still runs holds the database: then this
    // throws `DatabaseLocked`, and whoever comes again looks first.
    if (!isUnknown(error) || !(await holdsAll(target, { restored, folder, ...signal }))) throw error
    return
  }
  await readBack(target, restored)
}

function isUnknown(error: unknown): boolean {
  return error instanceof RunbookError && error.type === 'OutcomeUnknown'
}

/** Writes the SQL that empties the live database and fills it with what the SQLite file `restored` holds. `file` must not exist. */
export async function writeReplacement(input: {
  live: Reader
  restored: string
  file: string
  signal?: AbortSignal
}): Promise<void> {
  const { live, restored: database, ...rest } = input
  const head = ['PRAGMA defer_foreign_keys=TRUE', 'PRAGMA foreign_keys=OFF', ...(await dropEverything(live))]
  await exportSqlite({ database, head, ...rest })
}

/** That an import ended is no proof of what the database holds: it is asked, table by table. Throws `ApplyPartial`. */
async function readBack(target: Target, restored: string): Promise<void> {
  const { differing } = await heldAgainst(target, restored)
  if (differing.length === 0) return
  throw new RunbookError(
    'ApplyPartial',
    `The backup was imported, and read back these tables differ from it: ${differing.join(', ')}.`,
    {
      advice:
        'Where the application went on writing, that may be all of the difference. Look at them before anything else is changed.',
    },
  )
}

/**
 * Children before their parents, since dropping a parent deletes from its children, or is refused for them. Rows of a ring, and of
 * a table that points to itself, let go of each other first: each statement stands for itself in an import.
 */
async function dropEverything(reader: Reader): Promise<string[]> {
  const { tables, virtual, views, triggers } = await takeInventory(reader)
  const ordered = rowOrder(tables).reverse()
  return [
    ...triggers.map(({ name }) => `DROP TRIGGER ${quoteName(name)}`),
    ...views.map(({ name }) => `DROP VIEW ${quoteName(name)}`),
    ...virtual.map(({ name }) => `DROP TABLE ${quoteName(name)}`),
    ...ordered.flatMap(({ table, later }) =>
      later.map(({ column }) => `UPDATE ${quoteName(table.name)} SET ${quoteName(column)} = NULL`),
    ),
    ...ordered.map(({ table }) => `DROP TABLE ${quoteName(table.name)}`),
  ]
}
