import { referencedColumns, sameName, tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName, quoteText } from '../../d1/sqlite/sqlite.js'
import { unquote, type Token } from '../../d1/sql/tokens.js'
import type { StatementEvidence, TableFate } from '../evidence.js'
import { isOfSeveral } from '../statement/recursions.js'
import { mentions } from '../statement/statement.js'
import type { Versions } from './versions.js'
import {
  isAmbiguous,
  labelled,
  labelText,
  placeIn,
  placeOfOne,
  type Label,
  type ListHolder,
  type Place,
} from './places.js'
import type { Spelt } from './readings.js'
import { column, isCalledAfter, isUniqueAmong, pairsOf, ROWID, type Pair } from './row-keys.js'
import { columnsFilled, copiedBy, isSelect, mentionedFor, passedBy, writes } from './writers.js'

/**
 * Columns of the same row that statements filled from the old one, and columns of tables that such a column points to. With `asItIs` only
 * columns that were set to the old one by itself.
 */
export function placesBeside(
  { database, after: catalog }: Versions,
  fate: TableFate,
  after: TableSchema,
  name: string,
  key: Pair[],
  writers: StatementEvidence[],
  asItIs = false,
): Place[] {
  const names = [name, fate.renamedColumns.get(name.toLowerCase()) ?? name]
  const old = new Set(pairsOf(fate, after).map(({ is }) => is.toLowerCase()))
  const own = writers.filter((statement) => fillsTable(statement, fate, after))
  const insertable = after.columns.filter(({ generated }) => !generated).map((it) => it.name)
  const filled = after.columns
    .map((it) => it.name)
    .filter((candidate) => {
      const isFresh = !old.has(candidate.toLowerCase())
      const copied = own.some(({ anatomy }) => copiedBy(anatomy, names).some((is) => sameName(is, candidate)))
      const inherits = fate.heirs.some(
        (heir) => heir.column === name && heir.table === after.name && sameName(heir.is, candidate),
      )
      if (asItIs || copied || inherits) return copied || inherits
      return own.some(({ anatomy }) => {
        const columns = columnsFilled(anatomy)
        if (anatomy.verb !== 'update' && !isFresh)
          return mentionedFor(anatomy, candidate, insertable).some((it) =>
            names.some((was) => sameName(was, it)),
          )
        return columns === undefined ? anatomy.copies : columns.some((is) => sameName(is, candidate))
      })
    })
  if (filled.length === 0) return []
  const link = key.map(({ is }) => is)
  const row: Place = {
    source: `main.${quoteName(after.name)}`,
    link,
    columns: filled,
    passed: own.flatMap(({ anatomy }) => passedBy(anatomy, names, insertable)),
    own: true,
    named: (it) => `${after.name}.${it}`,
  }
  if (asItIs) return [row]
  const pointed = [...catalog.tables.values()]
    .filter((table) => table.name !== after.name && table.kind === 'table' && table.primaryKey.length === 1)
    .flatMap((table) => {
      const read = own.some(({ touches }) => touches.some((it) => sameName(it.table, table.name)))
      return filled
        .filter((name) => read || refers(after, name, table))
        .map((pointer) => ({ table, pointer }))
    })
    .flatMap(({ table, pointer }) => [
      ...placeThrough(after, link, pointer, table, table.primaryKey[0] ?? ''),
      ...labelsOf(table).flatMap((label) =>
        placeThrough(after, link, pointer, table, label).filter((place) => !isAmbiguous(database, place)),
      ),
    ])
  return [row, ...pointed, ...placesAbove(after, link, filled, own)]
}

/**
 * The row of the same table that a column names by a unique column of it: `parent_path`, or the `path` that goes on where the parent's ends, behind a
 * separator that the statements spell.
 */
function placesAbove(
  after: TableSchema,
  link: string[],
  filled: string[],
  writers: StatementEvidence[],
): Place[] {
  const labels = after.columns
    .map(({ name }) => name)
    .filter((label) => !after.primaryKey.includes(label) && isUniqueAmong(after, (it) => sameName(it, label)))
  if (labels.length === 0) return []
  const separators = new Set(
    writers.flatMap(({ anatomy }) =>
      anatomy.tokens.flatMap(({ kind, text }) =>
        kind === 'string' && /^'[^'\w]'$/.test(text) ? [text] : [],
      ),
    ),
  )
  const named = (pointer: string) => (): string => `${after.name}.${pointer}`
  return labels.flatMap((label) =>
    filled.flatMap((pointer): Place[] => {
      if (!sameName(pointer, label))
        return placeThrough(after, link, pointer, after, label).map((it) => ({
          ...it,
          named: named(pointer),
        }))
      const path = column('o', pointer)
      return [...separators].flatMap((separator) => {
        const above = `rtrim(rtrim(${path}, replace(${path}, ${separator}, '')), ${separator})`
        return placeThrough(after, link, pointer, after, label, above).map((it) => ({
          ...it,
          named: named(pointer),
        }))
      })
    }),
  )
}

