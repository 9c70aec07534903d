import { DEFAULT_LEDGER } from '../../contract/names.js'
import { defined } from '../../contract/defined.js'
import { OWN_STATEMENT } from '../../contract/own-statement.js'
import type { KnownQuery, PlanQueries, QueryTraffic, TrafficReading } from '../../contract/queries.js'
import { parseStatements, splitStatements } from '../../d1/sql/statements.js'
import { significantTokens, unquote } from '../../d1/sql/tokens.js'
import { anatomyOf } from '../statement/statement.js'
import type { ApplicationQuery, QueryTrial } from './application-queries.js'

/** Queries that are tried and followed. */
const QUERIES = 30
/** Characters of a query's text in the plan, and of its name. */
const SHOWN = 2000
const NAMED = 90
/** Days of the month that a bill is about. */
const MONTH_MS = 30 * 86_400_000

/** A text of production's analytics, to be tried like a configured query. */
export interface ProductionQuery extends ApplicationQuery {
  traffic: QueryTraffic
}

/**
 * The application's own queries among the texts: one SELECT, INSERT, UPDATE or DELETE each, of the application's tables. Ours,
 * Wrangler's and those of migration files are left out. The most costly and most frequent first, so many at most.
 */
export function productionQueries(
  reading: Extract<TrafficReading, { state: 'read' }>,
  { migrationsTable, files }: { migrationsTable: string; files: readonly { sql: string }[] },
): { chosen: ProductionQuery[]; leftOut: number } {
  const migrated = new Set(
    files.flatMap(({ sql }) => splitStatements(sql).map((statement) => wordsOf(statement.sql))),
  )
  const own = reading.queries.filter(
    ({ sql }) => isApplications(sql, migrationsTable) && !migrated.has(wordsOf(sql)),
  )
  const weigh = weightAmong(own)
  const chosen = [...own]
    .sort((a, b) => weigh(b) - weigh(a))
    .slice(0, QUERIES)
    .map((traffic) => ({ name: `\`${nameOf(traffic.sql)}\``, sql: traffic.sql, traffic }))
  return { chosen, leftOut: reading.queries.length - own.length }
}

function isApplications(sql: string, migrationsTable: string): boolean {
  if (sql.trimStart().startsWith(OWN_STATEMENT)) return false
  const { statements, open } = parseStatements(sql)
  const [statement] = statements
  if (statement === undefined || statements.length !== 1 || open !== undefined) return false
  const { verb, tokens } = anatomyOf(statement.sql, statement.tokens)
  if (!/^(?:select|insert|update|delete)$/.test(verb)) return false
  const names = tokens
    .filter(({ kind }) => kind === 'word' || kind === 'name')
    .map(({ text }) => unquote(text).toLowerCase())
  const reserved = [migrationsTable.toLowerCase(), DEFAULT_LEDGER]
  return !names.some((name) => /^(?:sqlite_|_cf_|pragma_)/.test(name) || reserved.includes(name))
}

/** Its share of all rows read, of all calls and of all rows written. */
function weightAmong(queries: readonly QueryTraffic[]): (query: QueryTraffic) => number {
  const sum = (of: (query: QueryTraffic) => number): number =>
    Math.max(
      1,
      queries.reduce((all, one) => all + of(one), 0),
    )
  const reads = sum(({ rowsRead }) => rowsRead)
  const calls = sum((query) => query.calls ?? 0)
  const writes = sum(({ rowsWritten }) => rowsWritten)
  return (query) => query.rowsRead / reads + (query.calls ?? 0) / calls + query.rowsWritten / writes
}

function wordsOf(sql: string): string {
  return significantTokens(sql)
    .map(({ kind, text }) => (kind === 'word' ? text.toLowerCase() : text))
    .filter((text) => text !== ';')
    .join(' ')
}

/** The words on one line, without comments. */
function nameOf(sql: string): string {
  const line = significantTokens(sql)
    .map(({ start, text }, at, all) => {
      const before = all[at - 1]
      const apart = before !== undefined && before.start + before.text.length < start
      return apart ? ` ${text}` : text
    })
    .join('')
    .replaceAll('`', '"')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return line.length <= NAMED ? line : `${line.slice(0, NAMED - 1)}…`
}

export interface Tried {
  trials: QueryTrial[]
  /** Rows that a query reads on D1's engine, by its text. */
  measured: ReadonlyMap<string, { before: number; after: number }>
  /** The copy holds all that production holds. */
  wholeCopy: boolean
}

/** What the plan says of them. */
export function planQueries(
  reading: TrafficReading,
  { chosen, leftOut }: { chosen: ProductionQuery[]; leftOut: number },
  { trials, measured, wholeCopy }: Tried,
): PlanQueries {
  if (reading.state === 'unknown') return reading
  const known = chosen.map((query): KnownQuery => {
    const trial = trials.find(({ query: { sql } }) => sql === query.sql)
    const rows = measured.get(query.sql)
    const { id, sql, recent, ...figures } = query.traffic
    return {
      id,
      name: query.name.slice(1, -1),
      sql: sql.length <= SHOWN ? sql : `${sql.slice(0, SHOWN)}…`,
      ...figures,
      recent,
      outcome: trial?.outcome ?? 'not-tried',
      ...(trial?.because === undefined ? {} : { because: trial.because }),
      indexes: trial?.indexes ?? [],
      ...defined({ rowsPerCall: rows }),
    }
  })
  const { source, window, calls } = reading
  const covered = known.reduce((sum, one) => sum + (one.calls ?? 0), 0)
  const month = wholeCopy && calls !== null ? rowsPerMonth(known, window) : undefined
  return {
    state: 'read',
    source,
    window,
    calls,
    covered: calls === null ? null : calls === 0 ? 1 : Math.min(1, covered / calls),
    leftOut,
    known,
    ...defined({ rowsPerMonth: month }),
  }
}

/** What production read, and for each call the difference that the copy shows. */
function rowsPerMonth(
  known: readonly KnownQuery[],
  window: { from: string; to: string },
): { before: number; after: number } {
  const months = (Date.parse(window.to) - Date.parse(window.from)) / MONTH_MS
  let before = 0
  let after = 0
  for (const { calls, rowsRead, rowsPerCall } of known) {
    const more = rowsPerCall === undefined ? 0 : (rowsPerCall.after - rowsPerCall.before) * (calls ?? 0)
    before += rowsRead
    after += Math.max(0, rowsRead + more)
  }
  return { before: Math.round(before / months), after: Math.round(after / months) }
}
