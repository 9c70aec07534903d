import { defined } from '../../contract/defined.js'
import type { Command } from 'commander'
import { didYouMean } from '../../config/closest.js'
import { messageOf, RunbookError } from '../../contract/failures.js'
import type { Finding } from '../../contract/finding.js'
import type { MigrationFile } from '../../contract/target.js'
import type { App } from '../terminal/app.js'
import { openContext, readProjectFiles, type Context } from '../../config/context.js'
import { createMigration } from './create.js'
import { archiveBefore } from './archive-before.js'
import {
  blockedBehindFiles,
  holdsRows,
  noReverse,
  reverseOfRows,
  type ReverseRequest,
  type WrittenReverse,
} from './reverse-of-rows.js'
import { interruptible } from '../terminal/interrupt.js'
import { command, words, type Words } from '../../contract/next-command.js'

interface RollbackFileOptions {
  of?: string
  backup?: string
  print?: boolean
}

/**
 * Runbook, scenario 2: "prepare rollback migration". Written by what writes the reverse of a run: with the rows of the newest archive from
 * before the migration, and tried on the database as it is now; without an archive from the files alone, which hold no rows.
 */
export function createRollbackCommand(app: App, summary: string): Command {
  return app
    .command('create-rollback', summary, [
      'create-rollback --env production',
      'create-rollback --of 0009_add_photos.sql --print',
      'create-rollback --backup backups/backup-production-2026-03-01-120000.zip',
    ])
    .option('--of <migration>', 'the migration to reverse (default: the newest applied one)')
    .option(
      '--backup <zip>',
      'take its rows from this archive (default: the newest one from before the migration)',
    )
    .option('--print', 'print the SQL, write no file')
    .action(
      app.action<RollbackFileOptions>(async ({ options, output }) => {
        const context = await openContext(options)
        const files = await readProjectFiles(context)
        const migration =
          options.of === undefined ? await newestApplied(context, files) : named(files, options.of)
        const before = await pendingBefore(context, files)
        const archive = await archiveBefore({ context, migration, given: options.backup })
        const candidates = files
          .slice(files.indexOf(migration) + 1)
          .filter(({ name }) => before.known && before.pending.includes(name))
          .slice(0, MOST_CANDIDATES)
        const { sql, price, cost, current, there, blocks } = await interruptible(async (signal) => {
          const asked = { context, files, migration, candidates, signal }
          const written =
            archive === undefined
              ? await reverseOfFiles(asked)
              : await reverseOfRows({ ...asked, archive, onProgress: output.note })
          if (written.there !== undefined || written.blocks !== undefined) return written
          const blocks = await blockedBehindFiles(asked, written.sql)
          return { ...written, blocks }
        })
        const { file } =
          options.print === true || there !== undefined
            ? {}
            : await createMigration({
                folder: context.target.migrationsDir,
                name: `rollback_${today()}`,
                sql,
                ...defined({ pattern: context.target.migrationsPattern }),
              })
        output.document({
          success: true,
          of: migration.name,
          ...defined({ file, there }),
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
        })
        if (output.json) return 0
        if (there !== undefined) {
          output.line(
            `${there} lies in the migrations folder already and takes back ${migration.name}, as was proven: no file is written.`,
          )
          for (const line of price) output.note(line)
          return 0
        }
        if (file === undefined) output.verbatim(sql)
        else
          output.line(
            `Created ${file}, which reverses ${archive === undefined ? 'the schema of ' : ''}${migration.name}${archive === undefined ? ' only' : ''}`,
          )
        output.note(
          archive === undefined
            ? `No archive from before ${migration.name} was found: it was written without the rows of the database.`
            : `It holds ${holdsRows(sql) ? 'rows' : 'no rows'} of ${archive.file}, and was rehearsed on it${current === true ? ' and on the database as it is now' : ''}.`,
        )
        for (const line of price) output.note(line)
        for (const finding of blocks ?? []) output.note(blockText(finding))
        if (archive === undefined && price.length > 0) output.note(rowsComeBack(migration))
        if (!before.known)
          output.note(`Whether a pending file stands before it is not known: ${before.reason}`)
        else if (before.pending.length > 0)
          output.note(
            `Pending, and so applied before it: ${before.pending.join(', ')}. To take back ${migration.name} alone, move them away first.`,
          )
        if (file !== undefined)
          output.line(words`Next: read it, then ${command('plan')}; try it in staging first.`)
        return 0
      }),
    )
}

/** To take a rule back is what its loss looks like. */
function blockText({ code, message, table, column }: Finding): Words {
  const blocked = words`${command('plan')} blocks it by ${code}: ${message}`
  if (table === undefined) return blocked
  const object = column === undefined ? table : `${table}.${column}`
  return words`${blocked} Where that is meant, write into the file: -- d1-runbook: accept ${code} ${object}: REASON`
}

/** A reverse comes soon behind what it takes back; each is tried. */
const MOST_CANDIDATES = 5

/** The new file comes last: whatever is pending runs before it, although it was written for a schema without that. */
async function pendingBefore(
  { target }: Context,
  files: MigrationFile[],
): Promise<{ known: true; pending: string[] } | { known: false; reason: string }> {
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
function rowsComeBack({ name }: MigrationFile): Words {
  return words`Rows and values come back only by the reverse that the run of ${name} wrote from the real rows, or by a backup from before it (${command('backup restore', 'ZIP', '--to', 'FOLDER')}).`
}

function today(): string {
  return new Date().toISOString().slice(0, 10).replaceAll('-', '_')
}
