import type { DatabaseSync } from 'node:sqlite'
import { cellText } from '../../d1/sqlite/sqlite.js'
import type { StatementParts } from './statement.js'

/** Other at each call. Source: https://sqlite.org/deterministic.html */
const ALWAYS =
  /^(?:random|randomblob|changes|total_changes|last_insert_rowid|current_(?:timestamp|date|time))\(/i
/** The time of now where they are given nothing, or 'now'. Source: https://sqlite.org/lang_datefunc.html */
const OF_NOW = /^(?:datetime|date|time|julianday|unixepoch|timediff)\(/i
const FORMAT = /^strftime\(/i
const FORMAT_ALONE = /\bstrftime\s*\(\s*'[^']*'\s*\)/i

/** A statement's own program, or that of one of the triggers and foreign keys which it sets off. */
interface Part {
  writes: string[]
  calls: { name: string; givenNothing: boolean }[]
  saysNow: boolean
}

/**
 * Tables, in lower case, whose rows a statement picks or fills by the time or chance, asked before it runs: its compiled program calls for
 * a default only where the statement leaves that column out, and has just the triggers that it fires. What stands in a trigger's
 * program says nothing of what the statement itself writes; what a part hands on to later ones is taken for theirs.
 * Throws what SQLite throws when the statement does not compile. Source: https://sqlite.org/opcode.html
 */
export function filledByTimeOrChance(
  database: DatabaseSync,
  sql: string,
  { verb, target, copies }: StatementParts,
): string[] {
  if (!/^(?:insert|update|delete)$/.test(verb) && !(verb === 'create-table' && copies)) return []
  const parts = partsOf(database, sql)
  // The program of a full-text table is its own, and CREATE TABLE … AS names none.
  parts[0]?.writes.push(target ?? '')
  const formatAlone = (): boolean => [sql, ...schemaTexts(database)].some((text) => FORMAT_ALONE.test(text))
  const first = parts.findIndex(({ calls, saysNow }) =>
    calls.some(
      ({ name, givenNothing }) =>
        ALWAYS.test(name) ||
        (OF_NOW.test(name) && (saysNow || givenNothing)) ||
        (FORMAT.test(name) && (saysNow || formatAlone())),
    ),
  )
  if (first < 0) return []
  return [...new Set(parts.slice(first).flatMap(({ writes }) => writes.map((name) => name.toLowerCase())))]
}

/** EXPLAIN counts each program from 0, a trigger's after the one that fires it. */
function partsOf(database: DatabaseSync, sql: string): Part[] {
  const parts: Part[] = []
  for (const row of database.prepare(`EXPLAIN ${sql}`).all()) {
    if (row['addr'] === 0) parts.push({ writes: [], calls: [], saysNow: false })
    const part = parts.at(-1)
    if (part === undefined || row['p4'] === null) continue
    const p4 = cellText(row['p4'])
    if (row['opcode'] === 'Insert' || row['opcode'] === 'Delete') part.writes.push(p4)
    // The arguments begin at register P2, and the first register is 1.
    if (row['opcode'] === 'Function') part.calls.push({ name: p4, givenNothing: row['p2'] === 0 })
    if (row['opcode'] === 'String8' && /^now$/i.test(p4)) part.saysNow = true
  }
  return parts
}

function schemaTexts(database: DatabaseSync): string[] {
  return database
    .prepare(`SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL`)
    .all()
    .map(({ sql }) => cellText(sql))
}