/** Columns by which a row of a lookup table may be found instead of its key. */
function labelsOf({ columns, primaryKey }: TableSchema): string[] {
  return columns
    .map(({ name }) => name)
    .filter((name) => !primaryKey.includes(name))
    .slice(0, 6)
}

function refers(after: TableSchema, name: string, table: TableSchema): boolean {
  return after.foreignKeys.some(
    ({ target, columns }) => sameName(target, table.name) && columns.some((it) => sameName(it, name)),
  )
}

function fillsTable(statement: StatementEvidence, fate: TableFate, after: TableSchema): boolean {
  const { anatomy, touches } = statement
  if (touches.length === 0) return false
  // The successor of a rebuild was filled under another name.
  return (
    writes(statement, after.name) ||
    writes(statement, fate.before.name) ||
    (fate.how !== 'kept' && anatomy.copies)
  )
}

/** The row that a new column, or what is made of it, points to by its `id`, which may be any column that tells the rows apart. */
function placeThrough(
  after: TableSchema,
  link: string[],
  pointer: string,
  table: TableSchema,
  id: string,
  pointed = column('o', pointer),
): Place[] {
  const columns = table.columns.map(({ name }) => name).filter((name) => !sameName(name, id))
  if (columns.length === 0) return []
  const keys = link.map((name, at) => `${column('o', name)} AS l${at}`).join(', ')
  const values = columns.map((name) => column('t', name)).join(', ')
  return [
    {
      source: `(SELECT ${keys}, ${values} FROM main.${quoteName(after.name)} o JOIN main.${quoteName(table.name)} t ON ${column('t', id)} = ${pointed})`,
      link: link.map((_, at) => `l${at}`),
      columns,
      through: pointer,
      named: (name) => `${table.name}.${name}`,
    },
  ]
}

/**
 * Rows of other tables that statements filled from this one, found by a link to its key. `spelt`: what tells such rows of one key apart
 * ('home', 'work'); without it only columns that were copied as they are.
 */
export function placesElsewhere(
  versions: Versions,
  fate: TableFate,
  after: TableSchema | undefined,
  name: string,
  key: Pair[],
  writers: StatementEvidence[],
  spelt: Spelt | undefined,
): Place[] {
  const { database } = versions
  return linksTo(versions, fate, after, key, writers).flatMap(({ table, link }) => {
    // What is called like another column of before is read as that one.
    const others = fate.before.columns.map((it) => it.name).filter((it) => it !== name)
    const meant = (it: string): boolean => !others.some((other) => sameName(other, it))
    const heirs = fate.heirs
      .filter((heir) => heir.column === name && heir.table === table.name && meant(heir.is))
      .map(({ is }) => is)
    const rest = table.columns
      .map((it) => it.name)
      .filter((it) => !link.includes(it) && !heirs.includes(it) && meant(it))
      .sort((a, b) => Number(sameName(b, name)) - Number(sameName(a, name)))
    const columns = spelt === undefined ? heirs : [...heirs, ...rest].slice(0, 12)
    const whole = columns.length === 0 ? undefined : placeIn(database, table.name, link, columns)
    const filling = writers.filter((statement) => writes(statement, table.name))
    const all = table.columns.filter(({ generated }) => !generated).map((it) => it.name)
    const passed = filling.flatMap(({ anatomy }) => passedBy(anatomy, [name], all))
    if (whole !== undefined) return [{ ...whole, passed }]
    const single = columns.flatMap((it) => placeIn(database, table.name, link, [it]) ?? [])
    if (single.length > 0) return single
    // Owners of several rows have none of them for sure; the others have theirs all the same.
    if (spelt === undefined)
      return filledBySeveral(versions, table.name)
        ? []
        : columns.flatMap((it) => placeOfOne(table.name, link, it))
    return labelsFor(rest, spelt).flatMap(
      (label) => placeIn(database, table.name, link, columns, label) ?? [],
    )
  })
}

