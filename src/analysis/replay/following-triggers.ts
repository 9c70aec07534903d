import type { DetailedCatalog } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { UnfollowedWrite } from '../evidence.js'
import { isRowid } from '../compare/search-feeds.js'
import { firing, searchFeed, writtenBy, type WriteKind } from '../statement/search-triggers.js'
import { unfollowedWrites, type Searched } from './search-trial.js'

/**
 * Triggers with which the index follows all writes of its table, in place of those that do not; tried. Empty where they cannot be written:
 * a trigger chooses its rows, or does other things as well.
 */
export function followingTriggers(
  catalog: DetailedCatalog,
  pair: Searched,
  writes: readonly UnfollowedWrite[],
): string[] {
  const bodies = bodiesFor(pair)
  const heads = pair.triggers.map((trigger) => ({ trigger, head: firing(trigger) }))
  if (bodies === undefined || heads.some(({ head }) => head === undefined || head.chosen)) return []
  const kinds = [...new Set(writes.map(({ kind }) => kind))]
  const replaced = heads.flatMap(({ trigger, head }) =>
    head !== undefined && kinds.includes(head.kind) ? [trigger] : [],
  )
  if (replaced.some((trigger) => new Set(writtenBy(trigger).map((name) => name.toLowerCase())).size > 1))
    return []
  const taken = new Set(
    [...catalog.triggers.keys()].filter((key) => !replaced.some(({ name }) => name.toLowerCase() === key)),
  )
  const made = kinds.map((kind) => {
    const old = heads.find(({ trigger, head }) => head?.kind === kind && replaced.includes(trigger))
    const name = old?.trigger.name ?? freeName(`${pair.table.name}_a${kind[0]?.toLowerCase() ?? ''}`, taken)
    return `CREATE TRIGGER ${quoteName(name)} AFTER ${kind} ON ${quoteName(pair.table.name)} BEGIN ${bodies[kind].join(' ')} END`
  })
  const kept = pair.triggers.filter((trigger) => !replaced.includes(trigger))
  const still = unfollowedWrites(catalog, pair, [...kept.map(({ sql }) => sql), ...made])
  if (still === undefined || still.length > 0) return []
  return [...replaced.map(({ name }) => `DROP TRIGGER ${quoteName(name)}`), ...made]
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  return taken.has(wanted.toLowerCase()) ? freeName(`${wanted}_search`, taken) : wanted
}

function bodiesFor(pair: Searched): Record<WriteKind, string[]> | undefined {
  const { index, table, triggers } = pair
  const { search } = index
  const f = quoteName(index.name)
  const feeds = (row: string): ReturnType<typeof searchFeed>[] =>
    triggers.map((trigger) => searchFeed(trigger, index.name, row))
  const condition = (row: 'old' | 'new'): string | undefined =>
    feeds(row).find((feed) => feed !== undefined)?.condition
  if (search?.kind === 'table') {
    const names = ['rowid', ...index.columns.map(({ name }) => quoteName(name))].join(', ')
    const values = (row: 'old' | 'new'): string =>
      [search.rowid, ...index.columns.map(({ name }) => name)]
        .map((name) => `${row}.${isRowid(name) ? 'rowid' : quoteName(name)}`)
        .join(', ')
    return commands(f, names, values, condition)
  }
  const [old, now] = ['old', 'new'].map((row) => feeds(row).find((feed) => feed !== undefined))
  const number = old?.columns.find(({ name }) => isRowid(name))?.expression
  if (
    old === undefined ||
    now === undefined ||
    number === undefined ||
    old.table.toLowerCase() !== table.name.toLowerCase()
  )
    return undefined
  const named = (name: string): string => (isRowid(name) ? 'rowid' : quoteName(name))
  const names = now.columns.map(({ name }) => named(name)).join(', ')
  const values = (row: 'old' | 'new'): string =>
    (row === 'old' ? old : now).columns.map(({ expression }) => expression).join(', ')
  if (search?.kind === 'none' && !/\bcontentless_delete\s*=\s*1/i.test(index.sql))
    return commands(f, names, values, condition)
  const remove = `DELETE FROM ${f} WHERE rowid = ${number};`
  const insert = `INSERT INTO ${f} (${names}) ${rowOf(values('new'), condition('new'))};`
  return { INSERT: [insert], UPDATE: [remove, insert], DELETE: [remove] }
}

/** Nothing of a row that the index is not to hold. */
function rowOf(values: string, condition: string | undefined): string {
  return condition === undefined ? `VALUES (${values})` : `SELECT ${values} WHERE ${condition}`
}

/** The words that are to go are given to FTS5, which no longer has them. */
function commands(
  f: string,
  names: string,
  values: (row: 'old' | 'new') => string,
  condition: (row: 'old' | 'new') => string | undefined,
): Record<WriteKind, string[]> {
  const remove = `INSERT INTO ${f} (${f}, ${names}) ${rowOf(`'delete', ${values('old')}`, condition('old'))};`
  const insert = `INSERT INTO ${f} (${names}) ${rowOf(values('new'), condition('new'))};`
  return { INSERT: [insert], UPDATE: [remove, insert], DELETE: [remove] }
}
