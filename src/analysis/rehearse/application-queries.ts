import { messageOf } from '../../contract/failures.js'
import type { DatabaseSync } from 'node:sqlite'
import type { Finding } from '../../contract/finding.js'
import { openConfined } from '../../d1/sqlite/confined.js'
import { splitStatements } from '../../d1/sql/statements.js'
import { refusalOf } from '../statement/d1-refusals.js'
import { qc101 } from '../rules/qc101.js'
import { qc102 } from '../rules/qc102.js'
import { qc103 } from '../rules/qc103.js'
import { findingOf, rowsText } from '../rules/rule.js'
import type { Evidence } from '../evidence.js'
import { anatomyOf } from '../statement/statement.js'
import { executeOnBoth, type BothVersions } from './execute-both.js'
import { checkOldInserts } from './old-inserts.js'

/** A statement that the running application asks; parameters stay unbound. */
export interface ApplicationQuery {
  name: string
  sql: string
}

/** Rows from which on a full scan is worth a warning. */
const BIG = 1000

/**
 * What the running application meets on the migrated copy: its queries compiled and executed, with values that the tables hold, on both
 * versions; and the INSERTs that it could make before. All of it is taken back. `database` is the migrated one.
 */
export function checkApplication(
  database: DatabaseSync,
  evidence: Evidence,
  queries: ApplicationQuery[],
  priorFile: string,
): Finding[] {
  const prior = openConfined(priorFile, { foreignKeys: false })
  database.exec('PRAGMA foreign_keys = OFF')
  try {
    const { before, after, fates } = evidence
    const versions = { prior, main: database, before, after, fates }
    const inserted = queries.flatMap(({ sql }) => {
      const { verb, target } = anatomyOf(sql)
      return verb === 'insert' && target !== undefined ? [target.toLowerCase()] : []
    })
    return [
      ...queries.flatMap((query) => checkQuery(versions, query)),
      ...checkOldInserts(evidence, versions, new Set(inserted)),
    ]
  } finally {
    database.exec('PRAGMA foreign_keys = ON')
    prior.close()
  }
}

function checkQuery(versions: BothVersions, query: ApplicationQuery): Finding[] {
  const { prior, main: database } = versions
  const before = planOf(prior, query.sql)
  const after = planOf(database, query.sql)
  if (after.error !== undefined) {
    const already = before.error !== undefined
    const message = `The query ${query.name} ${already ? 'failed before this migration already' : 'of the running application breaks'}: ${after.error}.`
    return [findingOf(qc101, already ? 'info' : 'error', undefined, message, { table: query.name })]
  }
  const { verb, target } = anatomyOf(query.sql)
  const { refused, missing } = executeOnBoth(versions, query.sql, verb === 'insert' ? target : undefined)
  if (refused !== undefined) {
    const message = `The query ${query.name} of the running application is refused with values that it wrote before: ${refused}.`
    return [findingOf(qc101, 'error', undefined, message, { table: query.name })]
  }
  return [
    ...(missing === undefined ? [] : [answersOtherwise(query, missing)]),
    ...newScans(versions, query, before, after),
  ]
}

function answersOtherwise(query: ApplicationQuery, { rows, of }: { rows: number; of: number }): Finding {
  // New rows in front push others out of a page.
  const paged = /\blimit\b/i.test(query.sql)
  const message = `The query ${query.name} answers otherwise: ${rows} of its ${rowsText(of)} of before ${rows === 1 ? 'is' : 'are'} no longer in its answer.`
  return findingOf(qc103, paged ? 'info' : 'warning', undefined, message, { table: query.name })
}

function newScans(
  { main: database }: BothVersions,
  query: ApplicationQuery,
  before: QueryPlan,
  after: QueryPlan,
): Finding[] {
  const scanned = after.scans.filter(
    (table) => !before.scans.includes(table) && before.searches.includes(table),
  )
  return scanned
    .filter((table) => rowsOf(database, table) >= BIG)
    .map((table) =>
      findingOf(
        qc102,
        'warning',
        undefined,
        `The query ${query.name} reads all ${rowsOf(database, table)} rows of ${table}; it used an index before.`,
        {
          table,
        },
      ),
    )
}

interface QueryPlan {
  error?: string
  scans: string[]
  searches: string[]
}

function planOf(database: DatabaseSync, sql: string): QueryPlan {
  const refusal = refusedBeforeItRuns(sql)
  if (refusal !== undefined) return { error: refusal, scans: [], searches: [] }
  try {
    const plan = database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => String(row['detail']))
    const named = (pattern: RegExp): string[] => plan.flatMap((line) => pattern.exec(line)?.[1] ?? [])
    return { scans: named(/^SCAN (\S+)(?! USING (?:COVERING )?INDEX)/), searches: named(/^SEARCH (\S+)/) }
  } catch (error) {
    return { error: messageOf(error), scans: [], searches: [] }
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

/** The plan may name an alias: then its table is not known and counts as small. */
function rowsOf(database: DatabaseSync, table: string): number {
  try {
    return Number(
      database.prepare(`SELECT count(*) AS n FROM main."${table.replaceAll('"', '""')}"`).get()?.['n'],
    )
  } catch {
    return 0
  }
}
