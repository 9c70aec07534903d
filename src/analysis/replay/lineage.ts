import { defined } from '../../contract/defined.js'
import { sameName, tableNamed, type DetailedCatalog, type TableSchema } from '../../d1/schema/schema.js'
import { unquote } from '../../d1/sql/tokens.js'
import type { Heir, StatementEvidence, TableFate } from '../evidence.js'
import { mentions } from '../statement/statement.js'
import { condenses } from './condensing.js'
import { ColumnNames, comesFrom, type ColumnNode } from './column-lineage.js'

/** One table while it lives, whatever it is called. */
interface Entry {
  origin: TableSchema | undefined
  name: string
  alive: boolean
  renamedColumns: Map<string, string>
  columns: ColumnNames
  /** The columns that it had before, with the names of then. */
  origins: [name: string, node: ColumnNode][]
  sources: Set<Entry>
  /** Of the sources those of which some statement put rows there one by one. */
  rowSources: Set<Entry>
  /** Those of which it has a row for each piece of a row. */
  pieceSources: Set<Entry>
  /** Of the sources those of which some statement put rows there without a WHERE. */
  wholeSources: Set<Entry>
  ended: StatementEvidence | undefined
  /** Some statement changed its rows, or may have. */
  written: boolean
}

/**
 * Follows every table of `before` through the statements: renamed, rebuilt under the same name (created, filled, swapped), or
 * dropped, and which tables were filled from it. A rebuilt table is the same table. Tables that nothing touched are left out.
 */
export function followTables(
  before: DetailedCatalog,
  after: DetailedCatalog,
  statements: StatementEvidence[],
): TableFate[] {
  const entries = [...before.tables.values()].map((table) => newEntry(table.name, table))
  const touched = new Set<Entry>()
  for (const statement of statements) follow(entries, touched, statement)
  return entries
    .filter((entry) => entry.origin !== undefined && touched.has(entry))
    .flatMap((entry) => (entry.origin === undefined ? [] : [fateOf(entry, entry.origin, entries, after)]))
}

function newEntry(name: string, origin?: TableSchema): Entry {
  const columns = new ColumnNames()
  return {
    origin,
    name,
    alive: true,
    renamedColumns: new Map(),
    columns,
    origins: (origin?.columns ?? []).map((column) => [column.name, columns.of(column.name)]),
    sources: new Set(),
    rowSources: new Set(),
    pieceSources: new Set(),
    wholeSources: new Set(),
    ended: undefined,
    written: false,
  }
}

function follow(entries: Entry[], touched: Set<Entry>, statement: StatementEvidence): void {
  const { verb, target, alteration } = statement.anatomy
  const living = (name: string): Entry | undefined =>
    entries.find((entry) => entry.alive && entry.name.toLowerCase() === name.toLowerCase())
  const written = statement.touches.filter(({ how }) => how !== 'read').map(({ table }) => living(table))
  if (/^create-(?:virtual-)?table$/.test(verb) && target !== undefined && living(target) === undefined) {
    const created = newEntry(target)
    entries.push(created)
    written.push(created)
  }
  const read = statement.touches.filter(({ how }) => how === 'read').map(({ table }) => living(table))
  // A trigger puts aside what an UPDATE or DELETE takes from its table.
  const subjectNow = target === undefined ? undefined : living(target)
  const inserts = new Set(
    statement.touches.filter(({ how }) => how === 'insert').map(({ table }) => living(table)),
  )
  for (const { column, table, from } of statement.sources) {
    const source = living(table)
    if (subjectNow !== undefined && source !== undefined && source !== subjectNow)
      subjectNow.columns.of(column).sources.add(source.columns.of(from))
  }
  for (const entry of written) {
    if (entry === undefined) continue
    touched.add(entry)
    entry.written = true
    if (entry !== subjectNow && inserts.has(entry) && subjectNow !== undefined) entry.sources.add(subjectNow)
    if (verb === 'drop-table' || verb === 'delete') continue
    for (const source of read) {
      if (source === undefined || source === entry) continue
      entry.sources.add(source)
      if (!statement.anatomy.hasWhere) entry.wholeSources.add(source)
      if (entry !== subjectNow || !isCondensed(statement, source)) entry.rowSources.add(source)
      if (takesApart(statement)) entry.pieceSources.add(source)
    }
  }
  const indexed = indexedTable(statement, entries)
  if (indexed !== undefined) touched.add(indexed)
  const subject = target === undefined ? undefined : living(target)
  if (subject === undefined) return
  if (verb === 'drop-table') {
    touched.add(subject)
    subject.written = true
    subject.alive = false
    subject.ended = statement
  }
  if (verb !== 'alter-table') return
  touched.add(subject)
  subject.columns.alter(alteration)
  if (alteration?.kind === 'rename-table') {
    subject.name = alteration.to
    subject.ended ??= statement
  }
  // A column that is dropped may come back under its name, empty.
  if (alteration?.kind === 'drop-column') subject.written = true
  if (alteration?.kind === 'rename-column') renameColumn(subject, alteration.from, alteration.to)
}

