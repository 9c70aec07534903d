import { defined } from '../../contract/defined.js'
import type { DatabaseSync } from 'node:sqlite'
import { tableNamed, type DetailedCatalog, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { searchFeed, type SearchFeed } from '../statement/search-triggers.js'
import type { SearchMismatch, StatementEvidence, TableFate } from '../evidence.js'
import { number } from './row-keys.js'
import { chosenRows, holdsChosen, lacking, refillChosen, wanted } from './search-chosen.js'
import { isRowid, notFound, refillOf, type SearchSchema as Schema } from './search-feeds.js'
import { madeAgain } from './search-made-again.js'
import { rowsRenumbered } from './search-numbers.js'

interface Versions {
  /** `main` is after, `prior` before. */
  database: DatabaseSync
  before: DetailedCatalog
  after: DetailedCatalog
  statements: StatementEvidence[]
  fates: TableFate[]
}

/**
 * Search indexes that the migration may have concerned and that do not answer with the rows they are about: SQLite's own check for those
 * that read another table, and for the others what their triggers write of each row, or what they held of it before.
 * Source: https://sqlite.org/fts5.html#the_integrity_check_command
 */
export function searchMismatches(versions: Versions): SearchMismatch[] {
  return [...versions.after.tables.values()].flatMap((index) => {
    const { search } = index
    if (search === undefined) return []
    const fate = versions.fates.find(({ after }) => after?.name === index.name)
    const was = fate === undefined ? tableNamed(versions.before, index.name) : fate.before
    const found =
      search.kind === 'table'
        ? judgeExternal(versions, index, was?.search === undefined ? undefined : was)
        : (judgeFed(versions, index, was?.search === undefined ? undefined : was) ??
          (isFed(versions, index, was) ? undefined : rowsRenumbered(versions, index, fate)))
    return found === undefined ? [] : [found]
  })
}

function judgeExternal(
  versions: Versions,
  index: TableSchema,
  was: TableSchema | undefined,
): SearchMismatch | undefined {
  const { database, fates } = versions
  if (index.search?.kind !== 'table') return undefined
  const { table } = index.search
  // A view may read any of them.
  const view = versions.after.views.has(table.toLowerCase())
  const concerned = was === undefined || view || isTouched(fates, table) || isTouched(fates, index.name)
  if (!concerned) return undefined
  const chosen = chosenRows(versions.after, index)
  const now = stateOf(database, 'main', index.name)
  if (now.state === 'sound' || (now.state === 'mismatch' && holdsChosen(database, 'main', chosen)))
    return undefined
  const before =
    was === undefined
      ? 'none'
      : holdsChosen(database, 'prior', chosenRows(versions.before, was))
        ? 'sound'
        : stateOf(database, 'prior', was.name).state
  const readable = now.state !== 'unreadable'
  const rows = readable
    ? chosen === undefined
      ? count(database, 'main', table)
      : wanted(database, chosen)
    : 0
  const indexed = count(database, 'main', `${index.name}_docsize`)
  return {
    index: index.name,
    table,
    state: now.state,
    before: before === 'sound' || before === 'none' ? before : 'mismatch',
    rows,
    missing: readable && chosen !== undefined ? lacking(database, chosen) : Math.max(0, rows - indexed),
    ...(chosen === undefined ? {} : { chosen: true }),
    ...(was === undefined && indexed > 0 && (chosen !== undefined || !isChosen(versions.after, index.name))
      ? { malformed: true }
      : {}),
    ...defined({ message: now.message }),
    refill:
      now.state === 'unreadable'
        ? proven(database, index.name, madeAgain(versions, index))
        : chosen === undefined
          ? [`INSERT INTO ${quoteName(index.name)} (${quoteName(index.name)}) VALUES ('rebuild')`]
          : refillChosen(chosen),
  }
}

/** The statements, if the index answers rightly once they ran; tried and taken back. */
function proven(database: DatabaseSync, index: string, statements: string[]): string[] {
  if (statements.length === 0) return []
  database.exec('SAVEPOINT made_again')
  try {
    for (const sql of statements) database.exec(sql)
    return stateOf(database, 'main', index).state === 'sound' ? statements : []
  } catch {
    return []
  } finally {
    database.exec('ROLLBACK TO made_again; RELEASE made_again')
  }
}

/** A trigger writes only some of the rows into the index: that it lacks others is meant. */
function isChosen({ triggers }: DetailedCatalog, index: string): boolean {
  return [...triggers.values()].some(
    ({ sql }) => /\bWHEN\b.*\bBEGIN\b/is.test(sql) && sql.toLowerCase().includes(index.toLowerCase()),
  )
}

/** The check writes nothing, but it is an INSERT: taken back all the same. */
function stateOf(
  database: DatabaseSync,
  schema: Schema,
  name: string,
): { state: 'sound' | 'mismatch' | 'unreadable'; message?: string } {
  const place = `${schema}.${quoteName(name)}`
  try {
    database.prepare(`SELECT * FROM ${place} LIMIT 1`).get()
  } catch (error) {
    return { state: 'unreadable', message: error instanceof Error ? error.message : String(error) }
  }
  database.exec('SAVEPOINT search_check')
  try {
    database.exec(`INSERT INTO ${place} (${quoteName(name)}, rank) VALUES ('integrity-check', 1)`)
    return { state: 'sound' }
  } catch {
    return { state: 'mismatch' }
  } finally {
    database.exec('ROLLBACK TO search_check; RELEASE search_check')
  }
}

function judgeFed(
  versions: Versions,
  index: TableSchema,
  was: TableSchema | undefined,
): SearchMismatch | undefined {
  for (const feed of feedsOf(versions, index, was)) {
    const concerned =
      was === undefined || [feed.now.table, index.name].some((name) => isTouched(versions.fates, name))
    const found = concerned ? judgeFeed(versions, index, was, feed) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** A table tells which numbers its rows have: a trigger fills it from there, or it holds all rows of it. */
function isFed(versions: Versions, index: TableSchema, was: TableSchema | undefined): boolean {
  const { database } = versions
  return feedsOf(versions, index, was).some(({ now, told }) => {
    if (told) return true
    try {
      return count(database, 'main', now.table) > 0 && notFound(database, 'main', index, now) === 0
    } catch {
      return false
    }
  })
}

/** What an index is filled from, before and after; `told` by a trigger, else taken from the names of its columns. */
interface Feed {
  now: SearchFeed
  earlier: SearchFeed
  told: boolean
}

function judgeFeed(
  { database, fates }: Versions,
  index: TableSchema,
  was: TableSchema | undefined,
  { now, earlier, told }: Feed,
): SearchMismatch | undefined {
  try {
    const fate = fates.find(({ after }) => after?.name === now.table)
    // Of an index that nothing wrote and that shows no values, the numbers alone tell.
    const silent = index.search?.kind === 'none' && !isTouched(fates, index.name) ? fate : undefined
    const moved = silent === undefined ? 0 : renumbered(database, silent, earlier, now)
    const missing = Math.max(moved, notFound(database, 'main', index, now))
    if (missing === 0) return undefined
    const old = was === undefined ? 0 : notFound(database, 'prior', was, earlier)
    const found: SearchMismatch = {
      index: index.name,
      table: now.table,
      state: 'mismatch',
      before: was === undefined ? 'none' : old === 0 ? 'sound' : 'partial',
      rows: count(database, 'main', now.table),
      missing,
      refill: refillOf(index, now),
    }
    // What a new index is given beside its trigger is the author's choice; nothing at all is not.
    if (was === undefined) return count(database, 'main', index.name) === 0 ? found : undefined
    if (missing <= old) return undefined
    // Without a trigger only an index that held every row as it was says what it is about.
    const proven = told || (old === 0 && count(database, 'prior', earlier.table) > 0)
    return proven ? found : undefined
  } catch {
    // The expressions of the trigger need more than the row, or a table of before lacks a column: nothing is known.
    return undefined
  }
}

function feedsOf(
  { before, after, fates }: Versions,
  index: TableSchema,
  was: TableSchema | undefined,
): Feed[] {
  const byTrigger = (catalog: DetailedCatalog, wanted: string): SearchFeed[] =>
    [...catalog.triggers.values()].flatMap((trigger) => searchFeed(trigger, wanted) ?? [])
  const told = byTrigger(after, index.name)
  if (told.length > 0) {
    const [earlier] = was === undefined ? [] : byTrigger(before, was.name)
    return told.map((now) => ({ now, earlier: earlier ?? now, told: true }))
  }
  const holds = (table: TableSchema): boolean =>
    table.kind === 'table' &&
    !table.withoutRowid &&
    index.columns.every((column) => table.columns.some(({ name }) => name === column.name))
  const byName = ({ name }: TableSchema): SearchFeed => ({
    table: name,
    columns: [
      { name: 'rowid', expression: 't.rowid' },
      ...index.columns.map((column) => ({ name: column.name, expression: `t.${quoteName(column.name)}` })),
    ],
  })
  return [...before.tables.values()].flatMap((table) => {
    const fate = fates.find((one) => one.before.name === table.name)
    const now = fate === undefined ? tableNamed(after, table.name) : fate.after
    return was !== undefined && now !== undefined && fate?.written !== false && holds(table) && holds(now)
      ? [{ now: byName(now), earlier: byName(table), told: false }]
      : []
  })
}

/** Rows of one key under which the index has another number now. */
function renumbered(
  database: DatabaseSync,
  { before, after }: TableFate,
  was: SearchFeed,
  is: SearchFeed,
): number {
  const key = before.primaryKey.filter((name) => after?.columns.some((column) => column.name === name))
  const numberIn = ({ columns }: SearchFeed): string | undefined =>
    columns.find(({ name }) => isRowid(name))?.expression
  const [old, now] = [numberIn(was), numberIn(is)]
  if (key.length === 0 || key.length < before.primaryKey.length || old === undefined || now === undefined)
    return 0
  const columns = key.map(quoteName).join(', ')
  const side = (schema: Schema, expression: string, table: string): string =>
    `(SELECT ${columns}, ${expression} AS number_of_row FROM ${schema}.${quoteName(table)} t)`
  const same = key.map((name) => `b.${quoteName(name)} IS s.${quoteName(name)}`).join(' AND ')
  return number(
    database,
    `SELECT count(*) AS n FROM ${side('prior', old, was.table)} b JOIN ${side('main', now, is.table)} s ON ${same} WHERE b.number_of_row IS NOT s.number_of_row`,
  )
}

function isTouched(fates: TableFate[], name: string): boolean {
  const wanted = name.toLowerCase()
  return fates.some(
    ({ before, after }) => before.name.toLowerCase() === wanted || after?.name.toLowerCase() === wanted,
  )
}

function count(database: DatabaseSync, schema: Schema, table: string): number {
  try {
    return number(database, `SELECT count(*) AS n FROM ${schema}.${quoteName(table)}`)
  } catch {
    return 0
  }
}
