import { tableNamed } from '../../d1/schema/schema.js'
import type { Token } from '../../d1/sql/tokens.js'
import { assignments } from '../compare/writers.js'
import { mentions } from '../statement/statement.js'
import type { Evidence, StatementEvidence, TableFate } from '../evidence.js'

const lower = (text: string | undefined): string => (text ?? '').toLowerCase()

/** Names under which a table was known in the course of the statements. */
export function namesOf(fate: TableFate): Set<string> {
  return new Set([lower(fate.before.name), ...(fate.after === undefined ? [] : [lower(fate.after.name)])])
}

/** What a column of before is called afterwards. */
export function nameNow({ renamedColumns }: TableFate, column: string): string {
  return renamedColumns.get(column.toLowerCase()) ?? column
}

/** The statement in which the table lost most of its rows. */
export function rowLossCulprit(evidence: Evidence, fate: TableFate): StatementEvidence | undefined {
  const names = namesOf(fate)
  const own = (table: string): boolean => names.has(lower(table))
  let worst: StatementEvidence | undefined
  let most = 0
  for (const statement of evidence.statements) {
    // In a rebuild the old table is dropped on purpose: what was not copied is the fault of the copy.
    const swaps = statement.anatomy.verb === 'drop-table' && own(statement.anatomy.target ?? '')
    if (swaps && fate.how === 'rebuilt') continue
    for (const { table, before, after } of statement.counts) {
      if (!own(table) || before - after <= most) continue
      worst = statement
      most = before - after
    }
  }
  if (worst !== undefined && fate.how !== 'rebuilt') return worst
  const copy = evidence.statements.findLast(
    (statement) => statement.anatomy.copies && isCopyOf(statement, fate),
  )
  const collateral = worst !== undefined && isCollateral(worst, fate)
  if (collateral || worst?.anatomy.verb === 'delete') return worst
  return (
    copy ??
    worst ??
    evidence.statements.findLast(({ touches }) =>
      touches.some(({ table, how }) => how === 'delete' && own(table)),
    ) ??
    fate.ended
  )
}

/** The table is emptied by what a statement does to another one: a foreign key action or a trigger. */
export function isCollateral(statement: StatementEvidence, fate: TableFate): boolean {
  const { verb, target } = statement.anatomy
  return /^(?:drop-table|delete|insert|update)$/.test(verb) && !namesOf(fate).has(lower(target))
}

/** Statement that changed the column: the last that writes the table and names it, else the last that writes the table. */
export function valueCulprit(
  evidence: Evidence,
  fate: TableFate,
  column: string,
): StatementEvidence | undefined {
  const names = namesOf(fate)
  const writes = evidence.statements.filter(
    ({ touches, anatomy }) =>
      touches.some(({ table, how }) => how !== 'read' && names.has(lower(table))) ||
      (anatomy.verb === 'alter-table' && names.has(lower(anatomy.target))) ||
      anatomy.copies,
  )
  const writing = writes.filter(({ anatomy }) => anatomy.verb !== 'create-table' || anatomy.copies)
  const updates = writing.filter(
    ({ anatomy }) => names.has(lower(anatomy.target)) && mentions(anatomy.tokens, column),
  )
  const collateral = writing.findLast(
    (statement) =>
      isCollateral(statement, fate) &&
      statement.touches.some(({ table, how }) => how === 'update' && names.has(lower(table))),
  )
  const copy = fate.how === 'kept' ? undefined : writing.findLast((statement) => isCopyOf(statement, fate))
  return updates.at(-1) ?? copy ?? collateral ?? writing.at(-1) ?? fate.ended
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

interface Assignment {
  column: string
  toNull: boolean
  /** The value names no column: it is one and the same for every row. */
  constant: boolean
}

/** Columns that an UPDATE sets. */
export function columnsSet({ anatomy }: StatementEvidence): Assignment[] {
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
