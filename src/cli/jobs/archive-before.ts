import type { Context } from '../../config/context.js'
import { storeOf } from '../../config/store.js'
import type { LedgerEntry } from '../../contract/backup.js'
import { RunbookError, messageOf } from '../../contract/failures.js'
import type { MigrationFile } from '../../contract/target.js'
import { archiveFile } from './archive-file.js'

/** An archive of the database from a time at which a migration was not applied. */
export interface EarlierArchive {
  file: string
  createdAt: string
  ledger: LedgerEntry[]
}

/**
 * The archive that was named, or the newest one of this database whose ledger lacks the migration; undefined where there is none. One
 * that cannot be read is passed over, unless it was named. Throws `BackupInvalid`, `ConfigInvalid`.
 */
export async function archiveBefore(input: {
  context: Context
  migration: MigrationFile
  /** As typed. */
  given: string | undefined
}): Promise<EarlierArchive | undefined> {
  const { context, migration, given } = input
  const { target } = context
  if (given !== undefined) {
    const file = await archiveFile(given, () => Promise.resolve(context))
    const archive = await readArchive(file).catch((error: unknown) => {
      throw unfit(file, messageOf(error))
    })
    if (archive.databaseId !== target.database.id)
      throw unfit(file, `it is of the database ${archive.databaseId}, not of ${target.database.id}`)
    if (holds(archive, migration)) throw unfit(file, `${migration.name} was applied when it was made`)
    return archive
  }
  const { archivesOf } = await import('../../d1/backup/backup.js')
  const archives = archivesOf(target, await storeOf(context))
  for await (const { file } of archives.list()) {
    const archive = await readArchive(await archives.open(file)).catch(() => undefined)
    if (archive !== undefined && !holds(archive, migration)) return archive
  }
  return undefined
}

async function readArchive(file: string): Promise<EarlierArchive & { databaseId: string }> {
  const { unpackArchive } = await import('../../d1/backup/unpack.js')
  const { metadata, state } = await unpackArchive(file)
  return { file, createdAt: metadata.createdAt, ledger: state.ledger, databaseId: metadata.database.id }
}

function holds({ ledger }: EarlierArchive, { name }: MigrationFile): boolean {
  return ledger.some((entry) => entry.name === name)
}

function unfit(file: string, why: string): RunbookError {
  return new RunbookError('BackupInvalid', `${file} cannot give the rows back: ${why.replace(/\.$/, '')}.`, {
    advice: 'Name an archive of this database from before the migration.',
  })
}