/** A row for each piece of a row is another thing than the row. */
function takesApart({ anatomy }: StatementEvidence): boolean {
  return mentions(anatomy.tokens, 'json_each') || mentions(anatomy.tokens, 'json_tree')
}

/** The table of a CREATE INDEX or DROP INDEX. */
function indexedTable({ anatomy }: StatementEvidence, entries: Entry[]): Entry | undefined {
  if (anatomy.verb === 'create-index') {
    const on = anatomy.tokens.findIndex(({ text }) => /^on$/i.test(text))
    const table = unquote(anatomy.tokens[on + 1]?.text ?? '').toLowerCase()
    return entries.find(({ alive, name }) => alive && name.toLowerCase() === table)
  }
  if (anatomy.verb !== 'drop-index') return undefined
  const index = anatomy.target?.toLowerCase()
  return entries.find(({ origin }) => origin?.indexes.some(({ name }) => name.toLowerCase() === index))
}

function renameColumn(entry: Entry, from: string, to: string): void {
  const original = [...entry.renamedColumns].find(([, now]) => now.toLowerCase() === from.toLowerCase())
  entry.renamedColumns.set((original?.[0] ?? from).toLowerCase(), to)
}

function fateOf(entry: Entry, origin: TableSchema, entries: Entry[], after: DetailedCatalog): TableFate {
  const copies = entries.filter(
    (other) => other !== entry && other.alive && descends(other, entry, new Set()),
  )
  const condensed = copies.filter((copy) => !descends(copy, entry, new Set(), 'rowSources'))
  const namesake = takesPlace(entry, entries) ? tableNamed(after, origin.name) : undefined
  const base = {
    before: origin,
    renamedColumns: entry.renamedColumns,
    written: entry.written,
    copiedTo: copies.map(({ name }) => name),
    heirs: heirsOf(entry, entries, after),
    ...(condensed.length === 0 ? {} : { condensedTo: condensed.map(({ name }) => name) }),
    ...defined({ ended: entry.ended }),
  }
  const renamesUpTo = (name: string): Map<string, string> => {
    const copy = copies.find((other) => other.name.toLowerCase() === name.toLowerCase())
    return copy === undefined ? new Map<string, string>() : renamesAlong(copy, entry)
  }
  const moved = entry.alive && entry.name.toLowerCase() !== origin.name.toLowerCase()
  if (entry.alive && !moved) {
    const remade = namesake !== undefined && isRemade(entry, namesake)
    return { ...base, how: 'kept', ...defined({ after: namesake }), ...(remade ? { remade } : {}) }
  }
  const namesakeIsCopy = copies.some(({ name }) => name.toLowerCase() === origin.name.toLowerCase())
  if (moved && (namesake === undefined || !namesakeIsCopy)) {
    const renamed = tableNamed(after, entry.name)
    return { ...base, how: 'renamed', ...defined({ after: renamed }) }
  }
  if (namesake !== undefined) {
    const copiedTo = moved ? [...base.copiedTo, entry.name] : base.copiedTo
    const renamedColumns = withHeirs(renamesUpTo(origin.name), origin, namesake, base.heirs)
    return { ...base, copiedTo, renamedColumns, how: 'rebuilt', after: namesake }
  }
  const candidates = copies.filter(
    (copy) =>
      !isKept(copy) &&
      !merges(copy, entry, entries) &&
      !condensed.includes(copy) &&
      !copy.pieceSources.has(entry) &&
      !isLinked(copy, origin, copies, base.heirs, after),
  )
  const successor = bestCopy(origin, candidates, after)
  if (successor !== undefined && !isOneOfParts(successor, candidates, entry)) {
    const renamedColumns = withHeirs(renamesUpTo(successor.name), origin, successor, base.heirs)
    return { ...base, renamedColumns, how: 'renamed', after: successor }
  }
  return { ...base, how: 'dropped' }
}

