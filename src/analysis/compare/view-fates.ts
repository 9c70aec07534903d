import { outermost } from '../../d1/sql/parentheses.js'
import type { DatabaseSync } from 'node:sqlite'
import { normaliseSql } from '../../d1/schema/catalog.js'
import { sameName, type DetailedCatalog, type ViewSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { significantTokens, unquote } from '../../d1/sql/tokens.js'
import type { ViewFate } from '../evidence.js'
import { number } from './row-keys.js'

/** Views of before that were made again in other words. `database`: both versions on one connection, where there are rows. */
export function viewFates(
  before: DetailedCatalog,
  after: DetailedCatalog,
  database?: DatabaseSync,
): ViewFate[] {
  return [...before.views].flatMap(([key, view]): ViewFate[] => {
    const now = after.views.get(key)
    if (now === undefined || normaliseSql(now.sql) === normaliseSql(view.sql)) return []
    // One that cannot be read is told as that.
    if (now.columns.length === 0 || view.columns.length === 0) return []
    const rows = database === undefined ? undefined : rowsOf(database, view, now)
    return [
      {
        name: view.name,
        source: sourceOf(view.sql) !== sourceOf(now.sql),
        ...(rows === undefined ? {} : { rows }),
      },
    ]
  })
}

function rowsOf(database: DatabaseSync, view: ViewSchema, now: ViewSchema): ViewFate['rows'] {
  const shared = view.columns.filter((name) => now.columns.some((other) => sameName(name, other)))
  if (shared.length === 0) return undefined
  const columns = shared.map((name) => `${quoteName(name)} COLLATE BINARY`).join(', ')
  const select = (schema: string): string => `SELECT ${columns} FROM ${schema}.${quoteName(view.name)}`
  const count = (sql: string): number => number(database, `SELECT count(*) AS n FROM (${sql})`)
  try {
    return {
      before: count(select('prior')),
      after: count(select('main')),
      gone: count(`${select('prior')} EXCEPT ${select('main')}`),
      come: count(`${select('main')} EXCEPT ${select('prior')}`),
    }
  } catch {
    // It was broken before, or names a function that only the application has.
    return undefined
  }
}

/** What stands from the first FROM on that no parenthesis encloses, without quotes and the case of names. */
function sourceOf(sql: string): string {
  const tokens = significantTokens(sql)
  const from = outermost(tokens).find(({ text }) => /^from$/i.test(text))
  const words = from === undefined ? [] : tokens.slice(tokens.indexOf(from))
  return words.map(({ kind, text }) => (kind === 'string' ? text : unquote(text).toLowerCase())).join(' ')
}
