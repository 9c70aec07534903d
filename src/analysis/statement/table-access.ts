import type { DatabaseSync } from 'node:sqlite'

/** What one statement does to the rows of one table, by its program: see `touches.ts`. */
export interface TableAccess {
  table: string
  how: 'read' | 'insert' | 'update' | 'delete'
}

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
 * `names` (tables by root page) is needed for what is read. Throws what SQLite throws when the statement does not compile.
 * Source: https://sqlite.org/opcode.html (OP_Delete, OP_Insert, OP_Clear, OP_OpenRead).
 */
export function tableAccessOf(
  database: DatabaseSync,
  sql: string,
  names: Map<number, string> | undefined,
): TableAccess[] {
  const ops = database.prepare(`EXPLAIN ${sql}`).all() as unknown as Op[]
  const seen = new Map<string, TableAccess>()
  const add = (table: string | undefined, how: TableAccess['how']): void => {
    if (table !== undefined && !table.startsWith('sqlite_')) seen.set(`${how} ${table}`, { table, how })
  }
  for (const { opcode, p1, p2, p3, p4, p5 } of ops) {
    switch (opcode) {
      case 'Delete':
        if (p4 !== null) add(p4, (p2 & IS_UPDATE) === 0 ? 'delete' : 'update')
        break
      case 'Insert':
        if (p4 !== null) add(p4, (p5 & IS_UPDATE) === 0 ? 'insert' : 'update')
        break
      case 'Clear':
      case 'Destroy':
        add(names?.get(p1), 'delete')
        break
      case 'OpenRead':
        if (p3 === 0) add(names?.get(p2), 'read')
        break
      default:
    }
  }
  return [...seen.values()]
}

/** Table names by root page, as EXPLAIN refers to them. */
export function tablesByRoot(database: DatabaseSync): Map<number, string> {
  const rows = database
    .prepare(
      `SELECT rootpage, tbl_name AS name FROM sqlite_schema WHERE type IN ('table', 'index') AND rootpage > 0`,
    )
    .all() as unknown as { rootpage: number; name: string }[]
  return new Map(rows.map(({ rootpage, name }) => [rootpage, name]))
}
