import type { DatabaseSync } from 'node:sqlite'
import { cellText, eachRow, openSqlite, quoteText } from './sqlite.js'

/** How large SQL of others may make a database of ours. In memory nobody but us pays for it. Bytes. */
const MEMORY_LIMIT = 512_000_000
/** D1's own. Source: https://developers.cloudflare.com/d1/platform/limits/ */
const FILE_LIMIT = 10 * 1024 ** 3

/** Databases that one connection may attach, as Node builds SQLite. Source: `PRAGMA compile_options`, MAX_ATTACHED. */
const SLOTS = 10

/**
 * Opens an SQLite file for SQL that others wrote: it reaches this file and no other. ATTACH and every form of VACUUM need a free
 * place for one more database, and none is left; loading extensions is off in Node unless it is asked for. Where
 * Node lets us (24.10 and newer), SQLite is told to refuse them as well. It grows to `maxBytes` at most, and no further than it is where that
 * is more; see {@link fullOf}. Default: D1's 10 GB for a file, 512 MB in memory.
 */
export function openConfined(
  file: string,
  {
    maxBytes = file === ':memory:' ? MEMORY_LIMIT : FILE_LIMIT,
    ...options
  }: NonNullable<Parameters<typeof openSqlite>[1]> & { maxBytes?: number } = {},
): DatabaseSync {
  const database = openSqlite(file, options)
  if (Number.isFinite(maxBytes)) {
    const pages = Math.max(1, Math.floor(maxBytes / pragma(database, 'page_size')))
    database.exec(`PRAGMA main.max_page_count = ${pages}`)
  }
  for (let slot = 0; slot < SLOTS; slot += 1) {
    const name = fillerName(slot)
    // A page is not enough for a table: nothing grows in there either.
    database.exec(`ATTACH ':memory:' AS ${name}; PRAGMA ${name}.max_page_count = 1`)
  }
  authorize(database, (action) => (REACHES_OUT.has(action) ? DENY : ALLOW))
  return database
}

/**
 * Runs one statement of others. Whatever SQLite reads behind its first statement never runs, so the first word, which is the first of
 * `sql`, says what is done. Throws SQLite's error.
 */
export function runForeign(database: DatabaseSync, sql: string): void {
  // Without a name it is about all databases, and those that keep the places have no room for what it finds.
  if (ANALYZE_ALL.test(sql)) return runForeign(database, 'ANALYZE main')
  // `exec` ends the statement at once: ones that wait for the garbage collector slow down every change of the schema.
  if (!sql.includes(';')) database.exec(sql)
  else for (const row of eachRow(database.prepare(sql))) void row
}

const ANALYZE_ALL = /^analyze(?:\s|;|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*$/i

/** Attaches a file of ours under `name`. Once that is done, no SQL of others may run on this connection any more. */
export function attachAfterwards(database: DatabaseSync, file: string, name: string): void {
  authorize(database, null)
  database.exec(`DETACH ${fillerName(0)}; ATTACH ${quoteText(file)} AS ${name}`)
}

/** Why a statement found no more room in a database that {@link openConfined} opened; undefined for every other error. */
export function fullOf(
  database: DatabaseSync,
  error: unknown,
): { inMemory: boolean; maxBytes: number } | undefined {
  // The low byte is the primary result code, 13 SQLITE_FULL: https://sqlite.org/rescode.html
  if (!(error instanceof Error) || !('errcode' in error) || (Number(error.errcode) & 0xff) !== 13)
    return undefined
  const main = database.prepare(`SELECT file FROM pragma_database_list WHERE name = 'main'`).get()
  return {
    inMemory: cellText(main?.['file']) === '',
    maxBytes: pragma(database, 'max_page_count') * pragma(database, 'page_size'),
  }
}

function pragma(database: DatabaseSync, name: 'page_size' | 'max_page_count'): number {
  return Number(database.prepare(`PRAGMA main.${name}`).get()?.[name])
}

function fillerName(slot: number): string {
  return `d1_runbook_no_room_${slot}`
}

/** https://sqlite.org/c3ref/c_alter_table.html */
const REACHES_OUT = new Set([24 /* ATTACH */, 25 /* DETACH */])
const [ALLOW, DENY] = [0, 1]

type Authorizer = (action: number) => number

function authorize(database: DatabaseSync, authorizer: Authorizer | null): void {
  const { setAuthorizer } = database as DatabaseSync & {
    setAuthorizer?: (authorizer: Authorizer | null) => void
  }
  setAuthorizer?.call(database, authorizer)
}
