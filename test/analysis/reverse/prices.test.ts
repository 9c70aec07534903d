import type { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { rehearsedOn, wayBackFrom } from './rehearsed.js'

const SCHEMA = `CREATE TABLE a (id INTEGER PRIMARY KEY, n TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, m TEXT);
CREATE TABLE c (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a (id) ON DELETE CASCADE);
INSERT INTO a VALUES (1, 'x'), (2, 'y'), (3, 'z'); INSERT INTO b VALUES (1, 'k'), (9, 'l'); INSERT INTO c VALUES (7, 2);`

/** What the way back costs, and whether it brings every row of before back. */
async function wayBack(forward: string, schema = '') {
  const rehearsed = await rehearsedOn(`${SCHEMA}${schema}`, forward)
  const { available, sql = '', price } = await wayBackFrom(rehearsed)
  const before = openSqlite(rehearsed.prior)
  const back = openSqlite(rehearsed.main)
  if (available) back.exec(`BEGIN; ${sql} COMMIT;`)
  const same = rowsOf(back) === rowsOf(before)
  back.close()
  before.close()
  return { available, price, same, rows: rehearsed.rows }
}

function rowsOf(database: DatabaseSync): string {
  return JSON.stringify(
    ['a', 'b', 'c'].map((table) => database.prepare(`SELECT * FROM ${table} ORDER BY 1`).all()),
  )
}

describe('a way back that brings every row back costs nothing', () => {
  test.each([
    [
      'two tables change names',
      'ALTER TABLE a RENAME TO t; ALTER TABLE b RENAME TO a; ALTER TABLE t RENAME TO b;',
    ],
    [
      'three tables change names',
      'ALTER TABLE a RENAME TO t; ALTER TABLE b RENAME TO a; ALTER TABLE c RENAME TO b; ALTER TABLE t RENAME TO c;',
    ],
    ['a table takes the name of one that is dropped', 'DROP TABLE b; ALTER TABLE a RENAME TO b;'],
    ['a column that is computed comes', 'ALTER TABLE a ADD COLUMN size INTEGER AS (length(n));'],
    [
      'a column that is computed comes by a rebuild',
      'CREATE TABLE b2 (id INTEGER PRIMARY KEY, m TEXT, size INTEGER AS (length(m)) STORED); INSERT INTO b2 SELECT id, m FROM b; DROP TABLE b; ALTER TABLE b2 RENAME TO b;',
    ],
    ['rows get other keys', 'UPDATE b SET id = id + 100;'],
    ['rows get other keys, and one goes', 'UPDATE b SET id = id + 100; DELETE FROM b WHERE id = 101;'],
  ])('%s', async (_, forward) => {
    expect(await wayBack(forward)).toMatchObject({ available: true, price: [], same: true })
  })
})

describe('what a way back takes away is counted', () => {
  test.each([
    ['one row', `INSERT INTO b VALUES (20, 'q');`, '1 row that the migration added to b goes.'],
    ['two rows', `INSERT INTO b VALUES (20, 'q'), (21, 'r');`, '2 rows that the migration added to b go.'],
    [
      'one row beside those that got other keys',
      `UPDATE b SET id = id + 100; INSERT INTO b VALUES (20, 'q');`,
      '1 row that the migration added to b goes.',
    ],
    ['a column', 'ALTER TABLE b ADD COLUMN w TEXT;', 'Values written into b.w go with the column.'],
  ])('%s', async (_, forward, sentence) => {
    expect(await wayBack(forward)).toMatchObject({ available: true, price: [sentence], same: true })
  })
})

test.each([
  ['a trigger', 'DELETE FROM b WHERE id = 9;'],
  ['a REPLACE', `INSERT OR REPLACE INTO l SELECT x, y FROM l WHERE 0;`],
  ['an UPDATE OR REPLACE', 'UPDATE OR REPLACE l SET y = y;'],
])(
  'rows that get another key by a query are not added by the migration where %s takes none',
  async (_, idle) => {
    const links = `CREATE TABLE l (x INTEGER, y INTEGER, PRIMARY KEY (x, y)) WITHOUT ROWID; INSERT INTO l VALUES (1, 2), (2, 3);
    CREATE TRIGGER of_b AFTER DELETE ON b BEGIN DELETE FROM l WHERE x = old.id; END;`
    const { price } = await wayBack(`${idle} UPDATE l SET y = (SELECT max(id) FROM a WHERE id <> y);`, links)
    expect(price).toEqual([])
  },
)

test('rows that a trigger puts into a full-text table are counted', async () => {
  const { rows } = await wayBack(
    `INSERT INTO b VALUES (30, 'w');`,
    'CREATE VIRTUAL TABLE f USING fts5(n); CREATE TRIGGER fed AFTER INSERT ON b BEGIN INSERT INTO f VALUES (new.m); END;',
  )
  expect(rows.find(({ table }) => table === 'f')).toEqual({ table: 'f', before: 0, after: 1 })
})
