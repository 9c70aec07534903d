import { tableNamed } from '../../d1/schema/schema.js'
import type { Token } from '../../d1/sql/tokens.js'
import { takesRows } from '../compare/takes-rows.js'
import {
  assignments,
  columnNames,
  passedBy,
  selectedFor,
  upToComma,
  writes,
  type Assignment,
} from '../compare/writers.js'
import type { Evidence, StatementEvidence, TableFate } from '../evidence.js'
import { lower, NamesInTime } from './own-names.js'
import { same } from './rule.js'

/** Names under which a table was known in the course of the statements. */
export function namesOf(fate: TableFate): Set<string> {
  return new Set([lower(fate.before.name), ...(fate.after === undefined ? [] : [lower(fate.after.name)])])
}

/** What a column of before is called afterwards. */
export function nameNow({ renamedColumns }: TableFate, column: string): string {
  return renamedColumns.get(column.toLowerCase()) ?? column
}

/** Rows that one statement took of a table. */
export interface RowLoss {
  place: StatementEvidence | undefined
  rows: number
  /** A few of them, where it is known which they are. */
  samples?: string[]
}

/**
 * The statements by which rows of the table were lost, each with its number, where these add up to the rows that are gone in the end; else
 * one that stands for all: the one that took most.
 */
export function rowLosses(evidence: Evidence, fate: TableFate): RowLoss[] {
  const { lost = 0, moved = 0, equal = 0, lostSamples: samples = [] } = fate.data ?? {}
  if (lost === 0) return []
  const whole = (place: StatementEvidence | undefined): RowLoss[] => [{ place, rows: lost, samples }]
  // What a copy left out is there until the table goes.
  if (fate.how === 'dropped') return whole(fate.ended)
  const taken = takers(evidence, fate)
  const sum = taken.reduce((total, { rows }) => total + rows, 0)
  const left = lost - sum
  const copy = left > 0 && fate.how !== 'kept' ? losingCopy(evidence, fate) : undefined
  const all = copy === undefined ? taken : [...taken, { place: copy, rows: left }]
  const exact = moved === 0 && equal === 0 && (copy === undefined ? left === 0 : true)
  if (all.length > 1 && exact) return inOrder(evidence, all)
  const [only] = taken
  if (samples.length === 0 && all.length === 1 && only?.rows === lost) return [only]
  return whole(
    all.length > 1 && copy === undefined ? most(taken) : (all[0]?.place ?? lastResort(evidence, fate)),
  )
}

/** The statement by which the table lost most of its rows. */
export function rowLossCulprit(evidence: Evidence, fate: TableFate): StatementEvidence | undefined {
  const [first, ...others] = rowLosses(evidence, fate)
  if (first !== undefined) return [first, ...others].reduce((a, b) => (b.rows > a.rows ? b : a)).place
  return (
    most(takers(evidence, fate)) ??
    (fate.how === 'kept' ? undefined : losingCopy(evidence, fate)) ??
    lastResort(evidence, fate)
  )
}

function lastResort(evidence: Evidence, fate: TableFate): StatementEvidence | undefined {
  const names = new NamesInTime(evidence, fate)
  const takes = (statement: StatementEvidence): boolean =>
    evidence.mode === 'copy'
      ? takesRows(statement, (table) => names.has(statement, table))
      : statement.touches.some(({ table, how }) => how === 'delete' && names.has(statement, table))
  const writes = (statement: StatementEvidence): boolean =>
    statement.touches.some(({ table, how }) => how !== 'read' && names.has(statement, table))
  return evidence.statements.findLast(takes) ?? fate.ended ?? evidence.statements.findLast(writes)
}

/** Statements after which the table has fewer rows. */
function takers(evidence: Evidence, fate: TableFate): RowLoss[] {
  const names = new NamesInTime(evidence, fate)
  return evidence.statements.flatMap((statement) => {
    const { anatomy, counts, taken } = statement
    // In a rebuild the old table is dropped on purpose: what was not copied is the fault of the copy. The copy may reference it.
    const ends = anatomy.verb === 'drop-table' && names.has(statement, anatomy.target)
    const count = counts.find(
      ({ table, before, after }) =>
        names.has(statement, table) && before > after && !(ends && same(table, anatomy.target)),
    )
    if (count === undefined) return []
    const rows = count.before - count.after
    const own = names.has(statement, anatomy.target) && rows === statement.changes
    return [{ place: statement, rows, ...(own && taken !== undefined ? { samples: taken } : {}) }]
  })
}

