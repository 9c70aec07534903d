import { outermost } from '../../d1/sql/parentheses.js'
import { keepsText } from '../../d1/schema/affinity.js'
import { tableNamed } from '../../d1/schema/schema.js'
import { unquote } from '../../d1/sql/tokens.js'
import type { Token } from '../../d1/sql/tokens.js'
import { expressionsOf } from '../compare/writers.js'
import { mentions, type StatementParts } from '../statement/statement.js'
import { columnsSet, isCopyOf, shapeCulprit } from './attribution.js'
import { goneColumns } from './ds103.js'
import type { Evidence, StatementEvidence, TableFate } from '../evidence.js'
import { becomesNumber } from '../compare/text-to-number.js'
import { pairsOf } from '../compare/row-keys.js'
import { letsThrough } from '../statement/conditions.js'
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
    ...evidence.fates.flatMap((fate) => [
      ...notCopied(evidence, fate),
      ...numbered(evidence, fate),
      ...rewritten(evidence, fate),
      ...leftOut(evidence, fate),
    ]),
    ...emptied(evidence),
    ...replaced(evidence),
  ]
}

/** Values that an expression over their own column turns into NULL, or into a shorter number. */
function rewritten(evidence: Evidence, fate: TableFate): ValueRisk[] {
  const { before, after } = fate
  if (after === undefined || before.kind !== 'table') return []
  return pairsOf(fate, after).flatMap(({ was }) =>
    expressionsOf(evidence.statements, fate, after, was).flatMap(({ statement, expression }) => {
      if (!mentions(expression, was)) return []
      const text = keepsText(before.columns.find(({ name }) => name === was)?.type ?? '')
      const clears = clearedBy(expression)
      const effect =
        clears !== undefined
          ? `clears ${before.name}.${was} ${clears}`
          : !text && shortens(expression)
            ? `may leave shorter numbers in ${before.name}.${was} than were there`
            : undefined
      if (effect === undefined) return []
      const verb = statement.anatomy.verb === 'update' ? 'UPDATE' : 'The copy'
      return [{ place: statement, message: `${verb} ${effect}.`, table: before.name, column: was }]
    }),
  )
}

/** Where an expression over a column says NULL for a value, in words. */
function clearedBy(expression: Token[]): string | undefined {
  const words = expression.map(({ text }) => text.toLowerCase())
  if (words[0] === 'nullif' && words[1] === '(' && words.at(-1) === ')' && words.at(-3) === ',')
    return `where nullif() finds ${expression.at(-2)?.text ?? ''}`
  const chosen = words.some((word, at) => /^(?:then|else)$/.test(word) && words[at + 1] === 'null')
  return chosen ? 'where its CASE says NULL' : undefined
}

/** round(x), CAST(x AS INTEGER) and their like, of a number in the unit that it has. */
function shortens(expression: Token[]): boolean {
  const words = expression.map(({ text }) => text.toLowerCase())
  if (words.some((word) => /^(?:[*/%]|case|iif|if|select)$/.test(word))) return false
  const casts = words[0] === 'cast' && words.at(-3) === 'as' && /^int/.test(words.at(-2) ?? '')
  return casts || /^(?:round|floor|ceil|ceiling|trunc)$/.test(words[0] ?? '')
}

/** Values that a copy under a condition leaves out, of a column or table that is dropped. */
function leftOut(evidence: Evidence, fate: TableFate): ValueRisk[] {
  const { before } = fate
  const dropped = fate.how === 'dropped' ? before.columns.map(({ name }) => name) : goneColumns(fate)
  const copies = evidence.statements.filter(
    ({ anatomy, touches }) =>
      (anatomy.copies || (anatomy.verb === 'update' && fate.how !== 'dropped' && !joins(anatomy))) &&
      (same(anatomy.target, before.name) ||
        touches.some(({ table, how }) => how === 'read' && same(table, before.name))),
  )
  return dropped
    .flatMap((column): ValueRisk[] => {
      const moving = copies.filter(({ anatomy }) => makesValueOf(anatomy, column))
      const [first] = moving
      if (first === undefined || !moving.every((copy) => leavesOut(copy.anatomy, column))) return []
      const to = first.anatomy.target ?? ''
      if (fate.how === 'dropped') {
        const message = `Rows of ${before.name} go to ${to} only where the WHERE lets them; then the table is dropped.`
        return [{ place: first, message, table: before.name }]
      }
      const message = `${before.name}.${column} goes on to ${to} only where the WHERE lets it; then the column is dropped.`
      return [{ place: first, message, table: before.name, column }]
    })
    .slice(0, fate.how === 'dropped' ? 1 : undefined)
}

/** The WHERE of UPDATE … FROM says which rows belong together. */
function joins({ tokens }: StatementParts): boolean {
  return outermost(tokens).some(({ text }) => /^from$/i.test(text))
}

/** It is part of what is selected or set, not only of the condition. */
function makesValueOf({ tokens, hasWhere }: StatementParts, column: string): boolean {
  const where = hasWhere ? tokens.findLastIndex(({ text }) => /^where$/i.test(text)) : tokens.length
  const from = tokens.findIndex(({ text }) => /^(?:select|set)$/i.test(text))
  const value = tokens.slice(from + 1, where).filter((_, at, all) => all[at + 1]?.text !== '=')
  return from >= 0 && mentions(value, column)
}

/** By a condition that is more than that there is a value at all. */
function leavesOut({ tokens, hasWhere }: StatementParts, column: string): boolean {
  if (!hasWhere) return false
  const where = tokens.findLastIndex(({ text }) => /^where$/i.test(text))
  const condition = tokens.slice(where + 1)
  // What a recursion makes is not called as the column is: an empty piece is none.
  const recursive = tokens.some(({ text }) => /^recursive$/i.test(text))
  return (
    !letsThrough(condition, column, recursive) &&
    !condition.some(({ text }) => /^(?:exists|select|true)$/i.test(unquote(text)))
  )
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
