import type { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../../contract/failures.js'
import { normaliseSql } from '../../d1/schema/catalog.js'
import {
  sameName,
  type DetailedCatalog,
  type IndexSchema,
  type TableSchema,
  type TriggerSchema,
  type ViewSchema,
} from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { NotMadeAgain } from '../evidence.js'
import { creationOf, type IndexedTable } from '../statement/index-creation.js'
import { brokenWrites } from './broken-writes.js'

/**
 * Views, triggers and indexes of before that are gone, and those that a rename rewrote or took along, which as they were do not work on the
 * tables of now: each is made inside a savepoint that is rolled back, the others beside it.
 */
export function notMadeAgain(
  database: DatabaseSync,
  before: DetailedCatalog,
  after: DetailedCatalog,
  fates: readonly IndexedTable[],
): NotMadeAgain[] {
  const views = [...before.views].flatMap(([key, view]) =>
    after.views.get(key)?.sql === view.sql || after.tables.has(key) ? [] : [view],
  )
  const triggers = [...before.triggers].flatMap(([key, trigger]) => {
    const now = after.triggers.get(key)
    return now !== undefined && sameName(now.table, trigger.table) ? [] : [{ key, trigger }]
  })
  const indexes = indexesGone(after, fates)
  if (views.length + triggers.length + indexes.length === 0) return []
  database.exec('SAVEPOINT made_again')
  try {
    const unmade = [
      ...indexes.flatMap(({ index, fate }) =>
        attempt(database, { name: index.name, sql: creationOf(index, after, fate) }, 'index'),
      ),
      ...views.flatMap((view) =>
        attempt(database, view, 'view', `DROP VIEW IF EXISTS main.${quoteName(view.name)}`),
      ),
      ...triggers.flatMap(({ trigger }) =>
        attempt(database, trigger, 'trigger', `DROP TRIGGER IF EXISTS main.${quoteName(trigger.name)}`),
      ),
    ]
    const isUnmade = (type: NotMadeAgain['type'], name: string): boolean =>
      unmade.some((it) => it.type === type && it.name === name)
    return [
      ...unmade,
      ...views.filter(({ name }) => !isUnmade('view', name)).flatMap((view) => unread(database, view)),
      ...failing(
        database,
        after,
        triggers.filter(({ trigger }) => !isUnmade('trigger', trigger.name)),
      ),
    ]
  } finally {
    database.exec('ROLLBACK TO made_again; RELEASE made_again')
  }
}

/** Those that statements had made, of tables that are still there, and that no index of now is, word for word but for its name. */
function indexesGone(
  { tables }: DetailedCatalog,
  fates: readonly IndexedTable[],
): { index: IndexSchema; fate: IndexedTable }[] {
  const bodies = new Set([...tables.values()].flatMap(madeByStatement).map(bodyOf))
  return fates
    .filter(({ after }) => after !== undefined)
    .flatMap((fate) => madeByStatement(fate.before).map((index) => ({ index, fate })))
    .filter(({ index }) => !bodies.has(bodyOf(index)))
}

function madeByStatement({ indexes }: TableSchema): IndexSchema[] {
  return indexes.filter(({ origin, sql }) => origin === 'statement' && sql !== '')
}

function bodyOf({ sql, unique }: IndexSchema): string {
  return `${unique} ${normaliseSql(sql.slice(Math.max(0, sql.search(/\bon\b/i)))).toLowerCase()}`
}

function attempt(
  database: DatabaseSync,
  { name, sql }: Pick<ViewSchema, 'name' | 'sql'>,
  type: NotMadeAgain['type'],
  first = '',
): NotMadeAgain[] {
  database.exec('SAVEPOINT attempt')
  try {
    database.exec(first)
    database.exec(sql)
    return []
  } catch (error) {
    database.exec('ROLLBACK TO attempt')
    return [{ type, name, message: messageOf(error) }]
  } finally {
    database.exec('RELEASE attempt')
  }
}

function unread(database: DatabaseSync, { name }: ViewSchema): NotMadeAgain[] {
  try {
    database.prepare(`EXPLAIN SELECT * FROM ${quoteName(name)}`)
    return []
  } catch (error) {
    return [{ type: 'view', name, message: messageOf(error) }]
  }
}

/** SQLite takes a trigger whatever it names; the writes that fire it fail. */
function failing(
  database: DatabaseSync,
  after: DetailedCatalog,
  made: { key: string; trigger: TriggerSchema }[],
): NotMadeAgain[] {
  if (made.length === 0) return []
  const triggers = new Map([
    ...after.triggers,
    ...made.map(({ key, trigger }): [string, TriggerSchema] => [key, trigger]),
  ])
  return brokenWrites(database, { ...after, triggers }).flatMap(({ trigger, message }) =>
    made.some((it) => it.trigger.name === trigger) ? [{ type: 'trigger', name: trigger ?? '', message }] : [],
  )
}
