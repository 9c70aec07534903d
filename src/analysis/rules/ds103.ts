import { holdsRows } from '../../d1/schema/schema.js'
import { shapeCulprit } from './attribution.js'
import type { ColumnChange, Evidence, StatementEvidence, TableFate } from '../evidence.js'
import { mayBeMissed } from './ds102.js'
import { grouped } from '../../contract/number.js'
import { findingOf, rowsText, same, valuesText, type Rule } from './rule.js'

export const ds103: Rule = {
  code: 'DS103',
  title: 'column dropped',
  severity: 'warning',
  advice: 'Make sure that nothing reads or writes the column any more; deploy that first.',
  source: 'https://atlasgo.io/lint/analyzers#destructive-changes',
  check: (evidence) =>
    evidence.fates.flatMap((fate) =>
      goneColumns(fate).flatMap((name) => {
        const change = fate.data?.columns.find(({ column }) => column === name)
        if (change !== undefined && goWithColumn(change)) return []
        const held =
          change?.preservedIn === undefined
            ? `${wordsText(change)}${kindText(change)}`
            : `; its values are in ${change.preservedIn}${amongText(change)}${leftOutText(change)}`
        const computed = fate.before.columns.some((column) => same(column.name, name) && column.generated)
        const { values: count = 0, withRows = 0 } = change ?? {}
        const known = fate.data !== undefined && !computed
        const values = known && (count > 0 || withRows === 0) ? ` with ${valuesText(count)}` : ''
        const empty = fate.data?.rowsBefore === 0 || (known && count + withRows === 0)
        if (empty && !mayBeMissed(evidence, fate.before.name, name)) return []
        return [
          findingOf(
            ds103,
            'warning',
            dropOf(evidence, fate, name),
            `Column ${fate.before.name}.${name} is dropped${values}${held}${withRowsText(fate, count, withRows)}.`,
            { table: fate.before.name, column: name },
          ),
        ]
      }),
    ),
}

function withRowsText({ before }: TableFate, others: number, count: number): string {
  const were = count === 1 ? 'was in a row' : 'were in rows'
  const which = others === 0 ? `its ${valuesText(count)}` : `${grouped(count)} more`
  return count === 0 ? '' : `; ${which} ${were} that ${before.name} no longer has`
}

/** The rows of other values went to other tables. */
function kindText({ kindThatStays }: Partial<ColumnChange> = {}): string {
  return kindThatStays === undefined ? '' : `; all rows that stay said ${kindThatStays}`
}

/** Two columns that became one: which value was in which is gone. */
function amongText({ among }: ColumnChange): string {
  return among === undefined
    ? ''
    : `, as are those of ${among.join(', ')}: which came from which column is said nowhere`
}

/** Values that stand as other words in another column. */
export function wordsText(change: ColumnChange | undefined): string {
  const { mappedTo, changed = 0, mappedSamples = [] } = change ?? {}
  if (mappedTo === undefined) return ''
  const words = mappedSamples.map(({ before, after }) => `${before} -> ${after}`).join('; ')
  return `; ${valuesText(changed)} ${changed === 1 ? 'is' : 'are'} written as other words in ${mappedTo} (${words}): which stands for which, only the migration says`
}

/** Empty texts that were not moved with the others. */
export function leftOutText({ blanked }: ColumnChange): string {
  if (blanked === undefined) return ''
  const { values, nulls } = blanked
  const like = nulls === 0 ? '' : `, nor which of the other ${rowsText(nulls)} said NULL`
  return `, but for ${valuesText(values)} '': nothing tells that they were empty texts${like}`
}

/** Values that are lost because their column is gone: that is DL103, which tells the column too. */
export function goWithColumn({ after, nulled, preservedIn }: ColumnChange): boolean {
  return after === undefined && nulled > 0 && preservedIn === undefined
}

/** Columns of before that the table no longer has, under any name. */
export function goneColumns(fate: TableFate): string[] {
  const { after } = fate
  if (after === undefined || !holdsRows(fate.before)) return []
  return fate.before.columns
    .map(({ name }) => name)
    .filter((name) => {
      const now = fate.renamedColumns.get(name.toLowerCase()) ?? name
      return !after.columns.some((column) => same(column.name, now) || same(column.name, name))
    })
}

/** The statement that dropped the column, else the one that rebuilt the table. */
export function dropOf(evidence: Evidence, fate: TableFate, name: string): StatementEvidence | undefined {
  const dropped = evidence.statements.find(
    ({ anatomy: { alteration, target } }) =>
      alteration?.kind === 'drop-column' && same(alteration.column, name) && same(target, fate.before.name),
  )
  return dropped ?? shapeCulprit(evidence, fate)
}
