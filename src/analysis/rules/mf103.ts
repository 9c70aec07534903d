import { shapeCulprit } from './attribution.js'
import type { TableFate } from '../evidence.js'
import { findingOf, rowsText, same, type Rule } from './rule.js'

export const mf103: Rule = {
  code: 'MF103',
  title: 'NOT NULL added',
  severity: 'info',
  advice:
    'Fill the NULLs first, and deploy an application that always writes the column before this migration.',
  source: 'https://atlasgo.io/lint/analyzers#data-dependent-changes',
  check: (evidence) =>
    evidence.fates.flatMap((fate) =>
      (fate.after?.columns ?? [])
        .filter((column) => column.notNull && column.keyPosition === 0 && !column.generated)
        .filter((column) => {
          const old = fate.before.columns.find(({ name }) =>
            same(fate.renamedColumns.get(name.toLowerCase()) ?? name, column.name),
          )
          if (old !== undefined) return !old.notNull && old.keyPosition === 0
          // On rows the INSERT of before is tried, and QC101 tells that it fails.
          return column.default === null && (fate.data?.rowsBefore ?? 0) === 0
        })
        .map((column) =>
          findingOf(
            mf103,
            evidence.mode === 'copy' ? 'info' : 'warning',
            shapeCulprit(evidence, fate),
            `${fate.before.name}.${column.name} may no longer be NULL.${nullsText(fate, column.name)}`,
            { table: fate.before.name, column: column.name },
          ),
        ),
    ),
}

/** What the copy said of it; nothing for a column that is new, or where there is no copy. */
function nullsText({ data, renamedColumns }: TableFate, name: string): string {
  const found = data?.nulls.find(({ column }) =>
    same(renamedColumns.get(column.toLowerCase()) ?? column, name),
  )
  if (found === undefined) return ''
  return found.rows === 0 ? ' No NULL on the copy.' : ` It is NULL in ${rowsText(found.rows)} of the copy.`
}
