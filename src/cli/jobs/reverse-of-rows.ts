import { scratchFolder } from '../../process/scratch-folder.js'
import type { Context } from '../../config/context.js'
import { messageOf, RunbookError } from '../../contract/failures.js'
import { command, words } from '../../contract/next-command.js'
import type { Finding } from '../../contract/finding.js'
import type { Plan } from '../../contract/plan.js'
import { defined } from '../../contract/defined.js'
import type { RollbackCost, Since } from '../../contract/rollback.js'
import { conditionLines } from '../../text/rollback-cost.js'
import { splitStatements } from '../../d1/sql/statements.js'
import type { MigrationFile } from '../../contract/target.js'
import type { EarlierArchive } from './archive-before.js'
import { copyOfDatabase } from './database-copy.js'

export interface WrittenReverse {
  sql: string
  /** What it does not bring back, or takes away, one sentence each. */
  price: string[]
  /** The price as numbers, where there were rows to count. */
  cost?: RollbackCost
  /** A file of the folder that is this reverse already. */
  there?: string
  /** It was tried on the database as it is now, and the price counts what was written since. */
  current?: boolean
  /** What its own plan is blocked by there. */
  blocks?: Finding[]
}

/** What a reverse is written of. */
export interface ReverseRequest {
  context: Context
  files: MigrationFile[]
  migration: MigrationFile
  /** Files of the folder that may be the reverse already. */
  candidates: MigrationFile[]
  signal: AbortSignal
}

interface Request extends ReverseRequest {
  archive: EarlierArchive
  onProgress: (message: string) => void
}

/**
 * The reverse as a run writes it: from the rows of an archive, forward and back on its restored copy, and once more behind everything that
 * the database has applied by now. Throws `ValidationFailed` where none can be written, or where it does not work on the database as it is.
 */
export async function reverseOfRows(request: Request): Promise<WrittenReverse> {
  const plan = await onArchive(request)
  const { sql, cost, file: there, conditions } = plan.rollback
  const price = [...plan.rollback.price, ...conditionLines(conditions)]
  if (sql === undefined) throw noReverse(request.migration, price)
  if (sql === '')
    throw new RunbookError(
      'ValidationFailed',
      [`${request.migration.name} leaves nothing to reverse: no file is written.`, ...price].join(' '),
      { advice: words`See what it does: ${command('plan')}` },
    )
  return onDatabase(request, plan, { sql, price, ...defined({ cost, there }) })
}

/** What the plan of a reverse is blocked by behind the files that lead to its migration, where no database has them: no row is judged. */
export async function blockedBehindFiles(
  { context, files, migration, signal }: Omit<ReverseRequest, 'candidates'>,
  sql: string,
): Promise<Finding[]> {
  const { target } = context
  const { migrationFile } = await import('../../d1/migrations/migration-files.js')
  const { rehearseInOwnProcess } = await import('../../analysis/rehearse/in-own-process.js')
  const before = files.slice(0, files.indexOf(migration) + 1)
  const plan = await rehearseInOwnProcess({
    signal,
    files: [...before, migrationFile('rollback.sql', Buffer.from(sql))],
    applied: before.map(({ name }) => name),
    environment: target.environment,
    database: target.database,
    migrationsTable: target.migrationsTable,
  })
  return blocking(plan)
}

function blocking({ findings }: Plan): Finding[] {
  return findings.filter(({ severity, accepted }) => severity === 'error' && accepted === undefined)
}

/** Whether a reverse that we wrote holds rows or values of the database, which then are in a file that people commit. */
export function holdsRows(sql: string): boolean {
  return splitStatements(sql).some(({ sql: one }) =>
    /^(INSERT OR IGNORE INTO |UPDATE "(?!sqlite_sequence"))/.test(one),
  )
}

