/** A small generator of random numbers with a seed (mulberry32), so that a failing case can be run again. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

type Random = (below: number) => number

const TYPES = ['TEXT', 'INTEGER', 'REAL', 'BLOB', '']
const VALUES = ["'x'", "'it''s; --'", '1', '2.5', 'NULL', "x'00ff'", "'ü'", '-7', "'1'"]
const KEYS = ['id INTEGER PRIMARY KEY', 'id INTEGER PRIMARY KEY AUTOINCREMENT', 'id TEXT PRIMARY KEY']
const ACTIONS = ['CASCADE', 'SET NULL', 'NO ACTION', 'RESTRICT']

/** Statements of a schema with rows; some may fail, which is for the caller to skip. */
export function randomSchema(random: Random): string[] {
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T
  const statements: string[] = []
  const tables = 2 + random(3)
  for (let t = 0; t < tables; t += 1) {
    // Only the last table may lack a key: the others are referenced.
    const columns = [t === tables - 1 && random(3) === 0 ? 'id INTEGER' : pick(KEYS)]
    for (let c = 0; c < 1 + random(4); c += 1) {
      const extra = pick(['', '', ' UNIQUE', " NOT NULL DEFAULT 'd'", ' DEFAULT 3', ' COLLATE NOCASE'])
      columns.push(`c${c} ${pick(TYPES)}${extra}`)
    }
    if (t > 0 && random(2) === 0)
      columns.push(`up INTEGER REFERENCES t${random(t)} (id) ON DELETE ${pick(ACTIONS)}`)
    if (random(5) === 0) columns.push(`double INTEGER GENERATED ALWAYS AS (id * 2) VIRTUAL`)
    statements.push(
      `CREATE TABLE ${pick(['', '"', '`']) === '"' ? `"t${t}"` : `t${t}`} (\n  ${columns.join(',\n  ')}\n)`,
    )
    if (random(2) === 0) statements.push(`CREATE ${pick(['', 'UNIQUE '])}INDEX i${t} ON t${t} (c0)`)
    for (let row = 1; row <= random(6); row += 1) {
      statements.push(`INSERT INTO t${t} (id, c0) VALUES (${row}, ${pick(VALUES)})`)
      if (random(2) === 0) statements.push(`UPDATE t${t} SET c1 = ${pick(VALUES)} WHERE id = ${row}`)
      if (random(2) === 0) statements.push(`UPDATE t${t} SET up = ${1 + random(3)} WHERE id = ${row}`)
    }
  }
  if (random(2) === 0)
    statements.push(
      'CREATE TRIGGER g AFTER DELETE ON t0 BEGIN UPDATE t1 SET c0 = CASE WHEN c0 IS NULL THEN 1 ELSE c0 END; END',
    )
  if (random(2) === 0) statements.push('CREATE VIEW w AS SELECT id, c0 FROM t1')
  return statements
}

/** Statements of a forward migration over that schema; those that fail are for the caller to skip. */
export function randomForward(random: Random): string[][] {
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T
  const table = (): string => `t${random(4)}`
  const column = (): string => `c${random(4)}`
  const one = (): string[] => {
    const t = table()
    switch (random(16)) {
      case 0:
        return [`ALTER TABLE ${t} ADD COLUMN n${random(3)} TEXT`]
      case 1:
        return [`ALTER TABLE ${t} ADD COLUMN n${random(3)} INTEGER NOT NULL DEFAULT 5`]
      case 2:
        return [`ALTER TABLE ${t} DROP COLUMN ${column()}`]
      case 3:
        return [`ALTER TABLE ${t} RENAME COLUMN ${column()} TO r${random(3)}`]
      case 4:
        return [`ALTER TABLE ${t} RENAME TO z${random(2)}`]
      case 5:
        return [
          `CREATE TABLE x${random(2)} (id INTEGER PRIMARY KEY, up INTEGER REFERENCES ${t} (id) ON DELETE CASCADE)`,
        ]
      case 6:
        return [`DROP TABLE ${t}`]
      case 7:
        return [`CREATE INDEX j${random(3)} ON ${t} (${column()})`]
      case 8:
        return [`DROP INDEX i${random(3)}`]
      case 9:
        return [`UPDATE ${t} SET ${column()} = ${pick(VALUES)} WHERE id > ${random(4)}`]
      case 10:
        return [`DELETE FROM ${t} WHERE id = ${random(5)}`]
      case 11:
        return [`INSERT INTO ${t} (id, c0) VALUES (${10 + random(5)}, ${pick(VALUES)})`]
      case 12:
        return [`DROP VIEW w`, `CREATE VIEW w AS SELECT id FROM ${t}`].slice(0, 1 + random(2))
      case 13:
        return [`DROP TRIGGER g`]
      case 14:
        return [`INSERT INTO x0 (id) VALUES (1)`]
      default:
        return [
          `CREATE TABLE fresh (id INTEGER PRIMARY KEY, c0 TEXT, more TEXT DEFAULT 'm')`,
          `INSERT INTO fresh (id, c0) SELECT id, c0 FROM ${t}`,
          `DROP TABLE ${t}`,
          `ALTER TABLE fresh RENAME TO ${t}`,
        ]
    }
  }
  return Array.from({ length: 1 + random(4) }, one)
}
