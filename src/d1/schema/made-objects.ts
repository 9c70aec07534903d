import type { MadeObject } from '../../contract/rollback.js'
import type { Catalog, CatalogObject } from './catalog.js'

/** Objects by which `now` is another schema than `then`, by type and name. What belongs to a table that came or went is not told again. */
export function madeObjects(then: Catalog, now: Catalog): MadeObject[] {
  const before = byKey(then)
  const after = byKey(now)
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort()
  const found = keys.flatMap((key): (MadeObject & { own: string })[] => {
    const [was, is] = [before.get(key), after.get(key)]
    const object = is ?? was
    if (object === undefined || (was !== undefined && is !== undefined && was.sql === is.sql)) return []
    const { type, name, table } = object
    const place = type === 'index' || type === 'trigger' ? { table } : {}
    const change = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed'
    return [{ change, type, name, ...place, own: table.toLowerCase() }]
  })
  const whole = new Map(
    found
      .filter(({ type, change }) => type === 'table' && change !== 'changed')
      .map(({ name, change }) => [name.toLowerCase(), change]),
  )
  const shadowOf = (name: string): boolean =>
    [...whole.keys()].some((table) => SHADOWS.some((part) => name.toLowerCase() === `${table}_${part}`))
  return found
    .filter(({ type, own, change }) => type === 'table' || type === 'view' || whole.get(own) !== change)
    .filter(({ type, name }) => type !== 'table' || !shadowOf(name))
    .map(({ own: _, ...made }) => made)
}

/** What FTS5 keeps for itself. https://sqlite.org/fts5.html#fts5_data_structures */
const SHADOWS = ['data', 'idx', 'content', 'docsize', 'config']

/** Without the indexes that SQLite makes for constraints: the table's text has them. */
function byKey(catalog: Catalog): Map<string, CatalogObject> {
  return new Map(
    catalog
      .filter(({ sql }) => sql !== '')
      .map((object) => [`${object.type} ${object.name.toLowerCase()}`, object]),
  )
}
