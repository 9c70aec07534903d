import { expect, test } from 'vitest'
import type { RowChange } from '../../../src/contract/plan.js'
import { rehearsedOn } from '../reverse/rehearsed.js'

const SCHEMA = `CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, note TEXT);
  INSERT INTO users VALUES (1, 'Ada', 'a'), (2, 'Bo', 'b'), (3, 'Cy', 'c');
  CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT);
  INSERT INTO teams VALUES (1, 'red'), (2, 'blue');`

const COPY = `CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, note TEXT);`
const teams = { table: 'teams', before: 2, after: 2 }
const renamed = { table: 'people', before: 3, after: 3, renamedFrom: 'users' }
const apart = (after: number, other: RowChange = teams): RowChange[] => [
  { table: 'people', before: null, after },
  other,
  { table: 'users', before: 3, after: null },
]

test.each<[string, string, RowChange[]]>([
  ['by ALTER TABLE', `ALTER TABLE users RENAME TO people;`, [renamed, teams]],
  ['by a copy of it', `${COPY} INSERT INTO people SELECT * FROM users; DROP TABLE users;`, [renamed, teams]],
  [
    'and loses a column',
    `ALTER TABLE users RENAME TO people; ALTER TABLE people DROP COLUMN note;`,
    [renamed, teams],
  ],
  [
    'and rows come and go',
    `ALTER TABLE users RENAME TO people; DELETE FROM people WHERE id > 1;`,
    [{ ...renamed, after: 1 }, teams],
  ],
  [
    'and another one has its name',
    `ALTER TABLE users RENAME TO people; CREATE TABLE users (id INTEGER PRIMARY KEY);`,
    [renamed, teams, { table: 'users', before: null, after: 0 }],
  ],
  [
    'to the name of one that is dropped',
    `DROP TABLE teams; ALTER TABLE users RENAME TO teams;`,
    [
      { table: 'teams', before: 2, after: null },
      { ...renamed, table: 'teams' },
    ],
  ],
  [
    'and another one takes its name: both are',
    `ALTER TABLE users RENAME TO u; ALTER TABLE teams RENAME TO users; ALTER TABLE u RENAME TO teams;`,
    [
      { ...renamed, table: 'teams' },
      { table: 'users', before: 2, after: 2, renamedFrom: 'teams' },
    ],
  ],
])('a table that is renamed %s is one line', async (_, migration, rows) => {
  expect((await rehearsedOn(SCHEMA, migration)).rows).toEqual(rows)
})

test.each<[string, string, RowChange[]]>([
  [
    'holds some of its rows',
    `${COPY} INSERT INTO people SELECT * FROM users WHERE id > 1; DROP TABLE users;`,
    apart(2),
  ],
  [
    'holds others too',
    `${COPY} INSERT INTO people SELECT * FROM users; INSERT INTO people VALUES (9, 'Di', 'd'); DROP TABLE users;`,
    apart(4),
  ],
  [
    'holds its rows and those of another one',
    `${COPY} INSERT INTO people SELECT * FROM users; INSERT INTO people SELECT id + 10, name, NULL FROM teams; DROP TABLE users; DROP TABLE teams;`,
    apart(5, { ...teams, after: null }),
  ],
  [
    'has as many rows, from elsewhere',
    `${COPY} INSERT INTO people VALUES (1, 'x', 'x'), (2, 'y', 'y'), (3, 'z', 'z'); DROP TABLE users;`,
    apart(3),
  ],
  [
    'is beside it',
    `${COPY} INSERT INTO people SELECT * FROM users;`,
    [{ table: 'people', before: null, after: 3 }, teams, { table: 'users', before: 3, after: 3 }],
  ],
])('a table that %s is no renamed one', async (_, migration, rows) => {
  expect((await rehearsedOn(SCHEMA, migration)).rows).toEqual(rows)
})

test('a rebuild under its own name is no renaming', async () => {
  const rebuild = `ALTER TABLE users RENAME TO users_old; ${COPY.replace('people', 'users')} INSERT INTO users SELECT * FROM users_old; DROP TABLE users_old;`
  expect((await rehearsedOn(SCHEMA, rebuild)).rows).toEqual([teams, { table: 'users', before: 3, after: 3 }])
})
