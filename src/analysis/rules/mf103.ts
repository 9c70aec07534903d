import type { ColumnSchema } from '../../d1/schema/schema.js'
import { namesOf, shapeCulprit } from './attribution.js'
import type { Evidence, TableFate } from '../evidence.js'
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
          const old = oldColumn(fate, column.name)
          if (old !== undefined) return !old.notNull && old.keyPosition === 0
          // On rows the INSERT of before is tried, and QC101 tells that it fails; of ADD COLUMN on files MF104 tells.
          if (evidence.mode === 'files' && isAdded(evidence, fate, column.name)) return false
          return column.default === null && (fate.data?.rowsBefore ?? 0) === 0
        })
        .map((column) =>
          findingOf(
            mf103,
            evidence.mode === 'copy' ? 'info' : 'warning',
            shapeCulprit(evidence, fate),
            ...told(fate, column.name),
          ),
        ),
    ),
}

function isAdded(evidence: Evidence, fate: TableFate, column: string): boolean {
  const names = namesOf(fate)
  return evidence.statements.some(
    ({ anatomy: { alteration, target } }) =>
      alteration?.kind === 'add-column' &&
      same(alteration.column, column) &&
      names.has((target ?? '').toLowerCase()),
  )
}

function oldColumn({ before, renamedColumns }: TableFate, name: string): ColumnSchema | undefined {
  return before.columns.find((column) =>
    same(renamedColumns.get(column.name.toLowerCase()) ?? column.name, name),
  )
}

/** Message and details: a column that is new was never NULL. */
function told(fate: TableFate, column: string): [string, { table: string; column: string; advice?: string }] {
  const place = { table: fate.before.name, column }
  const name = `${fate.before.name}.${column}`
  if (oldColumn(fate, column) !== undefined)
    return [`${name} may no longer be NULL.${nullsText(fate, column)}`, place]
  const message = `${name} is new, NOT NULL and without a default: an INSERT that leaves it out is refused.`
  return [message, { ...place, advice: NEW_ADVICE }]
}

const NEW_ADVICE =
  'Give the column a default until every INSERT of the application writes it, or see that none runs before.'

/** What the copy said of it; nothing where there is no copy. */
function nullsText({ data, renamedColumns }: TableFate, name: string): string {
  const found = data?.nulls.find(({ column }) =>
    same(renamedColumns.get(column.toLowerCase()) ?? column, name),
  )
  if (found === undefined) return ''
  return found.rows === 0 ? ' No NULL on the copy.' : ` It is NULL in ${rowsText(found.rows)} of the copy.`
}
