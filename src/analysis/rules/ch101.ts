import { defined } from '../../contract/defined.js'
import { columnsSet, isCollateral, nameNow, valueCulprit } from './attribution.js'
import type { Finding } from '../../contract/finding.js'
import { isReferredTo } from '../compare/moved-rows.js'
import { selectedFor } from '../compare/writers.js'
import type { ColumnChange, Evidence, StatementEvidence, TableFate } from '../evidence.js'
import { nulledThroughParent } from './dl101.js'
import { forgotten, isEmptied, mergedIsLost, replacedByOther, setInEveryRow } from './dl103.js'
import { mentions } from '../statement/statement.js'
import { significantTokens } from '../../d1/sql/tokens.js'
import { findingOf, rowsOfWhole, rowsText, same, type Rule } from './rule.js'
import { grouped } from '../../contract/number.js'

export const ch101: Rule = {
  code: 'CH101',
  title: 'values replaced by other values',
  severity: 'warning',
  advice: 'A data fix is meant, an accident looks the same: read the samples.',
  source: 'rehearsal: values of the backup that differ afterwards',
  check: (evidence) =>
    evidence.fates.flatMap((fate) => [
      ...(fate.data?.columns ?? [])
        .filter((change) => change.after !== undefined && !forgotten(fate, change))
        .filter(
          (change) =>
            change.changed > (change.cut ?? 0) + (change.cut === undefined ? 0 : (change.retyped ?? 0)),
        )
        .filter((change) => nulledThroughParent(evidence, fate, change.column) === undefined)
        .filter(({ changed, shed = 0, short }) => changed > shed + (short?.rows ?? 0))
        .filter((change) => !replacedByOther(evidence, fate, change))
        .filter((change) => !setInEveryRow(evidence, fate, change))
        .filter((change) => !mergedIsLost(evidence, fate, change))
        .map((change) => replaced(evidence, fate, change)),
      ...(fate.data?.columns ?? []).flatMap((change) => onlyBlanked(evidence, fate, change)),
    ]),
}

function replaced(evidence: Evidence, fate: TableFate, change: ColumnChange): Finding {
  const { column, values, taken, heldIn, undone } = change
  // What was cut is told as a loss, and what became another type on the way is no news then.
  const beside =
    (change.short?.rows ?? 0) + (change.cut === undefined ? 0 : change.cut + (change.retyped ?? 0))
  const changed = change.changed - beside
  const retyped = change.cut === undefined ? (change.retyped ?? 0) : 0
  const samples = change.samples
    .filter(({ after }) => change.nulled === 0 || !isEmptied(after))
    .map(({ before, after }) => `${before} -> ${after}`)
    .join('; ')
  const place = valueCulprit(evidence, fate, column)
  const stored = retyped === changed
  const severe =
    (copiesBlindly(place) && !stored) ||
    (taken !== undefined && fate.how !== 'kept') ||
    losesReferences(evidence, fate, change) ||
    comesBack(fate, change)
  const what = stored ? 'is stored as another type' : 'changes'
  const holds = taken === undefined ? '' : `; it holds what ${taken} held`
  const kept = heldIn === undefined ? '' : `; what it no longer says is in ${heldIn}`
  const back = undone === undefined ? '' : `; what it was is ${undone} in every row`
  const blank = blankText(change)
  const computed = change.computed === undefined ? '' : `; it is computed ${change.computed}`
  // Values that say what they said are counted apart.
  const alike = stored || retyped === 0 ? 0 : retyped
  const typed = alike === 0 ? '' : `; in ${rowsText(alike)} it is only stored as another type`
  const message = `${fate.before.name}.${column} ${what} in ${rowsOfWhole(fate, changed - alike, values)}${samples === '' ? '' : `: ${samples}`}${staleText(change)}${mergedText(change)}${blank}${typed}${holds}${kept}${back}${computed}${triggerText(evidence, fate, change, place)}${change.renumbered === true ? ': the copy leaves it to SQLite' : ''}.`
  const advice = stored ? BY_TYPE : samples === '' ? WITHOUT_SAMPLES : undefined
  const calm = stored && isCastByName(fate, change, place) ? 'info' : 'warning'
  return findingOf(ch101, severe ? 'error' : calm, place, message, {
    ...{ table: fate.before.name, column, before: values, after: values - changed },
    ...defined({ advice }),
  })
}

