import { sqliteFailure } from '../../sqlite/disk-failure.js'
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { RunbookError, messageOf } from '../../../contract/failures.js'
import { openConfined, runForeign } from '../../sqlite/confined.js'
import { cellText, quoteName } from '../../sqlite/sqlite.js'
import { turnOf, type Turn } from './export-statement.js'
import { StatementStream } from '../../sql/statement-stream.js'
import { command, words } from '../../../contract/next-command.js'

/**
 * Loads an SQL file into a new SQLite file: foreign keys off (an export may hold children before their parents), one
 * transaction, constant memory. Views and triggers come last, wherever they stand: until then nothing reads the ones or fires the
 * others. Throws `BackupInvalid` naming the statement that does not run or that no export has, `DiskFull`.
 */
export async function loadSql(sqlFile: string, sqliteFile: string, signal?: AbortSignal): Promise<void> {
  // What was exported is loaded, however large it is.
  const database = openConfined(sqliteFile, { foreignKeys: false, maxBytes: Infinity })
  try {
    // A half-loaded file is thrown away: its journal serves only the savepoints, never the disk.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384; BEGIN')
    const waiting = await loadStatements(database, sqlFile, sqliteFile, signal)
    readVirtualTables(database)
    runAll(database, waiting.view)
    runAll(database, waiting.trigger)
    database.exec('COMMIT')
  } finally {
    database.close()
  }
}

type Waiting = Record<Exclude<Turn, 'now'>, string[]>

async function loadStatements(
  database: DatabaseSync,
  sqlFile: string,
  sqliteFile: string,
  signal?: AbortSignal,
): Promise<Waiting> {
  const waiting: Waiting = { view: [], trigger: [] }
  const stream = new StatementStream()
  for await (const chunk of createReadStream(sqlFile, { highWaterMark: 256 * 1024 })) {
    signal?.throwIfAborted()
    const complete = stream.push(chunk as Buffer)
    runBatch(database, complete, waiting, sqliteFile)
  }
  runBatch(database, stream.end(), waiting, sqliteFile)
  return waiting
}

/** Runs many statements at once; only when that fails, one by one, to find the one to blame. */
function runBatch(
  database: DatabaseSync,
  statements: Uint8Array[],
  waiting: Waiting,
  sqliteFile: string,
): void {
  const now: string[] = []
  for (const bytes of statements) {
    // What is judged is what runs: another spelling of the bytes could end its quotes elsewhere.
    const sql = textOf(bytes)
    const turn = turnOf(sql)
    if (turn === undefined) throw refused(new Error('no statement of an export'), sql, '')
    if (turn === 'now') now.push(sql)
    else waiting[turn].push(sql)
  }
  const batch = now.join('')
  if (batch === '') return
  if (!batch.includes('\0')) {
    database.exec('SAVEPOINT batch')
    try {
      database.exec(batch)
      database.exec('RELEASE batch')
      return
    } catch (error) {
      if (!database.isTransaction) throw refused(error, '', sqliteFile)
      database.exec('ROLLBACK TO batch; RELEASE batch')
    }
  }
  runAll(database, now, sqliteFile)
}

function runAll(database: DatabaseSync, statements: string[], sqliteFile = ''): void {
  for (const statement of statements) {
    try {
      runForeign(database, statement)
    } catch (error) {
      throw refused(error, statement, sqliteFile)
    }
  }
}

/** One that takes its texts from a view cannot be read before there is one, and afterwards would run whatever the view says. */
function readVirtualTables(database: DatabaseSync): void {
  const tables = database
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND rootpage = 0")
    .all()
  for (const { name, sql } of tables) {
    try {
      database.prepare(`SELECT * FROM ${quoteName(cellText(name))} LIMIT 1`).all()
    } catch (error) {
      throw refused(error, cellText(sql), '')
    }
  }
}

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
