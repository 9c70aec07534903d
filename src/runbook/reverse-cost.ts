import { plural } from '../text/plural.js'
import type { Plan, RowChange } from '../contract/plan.js'

/** Why a reverse migration does not work on the database as it is now, one sentence each; empty when it does. */
export function failuresOfReverse(
  rehearsed: Pick<Plan, 'findings' | 'predictedFingerprint'>,
  wantedFingerprint: string,
): string[] {
  const failed = rehearsed.findings.filter(({ code }) => FAILS.has(code)).map(({ message }) => message)
  if (failed.length > 0) return failed
  return rehearsed.predictedFingerprint === wantedFingerprint
    ? []
    : ['On the database as it is now, the reverse migration does not lead back to the schema of before.']
}

/** D1 would not run it, or not in its time. */
const FAILS = new Set(['RH101', 'RH102', 'SY101'])

/** Rows and values that go where they hold nothing else: counted on the copy of now. */
const LOSSES = new Set(['DL102', 'DL103'])

/**
 * What the reverse migration costs of the database as it is now, one sentence each. Rows of a table that goes as a whole
 * count only as far as the migration did not make them itself, which `planned` tells.
 */
export function lossesSince(
  rehearsed: Pick<Plan, 'findings' | 'rows'>,
  planned: readonly RowChange[],
): string[] {
  const gone = rehearsed.rows.filter(({ before, after }) => before !== null && after === null)
  const made = new Map(planned.map(({ table, after }) => [table, after ?? 0]))
  const tables = gone.flatMap(({ table, before }) => {
    const since = (before ?? 0) - (made.get(table) ?? 0)
    return since > 0 ? [`${plural(since, 'row')} written to ${table} since the migration`] : []
  })
  const names = new Set(gone.map(({ table }) => table))
  const values = rehearsed.findings
    .filter(({ code, table }) => LOSSES.has(code) && !(table !== undefined && names.has(table)))
    .map(({ message }) => `As it is now: ${message}`)
  return [...tables, ...values]
}
