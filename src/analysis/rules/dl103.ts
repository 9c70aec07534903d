import { defined } from '../../contract/defined.js'
import { clearings, columnsSet, isCollateral, leavingCopy, valueCulprit } from './attribution.js'
import { cuts } from '../compare/cut-numbers.js'
import type { Finding } from '../../contract/finding.js'
import type { ColumnChange, Evidence, TableFate } from '../evidence.js'
import { nulledThroughParent } from './dl101.js'
import { dropOf, goWithColumn, wordsText } from './ds103.js'
import { mentions } from '../statement/statement.js'
import { findingOf, rowsOfWhole, same, valuesText, type Rule } from './rule.js'
import { valueRisks } from './value-risks.js'
import { grouped } from '../../contract/number.js'

export const dl103: Rule = {
  code: 'DL103',
  title: 'non-null values lost',
  severity: 'error',
  advice:
    'Copy the values into another column first, or accept the loss in the file: `-- d1-runbook: accept DL103 TABLE.COLUMN: reason`.',
  source: 'rehearsal: values of the backup that are NULL or gone afterwards',
  check: (evidence) => (evidence.mode === 'copy' ? observed(evidence) : possible(evidence)),
}

function observed(evidence: Evidence): Finding[] {
  return evidence.fates.flatMap((fate) =>
    (fate.data?.columns ?? []).flatMap((change) => {
      if (goWithColumn(change)) return [gone(evidence, fate, change)]
      if (change.preservedIn !== undefined || change.mappedTo !== undefined) return []
      if (change.after === undefined) return []
      if (nulledThroughParent(evidence, fate, change.column) !== undefined) return []
      if (replacedByOther(evidence, fate, change)) return [goneUnderItsName(evidence, fate, change)]
      if (forgotten(fate, change)) return overwritten(evidence, fate, change)
      if (change.nulled > 0)
        return [...overwritten(evidence, fate, change), ...merged(evidence, fate, change)]
      return [
        ...merged(evidence, fate, change),
        ...shortened(evidence, fate, change),
        ...beginnings(evidence, fate, change),
        // Of an UPDATE of every row all values are told.
        ...(setInEveryRow(evidence, fate, change)
          ? []
          : [...rewritten(evidence, fate, change), ...shed(evidence, fate, change)]),
      ]
    }),
  )
}

/**
 * The column was dropped, and the one that has its name now was filled by no statement that reads the old one: a default, or something else.
 */
export function replacedByOther(evidence: Evidence, fate: TableFate, change: ColumnChange): boolean {
  if (change.after === undefined || change.computed !== undefined || change.changed + change.nulled === 0)
    return false
  const dropped = evidence.statements.findIndex(
    ({ anatomy: { alteration, target } }) =>
      alteration?.kind === 'drop-column' &&
      same(alteration.column, change.column) &&
      same(target, fate.before.name),
  )
  if (dropped < 0) return false
  return !evidence.statements
    .slice(0, dropped)
    .some(
      ({ anatomy }) =>
        (anatomy.verb === 'update' || anatomy.copies) && mentions(anatomy.tokens, change.column),
    )
}

/** A rebuild that does not copy a column fills it with its default: every row shows the same value. */
export function forgotten(fate: TableFate, change: ColumnChange): boolean {
  const renamed = fate.how === 'renamed' && fate.ended?.anatomy.verb === 'alter-table'
  return (
    fate.how !== 'kept' &&
    !renamed &&
    change.uniform === true &&
    change.changed > (change.blanked?.values ?? 0)
  )
}

function gone(evidence: Evidence, fate: TableFate, change: ColumnChange): Finding {
  const { othersIn } = change
  const drop = dropOf(evidence, fate, change.column)
  // Where a statement drops the column the values go; a rebuild leaves them out where it copies.
  const goes = drop?.anatomy.alteration?.kind === 'drop-column' || othersIn === undefined
  return lost(
    fate,
    change,
    goes ? drop : (leavingCopy(evidence, fate, othersIn) ?? drop),
    `${valuesText(change.nulled)} of ${fate.before.name}.${change.column} ${change.nulled === 1 ? 'goes' : 'go'} with the column`,
    change.values - change.nulled,
    othersIn === undefined ? wordsText(change) : `; the others are in ${othersIn}`,
  )
}

function goneUnderItsName(evidence: Evidence, fate: TableFate, change: ColumnChange): Finding {
  const count = change.nulled + change.changed
  const goes = count === 1 ? 'goes' : 'go'
  const beside = `; the column that has its name now was not filled from it`
  const message = `${valuesText(count)} of ${fate.before.name}.${change.column} ${goes} with the column`
  const place = dropOf(evidence, fate, change.column)
  return lost(fate, change, place, message, change.values - count, beside)
}

function overwritten(evidence: Evidence, fate: TableFate, change: ColumnChange): Finding[] {
  const { nulled, changed, values, samples } = change
  if (nulled === 0) {
    const are = changed === 1 ? 'is' : 'are'
    const message = `${valuesText(changed)} of ${fate.before.name}.${change.column} ${are} replaced by one and the same value`
    return [lost(fate, change, valueCulprit(evidence, fate, change.column), message, values - changed)]
  }
  const parts = clearings(evidence, fate, change.column, nulled)
  // Which of the samples are whose is not known.
  const shown = parts.length > 1 ? [] : samples.filter(({ after }) => isEmptied(after))
  return parts.map(({ place, values: count }) =>
    lost(
      fate,
      { ...change, samples: shown },
      place,
      `${valuesText(count)} of ${fate.before.name}.${change.column} ${count === 1 ? 'becomes' : 'become'} NULL or empty`,
      values - count,
    ),
  )
}

