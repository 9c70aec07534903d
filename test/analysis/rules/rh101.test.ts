import { expect, test } from 'vitest'
import type { Finding } from '../../../src/contract/finding.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { judgeScenario } from '../scenario-run.js'

const SCHEMA = `CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, "first name" TEXT, age INTEGER);
CREATE TABLE other (email TEXT);`
const ROWS = `INSERT INTO people VALUES (1, 'a@x', 'A', 5), (2, 'a@x', 'B', -1), (3, NULL, 'A', 7), (4, NULL, 'C', 7);`
const NEW = 'CREATE TABLE people_new (id INTEGER PRIMARY KEY'

const failureOf = async (migration: string, schema = SCHEMA): Promise<Finding> => {
  const findings = await judgeScenario({
    name: '',
    schema,
    rows: ROWS,
    migration,
    verdict: 'block',
    codes: [],
  })
  const found = findings.find(({ code }) => code === 'RH101')
  if (found === undefined) throw new Error('nothing failed')
  return found
}

const answer = (query: string): unknown[] => {
  const database = openSqlite(':memory:')
  try {
    database.exec(SCHEMA + ROWS)
    return database
      .prepare(query)
      .all()
      .map((row) => Object.values(row))
  } finally {
    database.close()
  }
}

test.each([
  ['a unique index over duplicates', 'CREATE UNIQUE INDEX u ON people (email);', [['a@x', 2]]],
  ['one over a name with a space', 'CREATE UNIQUE INDEX u ON people ("first name");', [['A', 2]]],
  ['one over two columns', 'CREATE UNIQUE INDEX u ON "people" (email, age); ', undefined],
  [
    'a copy into a table with UNIQUE',
    `${NEW}, email TEXT UNIQUE); INSERT INTO people_new SELECT id, email FROM people;`,
    [['a@x', 2]],
  ],
  [
    'a copy into a table with NOT NULL',
    `${NEW}, email TEXT NOT NULL); INSERT INTO people_new SELECT id, email FROM people;`,
    [
      [3, null, 'A', 7],
      [4, null, 'C', 7],
    ],
  ],
  [
    'a copy into a table with a CHECK',
    `${NEW}, age INTEGER CHECK (age >= 0)); INSERT INTO people_new SELECT id, age FROM people;`,
    [[2, 'a@x', 'B', -1]],
  ],
])('%s names the SELECT that finds the rows', async (_what, migration, rows) => {
  if (rows === undefined) {
    await expect(failureOf(migration)).rejects.toThrow('nothing failed')
    return
  }
  const { query = '' } = await failureOf(migration)
  expect(answer(query)).toEqual(rows)
})

test.each([
  ['rows that the file itself spells out', `INSERT INTO people VALUES (1, 'x', 'x', 1);`],
  [
    'a named CHECK',
    `${NEW}, age INTEGER CONSTRAINT grown CHECK (age >= 0)); INSERT INTO people_new SELECT id, age FROM people;`,
  ],
  ['an index of an expression', 'CREATE UNIQUE INDEX u ON people (lower(email));'],
  [
    'a value that two tables could give',
    `${NEW}, email TEXT NOT NULL); INSERT INTO people_new SELECT id, (SELECT email FROM other) FROM people;`,
  ],
  [
    'a column that has another name in the new table',
    `${NEW}, mail TEXT UNIQUE); INSERT INTO people_new SELECT id, email FROM people;`,
  ],
  ['a table that is not there', 'UPDATE nobody SET x = 1;'],
])('%s: no SELECT is made up', async (_what, migration) => {
  expect(await failureOf(migration)).not.toHaveProperty('query')
})
