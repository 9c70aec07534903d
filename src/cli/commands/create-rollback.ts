import { defined } from '../../contract/defined.js'
import type { Command } from 'commander'
import { didYouMean } from '../../config/closest.js'
import { RunbookError } from '../../contract/failures.js'
import type { RollbackSummary } from '../../contract/plan.js'
import type { MigrationFile } from '../../contract/target.js'
import type { App } from '../terminal/app.js'
import { openContext, readProjectFiles, type Context } from '../../config/context.js'
import { createMigration } from './create.js'
import { interruptible } from '../terminal/interrupt.js'
import { command, words, type Words } from '../../contract/next-command.js'

interface RollbackFileOptions {
  of?: string
  print?: boolean
}

/**
 * Runbook, scenario 2: "prepare rollback migration", written from the difference that the migration makes to the schema. The reverse
 * with rows is the one that a run writes from its restored copy.
 */
export function createRollbackCommand(app: App, summary: string): Command {
  return app
    .command('create-rollback', summary, [
      'create-rollback --env production',
      'create-rollback --of 0009_add_photos.sql --print',
    ])
    .option('--of <migration>', 'the migration to reverse (default: the newest applied one)')
    .option('--print', 'print the SQL, write no file')
    .action(
      app.action<RollbackFileOptions>(async ({ options, output }) => {
        const context = await openContext(options)
        const files = await readProjectFiles(context)
        const migration =
          options.of === undefined ? await newestApplied(context, files) : named(files, options.of)
        const { sql, price } = await interruptible((signal) =>
          reverseOf(context, files, { migration, signal }),
        )
        const { file } =
          options.print === true
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
          ...defined({ file }),
          sql,
          price,
        })
        if (output.json) return 0
        if (file === undefined) output.line(sql)
        else output.line(`Created ${file}, which reverses the schema of ${migration.name} only`)
        output.note('It was written without the rows of the database.')
        for (const line of price) output.note(line)
        if (price.length > 0) output.note(rowsComeBack(migration))
        if (file !== undefined)
          output.line(words`Next: read it, then ${command('plan')}; try it in staging first.`)
        return 0
      }),
    )
}

async function newestApplied({ target }: Context, files: MigrationFile[]): Promise<MigrationFile> {
  const { readStatus } = await import('../../analysis/status.js')
  const { applied } = await readStatus({ target, files })
  const newest = applied.at(-1)
  if (newest !== undefined) return named(files, newest.name)
  throw new RunbookError('MigrationsNotFound', `Nothing is applied to ${target.database.name} yet.`, {
    advice: words`Name the migration to reverse: ${command('create-rollback', '--of', 'NAME')}`,
  })
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
async function reverseOf(
  { target }: Context,
  files: MigrationFile[],
  { migration, signal }: { migration: MigrationFile; signal: AbortSignal },
): Promise<{ sql: string; price: RollbackSummary['price'] }> {
  const before = files.slice(0, files.indexOf(migration))
  const { rehearseInOwnProcess } = await import('../../analysis/rehearse/in-own-process.js')
  const { rollback } = await rehearseInOwnProcess({
    signal,
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
  if (rollback.sql !== undefined) return { sql: rollback.sql, price: rollback.price }
  throw new RunbookError(
    'ValidationFailed',
    `No reverse of ${migration.name} can be written. ${rollback.price.join(' ')}`,
    {
      advice: words`Write it by hand (${command('create', 'NAME')}), or go back by Time Travel or the backup.`,
    },
  )
}

/** A file that was written without rows holds none. */
function rowsComeBack({ name }: MigrationFile): Words {
  return words`Rows and values come back only by the reverse that the run of ${name} wrote from the real rows, or by a backup from before it (${command('backup restore', 'ZIP', '--to', 'FOLDER')}).`
}

function today(): string {
  return new Date().toISOString().slice(0, 10).replaceAll('-', '_')
}
