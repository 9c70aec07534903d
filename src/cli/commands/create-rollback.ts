import { defined } from '../../contract/defined.js'
import type { Command } from 'commander'
import type { Finding } from '../../contract/finding.js'
import type { App } from '../terminal/app.js'
import { openContext, type Context } from '../../config/context.js'
import { createMigration } from './create.js'
import { holdsRows } from '../jobs/reverse-of-rows.js'
import { reverseDocument, rowsComeBack, writeReverse } from '../jobs/write-reverse.js'
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
        const reverse = await interruptible((signal) =>
          writeReverse({
            context,
            ...defined({ of: options.of, backup: options.backup }),
            onProgress: output.note,
            signal,
          }),
        )
        const { migration, archive, before, sql, price, current, there, blocks } = reverse
        const { file } =
          options.print === true || there !== undefined
            ? {}
            : await createMigration({
                folder: context.target.migrationsDir,
                name: `rollback_${today()}`,
                sql,
                ...defined({ pattern: context.target.migrationsPattern }),
              })
        output.document({ success: true, ...reverseDocument(reverse), ...defined({ file }) })
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
          output.line(words`Next: read it, then ${command('plan')}${stagingFirst(context)}.`)
        return 0
      }),
    )
}

function stagingFirst({ project, target }: Context): string {
  const staging = project.environments.get(target.environment)?.settings.stagingEnvironment
  return staging === undefined ? '' : `; try it in ${staging} first`
}

/** To take a rule back is what its loss looks like. */
function blockText({ code, message, table, column }: Finding): Words {
  const blocked = words`${command('plan')} blocks it by ${code}: ${message}`
  if (table === undefined) return blocked
  const object = column === undefined ? table : `${table}.${column}`
  return words`${blocked} Where that is meant, write into the file: -- d1-runbook: accept ${code} ${object}: REASON`
}

function today(): string {
  return new Date().toISOString().slice(0, 10).replaceAll('-', '_')
}
