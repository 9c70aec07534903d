import { randomOf } from '../random-migration.js'

/** One table, and a migration that moves its rows or the values of a column: with the link to their row, or without. */
export interface RandomMove {
  schema: string[]
  rows: string[]
  migration: string
  /** By construction nothing is lost; undefined: the rows decide. */
  lossless: boolean | undefined
  /** Undone by the reader: what a value became that is found by its key. */
  undo: (text: string) => string[]
}

const TEXTS = ['a', 'b', 'ab', 'a-b', 'b-a', '1', '2', '3', 'x y', 'A', '']

export function randomMove(seed: number): RandomMove {
  const random = randomOf(seed)
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T
  const textKey = random(3) === 0
  const keyOf = (n: number): string => (textKey ? `'k${n}'` : `${n}`)
  const value = (): string => {
    const kind = random(6)
    return kind === 0 ? 'NULL' : kind === 1 ? `${random(4)}` : `'${pick(TEXTS)}'`
  }
  const step = 1 + random(3)
  const schema = [
    `CREATE TABLE src (id ${textKey ? 'TEXT' : 'INTEGER'} PRIMARY KEY, v ANY, w ANY, keep INTEGER)`,
    `CREATE TABLE old (id ${textKey ? 'TEXT' : 'INTEGER'} PRIMARY KEY, v ANY, w ANY, keep INTEGER)`,
  ]
  const rows = Array.from(
    { length: 1 + random(6) },
    (_, at) => `INSERT INTO src VALUES (${keyOf(1 + at * step)}, ${value()}, ${value()}, ${random(2)})`,
  )
  for (let at = 0; at < random(3); at += 1)
    rows.push(
      `INSERT OR IGNORE INTO old VALUES (${keyOf(1 + random(5))}, ${value()}, ${value()}, ${random(2)})`,
    )
  const expression = pick([
    { sql: 'v', whole: true },
    { sql: 'v', whole: true },
    { sql: `'p-' || v`, whole: false },
    { sql: 'length(v)', whole: false },
    { sql: 'upper(v)', whole: false },
    { sql: `CASE WHEN v > 'a' THEN 1 ELSE 0 END`, whole: false },
    { sql: `v || '-' || w`, whole: false },
    { sql: 'w', whole: false },
    { sql: 'row_number() OVER (ORDER BY v)', whole: false },
  ])
  const undo = (text: string): string[] => [
    text,
    text.startsWith('p-') ? text.slice(2) : text,
    ...text.split('-'),
    text.slice(text.indexOf('-') + 1),
    text.slice(0, Math.max(0, text.lastIndexOf('-'))),
  ]
  const filter = pick(['', ' WHERE keep = 1', ' WHERE v IS NOT NULL', ''])
  const copiesAll = filter === '' || filter === ' WHERE v IS NOT NULL'
  const move = (migration: string, lossless?: boolean): RandomMove => ({
    ...{ schema, rows, migration, undo },
    lossless,
  })
  switch (random(8)) {
    case 0:
      return move(
        `ALTER TABLE src ADD COLUMN n ANY; UPDATE src SET n = ${expression.sql.startsWith('row') ? 'length(v)' : expression.sql}${filter}; ALTER TABLE src DROP COLUMN v;`,
        expression.whole && copiesAll ? true : undefined,
      )
    case 1: {
      const link = pick(['id', 'id', 'row_number() OVER (ORDER BY id)', 'NULL'])
      return move(
        `CREATE TABLE child (id INTEGER PRIMARY KEY, owner ANY, n ANY); INSERT INTO child (owner, n) SELECT ${link}, ${expression.sql} FROM src${filter}; ALTER TABLE src DROP COLUMN v;`,
        expression.whole && link === 'id' && copiesAll ? true : undefined,
      )
    }
    case 2:
      return move(
        `CREATE TABLE child (id INTEGER PRIMARY KEY, n ANY); INSERT INTO child (n) SELECT ${expression.sql} FROM src ORDER BY ${pick(['id', 'v', 'w'])}; ALTER TABLE src DROP COLUMN v;`,
      )
    case 3: {
      const refers = random(2) === 0
      const reference = 'UPDATE src SET ref = (SELECT id FROM look WHERE look.n = src.v);'
      return move(
        `CREATE TABLE look (id INTEGER PRIMARY KEY, n ANY UNIQUE); INSERT INTO look (n) SELECT DISTINCT v FROM src WHERE v IS NOT NULL; ALTER TABLE src ADD COLUMN ref INTEGER; ${refers ? reference : ''} ALTER TABLE src DROP COLUMN v;`,
        refers ? true : undefined,
      )
    }
    case 4: {
      const or = pick(['OR IGNORE', 'OR IGNORE', 'OR REPLACE'])
      const taken = pick(['*', 'id, v, w, keep', 'id, w, v, keep', `id, v, 'x', keep`])
      return move(
        `INSERT ${or} INTO old SELECT ${taken} FROM src${pick(['', ' WHERE keep = 1', ` WHERE v IS NOT NULL`])}; DELETE FROM src WHERE keep = 1;`,
      )
    }
    case 5: {
      const taken = pick(['*', 'id, v, w', 'v, w, keep'])
      return move(
        `CREATE TABLE copy AS SELECT ${taken} FROM src${filter}; DROP TABLE src;`,
        taken === '*' && filter === '' ? true : undefined,
      )
    }
    case 6: {
      const from = pick(['src', `src${filter}`, 'src JOIN old USING (keep)', 'src'])
      const columns = from.includes('JOIN') ? 'src.id, src.v, src.w, src.keep' : 'id, v, w, keep'
      return move(
        `CREATE TABLE src_new (id ANY, v ANY, w ANY, keep INTEGER); INSERT INTO src_new SELECT ${columns} FROM ${from}; DROP TABLE src; ALTER TABLE src_new RENAME TO src;`,
        from === 'src' ? true : undefined,
      )
    }
    default:
      return move(
        `CREATE TABLE IF NOT EXISTS old (id ANY PRIMARY KEY, v ANY, w ANY, keep INTEGER); INSERT OR IGNORE INTO old SELECT * FROM src; DROP TABLE src; ALTER TABLE old RENAME TO src;`,
      )
  }
}