/** Of the copies on the way to the table of now the first that wrote fewer rows than there were, else the last. */
function losingCopy(evidence: Evidence, fate: TableFate): StatementEvidence | undefined {
  const names = new NamesInTime(evidence, fate)
  const copies = copiesOf(evidence, fate, names)
  const rows = fate.data?.rowsBefore ?? 0
  const [first] = copies
  const short = copies.length > 1 && copies.every((copy) => copy.anatomy.target === first?.anatomy.target)
  return (
    (short
      ? undefined
      : copies.find(({ anatomy, changes }) => anatomy.verb === 'insert' && changes < rows)) ?? copies.at(-1)
  )
}

/** INSERT … SELECT and CREATE TABLE … AS SELECT by which the table of now was filled, directly or by way of others. */
export function copiesOf(evidence: Evidence, fate: TableFate, names: NamesInTime): StatementEvidence[] {
  const found: StatementEvidence[] = []
  const holders = new Set<string>()
  for (const statement of [...evidence.statements].reverse()) {
    const { copies, target } = statement.anatomy
    const fills = names.isSuccessor(statement, target) || holders.has(lower(target))
    if (!copies || !fills) continue
    found.unshift(statement)
    for (const { table, how } of statement.touches)
      if (how === 'read' && !names.has(statement, table)) holders.add(lower(table))
  }
  return found
}

function most(losses: RowLoss[]): StatementEvidence | undefined {
  const [first, ...others] = losses
  return first === undefined ? undefined : others.reduce((a, b) => (b.rows > a.rows ? b : a), first).place
}

function inOrder({ statements }: Evidence, losses: RowLoss[]): RowLoss[] {
  const at = ({ place }: RowLoss): number => (place === undefined ? -1 : statements.indexOf(place))
  return [...losses].sort((a, b) => at(a) - at(b))
}

/** The table is emptied by what a statement does to another one: a foreign key action or a trigger. */
export function isCollateral(evidence: Evidence, statement: StatementEvidence, fate: TableFate): boolean {
  const { verb, target } = statement.anatomy
  return (
    /^(?:drop-table|delete|insert|update)$/.test(verb) &&
    !new NamesInTime(evidence, fate).has(statement, target)
  )
}

/** The copy that takes the place of a table, where the DROP of that table takes or clears rows of it: it references the old one. */
export function copyReached(
  evidence: Evidence,
  statement: StatementEvidence,
  fate: TableFate,
): string | undefined {
  const { verb, target } = statement.anatomy
  const names = new NamesInTime(evidence, fate)
  if (verb !== 'drop-table' || !names.isOriginal(statement, target)) return undefined
  return statement.touches.find(
    ({ table, how }) =>
      (how === 'delete' || how === 'update') && !same(table, target) && names.isSuccessor(statement, table),
  )?.table
}

/**
 * The statement that changed the column: the last that writes another value into some row (of those that do `what`, where there is one),
 * else the copy that filled the table, else what changed it by a trigger or a foreign key.
 */
