import { findSinceInOwnProcess } from '../analysis/since/in-own-process.js'
import type { BackupRecord } from '../contract/backup.js'
import { messageOf } from '../contract/failures.js'
import type { Since } from '../contract/rollback.js'
import type { MigrationFile } from '../contract/target.js'
import { liveDifference } from '../d1/backup/live-difference.js'
import { restoreDatabase } from '../d1/backup/restore.js'
import { scratchFolder } from '../process/scratch-folder.js'
import type { RollbackActivities } from '../contract/activities.js'
import { unpackBundle } from '../d1/migrations/bundle.js'
import { artifactStore, type ActivityContext } from './worker-place.js'

/** {@link writtenSince} without a backup of now. */
export async function countWrittenSince(
  here: ActivityContext,
  { files, bundle, applied, backup }: Parameters<RollbackActivities['countWrittenSince']>[0],
  signal: AbortSignal,
): ReturnType<RollbackActivities['countWrittenSince']> {
  const all = await unpackBundle(bundle, files, artifactStore(here))
  const run = all.filter(({ name }) => applied.includes(name))
  return { writtenSince: await writtenSince(here, backup, { files: run, signal }) }
}

/**
 * What others wrote since the archive: the database of now held against what the applied files make of the archive. With a backup of now
 * row by row, else as closely as reading the live database allows. What cannot be counted is told, and never stands in the way of people
 * who decide. Throws only the signal's reason.
 */
export async function writtenSince(
  { target }: ActivityContext,
  backup: BackupRecord,
  input: { files: MigrationFile[]; current?: BackupRecord | undefined; signal: AbortSignal },
): Promise<Since> {
  const { files, current, signal } = input
  const { migrationsTable } = target
  const scratch = await scratchFolder('since')
  try {
    const { database: archiveFile } = await restoreDatabase({
      ...{ file: backup.file, to: `${scratch.folder}/then`, signal },
    })
    const moved = (backup.moved ?? []).map(({ name }) => name)
    const about = { since: backup.createdAt, ...(moved.length === 0 ? {} : { moved }) }
    if (current !== undefined) {
      const { database: currentFile } = await restoreDatabase({
        ...{ file: current.file, to: `${scratch.folder}/now`, signal },
      })
      const { tables, objects } = await findSinceInOwnProcess({
        ...{ archiveFile, files, migrationsTable, currentFile, signal },
      })
      return { ...about, asOf: current.createdAt, by: 'rows', tables, objects }
    }
    const { uncertain } = await findSinceInOwnProcess({ archiveFile, files, migrationsTable, signal })
    const asOf = new Date().toISOString()
    return { ...about, asOf, ...(await liveDifference(target, { file: archiveFile, uncertain, signal })) }
  } catch (error) {
    signal.throwIfAborted()
    return { unknown: messageOf(error) }
  } finally {
    await scratch.remove()
  }
}
