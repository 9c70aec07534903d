import { rowidColumn, sameName, type TableSchema } from '../../d1/schema/schema.js'
import type { StatementEvidence, TableFate } from '../evidence.js'
import { keyOf, ROWID, type Pair } from './row-keys.js'
import { putsRows, takesRows } from './takes-rows.js'
import { assignments, columnsFilled } from './writers.js'

/**
 * The ways in which a row of before is known again, the surest first: by the place to which a copy took its key (a rebuild may put the key
 * into another column), by the number of a row whose key was updated where it lies, by its key. Empty where only its content tells.
 */
export function identitiesOf(
  statements: StatementEvidence[],
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
): Pair[][] {
  const key = keyOf(fate, after, pairs)
  if (key?.[0]?.was === ROWID && isRefilled(statements, fate)) return []
  if (fate.how === 'kept')
    return key !== undefined && keepsNumbers(fate, after) && updatesKey(statements, fate)
      ? [[{ was: ROWID, is: ROWID }]]
      : some(key)
  const placed = copiedKey(fate, after, pairs, (known, copied) =>
    known !== undefined && (copied.length === 0 || copied.includes(known)) ? known : copied[0],
  )
  const elsewhere = copiedKey(
    fate,
    after,
    pairs,
    (known, copied) => copied.find((is) => is !== known) ?? known,
  )
  const first = placed ?? key
  const differs = elsewhere?.some(({ is }, at) => is !== first?.[at]?.is) === true
  return [...some(first), ...(differs ? some(elsewhere) : [])]
}

/** Rows were taken out and others put in, none updated: the numbers that SQLite gives tell nothing of which is which. */
function isRefilled(statements: StatementEvidence[], fate: TableFate): boolean {
  const updates = statements.some(({ touches }) =>
    touches.some(({ table, how }) => how === 'update' && sameName(table, fate.before.name)),
  )
  return fate.how === 'kept' && isTaken(statements, fate) && isGiven(statements, fate) && !updates
}

/** No statement took a row out of the table: one whose key is gone got another key. */
export function onlyUpdated(statements: StatementEvidence[], fate: TableFate): boolean {
  return fate.how === 'kept' && !isTaken(statements, fate)
}

function isTaken(statements: StatementEvidence[], { before }: TableFate): boolean {
  return statements.some((statement) => takesRows(statement, (table) => sameName(table, before.name)))
}

/** The copy of a rebuild fills every column but the one that SQLite numbers. */
export function leavesKeyToSqlite(
  statements: StatementEvidence[],
  fate: TableFate,
  after: TableSchema,
  key: Pair[],
): boolean {
  const own = fate.heirs.filter(({ table }) => table === after.name)
  if (fate.how === 'kept' || own.length === 0 || key.some(({ was }) => was === ROWID)) return false
  if (key.some(({ was }) => own.some(({ column }) => column === was))) return false
  const names = new Set(key.map(({ is }) => is.toLowerCase()))
  return !statements
    .filter(({ anatomy }) => anatomy.copies)
    .some(({ anatomy }) => columnsFilled(anatomy)?.some((it) => names.has(it.toLowerCase())) ?? true)
}

function copiedKey(
  { before, heirs }: TableFate,
  after: TableSchema,
  pairs: Pair[],
  choose: (known: string | undefined, copied: string[]) => string | undefined,
): Pair[] | undefined {
  const found = before.primaryKey.flatMap((was): Pair[] => {
    const copied = heirs.filter(({ table, column }) => table === after.name && column === was)
    const is = choose(
      pairs.find((pair) => pair.was === was)?.is,
      copied.map((heir) => heir.is),
    )
    return is === undefined ? [] : [{ was, is }]
  })
  return found.length === 0 || found.length < before.primaryKey.length ? undefined : found
}

/** Rows have a number beside their key, which an UPDATE of the key leaves as it is. */
function keepsNumbers({ before }: TableFate, after: TableSchema): boolean {
  const ordinary = before.kind === 'table' && !before.withoutRowid && !after.withoutRowid
  return ordinary && rowidColumn(before) === undefined
}

/** Whether statements give rows that stay another key: an UPDATE sets it, or a copy fills it with something else than the key of before. */
export function givesNewKeys(
  statements: StatementEvidence[],
  fate: TableFate,
  after: TableSchema,
  key: Pair[],
): boolean {
  if (fate.how !== 'kept')
    return !key.some(({ was }) =>
      fate.heirs.some(({ table, column }) => table === after.name && column === was),
    )
  return statements.some(
    ({ anatomy, changes }) =>
      anatomy.verb === 'update' &&
      changes > 0 &&
      sameName(anatomy.target ?? '', fate.before.name) &&
      assignments(anatomy.tokens).some((set) => key.some(({ was }) => sameName(was, set.column))),
  )
}

/** The one part of a key of several that statements set, each for itself; undefined where that is not told, or where there are more. */
export function partSet(statements: StatementEvidence[], fate: TableFate, key: Pair[]): Pair | undefined {
  const isIt = (table: string): boolean => sameName(table, fate.before.name)
  const updates = statements.filter(({ touches }) =>
    touches.some(({ table, how }) => how === 'update' && isIt(table)),
  )
  const told = updates.every(
    ({ anatomy, fires }) => anatomy.verb === 'update' && isIt(anatomy.target ?? '') && fires === undefined,
  )
  const sets = updates
    .filter(({ changes }) => changes > 0)
    .flatMap(({ anatomy }) => assignments(anatomy.tokens))
  const [part, ...more] = key.filter(({ was }) => sets.some(({ column }) => sameName(column, was)))
  return fate.how === 'kept' && told && key.length > 1 && more.length === 0 ? part : undefined
}

function updatesKey(statements: StatementEvidence[], fate: TableFate): boolean {
  const key = new Set(fate.before.primaryKey.map((name) => name.toLowerCase()))
  const sets = statements.some(({ anatomy }) =>
    assignments(anatomy.tokens).some(({ column }) => key.has(column.toLowerCase())),
  )
  return sets && (onlyUpdated(statements, fate) || !isGiven(statements, fate))
}

/** Some statement puts rows into the table: one may have the number of a row that is gone. */
export function isGiven(statements: StatementEvidence[], { before }: TableFate): boolean {
  return statements.some((statement) => putsRows(statement, (table) => sameName(table, before.name)))
}

function some(key: Pair[] | undefined): Pair[][] {
  return key === undefined ? [] : [key]
}
