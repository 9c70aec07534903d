import type { DatabaseSync } from 'node:sqlite'
import type { Touch } from './evidence.js'

interface Op {
  opcode: string
  p1: number
  p2: number
  p3: number
  p4: string | null
  p5: number
}

const IS_UPDATE = 0x04

/**
 * The tables that a statement reads and writes, triggers and foreign key actions included, from its compiled program:
 * EXPLAIN lists the sub-programs too, so what a DROP TABLE does to the children is seen before any row exists.
 * Throws what SQLite throws when the statement does not compile.
 * Source: https://sqlite.org/opcode.html (OP_Delete, OP_Insert, OP_Clear, OP_OpenRead).
 */
export function touchesOf(database: DatabaseSync, sql: string, names: Map<number, string>): Touch[] {
  const ops = database.prepare(`EXPLAIN ${sql}`).all() as unknown as Op[]
  const seen = new Map<string, Touch>()
  const add = (table: string | undefined, how: Touch['how']): void => {
    if (table !== undefined && !table.startsWith('sqlite_')) seen.set(`${how} ${table}`, { table, how })
  }
  for (const op of ops) {
    switch (op.opcode) {
      case 'Delete':
        if (op.p4 !== null) add(op.p4, (op.p2 & IS_UPDATE) === 0 ? 'delete' : 'update')
        break
      case 'Insert':
        if (op.p4 !== null) add(op.p4, (op.p5 & IS_UPDATE) === 0 ? 'insert' : 'update')
        break
      case 'Clear':
      case 'Destroy':
        add(names.get(op.p1), 'delete')
        break
      case 'OpenRead':
        if (op.p3 === 0) add(names.get(op.p2), 'read')
        break
      default:
    }
  }
  return [...seen.values()]
}

/** Table names by root page, as EXPLAIN refers to them. */
export function tablesByRoot(database: DatabaseSync): Map<number, string> {
  const rows = database
    .prepare(`SELECT rootpage, tbl_name AS name FROM sqlite_schema WHERE type IN ('table', 'index') AND rootpage > 0`)
    .all() as unknown as { rootpage: number; name: string }[]
  return new Map(rows.map(({ rootpage, name }) => [rootpage, name]))
}