/** What statements spell may tell rows apart by any of the columns. */
function labelsFor(columns: string[], spelt: Spelt): Label[] {
  const literals = [
    ...spelt.texts.map((text) => quoteText(text)),
    ...new Set([...spelt.constants, ...spelt.numbers]),
  ]
  return columns.flatMap((it) => literals.map((literal) => ({ column: it, literal }))).slice(0, 60)
}

interface Link {
  table: TableSchema
  link: string[]
}

/** Tables that were filled from this one, each with the columns that hold its key. */
function linksTo(
  { after: catalog }: Versions,
  fate: TableFate,
  after: TableSchema | undefined,
  key: Pair[],
  writers: StatementEvidence[],
): Link[] {
  return fate.copiedTo.flatMap((copy) => {
    const table = tableNamed(catalog, copy)
    if (
      table === undefined ||
      table.kind !== 'table' ||
      (after !== undefined && sameName(table.name, after.name))
    )
      return []
    const byCopy = key.map(({ was }) =>
      fate.heirs.filter((heir) => heir.column === was && heir.table === table.name).map(({ is }) => is),
    )
    const [first, ...others] = byCopy
    const copied = (first ?? []).map((is) => [is, ...others.flatMap((names) => names.slice(0, 1))])
    const filling = writers.filter((statement) => writes(statement, table.name))
    // Rows that were there already, and those that a recursion or an expression made, are found by the reference that they had, or by the one that the UPDATE uses.
    const updated = filling.some(({ anatomy }) => anatomy.verb === 'update')
    const unknown = copied.length === 0
    const referring = table.foreignKeys
      .filter(({ target }) => sameName(target, fate.before.name) || sameName(target, after?.name ?? ''))
      .filter((reference) => {
        const columns = referencedColumns(reference, after ?? fate.before)
        return columns.length === key.length && columns.every((it, at) => sameName(it, key[at]?.was ?? ''))
      })
      .map(({ columns }) => columns)
    const named =
      key.length === 1 && key[0]?.was !== ROWID
        ? table.columns
            .filter((it) =>
              filling.some(
                ({ anatomy }) =>
                  anatomy.verb === 'update' &&
                  equates(anatomy.tokens, { table: fate.before.name, column: key[0]?.was ?? '' }, it.name),
              ),
            )
            .map((it) => [it.name])
        : []
    const called =
      unknown && key.length === 1
        ? table.columns.filter((it) => isCalledAfter(it.name, fate.before.name)).map((it) => [it.name])
        : []
    const further = updated || unknown ? [...referring, ...named, ...called] : []
    const links = [...copied, ...further].filter((link) => link.length === key.length)
    const unique = new Map(links.map((link) => [link.join('\0'), link]))
    return [...unique.values()].map((link) => ({ table, link }))
  })
}

/** Whether a statement compares a column of a table, under its name or an alias, with one of another: `p.user_id = u.id`. */
export function equates(tokens: Token[], key: { table: string; column: string }, other: string): boolean {
  const at = (index: number): string => unquote(tokens[index]?.text ?? '')
  const named = tokens.flatMap((_, index) => {
    if (!sameName(at(index), key.table)) return []
    const alias = /^as$/i.test(at(index + 1)) ? at(index + 2) : at(index + 1)
    return [key.table, alias]
  })
  const isKey = (index: number): boolean =>
    sameName(at(index), key.column) &&
    (at(index - 1) !== '.' || named.some((name) => sameName(name, at(index - 2))))
  return tokens.some(({ text }, index) => {
    const right = at(index + 2) === '.' ? index + 3 : index + 1
    if (/^in$/i.test(text) && at(index + 1) === '(' && isSelect(tokens[index + 2]))
      return sameName(at(index - 1), other) && isKey(at(index + 4) === '.' ? index + 5 : index + 3)
    if (!/^(?:=|==|is)$/i.test(text)) return false
    return (
      (isKey(index - 1) && sameName(at(right), other)) || (isKey(right) && sameName(at(index - 1), other))
    )
  })
}

/** Tables of which several rows may belong to one of this, and those that they point to on; where others stand among them, by each word that may tell them apart too. */
export function listHolders(versions: Versions, fate: TableFate, key: Pair[], spelt: Spelt): ListHolder[] {
  return linksTo(versions, fate, fate.after, key, []).flatMap(({ table, link }) => {
    const shared =
      filledBySeveral(versions, table.name) ||
      chainsColumns(versions, fate, key, table.name) ||
      hadRows(versions, table.name, link)
    const columns = table.columns.map(({ name }) => name).filter((name) => !link.includes(name))
    const telling = columns.filter((name) => !table.primaryKey.includes(name) || table.primaryKey.length > 1)
    const labels = shared ? labelsFor(telling, spelt) : []
    return [undefined, ...labels].flatMap((label) => {
      const rest = columns.filter((name) => name !== label?.column)
      return holdersBy(versions, { table, link }, rest, label).map((holder) => ({ ...holder, shared }))
    })
  })
}

