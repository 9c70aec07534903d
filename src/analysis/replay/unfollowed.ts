import { defined } from '../../contract/defined.js'
import { sameName, type DetailedCatalog } from '../../d1/schema/schema.js'
import type { UnfollowedWrite, UnfollowedWrites } from '../evidence.js'
import { firing } from '../statement/search-triggers.js'
import { followingTriggers } from './following-triggers.js'
import { pairBefore, searchedTables, stillThere, unfollowedWrites, type Searched } from './search-trial.js'

/**
 * Search indexes that triggers fill and that do not follow every write of their table, where it was not so before: a row that is deleted and
 * still found, or changed and found by its old words alone. Nothing of the database is read but its schema.
 * Source: https://sqlite.org/fts5.html#external_content_tables
 */
export function unfollowed(before: DetailedCatalog, after: DetailedCatalog): UnfollowedWrites[] {
  return searchedTables(after).flatMap((pair) => {
    const was = pairBefore(before, pair)
    if (was !== undefined && isSame(was, pair)) return []
    const now = unfollowedWrites(after, pair) ?? []
    if (now.length === 0) return []
    const known = was === undefined ? undefined : unfollowedWrites(before, was)
    const news = now.filter((write) => known === undefined || !known.some((it) => covers(it, write)))
    const writes = news.map((write) => ({ ...write, ...defined({ lost: lostTrigger(was, after, write) }) }))
    if (writes.length === 0) return []
    const { index, table } = pair
    const fix = followingTriggers(after, pair, now)
    return [
      { index: index.name, table: table.name, before: known === undefined ? 'new' : 'followed', writes, fix },
    ]
  })
}

function isSame(was: Searched, is: Searched): boolean {
  return (
    was.index.sql === is.index.sql &&
    was.table.sql === is.table.sql &&
    was.triggers.length === is.triggers.length &&
    was.triggers.every(({ sql }) => is.triggers.some((other) => other.sql === sql))
  )
}

/** What was not followed before already. */
function covers(known: UnfollowedWrite, { kind, columns }: UnfollowedWrite): boolean {
  if (known.kind !== kind) return false
  if (known.columns === undefined) return true
  return columns?.every((name) => known.columns?.some((other) => sameName(other, name))) ?? false
}

/** The trigger that did it and is gone: it is told of by itself. */
function lostTrigger(
  was: Searched | undefined,
  after: DetailedCatalog,
  { kind }: UnfollowedWrite,
): string | undefined {
  return was?.triggers.find((trigger) => firing(trigger)?.kind === kind && !stillThere(after, trigger))?.name
}
