import type { Probe } from '../../contract/monitoring.js'
import type { Row, SqlValue } from '../../d1/sqlite.js'
import { elapsed, type ProbeContext, type Seen } from './probe.js'

/** A spot check in SQL. Without an expectation it is enough that the statement still runs. */
export async function probeSql(
  { sql, expect }: Extract<Probe, { kind: 'sql' }>,
  { target, openReader, signal }: ProbeContext,
): Promise<Seen> {
  const reader = await openReader(target, { signal })
  try {
    const startedAt = performance.now()
    const [row] = await reader.query(sql)
    const latencyMs = elapsed(startedAt)
    if (expect === undefined) return { ok: true, latencyMs, message: 'the query runs' }
    const found = firstValue(row)
    const ok = found === expect
    const message = ok ? `found ${shown(found)}` : `found ${shown(found)} instead of ${shown(expect)}`
    return { ok, latencyMs, message }
  } finally {
    await reader.close()
  }
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
