import type { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../../contract/failures.js'
import type { DetailedCatalog, TriggerSchema, ViewSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { NotMadeAgain } from '../evidence.js'
import { brokenWrites } from './broken-writes.js'

/**
 * Views and triggers of before that are gone, or views that a rename rewrote, and that as they were do not work on the tables of now: each is
 * made inside a savepoint that is rolled back, the others beside it.
 */
export function notMadeAgain(
  database: DatabaseSync,
  before: DetailedCatalog,
  after: DetailedCatalog,
): NotMadeAgain[] {
  const views = [...before.views].flatMap(([key, view]) =>
    after.views.get(key)?.sql === view.sql || after.tables.has(key) ? [] : [view],
  )
  const triggers = [...before.triggers].flatMap(([key, trigger]) =>
    after.triggers.has(key) ? [] : [{ key, trigger }],
  )
  if (views.length + triggers.length === 0) return []
  database.exec('SAVEPOINT made_again')
  try {
    const unmade = [
      ...views.flatMap((view) => attempt(database, view, `DROP VIEW IF EXISTS main.${quoteName(view.name)}`)),
      ...triggers.flatMap(({ trigger }) => attempt(database, trigger)),
    ]
    const made = triggers.filter(({ trigger }) => !unmade.some(({ name }) => name === trigger.name))
    return [
      ...unmade,
      ...views
        .filter(({ name }) => !unmade.some((it) => it.name === name))
        .flatMap((view) => unread(database, view)),
      ...failing(database, after, made),
    ]
  } finally {
    database.exec('ROLLBACK TO made_again; RELEASE made_again')
  }
}

function attempt(
  database: DatabaseSync,
  { name, sql }: ViewSchema | TriggerSchema,
  first = '',
): NotMadeAgain[] {
  try {
    database.exec(first)
    database.exec(sql)
    return []
  } catch (error) {
    return [{ name, message: messageOf(error) }]
  }
}

function unread(database: DatabaseSync, { name }: ViewSchema): NotMadeAgain[] {
  try {
    database.prepare(`EXPLAIN SELECT * FROM ${quoteName(name)}`)
    return []
  } catch (error) {
    return [{ name, message: messageOf(error) }]
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
    made.some((it) => it.trigger.name === trigger) ? [{ name: trigger ?? '', message }] : [],
  )
}
