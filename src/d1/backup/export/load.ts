import { sqliteFailure } from '../../sqlite/disk-failure.js'
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { RunbookError, messageOf } from '../../../contract/failures.js'
import { openConfined, runForeign } from '../../sqlite/confined.js'
import { StatementStream } from '../../sql/statement-stream.js'
import { command, words } from '../../../contract/next-command.js'

/**
 * Loads an SQL file into a new SQLite file: foreign keys off (an export may hold children before their parents), one
 * transaction, constant memory. A trigger that comes before its view waits for it. Throws `BackupInvalid` naming the
 * statement that does not run, `DiskFull`.
 */
export async function loadSql(sqlFile: string, sqliteFile: string, signal?: AbortSignal): Promise<void> {
  // What was exported is loaded, however large it is.
  const database = openConfined(sqliteFile, { foreignKeys: false, maxBytes: Infinity })
  try {
    // A half-loaded file is thrown away: its journal serves only the savepoints, never the disk.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384; BEGIN')
    const waiting = await loadStatements(database, sqlFile, sqliteFile, signal)
    runWaiting(database, waiting)
    database.exec('COMMIT')
  } finally {
    database.close()
  }
}

async function loadStatements(
  database: DatabaseSync,
  sqlFile: string,
  sqliteFile: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const waiting: string[] = []
  const stream = new StatementStream()
  for await (const chunk of createReadStream(sqlFile, { highWaterMark: 256 * 1024 })) {
    signal?.throwIfAborted()
    const complete = stream.push(chunk as Buffer)
    runBatch(database, complete, waiting, sqliteFile)
  }
  runBatch(database, stream.end(), waiting, sqliteFile)
  return waiting
}

/** Runs many statements at once; only when that fails, one by one, to find the one to blame or to put off. */
function runBatch(
  database: DatabaseSync,
  statements: Uint8Array[],
  waiting: string[],
  sqliteFile: string,
): void {
  if (statements.length === 0) return
  for (const statement of statements) demandExportStatement(statement)
  const plain = statements.every((statement) => !statement.includes(0) && isUtf8(statement))
  if (plain) {
    database.exec('SAVEPOINT batch')
    try {
      database.exec(Buffer.concat(statements).toString('utf8'))
      database.exec('RELEASE batch')
      return
    } catch (error) {
      if (!database.isTransaction) throw refused(error, '', sqliteFile)
      database.exec('ROLLBACK TO batch; RELEASE batch')
    }
  }
  for (const bytes of statements) {
    const statement = textOf(bytes)
    try {
      runForeign(database, statement)
    } catch (error) {
      if (!/^\s*CREATE\s+TRIGGER\b/i.test(statement)) throw refused(error, statement, sqliteFile)
      waiting.push(statement)
    }
  }
}

function runWaiting(database: DatabaseSync, statements: string[]): void {
  for (const statement of statements) {
    try {
      runForeign(database, statement)
    } catch (error) {
      throw refused(error, statement, '')
    }
  }
}

/**
 * An archive is a file that somebody hands over: only what an export consists of is run, whatever it says. Sources: Wrangler's
 * exports, https://sqlite.org/cli.html#converting_an_entire_database_to_a_text_file
 */
function demandExportStatement(bytes: Uint8Array): void {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 4096)).toString(
    'latin1',
  )
  if (EXPORT_STATEMENT.test(head)) return
  throw refused(new Error('no statement of an export'), head, '')
}

const EXPORT_STATEMENT =
  /^(?:\s|;|\uFEFF|\xEF\xBB\xBF|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*(?:(?:INSERT|REPLACE|CREATE|DELETE|UPDATE|DROP)\b|PRAGMA\s+(?:defer_foreign_keys|foreign_keys)\b|$)/i

function refused(error: unknown, statement: string, sqliteFile: string): unknown {
  const known = sqliteFailure(sqliteFile, error)
  if (known instanceof RunbookError && known.type === 'DiskFull') return known
  const message = messageOf(error)
  const start = statement.trim().replaceAll(/\s+/g, ' ').slice(0, 60)
  return new RunbookError('BackupInvalid', `The export does not restore: ${message} (statement: ${start}…)`, {
    advice: words`Make a new backup: ${command('backup')}.`,
    cause: error,
  })
}

/** SQLite ends a statement at U+0000, and text that is not UTF-8 cannot be a string here: such literals go as bytes. */
function textOf(bytes: Uint8Array): string {
  if (!bytes.includes(0) && isUtf8(bytes)) return Buffer.from(bytes).toString('utf8')
  const latin = Buffer.from(bytes).toString('latin1')
  const carried = latin.replaceAll(/'(?:[^']|'')*'/g, (literal) => {
    const content = Buffer.from(literal.slice(1, -1).replaceAll("''", "'"), 'latin1')
    if (!content.includes(0) && isUtf8(content)) return literal
    return `CAST(X'${content.toString('hex')}' AS TEXT)`
  })
  return Buffer.from(carried, 'latin1').toString('utf8')
}
