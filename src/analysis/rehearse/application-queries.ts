import { messageOf } from '../../contract/failures.js'
import type { DatabaseSync } from 'node:sqlite'
import type { Finding } from '../../contract/finding.js'
import { openSqlite } from '../../d1/sqlite/sqlite.js'
import { qc101 } from '../rules/qc101.js'
import { qc102 } from '../rules/qc102.js'
import { findingOf } from '../rules/rule.js'

/** A statement that the running application asks; parameters stay unbound. */
export interface ApplicationQuery {
  name: string
  sql: string
}

/** Rows from which on a full scan is worth a warning. */
const BIG = 1000

/** Compiles, and where they only read runs, the application's queries on the migrated copy, against those of before. */
export function checkQueries(
  database: DatabaseSync,
  queries: ApplicationQuery[],
  priorFile: string,
): Finding[] {
  if (queries.length === 0) return []
  const prior = openSqlite(priorFile)
  try {
    return queries.flatMap((query) => checkQuery(database, prior, query))
  } finally {
    prior.close()
  }
}

function checkQuery(database: DatabaseSync, prior: DatabaseSync, query: ApplicationQuery): Finding[] {
  const before = attempt(prior, query.sql)
  const after = attempt(database, query.sql)
  if (after.error !== undefined) {
    const already = before.error !== undefined
    const message = `The query ${query.name} ${already ? 'failed before this migration already' : 'of the running application breaks'}: ${after.error}.`
    return [findingOf(qc101, already ? 'info' : 'error', undefined, message, { table: query.name })]
  }
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

function attempt(
  database: DatabaseSync,
  sql: string,
): { error?: string; scans: string[]; searches: string[] } {
  try {
    const plan = database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => String(row['detail']))
    if (/^\s*(?:select|values|with)\b/i.test(sql) && !/\b(?:insert|update|delete|replace)\b/i.test(sql)) {
      // One row proves that it runs.
      database.prepare(sql).get()
    }
    const named = (pattern: RegExp): string[] => plan.flatMap((line) => pattern.exec(line)?.[1] ?? [])
    return { scans: named(/^SCAN (\S+)(?! USING (?:COVERING )?INDEX)/), searches: named(/^SEARCH (\S+)/) }
  } catch (error) {
    return { error: messageOf(error), scans: [], searches: [] }
  }
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
