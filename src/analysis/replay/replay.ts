import { messageOf } from '../../contract/failures.js'
import { cellText } from '../../d1/sqlite/sqlite.js'
import { fullOf } from '../../d1/sqlite/confined.js'
import { recordSql } from '../../d1/schema/ledger.js'
import type { DatabaseSync } from 'node:sqlite'
import { parseStatements, type ParsedFile, type SqlStatement } from '../../d1/sql/statements.js'
import { anatomyOf, type StatementParts } from '../statement/statement.js'
import { readDetailedCatalog } from '../../d1/schema/schema.js'
import { defined } from '../../contract/defined.js'
import type { FailingRows, FailureEvidence, StatementEvidence } from '../evidence.js'
import { failingRowsOf, orphansNow } from './failing-rows.js'
import { Observer, type ObserverOptions } from './observer.js'
import { refusalOf } from '../statement/d1-refusals.js'

export interface ReplayOptions extends ObserverOptions {
  /** Keep what ran when a statement fails, and go on: for history, of which only the schema is wanted. */
  tolerant?: boolean
  /** Called before and, with nothing, after each statement that may take long. */
  onStatement?: ((at: StatementPosition | undefined) => void) | undefined
  /** Statements that are not tried any more. */
  hopeless?: readonly Unreachable[] | undefined
}

/** How a replay that may meet a statement without an end is watched. */
export type Watched = Pick<ReplayOptions, 'onStatement' | 'hopeless'>

/** A statement of the files: `line` is that of its first word, `nth` counts from 0. */
export interface StatementPosition {
  file: string
  line: number
  nth: number
  /** The text of a query of the application, which stands in no file. */
  query?: string
}

/** A statement that did not end in this time, in milliseconds, or that took its process past this memory, in bytes. */
export type Unreachable = StatementPosition & ({ afterMs: number } | { overBytes: number })

export interface FileReplay {
  statements: StatementEvidence[]
  /** Statements in the file. */
  count: number
  failures: FailureEvidence[]
  parsed: ParsedFile
}

/**
 * Runs one migration file as D1 does, in one transaction that also writes the ledger, and tells what each statement did.
 * A file that fails leaves no trace, unless `tolerant`. What D1 refuses is never executed; what fails after it in the same file
 * may fail for want of it, and is not told.
 */
export function replayFile(
  database: DatabaseSync,
  file: { name: string; sql: string },
  options: ReplayOptions,
): FileReplay {
  const parsed = parseStatements(file.sql)
  const { statements } = parsed
  const replay: FileReplay = { statements: [], count: statements.length, failures: [], parsed }
  const observer = new Observer(database, file.name, options)
  const slowStatements = new SlowStatements(database)
  let lacking = false
  database.exec('BEGIN')
  for (const [nth, statement] of statements.entries()) {
    const anatomy = anatomyOf(statement.sql, statement.tokens)
    const refusal = refusalOf(statement, anatomy, (name) => isTable(database, name))
    if (refusal !== undefined) {
      const { code, message, advice } = refusal
      replay.failures.push({ ...at(file.name, statement), message, advice, code, where: 'chain' })
      lacking ||= code !== 'TX101'
      continue
    }
    const hopeless = options.hopeless?.find((one) => one.file === file.name && one.nth === nth)
    if (hopeless !== undefined) {
      replay.failures.push({ ...at(file.name, statement), ...endless(hopeless) })
      break
    }
    const slow = slowStatements.has(anatomy)
    if (slow) options.onStatement?.({ file: file.name, line: statement.line, nth })
    try {
      replay.statements.push(observer.run(statement, anatomy))
    } catch (error) {
      if (!lacking)
        replay.failures.push({
          ...at(file.name, statement),
          ...(noRoom(database, error) ?? { message: messageOf(error), code: 'SY101', where: 'chain' }),
          ...(options.countRows ? rowsFailing(database, options, statement.sql, anatomy, error) : {}),
        })
      if (options.tolerant !== true) break
    } finally {
      if (slow) options.onStatement?.(undefined)
    }
  }
  const fatal = replay.failures.some(({ code }) => code !== 'TX101')
  const last = statements.at(-1)
  finish(database, file.name, options, fatal && options.tolerant !== true, (error, rows) => {
    replay.failures.push({
      file: file.name,
      line: last?.line ?? 1,
      sql: last?.sql ?? '',
      ...(noRoom(database, error) ?? { message: messageOf(error), code: 'SY101', where: 'commit' }),
      ...defined({ rows }),
    })
  })
  return replay
}

