import { tableNamed } from '../../d1/schema/schema.js'
import { unquote } from '../../d1/sql/tokens.js'
import { columnsSet, isCopyOf, shapeCulprit } from './attribution.js'
import type { Evidence, StatementEvidence, TableFate } from '../evidence.js'
import { becomesNumber } from '../compare/text-to-number.js'
import { pairsOf } from '../compare/row-keys.js'
import { same } from './rule.js'

interface ValueRisk {
  place: StatementEvidence | undefined
  message: string
  table: string
  column?: string
}

/** What the statements may do to values, told without rows. */
export function valueRisks(evidence: Evidence): ValueRisk[] {
  const cleared = evidence.statements
    .filter(({ anatomy }) => anatomy.verb === 'update')
    .flatMap((statement) => {
      const table = tableNamed(evidence.before, statement.anatomy.target ?? '')
      return columnsSet(statement)
        .filter(({ column }) => !isSetAgain(evidence, statement, column))
        .filter(({ column, toNull }) => toNull && table?.columns.some(({ name }) => same(name, column)))
        .map(({ column }) => ({
          place: statement,
          message: `UPDATE clears ${table?.name ?? ''}.${column}.`,
          table: table?.name ?? '',
          column,
        }))
    })
  return [
    ...cleared,
    ...evidence.fates.flatMap((fate) => [...notCopied(evidence, fate), ...numbered(evidence, fate)]),
    ...emptied(evidence),
    ...replaced(evidence),
  ]
}

/** NULL for a moment: values of chosen rows change places by way of it. */
function isSetAgain({ statements }: Evidence, statement: StatementEvidence, column: string): boolean {
  return (
    statement.anatomy.hasWhere &&
    statements
      .slice(statements.indexOf(statement) + 1)
      .some(
        (later) =>
          later.anatomy.verb === 'update' &&
          same(later.anatomy.target, statement.anatomy.target) &&
          columnsSet(later).some((set) => same(set.column, column) && !set.toNull),
      )
  )
}

/** Texts that a rebuild declares as numbers. */
function numbered(evidence: Evidence, fate: TableFate): ValueRisk[] {
  const { after, before } = fate
  if (fate.how !== 'rebuilt' || after === undefined || before.kind !== 'table') return []
  return pairsOf(fate, after)
    .filter((pair) => becomesNumber(pair, before, after))
    .map(({ was }) => ({
      place: shapeCulprit(evidence, fate),
      message: `${before.name}.${was} becomes a number: texts like '007' or 'n/a' do not survive it.`,
      table: before.name,
      column: was,
    }))
}

/** A column that is dropped and comes back under its name, with nothing that fills it. */
function emptied(evidence: Evidence): ValueRisk[] {
  return evidence.statements.flatMap((statement, at) => {
    const { alteration, target } = statement.anatomy
    if (alteration?.kind !== 'drop-column') return []
    const { column } = alteration
    const table = tableNamed(evidence.before, target ?? '')
    const later = evidence.statements.slice(at + 1).filter(({ anatomy }) => same(anatomy.target, target))
    const back = later.some(
      ({ anatomy }) => anatomy.alteration?.kind === 'add-column' && same(anatomy.alteration.column, column),
    )
    const filled = later.some((other) => columnsSet(other).some((set) => same(set.column, column)))
    if (!back || filled || table?.columns.some(({ name }) => same(name, column)) !== true) return []
    const message = `${table.name}.${column} is dropped and added again: it comes back without its values.`
    return [{ place: statement, message, table: table.name, column }]
  })
}

/** REPLACE writes whole rows: columns that it does not name lose what a row that is there already has. */
function replaced(evidence: Evidence): ValueRisk[] {
  return evidence.statements.flatMap((statement) => {
    const table = tableNamed(evidence.before, statement.anatomy.target ?? '')
    const listed = statement.anatomy.replaces ? columnsListed(statement) : undefined
    if (table === undefined || listed === undefined) return []
    const left = table.columns.filter(
      ({ name, generated, keyPosition, default: value }) =>
        !generated &&
        keyPosition === 0 &&
        !/current_|now/i.test(value ?? '') &&
        !listed.includes(name.toLowerCase()),
    )
    if (left.length === 0) return []
    const names = left.map(({ name }) => name).join(', ')
    const message = `REPLACE INTO ${table.name} does not name ${names}: rows that are there already lose it.`
    return [{ place: statement, message, table: table.name }]
  })
}

/** Columns that an INSERT names, in lower case; undefined where it names none. */
function columnsListed({ anatomy: { tokens, target } }: StatementEvidence): string[] | undefined {
  const named = tokens.findIndex(({ text }) => same(unquote(text), target))
  if (tokens[named + 1]?.text !== '(') return undefined
  const close = tokens.findIndex(({ text }, at) => at > named && text === ')')
  return tokens.slice(named + 2, close).map(({ text }) => unquote(text).toLowerCase())
}

/** Columns that the table keeps but that the copy of a rebuild leaves out. */
function notCopied(evidence: Evidence, fate: TableFate): ValueRisk[] {
  const copy =
    fate.how === 'rebuilt' ? evidence.statements.find((statement) => isCopyOf(statement, fate)) : undefined
  if (copy === undefined || fate.after === undefined) return []
  const listed = columnsListed(copy)
  if (listed === undefined) return []
  return fate.before.columns
    .filter(({ name, generated }) => !generated && !listed.includes(name.toLowerCase()))
    .filter(({ name }) => fate.after?.columns.some((column) => same(column.name, name) && !column.generated))
    .map(({ name }) => ({
      place: copy,
      message: `The rebuild of ${fate.before.name} does not copy ${name}.`,
      table: fate.before.name,
      column: name,
    }))
}
