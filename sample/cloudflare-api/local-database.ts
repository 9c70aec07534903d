import { closeSync, openSync, readSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { openSqlite, quoteName, type SqlValue } from '../../src/d1/sqlite/sqlite.js'
import { splitStatements } from '../../src/d1/sql/statements.js'
import { significantTokens } from '../../src/d1/sql/tokens.js'
import { tooDeep } from './depths.js'
import { ALL_LIMITS, VALUE_BYTES, type EngineLimits } from './engine.js'
import { ApiFailure, asSqlFailure, SQL_ERROR_CODE, sqlFailure } from './failure.js'
import { refusalOf } from './refusals.js'
import { boundPatterns, tooLargeResult, tooLargeRow, tooLargeValue } from './sizes.js'

export interface Query {
  sql: string
  params?: SqlValue[]
}

/** What D1 says about the work of one statement. Sizes in bytes, durations in milliseconds. */
export interface Meta {
  served_by: string
  served_by_region: string
  served_by_primary: boolean
  duration: number
  timings: { sql_duration_ms: number }
  changes: number
  last_row_id: number
  changed_db: boolean
  size_after: number
  rows_read: number
  rows_written: number
}

export interface StatementResult {
  columns: string[]
  rows: SqlValue[][]
  meta: Meta
}

/** Whether it is said which constraint a COMMIT broke, or only that it failed. */
export type CommitFailure = 'hidden' | 'told'

/** Runs one statement within whatever it is to stand in. */
type Alone = (sql: string, work: () => StatementResult) => StatementResult

const COLUMNS = 100
const PARAMETERS = 100
/** Fewer bytes of pages than the largest row fills beside what it shares with others. */
const OVERFLOWING = VALUE_BYTES - 2 ** 16
/** 42 doubled nine times; the next double is past the 25,000 operations that workerd allows. */
const PROGRAM_OPERATIONS = 42 * 2 ** 9
const ONLY_THE_LAST =
  'When executing multiple SQL statements in a single call, only the last statement can have parameters.'

/**
 * One D1 database: an SQLite file that refuses what D1 refuses.
 */
export class LocalDatabase {
  readonly id: string
  readonly name: string
  readonly file: string
  readonly createdAt = new Date()
  connection: DatabaseSync
  private readonly limits: EngineLimits
  private readonly commitFailure: CommitFailure

  /** `limits`: which refusals of D1's engine it has; all unless it is told otherwise. */
  constructor(identity: {
    id: string
    name: string
    file: string
    limits?: EngineLimits
    commitFailure?: CommitFailure
  }) {
    this.limits = identity.limits ?? ALL_LIMITS
    this.commitFailure = identity.commitFailure ?? 'hidden'
    this.id = identity.id
    this.name = identity.name
    this.file = identity.file
    this.connection = this.open()
  }

  /** Runs all of it as one transaction, as D1 does with one request. Throws {@link ApiFailure}; then nothing was kept. */
  run(queries: Query[]): StatementResult[] {
    return this.transaction(() => queries.flatMap((query) => this.runText(query)), this.commitFailure)
  }

  /** Each statement for itself: what ran before one that fails stays. Throws {@link ApiFailure}. */
  runEach(queries: Query[]): StatementResult[] {
    const alone: Alone = (sql, work) =>
      // Within a transaction PRAGMA foreign_keys has no effect.
      /^\s*PRAGMA\b/i.test(sql) ? work() : this.transaction(work, 'told')
    try {
      return queries.flatMap((query) => this.runText(query, alone))
    } catch (error) {
      throw asSqlFailure(error)
    }
  }

  private transaction<T>(work: () => T, failure: CommitFailure): T {
    const database = this.connection
    const undo = (): void => {
      if (database.isTransaction) database.exec('ROLLBACK')
    }
    database.exec('BEGIN IMMEDIATE')
    let done: T
    try {
      done = work()
    } catch (error) {
      undo()
      throw asSqlFailure(error)
    }
    try {
      database.exec('COMMIT')
    } catch (error) {
      undo()
      if (failure === 'told') throw asSqlFailure(error)
      // A foreign key deferred to here: D1 says no more than this either.
      const reference = crypto.randomUUID().replaceAll('-', '')
      throw new ApiFailure(500, SQL_ERROR_CODE, `internal error; reference = ${reference}`)
    }
    return done
  }

  /** Changes with every write that was kept, whoever made it: the file change counter of SQLite's header. */
  version(): string {
    const counter = Buffer.alloc(4)
    const file = openSync(this.file, 'r')
    try {
      readSync(file, counter, { position: 24 })
    } finally {
      closeSync(file)
    }
    return counter.toString('hex')
  }

  /** Bytes of the pages in use. */
  size(): number {
    const pages = this.number('PRAGMA page_count') - this.number('PRAGMA freelist_count')
    return pages * this.number('PRAGMA page_size')
  }

  tableCount(): number {
    return this.number(
      `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '!_cf!_%' ESCAPE '!'`,
    )
  }

  close(): void {
    if (this.connection.isOpen) this.connection.close()
  }

  /** Runs `replace` while the file is closed. A connection handed out before is closed for good. */
  reopen(replace: () => void): void {
    this.close()
    replace()
    this.connection = this.open()
  }

  private open(): DatabaseSync {
    const database = openSqlite(this.file)
    // Tests kill processes, not power: waiting for the disk at each commit would only slow them down.
    database.exec('PRAGMA synchronous = OFF')
    // Time Travel copies the file, so all of the database has to be in it.
    database.exec('PRAGMA journal_mode = DELETE')
    if (this.limits.patternBytes) boundPatterns(database)
    database.exec('CREATE TABLE IF NOT EXISTS _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID')
    database.exec('CREATE TABLE IF NOT EXISTS _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)')
    return database
  }

  private runText({ sql, params = [] }: Query, around: Alone = (_sql, work) => work()): StatementResult[] {
    if (sql.trim() === '') throw sqlFailure('No SQL statements detected.')
    const statements = splitStatements(sql)
    if (statements.length === 0) throw sqlFailure('SQL code did not contain a statement.')
    return statements.map((statement, index) => {
      const refusal = refusalOf(statement.sql, this.limits)
      if (refusal !== undefined) throw refusal
      // A comment behind the statement is part of what SQLite names a column after.
      const text = sql.slice(statement.offset, statements[index + 1]?.offset)
      const isLast = index === statements.length - 1
      if (!isLast && params.length > 0 && parameterCount(text) > 0) throw sqlFailure(ONLY_THE_LAST)
      return around(statement.sql, () => this.runStatement(text, isLast ? params : []))
    })
  }

  private runStatement(sql: string, params: SqlValue[]): StatementResult {
    const expected = parameterCount(sql)
    if (this.limits.parameters && expected > PARAMETERS)
      throw sqlFailure('too many SQL variables: SQLITE_ERROR')
    if (expected !== params.length) throw sqlFailure('Wrong number of parameter bindings for SQL query.')
    const started = performance.now()
    const before = this.trace()
    if (this.limits.depths) refuse(tooDeep(sql, this.connection))
    if (this.limits.operations) this.refuseLargePrograms(sql)
    const changesBefore = this.number('SELECT total_changes()')
    const scanned = this.rowsScanned(sql)
    const { columns, rows } = this.execute(sql, params)
    const changes = this.number('SELECT total_changes()') - changesBefore
    if (this.limits.columns) this.refuseWideTables(sql)
    if (this.limits.valueBytes) refuse(tooLargeValue(rows) ?? this.largeRow(sql, changes, before.size))
    if (this.limits.resultBytes) refuse(tooLargeResult(rows))
    const after = this.trace()
    return {
      columns,
      rows,
      meta: this.meta({
        duration: performance.now() - started,
        changes,
        changed: changes > 0 || after.size !== before.size || after.rowId !== before.rowId,
        size: after.size,
        rowId: after.rowId,
        read: Math.max(scanned, rows.length),
      }),
    }
  }

  private execute(sql: string, params: SqlValue[]): { columns: string[]; rows: SqlValue[][] } {
    const statement = this.connection.prepare(sql)
    if (significantTokens(sql.slice(statement.sourceSQL.length)).some(({ text }) => text !== ';')) {
      throw new Error(`SQLite ended this statement earlier than we did: ${sql.slice(0, 200)}`)
    }
    const columns = statement.columns().map(({ name }) => name)
    if (this.limits.columns && columns.length > COLUMNS)
      throw sqlFailure('too many columns in result set: SQLITE_ERROR')
    statement.setReturnArrays(true)
    // Integers beyond 2^53 lose their last digits in D1's JSON; as bigint they at least come out of SQLite.
    statement.setReadBigInts(true)
    return { columns, rows: statement.all(...params) as unknown as SqlValue[][] }
  }

  /** Rows of the tables that a SELECT goes through from end to end; what an index finds is not counted. */
  private rowsScanned(sql: string): number {
    if (!/^(?:SELECT|WITH)\b/i.test(sql)) return 0
    const plan = this.connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
    const tables = new Set(
      this.connection
        .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
        .all()
        .map(({ name }) => String(name)),
    )
    return plan
      .map(({ detail }) => /^SCAN (\S+)/.exec(String(detail))?.[1] ?? '')
      .filter((name) => tables.has(name))
      .reduce((sum, name) => sum + this.number(`SELECT count(*) FROM ${quoteName(name)}`), 0)
  }

  /** SQLite doubles the room of a program, and may not take the next double: workerd says that memory is out. */
  private refuseLargePrograms(sql: string): void {
    if (sql.length < PROGRAM_OPERATIONS / 2) return
    const program = this.connection.prepare(`EXPLAIN ${sql}`).all()
    // The programs of triggers follow, each counted from 0.
    const own = program.findIndex(({ addr }, at) => at > 0 && Number(addr) === 0)
    if ((own < 0 ? program.length : own) > PROGRAM_OPERATIONS) throw sqlFailure('out of memory: SQLITE_NOMEM')
  }

  /** What only adds rows, one of them so large, makes the database larger by as much; of what changes rows only the rows tell. */
  private largeRow(sql: string, changes: number, sizeBefore: number): ApiFailure | undefined {
    const size = this.size()
    const adds = /^\s*(?:INSERT\s+INTO|CREATE)\b/i.test(sql) && !/\bON\s+CONFLICT\b/i.test(sql)
    const mayBe = adds ? size - sizeBefore > OVERFLOWING : size > OVERFLOWING && changes > 0
    return mayBe ? tooLargeRow(this.connection) : undefined
  }

  private refuseWideTables(sql: string): void {
    const verb = /^(?:CREATE|ALTER)\b/i.exec(sql)?.[0].toUpperCase()
    if (verb === undefined) return
    const wide = this.connection
      .prepare(
        `SELECT t.name FROM sqlite_schema t, pragma_table_xinfo(t.name) c WHERE t.type = 'table' GROUP BY t.name HAVING count(*) > ?`,
      )
      .get(COLUMNS)
    if (wide === undefined) return
    throw sqlFailure(
      `too many columns on ${verb === 'ALTER' ? 'sqlite_altertab_' : ''}${String(wide['name'])}: SQLITE_ERROR`,
    )
  }

  /** SQLite tells Node neither rows read nor rows written: scans, what came out and what changed stand for them. */
  private meta(done: {
    duration: number
    changes: number
    changed: boolean
    size: number
    rowId: number
    read: number
  }): Meta {
    return {
      served_by: 'v3-local',
      served_by_region: 'WEUR',
      served_by_primary: true,
      duration: done.duration,
      timings: { sql_duration_ms: done.duration },
      changes: done.changes,
      last_row_id: done.rowId,
      changed_db: done.changed,
      size_after: done.size,
      rows_read: done.read,
      rows_written: done.changes,
    }
  }

  /** D1 says that a statement changed the database by these traits; a change of the schema within its pages escapes it. */
  private trace(): { size: number; rowId: number } {
    return { size: this.size(), rowId: this.number('SELECT last_insert_rowid()') }
  }

  private number(sql: string): number {
    const statement = this.connection.prepare(sql)
    statement.setReadBigInts(true)
    return Number(Object.values(statement.get() ?? {})[0] ?? 0)
  }
}

function refuse(failure: ApiFailure | undefined): void {
  if (failure !== undefined) throw failure
}

/** How many values a statement wants: `?` and names count once each, `?7` makes it at least seven. */
function parameterCount(sql: string): number {
  const names = new Set<string>()
  let count = 0
  for (const { kind, text } of significantTokens(sql)) {
    if (kind !== 'variable') continue
    if (/^\?\d/.test(text)) count = Math.max(count, Number(text.slice(1)))
    else if (text === '?' || !names.has(text)) count += 1
    names.add(text)
  }
  return count
}
