import { tableNamed, type DetailedCatalog, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName, quoteText } from '../../d1/sqlite/sqlite.js'

/** One table that is made anew. Without `from` it did not exist; its rows come from elsewhere. */
export interface Replacement {
  from: TableSchema | undefined
  to: TableSchema
  /** For each column of `to` that is filled: an expression over `h`, the held rows, and what `join` adds. */
  fill: Map<string, string>
  join?: string
  /** The statements that fill it from the table that holds the rows, where somebody wrote them down. */
  statements?: (hold: string) => string[]
}

/** The parts of a rebuild, in the order in which they must run. */
export interface RebuildScript {
  /** Tables whose rows are held and put back: those replaced, and all that reference them, however far away. */
  held: TableSchema[]
  /** Holds the rows, empties the children, drops (also what is `removed` for good) and creates. */
  before: string[]
  /** Puts the rows back, parents first. */
  refill: string[]
  /** Drops what held the rows. */
  after: string[]
}

/**
 * Rebuilds tables without losing a row to ON DELETE CASCADE or SET NULL: foreign keys stay on in D1, so the children are emptied
 * before their parent is dropped and filled again after it. The caller drops and recreates the triggers of `held`: they
 * would fire on the way. Source: https://sqlite.org/foreignkeys.html#fk_schemacommands
 */
export function rebuildScript(
  catalog: DetailedCatalog,
  replacements: Replacement[],
  removed: TableSchema[] = [],
): RebuildScript {
  const replaced = new Map(
    replacements.flatMap((replacement) =>
      replacement.from === undefined ? [] : [[replacement.from.name.toLowerCase(), replacement] as const],
    ),
  )
  const leaves = new Set(removed.map(({ name }) => name.toLowerCase()))
  const concerned = parentsFirst(catalog, withChildren(catalog, [...replaced.keys(), ...leaves]))
  const held = concerned.filter(({ name }) => !leaves.has(name.toLowerCase()))
  const childrenFirst = [...concerned].reverse()
  const holdOf = (table: TableSchema): string => quoteName(freeName(catalog, `__hold_${table.name}`))
  const isReplaced = (table: TableSchema): boolean => replaced.has(table.name.toLowerCase())
  const counted = held.filter((table) => table.autoIncrement && isReplaced(table))
  const sequence = quoteName(freeName(catalog, '__hold_sequence'))
  const names = counted.map(({ name }) => quoteText(name)).join(', ')
  const renamed = (table: TableSchema): string =>
    replaced.get(table.name.toLowerCase())?.to.name ?? table.name
  return {
    held,
    before: [
      ...(counted.length === 0
        ? []
        : [`CREATE TABLE ${sequence} AS SELECT name, seq FROM sqlite_sequence WHERE name IN (${names})`]),
      ...held.map(
        (table) =>
          `CREATE TABLE ${holdOf(table)} AS SELECT ${columnList(table)} FROM ${quoteName(table.name)}`,
      ),
      ...childrenFirst.map((table) =>
        isReplaced(table) || leaves.has(table.name.toLowerCase())
          ? `DROP TABLE ${quoteName(table.name)}`
          : `DELETE FROM ${quoteName(table.name)}`,
      ),
      ...replacements.map(({ to }) => to.sql),
    ],
    refill: [
      ...held.flatMap((table) => {
        const replacement = replaced.get(table.name.toLowerCase())
        const hold = holdOf(table)
        if (replacement === undefined)
          return `INSERT INTO ${quoteName(table.name)} (${columnList(table)}) SELECT ${columnList(table)} FROM ${hold}`
        const written = replacement.statements?.(hold) ?? []
        return written.length > 0 ? written : fillOf(replacement, hold)
      }),
      ...counted
        .filter((table) => replaced.get(table.name.toLowerCase())?.to.autoIncrement === true)
        .map(
          (table) =>
            `UPDATE sqlite_sequence SET seq = max(seq, (SELECT seq FROM ${sequence} WHERE name = ${quoteText(table.name)})) WHERE name = ${quoteText(renamed(table))}`,
        ),
    ],
    after: [
      ...held.map((table) => `DROP TABLE ${holdOf(table)}`),
      ...(counted.length === 0 ? [] : [`DROP TABLE ${sequence}`]),
    ],
  }
}

/** These tables and all that reference them, directly or through others. */
export function withChildren(catalog: DetailedCatalog, names: string[]): TableSchema[] {
  const found = new Set(names.map((name) => name.toLowerCase()))
  for (let grew = true; grew;) {
    grew = false
    for (const [key, table] of catalog.tables) {
      if (found.has(key) || !table.foreignKeys.some(({ target }) => found.has(target.toLowerCase()))) continue
      found.add(key)
      grew = true
    }
  }
  return [...found].flatMap((name) => tableNamed(catalog, name) ?? [])
}

/** Parents before children; in a cycle any order, for the keys are deferred. */
export function parentsFirst(catalog: DetailedCatalog, tables: TableSchema[]): TableSchema[] {
  const wanted = new Set(tables.map(({ name }) => name.toLowerCase()))
  const ordered: TableSchema[] = []
  const seen = new Set<string>()
  const visit = (table: TableSchema): void => {
    const key = table.name.toLowerCase()
    if (seen.has(key)) return
    seen.add(key)
    for (const { target } of table.foreignKeys) {
      const parent = tableNamed(catalog, target)
      if (parent !== undefined) visit(parent)
    }
    if (wanted.has(key)) ordered.push(table)
  }
  tables.forEach(visit)
  return ordered
}

/** A name that no table has. */
export function freeName(catalog: DetailedCatalog, wanted: string): string {
  return tableNamed(catalog, wanted) === undefined ? wanted : freeName(catalog, `${wanted}_`)
}

function fillOf({ to, fill, join }: Replacement, hold: string): string {
  const columns = [...fill.keys()].map(quoteName).join(', ')
  return `INSERT INTO ${quoteName(to.name)} (${columns}) SELECT ${[...fill.values()].join(', ')} FROM ${hold} h${join === undefined ? '' : ` ${join}`}`
}

function columnList(table: TableSchema): string {
  return table.columns
    .filter(({ generated }) => !generated)
    .map(({ name }) => quoteName(name))
    .join(', ')
}
