import { defined } from '../../contract/defined.js'
import { didYouMean } from '../../config/closest.js'
import { messageOf, RunbookError } from '../../contract/failures.js'
import type { MigrationFile } from '../../contract/target.js'
import { readProjectFiles, type Context } from '../../config/context.js'
import { archiveBefore, type EarlierArchive } from './archive-before.js'
import {
  blockedBehindFiles,
  holdsRows,
  noReverse,
  reverseOfRows,
  type ReverseRequest,
  type WrittenReverse,
} from './reverse-of-rows.js'
import { command, words, type Words } from '../../contract/next-command.js'

export interface ReverseOfFile extends WrittenReverse {
  migration: MigrationFile
  /** Whose rows it has; absent: it was written of the files alone. */
  archive?: EarlierArchive
  /** What would be applied before it. */
  before: { known: true; pending: string[] } | { known: false; reason: string }
}

/**
 * The reverse of `of`, or of the newest applied migration: with the rows of the archive `backup`, or of the newest one from before it,
 * and tried on the database as it is now; without an archive from the files alone. Writes nothing into the project.
 * Throws `MigrationsNotFound`, `ValidationFailed`, `BackupInvalid`.
 */
export async function writeReverse(input: {
  context: Context
  of?: string
  backup?: string
  onProgress: (message: string) => void
  signal: AbortSignal
}): Promise<ReverseOfFile> {
  const { context, of, backup, onProgress, signal } = input
  const files = await readProjectFiles(context)
  const migration = of === undefined ? await newestApplied(context, files) : named(files, of)
  const before = await pendingBefore(context, files)
  const archive = await archiveBefore({ context, migration, given: backup })
  const candidates = files
    .slice(files.indexOf(migration) + 1)
    .filter(({ name }) => before.known && before.pending.includes(name))
    .slice(0, MOST_CANDIDATES)
  const asked = { context, files, migration, candidates, signal }
  const written =
    archive === undefined
      ? await reverseOfFiles(asked)
      : await reverseOfRows({ ...asked, archive, onProgress })
  const known = { ...written, migration, before, ...defined({ archive }) }
  if (written.there !== undefined || written.blocks !== undefined) return known
  return { ...known, blocks: await blockedBehindFiles(asked, written.sql) }
}

/** The same as JSON has it. */
export function reverseDocument({
  migration,
  archive,
  before,
  sql,
  price,
  cost,
  current,
  there,
  blocks,
}: ReverseOfFile) {
  return {
    of: migration.name,
    ...defined({ there }),
    sql,
    price,
    ...defined({ cost }),
    // Of what somebody else wrote it is not known.
    ...(there === undefined ? { rows: holdsRows(sql) } : {}),
    ...defined({
      blockedBy: blocks?.map(({ code, message, table, column }) => ({
        ...{ code, message },
        ...defined({ table, column }),
      })),
    }),
    ...defined({ archive: archive?.file, archiveCreatedAt: archive?.createdAt }),
    rehearsedOn: [
      ...(archive === undefined ? ['empty database'] : ['archive']),
      ...(current === true ? ['database'] : []),
    ],
    ...(before.known ? { pending: before.pending } : {}),
  }
}

/** A reverse comes soon behind what it takes back; each is tried. */
const MOST_CANDIDATES = 5

/** The new file comes last: whatever is pending runs before it, although it was written for a schema without that. */
async function pendingBefore({ target }: Context, files: MigrationFile[]): Promise<ReverseOfFile['before']> {
  const { readStatus } = await import('../../analysis/status.js')
  try {
    const { pending } = await readStatus({ target, files })
    return { known: true, pending: pending.map(({ name }) => name) }
  } catch (error) {
    return { known: false, reason: messageOf(error) }
  }
}

async function newestApplied({ target }: Context, files: MigrationFile[]): Promise<MigrationFile> {
  const { readStatus } = await import('../../analysis/status.js')
  const { applied } = await readStatus({ target, files })
  const newest = applied.at(-1)
  if (newest !== undefined) return named(files, newest.name)
  throw new RunbookError('MigrationsNotFound', `Nothing is applied to ${target.database.name} yet.`, {
    advice: nothingToReverse(files.at(-1)),
  })
}

/** No name helps either, unless a reverse is wanted for a file before it is applied. */
function nothingToReverse(last: MigrationFile | undefined): Words {
  const none = words`There is nothing to take back; what is pending: ${command('status')}`
  if (last === undefined) return none
  return words`${none}
The reverse of a file that is not applied yet is written by its name: ${command('create-rollback', '--of', last.name)}`
}

function named(files: MigrationFile[], name: string): MigrationFile {
  const found = files.find((file) => file.name === name || file.name === `${name}.sql`)
  if (found !== undefined) return found
  const names = files.map((file) => file.name)
  throw new RunbookError('MigrationsNotFound', `There is no migration ${name}.${didYouMean(name, names)}`, {
    advice: words`${command('status')} shows all of them.`,
  })
}

/** Replays the history up to the migration on a scratch, then lets the rehearsal write and try the way back. */
async function reverseOfFiles({
  context: { target },
  files,
  migration,
  candidates,
  signal,
}: ReverseRequest): Promise<WrittenReverse> {
  const before = files.slice(0, files.indexOf(migration))
  const { rehearseInOwnProcess } = await import('../../analysis/rehearse/in-own-process.js')
  const { rollback } = await rehearseInOwnProcess({
    signal,
    candidates,
    files: [...before, migration],
    applied: before.map(({ name }) => name),
    environment: target.environment,
    database: target.database,
    migrationsTable: target.migrationsTable,
  })
  if (rollback.sql === '')
    throw new RunbookError(
      'ValidationFailed',
      [
        `${migration.name} leaves no change of the schema to reverse: no file is written.`,
        ...rollback.price,
      ].join(' '),
      { advice: rowsComeBack(migration) },
    )
  if (rollback.sql !== undefined)
    return { sql: rollback.sql, price: rollback.price, ...defined({ there: rollback.file }) }
  throw noReverse(migration, rollback.price)
}

/** A file that was written without rows holds none. */
export function rowsComeBack({ name }: MigrationFile): Words {
  return words`Rows and values come back only by the reverse that the run of ${name} wrote from the real rows, or by a backup from before it (${command('backup restore', 'ZIP', '--to', 'FOLDER')}).`
}