export function valueCulprit(
  evidence: Evidence,
  fate: TableFate,
  column: string,
  what: (value: Token[]) => boolean = () => false,
): StatementEvidence | undefined {
  const names = new NamesInTime(evidence, fate)
  const called = new Set(columnNames(evidence.statements, fate, column).map(lower))
  const counted = evidence.mode === 'copy'
  const writes = evidence.statements.filter(
    (statement) =>
      statement.touches.some(({ table, how }) => how !== 'read' && names.has(statement, table)) ||
      (statement.anatomy.verb === 'alter-table' && names.has(statement, statement.anatomy.target)),
  )
  const own = writes.filter((statement) => names.has(statement, statement.anatomy.target))
  const setsOf = ({ anatomy: { tokens } }: StatementEvidence): Assignment[] =>
    assignments(tokens).filter((set) => called.has(lower(set.column)))
  const sets = own.filter(
    (statement) =>
      (statement.anatomy.verb === 'update' || statement.anatomy.verb === 'insert') &&
      setsOf(statement).length > 0 &&
      (!counted || statement.changes > 0),
  )
  const effective = sets.filter(({ filled = [] }) => {
    const effect = filled.find((it) => called.has(lower(it.column)))
    // Values that became NULL or empty are told by `clearings`.
    return (effect?.changed ?? 1) > Math.max(0, (effect?.before ?? 0) - (effect?.after ?? 0))
  })
  const meant = effective.filter((statement) => setsOf(statement).some(({ value }) => what(upToComma(value))))
  const altered = own.filter(
    ({ anatomy: { alteration } }) =>
      (alteration?.kind === 'add-column' || alteration?.kind === 'drop-column') &&
      called.has(lower(alteration.column)),
  )
  const replaced = own.filter(
    (statement) =>
      statement.anatomy.replaces &&
      statement.touches.some(({ table, how }) => how === 'delete' && names.has(statement, table)) &&
      (!counted || statement.changes > 0),
  )
  const copies = copiesOf(evidence, fate, names)
  const collateral = writes.findLast(
    (statement) =>
      isCollateral(evidence, statement, fate) &&
      statement.touches.some(({ table, how }) => how === 'update' && names.has(statement, table)),
  )
  const inserts = own.findLast(({ anatomy }) => anatomy.verb === 'insert')
  const cleared = copies.every((copy) => givesAsItIs(copy, fate, column))
    ? own.findLast((statement) => copyReached(evidence, statement, fate) !== undefined)
    : undefined
  return (
    meant.at(-1) ??
    effective.at(-1) ??
    sets.at(-1) ??
    altered.at(-1) ??
    cleared ??
    copies.at(-1) ??
    replaced.at(-1) ??
    collateral ??
    inserts ??
    own.findLast(({ anatomy }) => anatomy.verb !== 'create-table') ??
    fate.ended
  )
}

function givesAsItIs({ anatomy }: StatementEvidence, fate: TableFate, column: string): boolean {
  const is = nameNow(fate, column)
  const all = (fate.after?.columns ?? []).filter(({ generated }) => !generated).map(({ name }) => name)
  return selectedFor(anatomy, is, all).length === 0 || passedBy(anatomy, [column, is], all).includes(is)
}

/**
 * The UPDATEs after which a column has fewer values, each with its number, where these add up to `cleared`; else one statement that stands
 * for all.
 */
export function clearings(
  evidence: Evidence,
  fate: TableFate,
  column: string,
  cleared: number,
): { place: StatementEvidence | undefined; values: number }[] {
  const found = fillings(evidence, fate, column)
    .filter(({ by }) => by < 0)
    .map(({ place, by }) => ({ place, values: -by }))
  if (found.reduce((sum, { values }) => sum + values, 0) === cleared) return found
  return [{ place: valueCulprit(evidence, fate, column), values: cleared }]
}

/** The statement by which NULLs of the column became values. */
export function fillingCulprit(
  evidence: Evidence,
  fate: TableFate,
  column: string,
): StatementEvidence | undefined {
  const updates = fillings(evidence, fate, column).filter(({ by }) => by > 0)
  return updates.at(-1)?.place ?? valueCulprit(evidence, fate, column)
}

/** By how many values each UPDATE changed what a column holds that is not NULL or empty. */
function fillings(
  evidence: Evidence,
  fate: TableFate,
  column: string,
): { place: StatementEvidence; by: number }[] {
  const names = new NamesInTime(evidence, fate)
  const called = new Set(columnNames(evidence.statements, fate, column).map(lower))
  return evidence.statements.flatMap((place) =>
    (place.filled ?? [])
      .filter((it) => called.has(lower(it.column)) && names.has(place, place.anatomy.target))
      .map(({ before, after }) => ({ place, by: after - before })),
  )
}