/** Of the rows of a table that have such a label. */
function holdersBy(versions: Versions, { table, link }: Link, columns: string[], label?: Label): Place[] {
  const rows =
    label === undefined
      ? `main.${quoteName(table.name)}`
      : `(SELECT * FROM main.${quoteName(table.name)} t${labelled(label)})`
  const named =
    (holder: TableSchema) =>
    (name: string): string =>
      `${holder.name}.${name}${labelText(label)}`
  const onward = pointers(versions, table).flatMap(({ from, target, id }): Place[] => {
    if (link.some((name) => sameName(name, from))) return []
    const further = target.columns.map(({ name }) => name).filter((name) => !sameName(name, id))
    const keys = link.map((name, at) => `${column('j', name)} AS l${at}`).join(', ')
    const values = further.map((name) => column('o', name)).join(', ')
    const source = `(SELECT ${keys}, ${values} FROM ${rows} j JOIN main.${quoteName(target.name)} o ON ${column('o', id)} = ${column('j', from)})`
    const place = { source, link: link.map((_, at) => `l${at}`), columns: further, named: named(target) }
    return further.length === 0 ? [] : [place]
  })
  return [{ source: rows, link, columns, named: named(table) }, ...onward]
}

/** Of several copies, or several parts of one, nothing tells the rows apart unless they say it themselves. */
export function filledBySeveral({ statements }: Versions, table: string): boolean {
  const copies = statements.filter((statement) => statement.anatomy.copies && writes(statement, table))
  return copies.length > 1 || copies.some(({ sql, anatomy }) => isOfSeveral(sql, anatomy.tokens))
}

/** A copy puts several columns one behind the other: the pieces of one are not told from those of another. */
function chainsColumns({ statements }: Versions, { before }: TableFate, key: Pair[], table: string): boolean {
  const others = before.columns.filter(({ name }) => !key.some(({ was }) => was === name))
  return statements.some(
    (statement) =>
      statement.anatomy.copies &&
      writes(statement, table) &&
      statement.anatomy.tokens.some(({ text }) => text === '||') &&
      others.filter(({ name }) => mentions(statement.anatomy.tokens, name)).length > 1,
  )
}

/** The table was there before, with rows that such a link finds. */
function hadRows({ database, before }: Versions, name: string, link: string[]): boolean {
  const table = tableNamed(before, name)
  if (table === undefined || !link.every((it) => table.columns.some((column) => sameName(column.name, it))))
    return false
  const linked = link.map((it) => `${column('p', it)} IS NOT NULL`).join(' AND ')
  const sql = `SELECT 1 FROM prior.${quoteName(table.name)} p WHERE ${linked} LIMIT 1`
  return database.prepare(sql).get() !== undefined
}

/** A column of a table and the row that it points to. */
interface Pointer {
  from: string
  target: TableSchema
  /** The key, or a unique column, of the target. */
  id: string
}

/** By the foreign keys of one column, and by what statements copied there as it is: the key of a row of another table. */
export function pointers({ after: catalog, statements }: Versions, table: TableSchema): Pointer[] {
  const declared = table.foreignKeys.flatMap((reference): Pointer[] => {
    const target = tableNamed(catalog, reference.target)
    const [id, ...more] = target === undefined ? [] : referencedColumns(reference, target)
    const [from] = reference.columns
    return target === undefined || id === undefined || from === undefined || more.length > 0
      ? []
      : [{ from, target, id }]
  })
  const copied = statements
    .filter((statement) => writes(statement, table.name))
    .flatMap(({ sources }) => sources)
    .flatMap((source): Pointer[] => {
      const target = tableNamed(catalog, source.table)
      if (target === undefined || target.kind !== 'table' || target.name === table.name) return []
      return isUniqueAmong(target, (name) => sameName(name, source.from))
        ? [{ from: source.column, target, id: source.from }]
        : []
    })
  const others = copied.filter(
    (one, at) =>
      ![...declared, ...copied.slice(0, at)].some(
        ({ from, target }) => sameName(from, one.from) && target === one.target,
      ),
  )
  return [...declared, ...others]
}