/** Of the columns of before one is gone, and another one has its name. */
function isRemade({ origins, columns }: Entry, after: TableSchema): boolean {
  const now = new Set(columns.all().map(([, node]) => node))
  return origins.some(
    ([column, node]) => !now.has(node) && after.columns.some(({ name }) => sameName(name, column)),
  )
}

/** Whether the table of now that has its name is it, or stands for it: not one of before that was filled from elsewhere and renamed. */
function takesPlace(entry: Entry, entries: Entry[]): boolean {
  const other = entries.find(
    ({ alive, name }) => alive && name.toLowerCase() === entry.origin?.name.toLowerCase(),
  )
  if (other === undefined || other === entry || other.origin === undefined) return true
  return descends(other, entry, new Set()) || isLeftOver(other.origin.name, entry.origin?.name ?? '')
}

/** `__new_items`, `items_new`: made to take the place of `items`, by a rebuild that did not end. */
function isLeftOver(name: string, origin: string): boolean {
  return name.toLowerCase().includes(origin.toLowerCase())
}

/** A column that the copy of a rebuild puts under a new name is renamed as much as by ALTER TABLE. */
function withHeirs(
  renames: Map<string, string>,
  origin: TableSchema,
  after: TableSchema,
  heirs: Heir[],
): Map<string, string> {
  const has = (table: TableSchema, name: string): boolean =>
    table.columns.some((column) => sameName(column.name, name))
  const all = new Map(renames)
  for (const { name } of origin.columns) {
    if (has(after, all.get(name.toLowerCase()) ?? name)) continue
    const taken = new Set([...all.values()].map((is) => is.toLowerCase()))
    const heir = heirs.find(
      ({ column, table, is }) =>
        column === name && table === after.name && !has(origin, is) && !taken.has(is.toLowerCase()),
    )
    if (heir !== undefined) all.set(name.toLowerCase(), heir.is)
  }
  return all
}

function heirsOf(entry: Entry, entries: Entry[], after: DetailedCatalog): Heir[] {
  return entries
    .filter((other) => other !== entry && other.alive)
    .flatMap((other) => {
      const table = tableNamed(after, other.name)
      if (table === undefined) return []
      return table.columns.flatMap(({ name: is }) =>
        entry.origins
          .filter(([, node]) => comesFrom(other.columns.of(is), node))
          .map(([column]) => ({ column, table: table.name, is })),
      )
    })
}