/** Where no row said NULL before, NULL says what '' said: nothing is lost, but who asks for '' finds none. */
function onlyBlanked(evidence: Evidence, fate: TableFate, change: ColumnChange): Finding[] {
  const { column, after, changed, blanked } = change
  if (after === undefined || changed > 0 || blanked === undefined || forgotten(fate, change)) return []
  const rows = `${rowsText(blanked.values)} that said ''`
  const message = `${fate.before.name}.${column} says NULL in ${rows}; no row said NULL before.`
  return [
    findingOf(ch101, 'info', valueCulprit(evidence, fate, column), message, {
      ...{ table: fate.before.name, column, before: blanked.values, after: 0 },
      advice: BLANK_ADVICE,
    }),
  ]
}

const BLANK_ADVICE = `See that the application asks for NULL where it asked for ''.`

/** What a statement changes without setting it, a trigger of its table sets. */
function triggerText(
  evidence: Evidence,
  fate: TableFate,
  { column }: ColumnChange,
  place: StatementEvidence | undefined,
): string {
  if (place === undefined || !/^(?:insert|update|delete)$/.test(place.anatomy.verb)) return ''
  const beside = isCollateral(evidence, place, fate)
  const sets = columnsSet(place).some((set) => same(set.column, nameNow(fate, column)))
  if (!beside && (place.anatomy.verb !== 'update' || sets)) return ''
  const all = new Map([...evidence.after.triggers, ...evidence.before.triggers])
  const [trigger, ...others] = [...all.values()].filter(
    ({ table, sql }) => same(table, place.anatomy.target) && mentions(significantTokens(sql), column),
  )
  return trigger === undefined || others.length > 0 ? '' : `; the trigger ${trigger.name} sets it`
}

/** Different values that were given one word. */
function mergedText({ merged }: ColumnChange): string {
  if (merged === undefined) return ''
  const { values, into } = merged
  if (values <= into) return '; values that were different are equal now'
  return `; ${grouped(values)} values that were different are ${into === 1 ? 'one' : grouped(into)} now`
}

/** '' and NULL are two answers: where both were given, one for both no longer says which. */
function blankText({ blanked }: ColumnChange): string {
  if (blanked === undefined) return ''
  const { values, nulls } = blanked
  if (nulls === 0) return `; ${rowsText(values)} that said '' ${values === 1 ? 'says' : 'say'} NULL now`
  return `; ${rowsText(values)} that said '' ${values === 1 ? 'says' : 'say'} NULL now, as ${grouped(nulls)} did before: which is which is lost`
}

const BY_TYPE =
  'ORDER BY, comparisons, joins, division and JSON go by the stored type: see that the application reads and binds the new one, or keep the type that was declared.'
const WITHOUT_SAMPLES = 'A data fix is meant, an accident looks the same: read the statement again.'

/** SQLite gave the rows of a rebuild other keys, and what refers to the old ones was left as it is. */
function losesReferences(evidence: Evidence, { before }: TableFate, { renumbered }: ColumnChange): boolean {
  const written = evidence.fates.filter((fate) => fate.written).map((fate) => fate.before.name)
  return renumbered === true && isReferredTo(evidence.before, before.name, written)
}

function staleText({ stale = 0 }: ColumnChange): string {
  return stale === 0 ? '' : `; in ${rowsText(stale)} it is what the table that takes its place held before`
}

/** The copy of a rebuild asks for the other type by name, and each value says what it said; a key is a key of others too. */
function isCastByName(
  { before, after }: TableFate,
  { column, after: is }: ColumnChange,
  place: StatementEvidence | undefined,
): boolean {
  if (place === undefined || after === undefined || is === undefined) return false
  if (before.primaryKey.includes(column)) return false
  const all = after.columns.filter(({ generated }) => !generated).map(({ name }) => name)
  return /^cast$/i.test(selectedFor(place.anatomy, is, all)[0]?.text ?? '')
}

/** The values are those of a table that was there before the rebuild wanted it new. */
function comesBack(fate: TableFate, { stale = 0 }: ColumnChange): boolean {
  return fate.how !== 'kept' && stale > 0
}

/** INSERT … SELECT * puts values by position: where they differ afterwards, columns have changed places, which nobody means. */
function copiesBlindly(statement: StatementEvidence | undefined): boolean {
  if (statement?.anatomy.copies !== true) return false
  const { tokens } = statement.anatomy
  return tokens.some(({ text }, at) => text === '*' && /^select$/i.test(tokens[at - 1]?.text ?? ''))
}
