import type { Probe } from '../../contract/monitoring.js'
import type { Row, SqlValue } from '../../d1/sqlite/sqlite.js'
import { splitStatements } from '../../d1/sql/statements.js'
import { significantTokens } from '../../d1/sql/tokens.js'
import { elapsed, unknown, type ProbeContext, type Seen } from './probe.js'

/** A spot check in SQL. Without an expectation it is enough that the statement still runs. */
export async function probeSql(
  { sql, expect }: Extract<Probe, { kind: 'sql' }>,
  { target, openReader, signal }: ProbeContext,
): Promise<Seen> {
  if (!onlyReads(sql))
    return unknown('it is not one reading statement (SELECT, VALUES or WITH), so it was not run')
  const reader = await openReader(target, { signal })
  try {
    const startedAt = performance.now()
    const [row] = await reader.query(sql)
    const latencyMs = elapsed(startedAt)
    if (expect === undefined) return { ok: true, latencyMs, message: 'the query runs' }
    const found = firstValue(row)
    const measured = shown(found)
    if (found === expect) return { ok: true, latencyMs, message: `found ${measured}` }
    const limit = shown(expect)
    return { ok: false, latencyMs, measured, limit, message: `found ${measured} instead of ${limit}` }
  } finally {
    await reader.close()
  }
}

/** A monitor changes nothing, least of all every five minutes: a remote reader would run whatever it is given. */
function onlyReads(sql: string): boolean {
  if (splitStatements(sql).length !== 1) return false
  let depth = 0
  const outer: string[] = []
  for (const { kind, text } of significantTokens(sql)) {
    if (text === '(') depth += 1
    else if (text === ')') depth -= 1
    else if (depth === 0 && kind === 'word') outer.push(text.toUpperCase())
  }
  const [first = ''] = outer
  if (first === 'SELECT' || first === 'VALUES') return true
  // After its common table expressions, WITH may lead into any of these.
  return first === 'WITH' && !outer.some((word) => ['INSERT', 'UPDATE', 'DELETE', 'REPLACE'].includes(word))
}

/** Undefined where no row came: not the same as a row that holds NULL. */
function firstValue(row: Row | undefined): SqlValue | undefined {
  return row === undefined ? undefined : Object.values(row)[0]
}

function shown(value: SqlValue | undefined): string {
  if (value === undefined) return 'no row'
  if (value === null) return 'NULL'
  if (typeof value === 'object') return 'a blob'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