/** Whether the value, as an SQL literal, is NULL or one that stands for nothing. */
export function isEmptied(literal: string): boolean {
  return ['NULL', "''", "'{}'", "'[]'", "'null'"].includes(literal)
}

/** '01234' as 1234, 'n/a' as 0, 1.9 as 1: what a value says beyond the number that it became is gone. */
function shortened(evidence: Evidence, fate: TableFate, change: ColumnChange): Finding[] {
  const { cut = 0 } = change
  const become = cut === 1 ? 'becomes a number that does not say' : 'become numbers that do not say'
  const samples = change.cutSamples ?? []
  return cut === 0 ? [] : [turned(evidence, fate, { ...change, samples }, cut, `${become} what was there`)]
}

/** A text that ends where a function cut it. */
function beginnings(evidence: Evidence, fate: TableFate, change: ColumnChange): Finding[] {
  const { short } = change
  if (short === undefined || setInEveryRow(evidence, fate, change) || mergedIsLost(evidence, fate, change))
    return []
  const { rows, samples } = short
  const what = `${rows === 1 ? 'is' : 'are'} cut short: what followed is nowhere`
  return [turned(evidence, fate, { ...change, samples }, rows, what)]
}

/** One JSON document in place of another that has nothing of it. */
function rewritten(evidence: Evidence, fate: TableFate, change: ColumnChange): Finding[] {
  const { overwritten: count = 0 } = change
  const what = `${count === 1 ? 'is' : 'are'} replaced by JSON that has nothing of what was in it`
  return count === 0 ? [] : [turned(evidence, fate, change, count, what)]
}

/** A member that was removed, an element that was left out. */
function shed(evidence: Evidence, fate: TableFate, change: ColumnChange): Finding[] {
  const { shed: count = 0 } = change
  const what = `${count === 1 ? 'loses' : 'lose'} a member or element that neither it nor a column filled from it holds now`
  return count === 0 ? [] : [turned(evidence, fate, change, count, what)]
}

/** Different values of which a calculation makes one. */
function merged(evidence: Evidence, fate: TableFate, change: ColumnChange): Finding[] {
  if (!mergedIsLost(evidence, fate, change) || change.merged === undefined) return []
  const { rows, values, into, samples } = change.merged
  const fewer =
    values > into ? `: ${grouped(values)} different values are ${into === 1 ? 'one' : grouped(into)} now` : ''
  const what = `${rows === 1 ? 'becomes' : 'become'} equal to others that were different${fewer}`
  const beside =
    change.changed > rows ? `; it changes in ${rowsOfWhole(fate, change.changed, change.values)}` : ''
  return [turned(evidence, fate, { ...change, samples }, rows, what, beside)]
}

/** It is told as a loss that different values are equal now. */
export function mergedIsLost(evidence: Evidence, fate: TableFate, change: ColumnChange): boolean {
  return change.merged?.lost === true && !setInEveryRow(evidence, fate, change)
}

/** By an UPDATE without WHERE, which is told as that; what its triggers set beside is not. */
export function setInEveryRow(evidence: Evidence, fate: TableFate, change: ColumnChange): boolean {
  const place = valueCulprit(evidence, fate, change.column)
  return (
    change.uniform === true &&
    place?.anatomy.verb === 'update' &&
    !place.anatomy.hasWhere &&
    fate.how === 'kept' &&
    !isCollateral(evidence, place, fate) &&
    columnsSet(place).some(({ column }) => same(column, change.column))
  )
}

function turned(
  evidence: Evidence,
  fate: TableFate,
  change: ColumnChange,
  count: number,
  what: string,
  beside = '',
): Finding {
  return lost(
    fate,
    {
      ...change,
      samples: change.samples.map((it) => ({
        ...it,
        before: it.after === '' ? it.before : `${it.before} -> ${it.after}`,
      })),
    },
    valueCulprit(evidence, fate, change.column, cuts),
    `${valuesText(count)} of ${fate.before.name}.${change.column} ${what}`,
    change.values - count,
    beside,
  )
}

function lost(
  fate: TableFate,
  change: ColumnChange,
  place: ReturnType<typeof dropOf>,
  message: string,
  after: number,
  beside = '',
): Finding {
  const samples = change.samples.map(({ before }) => before).join(', ')
  return findingOf(
    dl103,
    'error',
    place,
    `${message}${samples === '' ? '' : `, such as ${samples}`}${beside}.`,
    {
      table: fate.before.name,
      column: change.column,
      count: change.values - after,
      before: change.values,
      after,
      advice: dl103.advice.replace('TABLE.COLUMN', `${fate.before.name}.${change.column}`),
    },
  )
}

function possible(evidence: Evidence): Finding[] {
  return valueRisks(evidence).map(({ place, message, table, column }) =>
    findingOf(dl103, 'warning', place, message, { table, ...defined({ column }) }),
  )
}
