import type { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../../contract/failures.js'
import { keepsText } from '../../d1/schema/affinity.js'
import {
  sameName,
  tableNamed,
  type DetailedCatalog,
  type TableSchema,
  type TriggerSchema,
} from '../../d1/schema/schema.js'
import { openConfined, runForeign } from '../../d1/sqlite/confined.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { significantTokens } from '../../d1/sql/tokens.js'
import type { UnfollowedWrite } from '../evidence.js'
import { firing, writtenBy, type WriteKind } from '../statement/search-triggers.js'
import { mentions } from '../statement/statement.js'

/** A full-text index, and a table whose triggers fill it. */
export interface Searched {
  index: TableSchema
  table: TableSchema
  /** Those of its triggers that write the index. */
  triggers: TriggerSchema[]
}

/** All of them. An index of other rows is filled from those alone; what the application writes itself is nobody's trigger. */
export function searchedTables({ tables, triggers }: DetailedCatalog): Searched[] {
  return [...tables.values()].flatMap((index) => {
    if (index.search === undefined) return []
    const { search } = index
    const filling = [...triggers.values()].filter((trigger) =>
      writtenBy(trigger).some((name) => sameName(name, index.name)),
    )
    const names = [...new Set(filling.map((trigger) => trigger.table.toLowerCase()))]
    return names.flatMap((name) => {
      const table = tables.get(name)
      const own = filling.filter((trigger) => sameName(trigger.table, name))
      const isContent = search.kind !== 'table' || sameName(search.table, name)
      return table?.kind === 'table' && isContent ? [{ index, table, triggers: own }] : []
    })
  })
}

/**
 * The writes of the table that the index does not follow, found out with one row of words that nobody else has, in an empty copy of the
 * schema. `triggers` take the place of those that fill the index. Undefined where such a row cannot be put in, or the index is filled otherwise.
 */
export function unfollowedWrites(
  catalog: DetailedCatalog,
  { index, table, triggers }: Searched,
  instead: readonly string[] = [],
): UnfollowedWrite[] | undefined {
  // One that calls itself, or counts without an end, could run for ever.
  if ([...catalog.triggers.values()].some(({ sql }) => mentions(significantTokens(sql), 'with')))
    return undefined
  const database = openConfined(':memory:', { foreignKeys: false })
  try {
    database.exec('PRAGMA ignore_check_constraints = ON')
    const replaced = new Set(instead.length === 0 ? [] : triggers.map(({ name }) => name))
    build(database, catalog, replaced)
    for (const sql of instead) runForeign(database, sql)
    return new Trial(database, index, table, triggers).run()
  } catch {
    return undefined
  } finally {
    database.close()
  }
}

/** Tables, views and triggers, as many as can be made. */
function build(database: DatabaseSync, catalog: DetailedCatalog, without: ReadonlySet<string>): void {
  const tables = [...catalog.tables.values()].filter(({ kind }) => kind !== 'shadow')
  const triggers = [...catalog.triggers.values()].filter(({ name }) => !without.has(name))
  // A virtual table reads the one that it is about.
  const first = tables.sort((a, b) => Number(a.kind === 'virtual') - Number(b.kind === 'virtual'))
  for (const { sql } of [...first, ...catalog.views.values(), ...triggers]) {
    try {
      runForeign(database, sql)
    } catch {
      // What needs it fails in turn, and is not judged.
    }
  }
}

class Trial {
  readonly #database: DatabaseSync
  readonly #index: TableSchema
  readonly #table: TableSchema
  readonly #triggers: TriggerSchema[]
  readonly #columns: string[]

  constructor(database: DatabaseSync, index: TableSchema, table: TableSchema, triggers: TriggerSchema[]) {
    this.#database = database
    this.#index = index
    this.#table = table
    this.#triggers = triggers
    this.#columns = table.columns.flatMap(({ name, type, generated }) =>
      generated || !keepsText(type) ? [] : [name],
    )
  }

  run(): UnfollowedWrite[] | undefined {
    this.#insert()
    const added = this.#columns.filter((column) => this.#finds(this.#word('a', column)))
    const external = this.#index.search?.kind === 'table'
    if (external) this.#fill()
    const searched = external ? this.#columns.filter((column) => this.#finds(this.#word('a', column))) : added
    if (searched.length === 0) return undefined
    const changes = searched.map((column) => ({ column, found: this.#change(column) }))
    const failing = changes.flatMap(({ column, found }) =>
      found === undefined ? [] : [{ column, ...found }],
    )
    return [
      ...(added.length === 0 ? this.#judged('INSERT', { stale: false, missing: true }) : []),
      ...updates(failing, changes.length).flatMap((found) => this.#judged('UPDATE', found)),
      ...this.#judged('DELETE', this.#removal(searched)),
    ]
  }

  /** A trigger with a WHEN may have had its reasons: only that there is none at all is known then. */
  #judged(kind: WriteKind, found: Omit<UnfollowedWrite, 'kind'> | undefined): UnfollowedWrite[] {
    const heads = this.#triggers.map(firing)
    const chosen = heads.some((head) => head === undefined || (head.kind === kind && head.chosen))
    return found === undefined || chosen ? [] : [{ kind, ...found }]
  }

  #insert(): void {
    const columns = this.#table.columns.filter(({ generated }) => !generated)
    const values = columns.map(({ name, type }) => (keepsText(type) ? this.#said('a', name) : 1))
    const names = columns.map(({ name }) => quoteName(name)).join(', ')
    const slots = columns.map(() => '?').join(', ')
    this.#database
      .prepare(`INSERT INTO ${this.#place(this.#table)} (${names}) VALUES (${slots})`)
      .run(...values)
  }

  #fill(): void {
    const name = quoteName(this.#index.name)
    this.#database.exec(`INSERT INTO ${name} (${name}) VALUES ('rebuild')`)
  }

  /** What another word in the column leaves; undefined where the index follows, or the write is refused for a reason of its own. */
  #change(column: string): Omit<UnfollowedWrite, 'kind'> | undefined {
    const sql = `UPDATE ${this.#place(this.#table)} SET ${quoteName(column)} = ?`
    return this.#tried(
      () => this.#database.prepare(sql).run(this.#said('b', column)),
      () => ({
        stale: this.#finds(this.#word('a', column)),
        missing: !this.#finds(this.#word('b', column)),
      }),
    )
  }

  #removal(columns: string[]): Omit<UnfollowedWrite, 'kind'> | undefined {
    return this.#tried(
      () => this.#database.exec(`DELETE FROM ${this.#place(this.#table)}`),
      () => ({ stale: columns.some((column) => this.#finds(this.#word('a', column))), missing: false }),
    )
  }

  #tried(
    write: () => unknown,
    look: () => { stale: boolean; missing: boolean },
  ): Omit<UnfollowedWrite, 'kind'> | undefined {
    this.#database.exec('SAVEPOINT tried')
    try {
      write()
      const found = look()
      return found.stale || found.missing ? found : undefined
    } catch (error) {
      const message = messageOf(error)
      // Whatever else refuses a write has nothing to do with the search.
      return /fts5/i.test(message) ? { stale: false, missing: false, message } : undefined
    } finally {
      this.#database.exec('ROLLBACK TO tried; RELEASE tried')
    }
  }

  #finds(word: string): boolean {
    const name = quoteName(this.#index.name)
    return this.#database.prepare(`SELECT rowid FROM ${name} WHERE ${name} MATCH ?`).get(word) !== undefined
  }

  /** A word of one column that every tokenizer leaves whole. */
  #word(state: 'a' | 'b', column: string): string {
    const at = this.#columns.indexOf(column)
    return `zqx${state}${String.fromCodePoint(97 + Math.floor(at / 26), 97 + (at % 26))}`
  }

  /** As JSON, which some columns must be. */
  #said(state: 'a' | 'b', column: string): string {
    return `"${this.#word(state, column)}"`
  }

  #place({ name }: TableSchema): string {
    return `main.${quoteName(name)}`
  }
}

/** Columns that fail alike as one: all of them are told without their names. */
function updates(
  failing: (Omit<UnfollowedWrite, 'kind'> & { column: string })[],
  tried: number,
): Omit<UnfollowedWrite, 'kind'>[] {
  const [first] = failing
  if (first === undefined) return []
  const { column: _, ...found } = first
  const stale = failing.some((it) => it.stale)
  const missing = failing.some((it) => it.missing)
  const columns = failing.map(({ column }) => column)
  return [{ ...found, stale, missing, ...(failing.length < tried ? { columns } : {}) }]
}

/** Whether the catalog still has the trigger, word for word or otherwise. */
export function stillThere({ triggers }: DetailedCatalog, { name }: TriggerSchema): boolean {
  return triggers.has(name.toLowerCase())
}

/** The pair of before, under the names of now. */
export function pairBefore(before: DetailedCatalog, { index, table }: Searched): Searched | undefined {
  if (tableNamed(before, index.name) === undefined) return undefined
  return searchedTables(before).find(
    (it) => sameName(it.index.name, index.name) && sameName(it.table.name, table.name),
  )
}
