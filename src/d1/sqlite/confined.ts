import type { DatabaseSync } from 'node:sqlite'
import { eachRow, openSqlite, quoteText } from './sqlite.js'

/** Databases that one connection may attach, as Node builds SQLite. Source: `PRAGMA compile_options`, MAX_ATTACHED. */
const SLOTS = 10

/**
 * Opens an SQLite file for SQL that others wrote: it reaches this file and no other. ATTACH and every form of VACUUM need a free
 * place for one more database, and none is left; loading extensions is off in Node unless it is asked for. Where
 * Node lets us (24.10 and newer), SQLite is told to refuse them as well.
 */
export function openConfined(file: string, options?: Parameters<typeof openSqlite>[1]): DatabaseSync {
  const database = openSqlite(file, options)
  for (let slot = 0; slot < SLOTS; slot += 1) database.exec(`ATTACH ':memory:' AS ${fillerName(slot)}`)
  authorize(database, (action) => (REACHES_OUT.has(action) ? DENY : ALLOW))
  return database
}

/**
 * Runs one statement of others. Whatever SQLite reads behind its first statement never runs, so the first word, which is the first of
 * `sql`, says what is done. Throws SQLite's error.
 */
export function runForeign(database: DatabaseSync, sql: string): void {
  // `exec` ends the statement at once: ones that wait for the garbage collector slow down every change of the schema.
  if (!sql.includes(';')) database.exec(sql)
  else for (const row of eachRow(database.prepare(sql))) void row
}

/** Attaches a file of ours under `name`. Once that is done, no SQL of others may run on this connection any more. */
export function attachAfterwards(database: DatabaseSync, file: string, name: string): void {
  authorize(database, null)
  database.exec(`DETACH ${fillerName(0)}; ATTACH ${quoteText(file)} AS ${name}`)
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
