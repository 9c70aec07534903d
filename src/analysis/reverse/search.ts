import type { TableSchema, TriggerSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { significantTokens, unquote } from '../../d1/sql/tokens.js'
import { chosenRows, refillChosen } from '../compare/search-chosen.js'
import { isWhole, refillOf } from '../compare/search-feeds.js'
import { searchFeed } from '../statement/search-triggers.js'
import type { ReverseInput } from './input.js'
import { insertsFor } from './literal-rows.js'

interface Concerned {
  /** Tables that the reverse writes, in lower case. */
  ours: Set<string>
  /** Those that are made again: until then nothing keeps an index in step. */
  triggers: TriggerSchema[]
  /** Indexes that are made again, in lower case. */
  recreated: Set<string>
}

export interface SearchRefill {
  index: string
  statements: string[]
}

/**
 * What fills the search indexes of before again whose rows the reverse writes while their triggers are away. One that reads another table
 * is rebuilt by FTS5; another one is filled as its triggers do, if that made all of it before.
 * Source: https://sqlite.org/fts5.html#the_rebuild_command
 */
export function searchRefills(input: ReverseInput, concerned: Concerned): SearchRefill[] {
  return [...input.before.tables.values()].flatMap((index) => {
    if (index.search === undefined) return []
    const statements =
      index.search.kind === 'table'
        ? rebuild(input, index, index.search.table, concerned)
        : refill(input, index, concerned)
    return statements.length === 0 ? [] : [{ index: index.name, statements }]
  })
}

/** The rows of an index with content of its own under their numbers, written out; without statements where they cannot be. */
export function searchRows(
  { database }: ReverseInput,
  { name, columns, search }: TableSchema,
): { index: string; statements?: string[] } {
  if (search?.kind !== 'own') return { index: name }
  const stored = ['rowid', ...columns.map((column) => column.name)]
  const pairs = stored.map((it): [string, string] => [it, `b.${quoteName(it)}`])
  const written = insertsFor(database, name, pairs, `prior.${quoteName(name)} b`)
  return 'tooMany' in written ? { index: name } : { index: name, statements: written.statements }
}

function rebuild(
  { before }: ReverseInput,
  index: TableSchema,
  content: string,
  { ours, triggers, recreated }: Concerned,
): string[] {
  const key = content.toLowerCase()
  // A view may read any of them.
  const written = before.views.has(key) ? ours.size > 0 : ours.has(key)
  const needed =
    written || recreated.has(index.name.toLowerCase()) || triggers.some(({ sql }) => names(sql, index.name))
  const name = quoteName(index.name)
  if (!needed) return []
  const chosen = chosenRows(before, index)
  return chosen === undefined ? [`INSERT INTO ${name} (${name}) VALUES ('rebuild')`] : refillChosen(chosen)
}

function refill(
  { database, before }: ReverseInput,
  index: TableSchema,
  { ours, triggers, recreated }: Concerned,
): string[] {
  const feeders = [...before.triggers.values()].filter(({ sql }) => names(sql, index.name))
  const needed =
    recreated.has(index.name.toLowerCase()) ||
    feeders.some((trigger) => ours.has(trigger.table.toLowerCase()) || triggers.includes(trigger))
  const feeds = feeders.flatMap((trigger) => searchFeed(trigger, index.name) ?? [])
  if (!needed || feeds.length === 0 || !isWhole(database, 'prior', index, feeds)) return []
  const [first = [], ...others] = feeds.map((feed) => refillOf(index, feed))
  return [...first, ...others.flatMap((statements) => statements.slice(1))]
}

function names(sql: string, index: string): boolean {
  const wanted = index.toLowerCase()
  return significantTokens(sql).some(({ text }) => unquote(text).toLowerCase() === wanted)
}
