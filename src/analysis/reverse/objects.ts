import { normaliseSql } from '../../d1/schema/catalog.js'
import {
  sameName,
  type DetailedCatalog,
  type TableSchema,
  type TriggerSchema,
} from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'

interface Schemas {
  before: DetailedCatalog
  after: DetailedCatalog
}

/**
 * Triggers would fire, and views stand in the way of ALTER TABLE: those concerned are dropped first and made again last.
 * `triggers`: those of before that are made again.
 */
export function triggersAndViews(
  { before, after }: Schemas,
  ours: Set<string>,
  viewsMove: boolean,
): { drop: string[]; create: string[]; triggers: TriggerSchema[] } {
  const sameText = (a: { sql: string } | undefined, b: { sql: string } | undefined): boolean =>
    a !== undefined && b !== undefined && normaliseSql(a.sql) === normaliseSql(b.sql)
  const concerned = [...after.triggers].filter(
    ([key, trigger]) => ours.has(trigger.table.toLowerCase()) || !sameText(before.triggers.get(key), trigger),
  )
  const gone = new Set(concerned.map(([key]) => key))
  const views = [...after.views].filter(([key, view]) => viewsMove || !sameText(before.views.get(key), view))
  const viewsGone = new Set(views.map(([key]) => key))
  // A view takes its INSTEAD OF triggers along.
  const onViews = [...after.triggers]
    .filter(([, { table }]) => viewsGone.has(table.toLowerCase()))
    .map(([key]) => key)
  const triggersGone = new Set([...gone, ...onViews])
  const triggers = [...before.triggers]
    .filter(([key]) => triggersGone.has(key) || !after.triggers.has(key))
    .map(([, trigger]) => trigger)
  return {
    triggers,
    drop: [
      ...concerned
        .filter(([key]) => !onViews.includes(key))
        .map(([, { name }]) => `DROP TRIGGER ${quoteName(name)}`),
      ...views.map(([, { name }]) => `DROP VIEW ${quoteName(name)}`),
    ],
    create: [
      ...[...before.views]
        .filter(([key]) => viewsGone.has(key) || !after.views.has(key))
        .map(([, { sql }]) => sql),
      ...triggers.map(({ sql }) => sql),
    ],
  }
}

/** Indexes to drop, where their table stays, and to make again. `dropped`: tables that go, and their indexes with them. */
export function indexes(
  { before, after }: Schemas,
  rebuilt: Set<string>,
  dropped: Set<string>,
  added: TableSchema[],
): { drop: string[]; create: string[] } {
  const all = (catalog: DetailedCatalog) =>
    [...catalog.tables.values()].flatMap(({ indexes }) =>
      indexes.filter(({ origin }) => origin === 'statement'),
    )
  const wanted = all(before)
  const present = all(after)
  const leaves = new Set([...dropped, ...added.map(({ name }) => name.toLowerCase())])
  const equal = (
    a: { name: string; sql: string; table: string },
    b: { name: string; sql: string; table: string },
  ): boolean => sameName(a.name, b.name) && a.sql === b.sql && sameName(a.table, b.table)
  return {
    drop: present
      .filter(
        (index) => !leaves.has(index.table.toLowerCase()) && !wanted.some((other) => equal(index, other)),
      )
      .map(({ name }) => `DROP INDEX ${quoteName(name)}`),
    create: wanted
      .filter(
        (index) => rebuilt.has(index.table.toLowerCase()) || !present.some((other) => equal(index, other)),
      )
      .map(({ sql }) => sql),
  }
}
