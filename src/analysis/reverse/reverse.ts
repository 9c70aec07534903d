import type { ReverseInput } from './input.js'
import { defined } from '../../contract/defined.js'
import { normaliseSql } from '../../d1/schema/catalog.js'
import { sameName, tableNamed, type DetailedCatalog, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { TableFate } from '../evidence.js'
import { droppableColumns } from './drop-columns.js'
import { parentsFirst, rebuildScript, type Replacement } from './rebuild-sql.js'
import { replacementOf } from './columns.js'
import { columnGoes } from '../../text/rollback-cost.js'
import { tableGoes } from './goes.js'
import { indexes, triggersAndViews } from './objects.js'
import { searchRefills, searchRows } from './search.js'
import { missingTableRows, rowsBack } from './rows.js'

export interface Reverse {
  /** The reverse migration; empty when nothing is to be undone. */
  sql: string
  /** What it cannot bring back or takes away, one sentence each. */
  price: string[]
  /** Tables whose rows it may change, under their names before. */
  tables: string[]
  /** Virtual tables that it makes again without their rows. */
  empty?: string[]
}

/** Every table taken for what has its name: for a comparison of two states without the statements between them. */
export function fatesByName(before: DetailedCatalog, after: DetailedCatalog): TableFate[] {
  return [...before.tables.values()].map((table) => {
    const now = tableNamed(after, table.name)
    return {
      before: table,
      ...defined({ after: now }),
      how: now === undefined ? 'dropped' : 'rebuilt',
      renamedColumns: new Map<string, string>(),
      written: true,
      copiedTo: [],
      heirs: [],
    }
  })
}

/** The statements that lead back to the schema and, as far as it can be written out, the rows of before. */
export function reverseOf(input: ReverseInput): Reverse {
  const { before, after } = input
  const steps = new Steps(input)
  const ordinary = [...before.tables.values()].filter(({ kind }) => kind === 'table')
  const counterparts = new Map(ordinary.map((table) => [table, counterpart(input, table)]))
  const claimed = new Set(
    [...counterparts.values()].flatMap((table) => (table === undefined ? [] : [table.name.toLowerCase()])),
  )
  const replacements: Replacement[] = []
  for (const [table, now] of counterparts) {
    if (now !== undefined && equalTables(table, now)) continue
    const columns = now === undefined || input.rebuildOnly === true ? undefined : droppableColumns(now, table)
    if (now !== undefined && columns !== undefined) steps.dropColumns(now, columns)
    else replacements.push(steps.replace(table, now))
  }
  const added = [...after.tables.values()].filter(
    ({ name, kind }) => kind === 'table' && !claimed.has(name.toLowerCase()),
  )
  steps.virtualTables()
  return steps.finish(replacements, parentsFirst(after, added).reverse(), counterparts)
}

/** The table that holds the rows now, unless another table of before has a better claim to it. */
function counterpart({ before, after, fates }: ReverseInput, table: TableSchema): TableSchema | undefined {
  const fate = fates.find(
    (candidate) => candidate.before === table || sameName(candidate.before.name, table.name),
  )
  const now = fate === undefined ? tableNamed(after, table.name) : fate.after
  if (now === undefined || sameName(now.name, table.name)) return now
  const namesake = tableNamed(before, now.name)
  if (namesake === undefined) return now
  // Its name was another table's, which has a better claim unless it has another name itself now, or is gone.
  const other = fates.find((candidate) => sameName(candidate.before.name, namesake.name))
  return other === undefined || sameName(other.after?.name ?? '', now.name) ? undefined : now
}

function equalTables(a: TableSchema, b: TableSchema): boolean {
  return a.name === b.name && normaliseSql(a.sql) === normaliseSql(b.sql)
}

class Steps {
  readonly #input: ReverseInput
  readonly #price: string[] = []
  readonly #alters: string[] = []
  /** Fills of columns that the forward migration took away, needed by the refill of a rebuild. */
  readonly #holdsFirst: string[] = []
  readonly #holdsLast: string[] = []
  readonly #tables = new Set<string>()
  /** Virtual tables that are made again, in lower case. */
  readonly #recreated = new Set<string>()

  constructor(input: ReverseInput) {
    this.#input = input
  }

  dropColumns(table: TableSchema, columns: string[]): void {
    for (const column of columns) {
      this.#alters.push(`ALTER TABLE ${quoteName(table.name)} DROP COLUMN ${quoteName(column)}`)
      if (table.columns.some(({ name, generated }) => name === column && !generated))
        this.#price.push(columnGoes(table.name, column))
    }
    this.#tables.add(table.name)
  }

  replace(table: TableSchema, now: TableSchema | undefined): Replacement {
    const fate = this.#input.fates.find(({ before }) => sameName(before.name, table.name))
    const { replacement, holds, drops, price } = replacementOf(this.#input, table, now, fate)
    this.#holdsFirst.push(...holds)
    this.#holdsLast.push(...drops)
    this.#price.push(...price)
    this.#tables.add(table.name)
    return replacement
  }

  virtualTables(): void {
    const { before, after } = this.#input
    for (const [key, table] of new Map([...before.tables, ...after.tables])) {
      if (
        table.kind !== 'virtual' ||
        normaliseSql(before.tables.get(key)?.sql ?? '') === normaliseSql(after.tables.get(key)?.sql ?? '')
      )
        continue
      if (after.tables.has(key)) this.#alters.push(`DROP TABLE ${quoteName(table.name)}`)
      const old = before.tables.get(key)
      if (old === undefined) continue
      this.#alters.push(old.sql)
      this.#recreated.add(key)
    }
  }

  finish(
    replacements: Replacement[],
    added: TableSchema[],
    counterparts: Map<TableSchema, TableSchema | undefined>,
  ): Reverse {
    const { before, after } = this.#input
    const script = rebuildScript(after, replacements, added)
    for (const { name } of script.held) this.#tables.add(name)
    const created = replacements
      .filter(({ from }) => from === undefined)
      .map(({ to }) => missingTableRows(this.#input, to))
    const rebuilt = new Set(replacements.map(({ to }) => to.name.toLowerCase()))
    const rows = [...counterparts].flatMap(([table, now]) => {
      if (now === undefined) return []
      const fate = this.#input.fates.find(({ before: known }) => sameName(known.name, table.name))
      return fate?.written === true
        ? [rowsBack(this.#input, fate, now, rebuilt.has(table.name.toLowerCase()))]
        : []
    })
    const changed = [...created, ...rows].filter(
      ({ statements, tables }) => statements.length + tables.length > 0,
    )
    for (const { tables } of changed) for (const table of tables) this.#tables.add(table)
    for (const { price } of [...created, ...rows]) this.#price.push(...price)
    for (const { name } of added) this.#price.push(tableGoes(name))
    const ours = new Set(
      [...this.#tables, ...added.map(({ name }) => name)].map((name) => name.toLowerCase()),
    )
    const quiet = triggersAndViews(this.#input, ours, this.#alters.length > 0)
    const refills = searchRefills(this.#input, {
      ours,
      triggers: quiet.triggers,
      recreated: this.#recreated,
    })
    const unfilled = [...this.#recreated].flatMap((key) =>
      refills.some(({ index }) => index.toLowerCase() === key) ? [] : (before.tables.get(key) ?? []),
    )
    const written = unfilled.map((table) => searchRows(this.#input, table))
    const empty = written.flatMap(({ index, statements }) => (statements === undefined ? [index] : []))
    this.#price.push(...empty.map((name) => `The virtual table ${name} comes back empty.`))
    for (const { index } of [...refills, ...written]) this.#tables.add(index)
    const indexSteps = indexes(
      this.#input,
      rebuilt,
      new Set(
        [...script.held.map(({ name }) => name.toLowerCase())].filter((name) =>
          replacements.some(({ from }) => from !== undefined && sameName(from.name, name)),
        ),
      ),
      added,
    )
    const statements = [
      ...quiet.drop,
      ...this.#holdsFirst,
      ...indexSteps.drop,
      ...this.#alters,
      ...script.before,
      ...script.refill.filter((statement) => !statement.includes('() SELECT')),
      ...script.after,
      ...this.#holdsLast,
      ...rows.flatMap((part) => part.removals ?? []),
      ...orderedParents(before, created),
      ...orderedParents(before, rows),
      ...indexSteps.create,
      ...quiet.create,
      // Last, for an index may read a view.
      ...[...refills, ...written].flatMap(({ statements = [] }) => statements),
    ]
    const body = statements.length === 0 ? [] : ['PRAGMA defer_foreign_keys = ON', ...statements]
    return {
      sql: body.map((statement) => `${statement};\n`).join(''),
      price: [...new Set(this.#price)],
      tables: [...this.#tables],
      empty,
    }
  }
}

function orderedParents(
  catalog: DetailedCatalog,
  parts: { table: TableSchema; statements: string[] }[],
): string[] {
  const order = parentsFirst(
    catalog,
    parts.map(({ table }) => table),
  )
  return order.flatMap((table) => parts.find((part) => part.table === table)?.statements ?? [])
}