/** The copy that left values or rows of this table out: the last that fills one of the tables (`table` or `table.column`, in a list) from it. */
export function leavingCopy(
  evidence: Evidence,
  fate: TableFate,
  tables: string,
): StatementEvidence | undefined {
  const into = tables.split(', ').map((name) => name.replace(/\..*$/s, ''))
  const names = new NamesInTime(evidence, fate)
  const own = into.some((table) => same(table, fate.after?.name))
  return evidence.statements.findLast(
    (statement) =>
      (statement.anatomy.copies || statement.anatomy.verb === 'update') &&
      (into.some((table) => writes(statement, table)) ||
        (own && names.isSuccessor(statement, statement.anatomy.target))) &&
      (same(statement.anatomy.target, fate.before.name) ||
        statement.touches.some(({ table, how }) => how === 'read' && same(table, fate.before.name))),
  )
}

/** Whether a statement fills another table from this one. */
export function isCopyOf(statement: StatementEvidence, fate: TableFate): boolean {
  if (!statement.anatomy.copies) return false
  const names = namesOf(fate)
  const reads = statement.touches.some(({ table, how }) => how === 'read' && names.has(lower(table)))
  return reads || (fate.after !== undefined && names.has(lower(statement.anatomy.target)))
}

/** Last statement that made the table what it is: rebuilt, renamed or altered it. */
export function shapeCulprit(evidence: Evidence, fate: TableFate): StatementEvidence | undefined {
  const names = namesOf(fate)
  return (
    fate.ended ??
    evidence.statements.findLast(
      ({ anatomy }) =>
        /^(?:drop-table|alter-table|create-table)$/.test(anatomy.verb) && names.has(lower(anatomy.target)),
    )
  )
}

/** Tables that were renamed away and made anew under their name, while the old one stays: what named them follows the old one. */
export function parentsLeft(evidence: Evidence): { fate: TableFate; oldName: string }[] {
  return evidence.fates.flatMap((fate) => {
    const alteration = fate.ended?.anatomy.alteration
    if (fate.how !== 'rebuilt' || alteration?.kind !== 'rename-table') return []
    const stays = tableNamed(evidence.after, alteration.to) !== undefined
    return stays ? [{ fate, oldName: alteration.to }] : []
  })
}

/** Whether rows that a statement took from a table are put back later, from a table that was filled from it before. */
export function refilledLater(evidence: Evidence, statement: StatementEvidence, table: string): boolean {
  const at = evidence.statements.indexOf(statement)
  const holders = new Set(
    evidence.statements
      .slice(0, at)
      .filter(
        ({ anatomy, touches }) =>
          anatomy.copies &&
          touches.some((touch) => touch.how === 'read' && lower(touch.table) === lower(table)),
      )
      .map(({ anatomy }) => lower(anatomy.target)),
  )
  return evidence.statements
    .slice(at + 1)
    .some(
      ({ anatomy, touches }) =>
        anatomy.copies &&
        lower(anatomy.target) === lower(table) &&
        touches.some((touch) => touch.how === 'read' && holders.has(lower(touch.table))),
    )
}

interface ColumnSet {
  column: string
  toNull: boolean
  /** The value names no column: it is one and the same for every row. */
  constant: boolean
}

/** Columns that an UPDATE sets. */
export function columnsSet({ anatomy }: StatementEvidence): ColumnSet[] {
  return assignments(anatomy.tokens).map(({ column, value }) => {
    const next = value[1]?.text ?? ''
    const toNull =
      /^null$/i.test(value[0]?.text ?? '') && (next === '' || next === ',' || /^where$/i.test(next))
    return { column, toNull, constant: isConstant(value) }
  })
}

/** Whether the value of an assignment, which the tokens start with, is made of literals and functions of them only. */
function isConstant(tokens: Token[]): boolean {
  let depth = 0
  for (const [at, { kind, text }] of tokens.entries()) {
    if (text === '(') depth += 1
    if (text === ')') depth -= 1
    if (depth === 0 && (text === ',' || text === ';' || /^(?:where|from|returning)$/i.test(text))) return true
    const literal = /^(?:null|true|false|cast|as|current_timestamp|current_date|current_time)$/i.test(text)
    const name = kind === 'name' || (kind === 'word' && tokens[at + 1]?.text !== '(')
    if (name && !literal) return false
  }
  return true
}
