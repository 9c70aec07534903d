import type { DatabaseSync } from 'node:sqlite'
import { readDetailedCatalog, type DetailedCatalog } from '../d1/schema.js'
import { quoteName, quoteText } from '../d1/sqlite.js'
import { parseStatements, type ParsedFile, type SqlStatement } from '../d1/statements.js'
import { anatomyOf, type Anatomy } from './anatomy.js'
import type { FailureEvidence, StatementEvidence, Touch } from './evidence.js'
import { unmetBy } from './existing.js'
import { literalsInIndex, literalsInPlaceOfColumns } from './literals.js'
import { refusalOf } from './refusals.js'
import { tablesByRoot, touchesOf } from './touches.js'

export interface ReplayOptions {
  migrationsTable: string
  /** Count the rows of tables in which a statement deletes: on real data only. */
  countRows: boolean
  /** The schema before the first of the files that are judged, for columns that these take away. */
  origin: DetailedCatalog
  /** Keep what ran when a statement fails, and go on: for history, of which only the schema is wanted. */
  tolerant?: boolean
  /** Called before and, with nothing, after each statement that may take long. */
  onStatement?: ((at: Whereabouts | undefined) => void) | undefined
  /** A statement that is not tried any more. */
  hopeless?: Hopeless | undefined
}

/** A statement of the files; `line` is that of its first word. */
export interface Whereabouts {
  file: string
  line: number
}

/** A statement that did not end in this time, in milliseconds. */
export interface Hopeless extends Whereabouts {
  afterMs: number
}

export interface FileReplay {
  statements: StatementEvidence[]
  /** Statements in the file. */
  count: number
  failures: FailureEvidence[]
  parsed: ParsedFile
}

/** Counts of one table in one file are exact up to here; beyond, they would cost more than they tell. */
const MAX_COUNTS = 50