/** Renamed columns on the way from a table to a copy of a copy of it: each step may rename further. */
function renamesAlong(copy: Entry, from: Entry): Map<string, string> {
  if (copy === from) return copy.renamedColumns
  const step = [...copy.sources].find((source) => source === from || descends(source, from, new Set([copy])))
  const renames = new Map(step === undefined ? [] : renamesAlong(step, from))
  for (const [was, now] of renames) renames.set(was, copy.renamedColumns.get(now.toLowerCase()) ?? now)
  const reached = new Set([...renames.values()].map((name) => name.toLowerCase()))
  for (const [was, now] of copy.renamedColumns) {
    if (!renames.has(was) && !reached.has(now.toLowerCase())) renames.set(was, now)
  }
  return renames
}

function descends(
  entry: Entry,
  from: Entry,
  seen: Set<Entry>,
  by: 'sources' | 'rowSources' = 'sources',
): boolean {
  if (entry[by].has(from)) return true
  seen.add(entry)
  return [...entry[by]].some((source) => !seen.has(source) && descends(source, from, seen, by))
}

/** The statement makes one row of several of this table. */
function isCondensed(statement: StatementEvidence, { name, origin }: Entry): boolean {
  const columns = statement.sources.filter(({ table }) => sameName(table, name)).map(({ from }) => from)
  return statement.anatomy.copies && condenses(statement, name, origin, columns)
}

/** Named as what people put rows aside in before they drop a table: the rows are kept, the table is gone all the same. */
function isKept({ name }: Entry): boolean {
  return /(?:^|_)(?:backup|bak|old|orig|archived?|legacy|deprecated|hold|snapshot|tmp|temp)(?:$|_|\d)/i.test(
    name,
  )
}

/** Several tables became one: it is none of them under another name. */
function merges(copy: Entry, entry: Entry, entries: Entry[]): boolean {
  const columns = new Set(entry.origin?.columns.map(({ name }) => name.toLowerCase()))
  return entries.some(
    (other) =>
      other !== entry &&
      !other.alive &&
      other.origin !== undefined &&
      other.origin.columns.filter(({ name }) => columns.has(name.toLowerCase())).length * 2 >=
        other.origin.columns.length &&
      descends(copy, other, new Set()),
  )
}

/** Each of several tables took the rows that its WHERE chose: none of them is the table under another name. */
function isOneOfParts({ name }: TableSchema, copies: Entry[], entry: Entry): boolean {
  const parts = copies.filter(
    ({ origin, sources, wholeSources }) =>
      origin === undefined && sources.has(entry) && !wholeSources.has(entry),
  )
  return parts.length > 1 && parts.some((part) => sameName(part.name, name))
}

/** One of two copies without the key of the table, of which one points to the other: `post_tags` to `tag`. Neither is the table. */
function isLinked(
  copy: Entry,
  { primaryKey }: TableSchema,
  copies: Entry[],
  heirs: Heir[],
  after: DetailedCatalog,
): boolean {
  if (heirs.some(({ table, column }) => sameName(table, copy.name) && primaryKey.includes(column)))
    return false
  const points = (one: Entry, to: Entry): boolean =>
    tableNamed(after, one.name)?.foreignKeys.some(({ target }) => sameName(target, to.name)) === true
  return copies.some((other) => other !== copy && (points(other, copy) || points(copy, other)))
}

/** The copy that was created here and has most of the columns, if it has at least half of them. */
function bestCopy(origin: TableSchema, copies: Entry[], after: DetailedCatalog): TableSchema | undefined {
  const scored = copies
    .filter((copy) => copy.origin === undefined)
    .flatMap((copy) => {
      const table = tableNamed(after, copy.name)
      return table === undefined ? [] : [{ table, shared: sharedColumns(origin, table) }]
    })
    .filter(({ shared }) => shared * 2 >= origin.columns.length)
    .sort((a, b) => b.shared - a.shared)
  return scored[0]?.table
}

function sharedColumns(a: TableSchema, b: TableSchema): number {
  const names = new Set(b.columns.map(({ name }) => name.toLowerCase()))
  return a.columns.filter(({ name }) => names.has(name.toLowerCase())).length
}