function isTable(database: DatabaseSync, name: string): boolean {
  const sql = `SELECT 1 FROM main.sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE`
  return database.prepare(sql).get(name) !== undefined
}

function finish(
  database: DatabaseSync,
  file: string,
  options: ReplayOptions,
  discard: boolean,
  failed: (error: unknown, rows: FailingRows | undefined) => void,
): void {
  if (discard) {
    rollback(database)
    return
  }
  try {
    // A file that records itself is told by LG101; here it goes on.
    database.exec(recordSql(options.migrationsTable, file).replace('INSERT', 'INSERT OR IGNORE'))
    database.exec('COMMIT')
  } catch (error) {
    const look = /^FOREIGN KEY/.test(messageOf(error)) && options.countRows
    const orphans = look ? orphansNow(database, readDetailedCatalog(database, options)) : undefined
    rollback(database)
    failed(error, orphans?.(database)[0])
  }
}

function rowsFailing(
  database: DatabaseSync,
  { migrationsTable }: ReplayOptions,
  sql: string,
  anatomy: StatementParts,
  error: unknown,
): { rows?: FailingRows } {
  // An error may have ended the transaction (`ON CONFLICT ROLLBACK`): then the database is not as the statement met it.
  if (!database.isTransaction) return {}
  const catalog = readDetailedCatalog(database, { migrationsTable })
  return defined({ rows: failingRowsOf({ database, catalog, sql, anatomy, message: messageOf(error) }) })
}

/** A failed statement may have ended the transaction by itself (`ON CONFLICT ROLLBACK`). */
function rollback(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // No transaction is open any more: nothing to take back.
  }
}

/** Functions of a value that is larger than what they are given. */
const GROWING = ['zeroblob', 'randomblob', 'printf', 'format', 'replace', 'hex']

/** An upsert may double what it finds. */
const TAKES_LONG = new RegExp(`^\\W?(?:select|conflict|${GROWING.join('|')})\\W?$`, 'i')

/** All but what only adds the rows that it spells out, to a table that no trigger listens to and whose schema computes nothing large. */
class SlowStatements {
  readonly #database: DatabaseSync
  /** Tables with triggers or large expressions, in lower case, until a statement may have made one. */
  #heard: Set<string> | undefined

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  has({ verb, copies, target = '', tokens }: StatementParts): boolean {
    if (verb !== 'insert') this.#heard = undefined
    if (verb !== 'insert' || copies || tokens.some(({ text }) => TAKES_LONG.test(text))) return true
    this.#heard ??= new Set(
      this.#database
        .prepare(
          `SELECT DISTINCT lower(tbl_name) AS name FROM sqlite_schema WHERE type = 'trigger' OR ${GROWING.map((name) => `instr(lower(sql), '${name}') > 0`).join(' OR ')}`,
        )
        .all()
        .map((row) => cellText(row['name'])),
    )
    return this.#heard.has(target.toLowerCase())
  }
}

type Ended = Pick<FailureEvidence, 'message' | 'code' | 'where' | 'advice'>

function endless(unreachable: Unreachable): Ended {
  if ('overBytes' in unreachable) {
    const message = `The statement was ended: with it, the process of the replay took more than ${inMegabytes(unreachable.overBytes)} MB of memory.`
    return { message, advice: SMALLER, code: 'RH102', where: 'copy' }
  }
  const seconds = String(Math.round(unreachable.afterMs / 1000))
  return { message: `The statement did not end within ${seconds} s.`, code: 'RH102', where: 'copy' }
}

/** What SQLite calls "database or disk is full". */
function noRoom(database: DatabaseSync, error: unknown): Ended | undefined {
  const full = fullOf(database, error)
  if (full === undefined) return undefined
  const most = `${inMegabytes(full.maxBytes)} MB`
  const message = full.inMemory
    ? `The statement makes the database of the replay, which is held in memory, larger than the ${most} that it may have.`
    : `No room for what the statement writes: the copy may have ${most}, as much as D1 gives a database, or the disk that it lies on is full (SQLite: ${messageOf(error)}).`
  return { message, advice: SMALLER, code: 'RH102', where: 'copy' }
}

const SMALLER =
  'Let it write and build less at once. A database of D1 holds 10 GB, 500 MB on the free plan, and a value 2 MB.'

function inMegabytes(bytes: number): string {
  return String(Math.round(bytes / 1_000_000))
}

function at(file: string, statement: SqlStatement): Pick<FailureEvidence, 'file' | 'line' | 'sql'> {
  return { file, line: statement.line, sql: statement.sql }
}
