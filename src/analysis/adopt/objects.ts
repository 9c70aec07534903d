import type { Difference } from '../../contract/adoption.js'
import { defined } from '../../contract/defined.js'
import type { CatalogObject } from '../../d1/schema/catalog.js'
import { diffCatalog } from '../../d1/schema/schema-diff.js'
import type { DetailedCatalog } from '../../d1/schema/schema.js'
import { objectKey, type Chain, type ChainLink, type ChainState } from './chain.js'

type Live = Pick<ChainState, 'objects' | 'catalog'>

/** Objects that the file makes, changes or drops, as keys. */
export function touchedBy({ before, after }: ChainLink): string[] {
  if (after === undefined) return []
  const keys = new Set([...before.objects.keys(), ...after.objects.keys()])
  return [...keys].filter((key) => !same(before.objects.get(key), after.objects.get(key)))
}

export function same(a: CatalogObject | undefined, b: CatalogObject | undefined): boolean {
  return a?.name === b?.name && a?.table === b?.table && a?.sql === b?.sql
}

/** How the database differs from a state, in the objects of these keys. */
export function objectDifferences(state: Live, live: Live, keys: string[]): Difference[] {
  return tablesFirst(keys).flatMap((key) => {
    const [wanted, found] = [state.objects.get(key), live.objects.get(key)]
    if (same(wanted, found)) return []
    const object = wanted ?? found
    if (object === undefined) return []
    const whole: Difference = {
      kind: object.type,
      state: found === undefined ? 'missing' : wanted === undefined ? 'extra' : 'different',
      name: object.name,
      ...(object.type === 'index' || object.type === 'trigger' ? { table: object.table } : {}),
      ...defined({ wanted: wanted?.sql, found: found?.sql }),
    }
    const columns = object.type === 'table' ? columnDifferences(state, live, object.name) : []
    return columns.length === 0 ? [whole] : columns
  })
}

export function tablesFirst(keys: readonly string[]): string[] {
  return keys.toSorted((a, b) => orderOf(a) - orderOf(b))
}

function orderOf(key: string): number {
  return key.startsWith('table ') ? 0 : 1
}

/**
 * How the database differs from what one file leaves of an object, without what is another file's: columns that this one neither adds,
 * drops nor changes, and those that a later one adds. `later`: the states from this file on.
 */
export function ownDifferences(
  { before, after }: ChainLink,
  later: readonly ChainState[],
  live: Live,
  key: string,
): Difference[] {
  if (after === undefined) return []
  const found = objectDifferences(after, live, [key])
  const own = found.filter(({ kind, state, name, table = '' }) => {
    if (kind !== 'column') return true
    if (state === 'extra') return !later.some((one) => columnOf(one, table, name) !== undefined)
    return columnOf(before, table, name) !== columnOf(after, table, name)
  })
  const last = later.at(-1)
  if (own.length > 0 || found.length === 0 || last === undefined) return own
  // Every column is there, and the table is still none of theirs: their order, or what is no column.
  return objectDifferences(last, live, [key]).filter(({ kind }) => kind !== 'column')
}

/** What a column is, as one text; undefined where there is none. */
function columnOf({ catalog }: Pick<ChainState, 'catalog'>, table: string, name: string): string | undefined {
  const columns = catalog.tables.get(table.toLowerCase())?.columns ?? []
  const found = columns.find((one) => one.name.toLowerCase() === name.toLowerCase())
  return found === undefined ? undefined : JSON.stringify(found)
}

/** Of a table that both have. */
function columnDifferences(state: Live, live: Live, table: string): Difference[] {
  return diffCatalog(only(state.catalog, table), only(live.catalog, table))
    .filter(({ type }) => type === 'column')
    .map(({ change, name, before, after }) => ({
      kind: 'column' as const,
      state: change === 'removed' ? 'missing' : change === 'added' ? 'extra' : 'different',
      name,
      table,
      ...defined({ wanted: before, found: after }),
    }))
}

function only(catalog: DetailedCatalog, table: string): DetailedCatalog {
  const found = catalog.tables.get(table.toLowerCase())
  return {
    tables: new Map(found === undefined ? [] : [[table.toLowerCase(), { ...found, indexes: [] }]]),
    triggers: new Map(),
    views: new Map(),
  }
}

/**
 * Objects of the database that no file makes. What a file that did not run would make was not seen: nothing is said of an object whose
 * name stands in one.
 */
export function extraObjects({ links, made, notRun }: Chain, live: Live): Difference[] {
  const before = new Set(links.flatMap((link) => [...link.before.objects.keys()]))
  const texts = notRun.map(({ sql }) => sql.toLowerCase())
  return [...live.objects.values()]
    .filter((object) => !made.has(objectKey(object)) && !before.has(objectKey(object)))
    .filter(({ name }) => !texts.some((text) => text.includes(name.toLowerCase())))
    .map(({ type, name, table, sql }) => ({
      kind: type,
      state: 'extra' as const,
      name,
      ...(type === 'index' || type === 'trigger' ? { table } : {}),
      found: sql,
    }))
}
