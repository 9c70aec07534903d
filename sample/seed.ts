import type { DatabaseSync } from 'node:sqlite'
import { openSqlite, quoteName, type Row } from '../src/d1/sqlite/sqlite.js'
import { seededRandom, type Random } from './random.js'
import * as row from './rows.js'
import { TAGS } from './words.js'

/** How many rows each table gets; what is not named here follows from these. */
const ROWS = {
  users: 400,
  artists: 300,
  artworks: 1_200,
  submissions: 2_000,
  lists: 600,
  listItems: 5_000,
  artworkTags: 3_000,
} as const

export interface SeedResult {
  /** Rows per table. */
  rows: Record<string, number>
}

/**
 * Fills an art archive whose migrations up to `0008_public_views.sql` were applied and whose tables are empty.
 * The same `seed` gives the same bytes in every column. All or nothing: one transaction.
 * Throws the error of SQLite when tables are missing or already filled.
 */
export function seedSample({ file, seed = 1_987 }: { file: string; seed?: number }): SeedResult {
  const database = openSqlite(file)
  try {
    database.exec('BEGIN')
    const rows = insertAll(database, seededRandom(seed))
    database.exec('COMMIT')
    return { rows }
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  } finally {
    database.close()
  }
}

/** Parents before children; the order is part of what the seed decides. */
function insertAll(database: DatabaseSync, random: Random): Record<string, number> {
  const users = row.times(ROWS.users, (i) => row.user(random, i))
  const artists = row.times(ROWS.artists, (i) => row.artist(random, i))
  const artworks = row.times(ROWS.artworks, () => row.artwork(random, users))
  const submissions = row.times(ROWS.submissions, (i) => row.submission(random, i, artworks, users))
  const decided = submissions.filter(({ state }) => state !== 'open')
  const lists = row.times(ROWS.lists, (i) => row.list(random, i, users))
  const tables: Record<string, Row[]> = {
    users,
    artists,
    artworks,
    artwork_artists: artworks.flatMap(({ id }) => row.artistsOf(random, id, artists)),
    submissions,
    lists,
    list_items: row.listItems(random, ROWS.listItems, lists, artworks),
    tags: TAGS.map((label, i) => row.tag(random, label, i)),
    artwork_tags: row.artworkTags(random, ROWS.artworkTags, artworks, users),
    moderation_decisions: decided.map((submission) => row.moderationDecision(random, submission, users)),
    audit_log: artworks.filter(({ status }) => status === 'approved').map(row.statusChange),
  }
  for (const [table, rows] of Object.entries(tables)) insert(database, table, rows)
  return Object.fromEntries(Object.entries(tables).map(([table, rows]) => [table, rows.length]))
}

function insert(database: DatabaseSync, table: string, rows: Row[]): void {
  const columns = Object.keys(rows[0] ?? {})
  const names = columns.map(quoteName).join(', ')
  const marks = columns.map(() => '?').join(', ')
  const statement = database.prepare(`INSERT INTO ${quoteName(table)} (${names}) VALUES (${marks})`)
  for (const row of rows) statement.run(...columns.map((column) => row[column] ?? null))
}