async function onArchive({
  context,
  files,
  migration,
  candidates,
  archive,
  signal,
  onProgress,
}: Request): Promise<Plan> {
  const { target } = context
  const before = files.slice(0, files.indexOf(migration)).map(({ name }) => name)
  const ledger = archive.ledger.map(({ name }) => name)
  const runFirst = before.filter((name) => !ledger.includes(name))
  const { folder: to, remove } = await scratchFolder('copy')
  try {
    const { restoreDatabase } = await import('../../d1/backup/restore.js')
    const { rehearseInOwnProcess } = await import('../../analysis/rehearse/in-own-process.js')
    const { database: databaseFile } = await restoreDatabase({ file: archive.file, to, signal })
    return await rehearseInOwnProcess({
      ...{ signal, onProgress, databaseFile, runFirst, candidates },
      files: [...files.filter(({ name }) => before.includes(name)), migration],
      applied: [...ledger, ...runFirst],
      environment: target.environment,
      database: target.database,
      migrationsTable: target.migrationsTable,
    })
  } finally {
    await remove()
  }
}

async function onDatabase(request: Request, plan: Plan, written: WrittenReverse): Promise<WrittenReverse> {
  const { context, files, migration, signal, onProgress } = request
  const { target } = context
  const copy = await copyOfDatabase({ context, files, backup: undefined, onProgress, signal })
  try {
    const applied = copy.ledger.map(({ name }) => name)
    if (!applied.includes(migration.name)) return written
    const { migrationFile } = await import('../../d1/migrations/migration-files.js')
    const { rehearseInOwnProcess } = await import('../../analysis/rehearse/in-own-process.js')
    const { costNow, failuresOfReverse, priceSince } = await import('../../runbook/reverse-cost.js')
    const reverse = migrationFile(written.there ?? 'rollback.sql', Buffer.from(written.sql))
    const now = await rehearseInOwnProcess({
      ...{ signal, onProgress, databaseFile: copy.databaseFile },
      files: [...files.filter(({ name }) => applied.includes(name)), reverse],
      applied,
      environment: target.environment,
      database: target.database,
      migrationsTable: target.migrationsTable,
    })
    // Behind later files it leads to a schema that was never there.
    const wanted = applied.at(-1) === migration.name ? plan.schemaFingerprint : now.predictedFingerprint
    const failures = failuresOfReverse(now, wanted)
    if (failures.length > 0) throw noReverse(migration, failures)
    const made = { planned: plan.rows, since: await sinceArchive(request, copy.databaseFile, applied) }
    const cost = costNow(written.cost, now, made)
    return {
      ...written,
      price: priceSince(written.price, now, made),
      ...defined({ cost }),
      current: true,
      blocks: blocking(now),
    }
  } finally {
    await copy.remove()
  }
}

/** Row by row; undefined where not every file that was applied since the archive is there. */
async function sinceArchive(
  { files, archive, context, signal }: Request,
  currentFile: string,
  applied: readonly string[],
): Promise<Since | undefined> {
  const { migrationsTable } = context.target
  const ledger = archive.ledger.map(({ name }) => name)
  const missing = applied.filter((name) => !ledger.includes(name))
  const run = missing.flatMap((name) => files.find((file) => file.name === name) ?? [])
  if (run.length < missing.length) return undefined
  const { folder: to, remove } = await scratchFolder('copy')
  try {
    const { restoreDatabase } = await import('../../d1/backup/restore.js')
    const { findSinceInOwnProcess } = await import('../../analysis/since/in-own-process.js')
    const { database: archiveFile } = await restoreDatabase({ file: archive.file, to, signal })
    const { tables, objects } = await findSinceInOwnProcess({
      ...{ archiveFile, files: run, migrationsTable, currentFile, signal },
    })
    return { since: archive.createdAt, asOf: new Date().toISOString(), by: 'rows', tables, objects }
  } catch (error) {
    signal.throwIfAborted()
    return { unknown: messageOf(error) }
  } finally {
    await remove()
  }
}

export function noReverse({ name }: MigrationFile, why: string[]): RunbookError {
  return new RunbookError('ValidationFailed', `No reverse of ${name} can be written. ${why.join(' ')}`, {
    advice: words`Write it by hand (${command('create', 'NAME')}), or go back by Time Travel or the backup.`,
  })
}
