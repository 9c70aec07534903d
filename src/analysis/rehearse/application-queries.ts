import { defined } from '../../contract/defined.js'
import { messageOf } from '../../contract/failures.js'
import type { DatabaseSync } from 'node:sqlite'
import type { Finding, Severity } from '../../contract/finding.js'
import type { QueryOutcome, QueryTraffic } from '../../contract/queries.js'
import { tableNamed } from '../../d1/schema/schema.js'
import { openConfined } from '../../d1/sqlite/confined.js'
import { significantTokens, unquote } from '../../d1/sql/tokens.js'
import { splitStatements } from '../../d1/sql/statements.js'
import { refusalOf } from '../statement/d1-refusals.js'
import { shapeCulprit } from '../rules/attribution.js'
import { indexAgainText } from '../rules/index-fates.js'
import { creationOf } from '../statement/index-creation.js'
import { qc101 } from '../rules/qc101.js'
import { qc102 } from '../rules/qc102.js'
import { qc103 } from '../rules/qc103.js'
import { atEndOf, findingOf, rowsText, same } from '../rules/rule.js'
import type { Evidence, StatementEvidence } from '../evidence.js'
import { anatomyOf, mentions } from '../statement/statement.js'
import { executeOnBoth, type BothVersions } from './execute-both.js'
import { checkOldInserts } from './old-inserts.js'
import { grouped } from '../../contract/number.js'

/** A statement that the running application asks; parameters stay unbound. */
export interface ApplicationQuery {
  name: string
  sql: string
  /** Production's analytics told of it; absent: the configuration did. */
  traffic?: QueryTraffic
}

/** What became of one query. */
export interface QueryTrial {
  query: ApplicationQuery
  outcome: QueryOutcome
  because?: string
  /** Indexes that it searched before. */
  indexes: string[]
  /** A SELECT of before and afterwards, with values in place of its parameters. */
  bound?: string
}

/** Told before each query of production's runs and, with nothing, when all did. */
export type OnQuery = (sql: string | undefined) => void

interface Options {
  priorFile: string
  /** Texts that are not run any more: they did not end. */
  endless?: readonly string[]
  onQuery?: OnQuery
}

/** Rows from which on a full scan is worth a warning. */
const BIG = 1000
/** All queries of production's together. Milliseconds. */
const TIME_FOR_ALL_MS = 60_000

/**
 * What the running application meets on the migrated copy: its queries compiled and executed, with values that the tables hold, on both
 * versions; and the INSERTs that it could make before. All of it is taken back. `database` is the migrated one.
 */
export function checkApplication(
  database: DatabaseSync,
  evidence: Evidence,
  queries: ApplicationQuery[],
  options: Options,
): { findings: Finding[]; trials: QueryTrial[] } {
  const prior = openConfined(options.priorFile, { foreignKeys: false })
  database.exec('PRAGMA foreign_keys = OFF')
  try {
    const { before, after, fates } = evidence
    const versions = { prior, main: database, before, after, fates }
    const inserted = queries.flatMap(({ sql }) => {
      const { verb, target } = anatomyOf(sql)
      return verb === 'insert' && target !== undefined ? [target.toLowerCase()] : []
    })
    const until = performance.now() + TIME_FOR_ALL_MS
    const seen = queries.map((query) => tryQuery(versions, evidence, query, { ...options, until }))
    options.onQuery?.(undefined)
    return {
      findings: [
        ...seen.flatMap(({ findings }) => findings),
        ...checkOldInserts(evidence, versions, new Set(inserted)),
      ],
      trials: seen.map(({ trial }) => trial),
    }
  } finally {
    database.exec('PRAGMA foreign_keys = ON')
    prior.close()
  }
}

interface Seen {
  trial: QueryTrial
  findings: Finding[]
}

function tryQuery(
  versions: BothVersions,
  evidence: Evidence,
  query: ApplicationQuery,
  { endless = [], onQuery, until }: Options & { until: number },
): Seen {
  if (query.traffic === undefined) return checkQuery(versions, evidence, query)
  const notTried = (because: string): Seen => ({
    trial: { query, outcome: 'not-tried', because, indexes: [] },
    findings: [],
  })
  if (endless.includes(query.sql)) return notTried('it did not end on the copy')
  if (performance.now() > until) return notTried('the time for all queries was over')
  onQuery?.(query.sql)
  return checkQuery(versions, evidence, query)
}

