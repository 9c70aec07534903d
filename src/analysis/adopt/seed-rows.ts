import type { DatabaseSync } from 'node:sqlite'
import type { Difference } from '../../contract/adoption.js'
import { rowidColumn, sameName, type DetailedCatalog, type TableSchema } from '../../d1/schema/schema.js'
import { cellText, type Row } from '../../d1/sqlite/sqlite.js'
import { columnsFilled } from '../compare/writers.js'
import { anatomyOf } from '../statement/statement.js'
import type { ChainLink, ChainState } from './chain.js'
import { ChainRows, sameValues, type ChainRow } from './chain-rows.js'
import { settledTables } from './data-statements.js'
import { comparedValues, findRow, rowsAlike, type Found } from './find-row.js'

const SAMPLES = 3

export interface RowsAsked {
  /** Consecutive files: the rows that they insert or change, as the last of them leaves them. */
  of: readonly ChainLink[]
  /** What later files leave: a row as one of them leaves it was there before them. */
  later: readonly ChainState[]
  /** A row that a later file deletes is not asked for. */
  passing?: boolean
}

/** Rows that files insert or change, held against those of the database; what was asked once is not asked again. */
export class SeedRows {
  readonly #rows = new ChainRows()
  readonly #asked = new Map<string, Found>()
  readonly #live: DatabaseSync
  readonly #catalog: DetailedCatalog

  constructor(live: DatabaseSync, catalog: DetailedCatalog) {
    this.#live = live
    this.#catalog = catalog
  }

  /** Rows that the database is not seen to have had, and those that it has and holds with other values by now. */
  compare({ of, later, passing = false }: RowsAsked): { lacking: Difference[]; edited: Difference[] } {
    const lacking = new Groups()
    const edited = new Groups()
    const last = of.at(-1)?.after
    if (last === undefined) return { lacking: [], edited: [] }
    for (const row of this.#rows.of(last).values()) {
      const act = this.#lastAct(row, of)
      if (act === undefined) continue
      const found = this.#find(row)
      if (found === 'whole') continue
      if (passing && later.some((state) => !this.#rows.of(state).has(row.identity))) continue
      if (this.#wasThere(row.identity, act, later)) edited.add(row, act.what, 'different')
      else if (found === 'other-key' && isNumberedBySqlite(act, row)) {
        const alone = rowsAlike(this.#live, row) === 1 && this.#alike(last, row) === 1
        if (this.#isNamed(last, row)) lacking.add(row, act.what, 'other-key')
        else if (alone) edited.add(row, act.what, 'other-key')
        else lacking.add(row, act.what, 'alike')
      } else lacking.add(row, act.what, stateOf(found))
    }
    return { lacking: lacking.list(), edited: edited.list() }
  }

  /** A row that the files leave may name the number of this one. */
  #isNamed(state: ChainState, { table }: ChainRow): boolean {
    return [...this.#rows.of(state).values()].some((other) =>
      other.table.foreignKeys.some(({ target }) => sameName(target, table.name)),
    )
  }

  /** How many rows that the files leave have the values of this one. */
  #alike(state: ChainState, { table, row }: ChainRow): number {
    const names = comparedValues(table)
    const text = (of: Row): string =>
      JSON.stringify(names.map((name) => [typeof of[name], cellText(of[name])]))
    return [...this.#rows.of(state).values()].filter(
      (other) => other.table === table && text(other.row) === text(row),
    ).length
  }

  /** What the files did to the row last that its values alone can show; undefined: nothing. */
  #lastAct({ identity }: ChainRow, of: readonly ChainLink[]): Act | undefined {
    for (const [at, link] of [...of.entries()].reverse()) {
      const row = link.after && this.#rows.of(link.after).get(identity)
      if (row === undefined) return undefined
      const old = this.#rows.of(link.before).get(identity)
      const versions = of.slice(at).flatMap(({ after }) => after ?? [])
      if (old === undefined) return { what: 'inserted', versions, link }
      if (!settledTables(link).has(row.table.name.toLowerCase()) && !sameValues(old, row))
        return { what: 'changed', versions }
    }
    return undefined
  }

  /** The row as one of the files leaves it, from that act on; who finds a chosen key knows that it was inserted, not what was changed. */
  #wasThere(identity: string, { what, versions }: Act, later: readonly ChainState[]): boolean {
    return [...versions, ...later].some((state) => {
      const version = this.#rows.of(state).get(identity)
      if (version === undefined) return false
      const found = this.#find(version)
      return found === 'whole' || (what === 'inserted' && found === 'own-key')
    })
  }

  #find(row: ChainRow): Found {
    const id = rowId(row)
    const found = this.#asked.get(id) ?? findRow(this.#live, this.#catalog, row)
    this.#asked.set(id, found)
    return found
  }
}

interface Act {
  what: 'inserted' | 'changed'
  /** The row, from that act on. */
  versions: ChainState[]
  /** For `inserted`: the file. */
  link?: ChainLink
}

/** No INSERT of the file into the table names its number. */
function isNumberedBySqlite({ link }: Act, { table }: ChainRow): boolean {
  const number = rowidColumn(table)
  const inserts = (link?.statements ?? [])
    .map(({ sql, tokens }) => anatomyOf(sql, tokens))
    .filter(({ verb, target = '' }) => verb === 'insert' && sameName(target, table.name))
  return (
    number !== undefined &&
    inserts.length > 0 &&
    inserts.every((anatomy) => {
      const listed = columnsFilled(anatomy)
      return listed !== undefined && !listed.some((name) => sameName(name, number.name))
    })
  )
}

/** Of one table, act and state one difference. */
class Groups {
  readonly #rows = new Map<string, { first: Difference; table: TableSchema; rows: Row[] }>()

  add({ table, row }: ChainRow, act: Act['what'], state: Difference['state']): void {
    const { name } = table
    const id = JSON.stringify([name, act, state])
    const group = this.#rows.get(id) ?? {
      first: { kind: 'rows', state, act, name, table: name },
      table,
      rows: [],
    }
    group.rows.push(row)
    this.#rows.set(id, group)
  }

  list(): Difference[] {
    return [...this.#rows.values()].map(({ first, table, rows }) => ({
      ...first,
      rows: rows.length,
      samples: rows.slice(0, SAMPLES).map((row) => sample(table, row)),
    }))
  }
}

function stateOf(found: Found): Difference['state'] {
  if (found === 'nothing') return 'missing'
  return found === 'other-key' ? 'other-key' : 'same-key'
}

/** Table and values. */
function rowId({ table, row }: ChainRow): string {
  return JSON.stringify([
    table.name,
    ...Object.entries(row).map(([name, value]) => [name, typeof value, cellText(value)]),
  ])
}

/** The key, or where there is none the first values. */
function sample(table: TableSchema, row: Row): string {
  const names = table.primaryKey.length > 0 ? table.primaryKey : Object.keys(row).slice(0, 3)
  return names.map((name) => `${name} = ${cellText(row[name]).slice(0, 60)}`).join(', ')
}