/**
 * Runs one migration file as D1 does, in one transaction that also writes the ledger, and tells what each statement did.
 * A file that fails leaves no trace, unless `tolerant`.
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
  database.exec('BEGIN')
  for (const statement of statements) {
    const anatomy = anatomyOf(statement.sql, statement.tokens)
    const refusal = refusalOf(statement, anatomy)
    if (refusal !== undefined) {
      const { code, message, advice } = refusal
      replay.failures.push({ ...at(file.name, statement), message, advice, code, where: 'chain' })
    }
    if (refusal?.skip === true) continue
    const place = { file: file.name, line: statement.line }
    if (options.hopeless?.file === place.file && options.hopeless.line === place.line) {
      replay.failures.push({ ...at(file.name, statement), ...endless(options.hopeless) })
      break
    }
    const slow = mayTakeLong(anatomy)
    try {
      if (slow) options.onStatement?.(place)
      replay.statements.push(observer.run(statement, anatomy))
      if (slow) options.onStatement?.(undefined)
    } catch (error) {
      replay.failures.push({
        ...at(file.name, statement),
        message: messageOf(error),
        code: 'SY101',
        where: 'chain',
      })
      if (options.tolerant !== true) break
    }
  }
  const fatal = replay.failures.some(({ code }) => code !== 'TX101')
  const last = statements.at(-1)
  finish(database, file.name, options, fatal && options.tolerant !== true, (message) => {
    replay.failures.push({
      file: file.name,
      line: last?.line ?? 1,
      sql: last?.sql ?? '',
      message,
      code: 'SY101',
      where: 'commit',
    })
  })
  return replay
}

/** The ledger as Wrangler creates it. */
export function createLedger(database: DatabaseSync, table: string): void {
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${quoteName(table)}(
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT UNIQUE,
      applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
    )`,
  )
}

function finish(
  database: DatabaseSync,
  file: string,
  options: ReplayOptions,
  discard: boolean,
  failed: (message: string) => void,
): void {
  if (discard) {
    rollback(database)
    return
  }
  try {
    database.exec(
      `INSERT OR IGNORE INTO ${quoteName(options.migrationsTable)} (name) VALUES (${quoteText(file)})`,
    )
    database.exec('COMMIT')
  } catch (error) {
    failed(messageOf(error))
    rollback(database)
  }
}

/** A failed statement may have ended the transaction by itself (`ON CONFLICT ROLLBACK`). */
function rollback(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // No transaction is open any more: nothing to take back.
  }
}

class Observer {
  readonly #database: DatabaseSync
  readonly #file: string
  readonly #options: ReplayOptions
  readonly #counted = new Map<string, number>()
  #roots: Map<number, string> | undefined
  #catalog: DetailedCatalog | undefined

  constructor(database: DatabaseSync, file: string, options: ReplayOptions) {
    this.#database = database
    this.#file = file
    this.#options = options
  }

  run(statement: SqlStatement, anatomy: Anatomy): StatementEvidence {
    const touches = this.#touches(statement.sql, anatomy)
    const literals = this.#literals(statement.sql, anatomy, touches)
    const unmet = unmetBy(this.#database, statement.sql, anatomy)
    const deletes =
      this.#options.countRows && anatomy.verb !== 'update'
        ? touches.filter(({ how }) => how === 'delete')
        : []
    const counts = deletes.flatMap(({ table }) => {
      const before = this.#count(table)
      return before === undefined ? [] : [{ table, before, after: 0 }]
    })
    const started = performance.now()
    const changes = this.#execute(statement.sql, anatomy)
    const durationMs = performance.now() - started
    if (changesSchema(anatomy)) {
      this.#roots = undefined
      this.#catalog = undefined
    }
    for (const count of counts) count.after = this.#rows(count.table) ?? 0
    return {
      file: this.#file,
      line: statement.line,
      sql: statement.sql,
      anatomy,
      touches,
      changes,
      counts,
      literals,
      ...(unmet === undefined ? {} : { unmet }),
      ...(this.#writesLedger(anatomy) ? { writesLedger: true } : {}),
      durationMs,
    }
  }

  #execute(sql: string, anatomy: Anatomy): number {
    // `exec` ends the statement at once: ones that wait for the garbage collector slow down every change of the schema.
    this.#database.exec(sql)
    if (!this.#options.countRows || !/^(?:insert|update|delete)$/.test(anatomy.verb)) return 0
    return Number(this.#database.prepare('SELECT changes() AS n').get()?.['n'])
  }

  #touches(sql: string, anatomy: Anatomy): Touch[] {
    if (!needsProgram(anatomy) && !(this.#options.countRows && anatomy.verb === 'insert'))
      return anatomy.verb === 'insert' ? [insertInto(anatomy)] : []
    // Only what can move values from one table to another is asked what it reads.
    const reads = anatomy.copies || (anatomy.verb === 'update' && /\b(?:select|from)\b/i.test(sql))
    if (reads) this.#roots ??= tablesByRoot(this.#database)
    const touches = touchesOf(this.#database, sql, reads ? this.#roots : undefined)
    if (anatomy.verb === 'delete' || anatomy.verb === 'drop-table')
      touches.push({ table: anatomy.target ?? '', how: 'delete' })
    if (anatomy.verb === 'insert' || anatomy.verb === 'create-table') touches.push(insertInto(anatomy))
    return touches
  }

  #literals(sql: string, anatomy: Anatomy, touches: Touch[]): string[] {
    if (anatomy.verb === 'create-index' && sql.includes('"'))
      return literalsInIndex(this.#database, sql, anatomy)
    if (!/^(?:insert|update|delete|create-table)$/.test(anatomy.verb) || !sql.includes('"')) return []
    if (anatomy.verb === 'create-table' && !anatomy.copies) return []
    if (anatomy.verb === 'insert' && !anatomy.copies) return []
    this.#catalog ??= readDetailedCatalog(this.#database, { migrationsTable: this.#options.migrationsTable })
    const tables = touches.map(({ table }) => table)
    return literalsInPlaceOfColumns(
      this.#database,
      sql,
      anatomy,
      [this.#catalog, this.#options.origin],
      tables,
    )
  }

  #writesLedger({ verb, target }: Anatomy): boolean {
    const writes = /^(?:insert|update|delete|alter-table|drop-table)$/.test(verb)
    return writes && target?.toLowerCase() === this.#options.migrationsTable.toLowerCase()
  }

  #count(table: string): number | undefined {
    const counted = this.#counted.get(table) ?? 0
    this.#counted.set(table, counted + 1)
    return counted < MAX_COUNTS ? this.#rows(table) : undefined
  }

  /** Undefined for a table that is no more. */
  #rows(table: string): number | undefined {
    try {
      const row = this.#database.prepare(`SELECT count(*) AS n FROM main.${quoteName(table)}`).get()
      return Number(row?.['n'])
    } catch {
      return undefined
    }
  }
}

function insertInto(anatomy: Anatomy): Touch {
  return { table: anatomy.target ?? '', how: 'insert' }
}

/** A plain INSERT … VALUES only adds rows; most other statements may reach further than their words say. */
function needsProgram(anatomy: Anatomy): boolean {
  switch (anatomy.verb) {
    case 'update':
    case 'delete':
    case 'drop-table':
      return true
    case 'insert':
      return anatomy.copies || anatomy.replaces || anatomy.tokens.some(({ text }) => /^conflict$/i.test(text))
    case 'create-table':
      return anatomy.copies
    default:
      return false
  }
}

/** All but what only adds the rows that it spells out. */
function mayTakeLong(anatomy: Anatomy): boolean {
  return anatomy.verb !== 'insert' || anatomy.copies
}

function endless({ afterMs }: Hopeless): Pick<FailureEvidence, 'message' | 'code' | 'where'> {
  const seconds = String(Math.round(afterMs / 1000))
  return { message: `The statement still ran after ${seconds} s on the copy.`, code: 'RH102', where: 'copy' }
}

function changesSchema(anatomy: Anatomy): boolean {
  return /^(?:create|drop|alter)/.test(anatomy.verb)
}

function at(file: string, statement: SqlStatement): Pick<FailureEvidence, 'file' | 'line' | 'sql'> {
  return { file, line: statement.line, sql: statement.sql }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