function checkQuery(versions: BothVersions, evidence: Evidence, query: ApplicationQuery): Seen {
  const { prior, main: database } = versions
  const before = planOf(prior, query.sql)
  const after = planOf(database, query.sql)
  const { indexes } = before
  const seen = (
    outcome: QueryOutcome,
    because: string | undefined,
    findings: Finding[],
    bound?: string,
  ): Seen => ({
    trial: {
      query,
      outcome,
      ...defined({ because }),
      indexes,
      ...defined({ bound }),
    },
    findings,
  })
  if (after.error !== undefined) {
    const already = before.error !== undefined
    // What production's analytics hold may be an old text, or a shortened one.
    if (already && query.traffic !== undefined) return seen('not-tried', before.error, [])
    const message = `The query ${query.name} ${already ? 'failed before this migration already' : 'of the running application breaks'}: ${after.error}.`
    const severity = already ? 'info' : severityOf(query)
    const outcome = already ? 'not-tried' : 'breaks'
    return seen(outcome, after.error, [broken(evidence, query, severity, message)])
  }
  const { verb, target } = anatomyOf(query.sql)
  const execution = executeOnBoth(versions, query.sql, verb === 'insert' ? target : undefined)
  const { refused, missing } = execution
  if (refused !== undefined) {
    const left = /^NOT NULL constraint failed: .*\.([^.]+)$/.exec(refused)?.[1]
    const always = left !== undefined && !mentions(significantTokens(query.sql), left)
    const when = always ? '' : ' with some of the values that rows have'
    const message = `The query ${query.name} of the running application is refused${when}: ${refused}.`
    return seen('refused', refused, [broken(evidence, query, severityOf(query), message)])
  }
  const scans = newScans(database, query, { before, after })
  const told = scansOfBig(evidence, query, before, scans)
  // No finding says which table a small one is.
  const small = scans.length > 0 && told.length === 0 ? smallText(scans) : undefined
  const because = missing === undefined ? small : answersText(missing)
  const outcome = scans.length > 0 ? 'scans' : missing === undefined ? 'unchanged' : 'answers-otherwise'
  const findings = [...(missing === undefined ? [] : [answersOtherwise(query, missing)]), ...told]
  return seen(outcome, because, findings, verb === 'select' ? execution.bound : undefined)
}

/** A text that nobody asked in the last day may be of an application that is no more. */
function severityOf({ traffic }: ApplicationQuery): Severity {
  return traffic === undefined || traffic.recent === true ? 'error' : 'warning'
}

function broken(evidence: Evidence, query: ApplicationQuery, severity: Severity, message: string): Finding {
  const { traffic, name } = query
  if (traffic === undefined) return findingOf(qc101, severity, undefined, message, { table: name })
  const place = culprit(evidence, query.sql)
  const asked =
    traffic.recent === true
      ? ' Production asked it in the last 24 hours.'
      : traffic.recent === false
        ? ' Production asked it in the last days, not in the last 24 hours.'
        : ''
  const table = tablesOf(evidence, query.sql)[0]
  return findingOf(qc101, severity, place, message + asked, table === undefined ? {} : { table })
}

/** The statement that ended or changed a table of the query: what a finding of it can be accepted beside. */
function culprit(evidence: Evidence, sql: string): StatementEvidence | undefined {
  const names = tablesOf(evidence, sql)
  const changed = evidence.fates.filter(
    ({ before, after, how }) =>
      names.some((name) => same(name, before.name)) && (how !== 'kept' || before.sql !== after?.sql),
  )
  return (
    changed.map((fate) => shapeCulprit(evidence, fate)).find((place) => place !== undefined) ??
    evidence.statements.findLast(({ anatomy }) => names.some((name) => mentions(anatomy.tokens, name)))
  )
}

/** Tables of before and views that the words of a query name. */
function tablesOf({ before }: Evidence, sql: string): string[] {
  const words = [...new Set(significantTokens(sql).map(({ text }) => unquote(text)))]
  return words.flatMap(
    (word) => tableNamed(before, word)?.name ?? before.views.get(word.toLowerCase())?.name ?? [],
  )
}

function answersText({ rows, of }: { rows: number; of: number }): string {
  return `${grouped(rows)} of its ${rowsText(of)} of before ${rows === 1 ? 'is' : 'are'} no longer in its answer`
}

function answersOtherwise(query: ApplicationQuery, missing: { rows: number; of: number }): Finding {
  // New rows in front push others out of a page. Of all that production asks much reads what a migration changes on purpose.
  const mild = /\blimit\b/i.test(query.sql) || query.traffic !== undefined
  const message = `The query ${query.name} answers otherwise: ${answersText(missing)}.`
  return findingOf(qc103, mild ? 'info' : 'warning', undefined, message, { table: query.name })
}

