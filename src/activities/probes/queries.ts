import { defined } from '../../contract/defined.js'
import type { ProbeResult } from '../../contract/monitoring.js'
import type { QueryBaseline, QueryShift } from '../../contract/queries.js'
import type { Target } from '../../contract/target.js'
import { readQueryTraffic } from '../../d1/cloudflare/query-traffic.js'
import { openReader } from '../../d1/read/open-reader.js'
import { redact } from '../../process/redact.js'
import { queryShifts, queryShiftText } from '../../runbook/monitoring/query-shifts.js'
import { plural } from '../../text/plural.js'
import type { ProbeContext } from './probe.js'

/** Queries whose reading is told one by one. */
const TOLD = 5

export interface LookAtQueries {
  target: Target
  baselines: readonly QueryBaseline[]
  /** ISO 8601: when the migrated database was taken over. */
  since: string
  env?: NodeJS.ProcessEnv
  signal?: AbortSignal
  openReader?: ProbeContext['openReader']
}

/**
 * What production's own queries read for each call since the migration, held against what each of them read before. One call of the
 * API, and one more where some read many times as much. Throws only the signal's reason.
 */
export async function lookAtQueries(input: LookAtQueries): Promise<ProbeResult> {
  const { target, baselines, since, env = process.env, signal } = input
  const named = { probe: 'queries', kind: 'queries', critical: false }
  const reading = await readQueryTraffic({ target, env, from: Date.parse(since), ...defined({ signal }) })
  if (reading.state === 'unknown') return { ...named, ok: null, message: redact(reading.because, env) }
  const now = reading.queries.flatMap(({ id, calls, rowsRead }) =>
    calls === null ? [] : [{ id, calls, rowsRead }],
  )
  const asked = baselines.filter(({ id }) => now.some((one) => one.id === id)).length
  const known = `${asked} of ${plural(baselines.length, 'known query').replace('querys', 'queries')}`
  const seen = `${known} asked since ${since.slice(0, 16)} UTC, by analytics that arrive minutes later`
  const found = queryShifts(baselines, now).slice(0, TOLD)
  if (found.length === 0) return { ...named, ok: true, message: seen }
  const indexes = await presentIndexes(input)
  const queries = found.map(({ indexes: used, ...shift }): QueryShift => {
    const gone = indexes === undefined ? [] : used.filter((name) => !indexes.has(name.toLowerCase()))
    return { ...shift, gone }
  })
  return { ...named, ok: false, queries, message: queries.map(queryShiftText).join('; ') }
}

/** Names in lower case; undefined where the schema could not be read: then nothing is said of indexes. */
async function presentIndexes(input: LookAtQueries): Promise<Set<string> | undefined> {
  const { target, signal } = input
  const open = input.openReader ?? openReader
  try {
    const reader = await open(target, defined({ signal }))
    try {
      const rows = await reader.query(`SELECT name FROM sqlite_schema WHERE type = 'index'`)
      return new Set(rows.flatMap(({ name }) => (typeof name === 'string' ? [name.toLowerCase()] : [])))
    } finally {
      await reader.close()
    }
  } catch {
    signal?.throwIfAborted()
    return undefined
  }
}