/** A table that a query searched before and reads through now. */
interface NewScan {
  table: string
  rows: number
}

function newScans(
  database: DatabaseSync,
  query: ApplicationQuery,
  { before, after }: { before: QueryPlan; after: QueryPlan },
): NewScan[] {
  return after.scans
    .filter((table) => !before.scans.includes(table) && before.searches.includes(table))
    .map((table) => ({
      table: tableOf(database, query.sql, table),
      rows: rowsOf(database, query.sql, table),
    }))
}

function smallText(scans: readonly NewScan[]): string {
  return scans.map(({ table, rows }) => `${table} has ${rowsText(rows)} on the copy`).join(', ')
}

function scansOfBig(
  evidence: Evidence,
  query: ApplicationQuery,
  before: QueryPlan,
  scans: readonly NewScan[],
): Finding[] {
  return scans
    .filter(({ rows }) => rows >= BIG)
    .map(({ table, rows }) => {
      const gone = before.indexes.filter((index) => !hasIndex(evidence, index))
      const used = gone.length === 0 ? 'an index' : `the index ${gone.join(' and ')}`
      const most = /\blimit\b/i.test(query.sql) ? 'up to all' : 'all'
      const message = `The query ${query.name} reads ${most} ${rowsText(rows)} of ${table}; it used ${used} before.`
      const place =
        evidence.statements.findLast(
          ({ anatomy }) => anatomy.verb === 'drop-index' && gone.some((name) => same(anatomy.target, name)),
        ) ?? (gone.length === 0 ? undefined : culprit(evidence, query.sql))
      const lost = evidence.fates.flatMap((fate) =>
        fate.before.indexes
          .filter(({ name, origin }) => origin === 'statement' && gone.includes(name))
          .filter((index) => fate.after !== undefined && indexAgainText(evidence, index) === '')
          .map((index) => creationOf(index, evidence.after, fate)),
      )
      const fix = atEndOf(evidence, place, lost)
      return findingOf(qc102, 'warning', place, message, { table, ...fix })
    })
}

function hasIndex({ after }: Evidence, index: string): boolean {
  return [...after.tables.values()].some(({ indexes }) => indexes.some(({ name }) => same(name, index)))
}

interface QueryPlan {
  error?: string
  scans: string[]
  searches: string[]
  indexes: string[]
}

function planOf(database: DatabaseSync, sql: string): QueryPlan {
  const refusal = refusedBeforeItRuns(sql)
  if (refusal !== undefined) return { error: refusal, scans: [], searches: [], indexes: [] }
  try {
    const plan = database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => String(row['detail']))
    const named = (pattern: RegExp): string[] => plan.flatMap((line) => pattern.exec(line)?.[1] ?? [])
    return {
      scans: named(/^SCAN (\S+)/),
      searches: named(/^SEARCH (\S+)/),
      indexes: [...new Set(named(/^SEARCH \S+ USING (?:COVERING )?INDEX (\S+)/))],
    }
  } catch (error) {
    return { error: messageOf(error), scans: [], searches: [], indexes: [] }
  }
}

/** SQLite carries out some PRAGMAs while it reads them, also behind EXPLAIN. */
function refusedBeforeItRuns(sql: string): string | undefined {
  const [statement] = splitStatements(sql)
  const refusal = statement === undefined ? undefined : refusalOf(statement, anatomyOf(statement.sql))
  return refusal?.code === 'TX102' || refusal?.code === 'D1L104'
    ? refusal.message.replace(/\.$/, '')
    : undefined
}

/** A plan may name the alias of a statement. */
function tableOf(database: DatabaseSync, sql: string, name: string): string {
  const known = (table: string): boolean =>
    database
      .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE`)
      .get(table) !== undefined
  if (known(name)) return name
  const tokens = significantTokens(sql)
  const at = tokens.findIndex(({ text }, index) => index > 0 && same(unquote(text), name))
  const before = tokens[at - 1]
  const table = before !== undefined && /^as$/i.test(before.text) ? tokens[at - 2] : before
  const named = table === undefined ? '' : unquote(table.text)
  return known(named) ? named : name
}

/** A name that stands for no table counts as small. */
function rowsOf(database: DatabaseSync, sql: string, name: string): number {
  try {
    const table = tableOf(database, sql, name).replaceAll('"', '""')
    return Number(database.prepare(`SELECT count(*) AS n FROM main."${table}"`).get()?.['n'])
  } catch {
    return 0
  }
}
