import { expect, test } from 'vitest'
import type { Finding } from '../../../src/contract/finding.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { judgeScenario } from '../scenario-run.js'

const SCHEMA = `CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, "first name" TEXT, age INTEGER);
CREATE TABLE other (email TEXT);`
const ROWS = `INSERT INTO people VALUES (1, 'a@x', 'A', 5), (2, 'a@x', 'B', -1), (3, NULL, 'A', 7), (4, NULL, 'C', 7);`
const NEW = 'CREATE TABLE people_new (id INTEGER PRIMARY KEY'

const failureOf = async (migration: string, schema = SCHEMA, rows = ROWS): Promise<Finding> => {
  const findings = await judgeScenario({
    name: '',
    schema,
    rows,
    migration,
    verdict: 'block',
    codes: [],
  })
  const found = findings.find(({ code }) => code === 'RH101')
  if (found === undefined) throw new Error('nothing failed')
  return found
}

const answer = (query: string, content = SCHEMA + ROWS): unknown[] => {
  const database = openSqlite(':memory:')
  try {
    database.exec(content)
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

const PEOPLE_OF = `CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES people (id));`
const PETS = `INSERT INTO pets VALUES (7, 2), (8, 3), (9, NULL);`

test.each([
  [
    'a named CHECK',
    `${NEW}, age INTEGER CONSTRAINT grown CHECK (age >= 0)); INSERT INTO people_new SELECT id, age FROM people;`,
    '1 row: id = 2, age = -1',
    1,
  ],
  [
    'an index of an expression',
    'CREATE UNIQUE INDEX u ON people (lower(email));',
    "lower(email) = 'a@x' in 2 rows, such as id 1 and 2",
    1,
  ],
  [
    'a partial index',
    'CREATE UNIQUE INDEX u ON people (email) WHERE age <> 7;',
    "email = 'a@x' in 2 rows",
    1,
  ],
  [
    'a column under another name',
    `${NEW}, mail TEXT UNIQUE); INSERT INTO people_new SELECT id, email FROM people;`,
    "mail = 'a@x' in 2 rows",
    1,
  ],
  [
    'values that the copy changes',
    `${NEW}, email TEXT UNIQUE); INSERT INTO people_new SELECT id, substr(coalesce(email, 'a'), 1, 1) FROM people;`,
    "email = 'a' in 4 rows",
    1,
  ],
  [
    'an UPDATE that makes them equal',
    `CREATE UNIQUE INDEX u ON people (age) WHERE 0; CREATE UNIQUE INDEX v ON people (id, age); CREATE UNIQUE INDEX w ON people ("first name", id); UPDATE people SET id = 1 WHERE id < 3;`,
    'id = 1 in 2 rows',
    1,
  ],
  [
    'a STRICT table',
    `CREATE TABLE whole (id INTEGER PRIMARY KEY, email INT) STRICT; INSERT INTO whole SELECT id, email FROM people;`,
    "id = 1, email = 'a@x'",
    2,
  ],
  [
    'a key that must be a number',
    `CREATE TABLE whole (id INTEGER PRIMARY KEY); INSERT INTO whole SELECT email FROM people WHERE id = 1;`,
    "id = 'a@x'",
    1,
  ],
  [
    'a DELETE of rows that others reference',
    'DELETE FROM people WHERE id = 2;',
    '1 row of pets would reference no row of people: id = 7',
    1,
  ],
  [
    'a DROP of such a table',
    'DROP TABLE people;',
    '2 rows of pets would reference no row of people: id = 7; id = 8',
    2,
  ],
  [
    'an UPDATE of a reference',
    'UPDATE pets SET owner = 99 WHERE id = 9;',
    'reference no row of people: id = 9',
    1,
  ],
  [
    'keys that are judged at the end',
    'PRAGMA defer_foreign_keys = ON; DELETE FROM people WHERE id = 3;',
    'reference no row of people: id = 8',
    1,
  ],
  [
    'a copy under a new reference',
    `CREATE TABLE pets_new (id INTEGER PRIMARY KEY, n INTEGER REFERENCES people (id)); INSERT INTO pets_new SELECT id, id FROM pets;`,
    '3 rows of pets_new would reference no row of people: id = 7; id = 8; id = 9',
    undefined,
  ],
])(
  '%s names the rows, and a SELECT that finds them in the database as it is',
  async (_what, migration, says, found) => {
    const [schema, rows] = [`${SCHEMA} ${PEOPLE_OF}`, `${ROWS} ${PETS}`]
    const { message, query } = await failureOf(migration, schema, rows)
    expect(message).toContain(says)
    if (found === undefined) expect(query).toBeUndefined()
    else expect(answer(query ?? '', schema + rows)).toHaveLength(found)
  },
)

test.each([
  ['rows that the file itself spells out', `INSERT INTO people VALUES (1, 'x', 'x', 1);`],
  [
    'rows that the file makes first',
    'CREATE TABLE made AS SELECT * FROM people; CREATE UNIQUE INDEX u ON made (email);',
  ],
  ['a table that is not there', 'UPDATE nobody SET x = 1;'],
])('%s: no SELECT is made up', async (_what, migration) => {
  expect(await failureOf(migration)).not.toHaveProperty('query')
})

const UNIQUE = `${NEW}, email TEXT UNIQUE);`

test.each([
  [
    'a required column',
    'ALTER TABLE people ADD COLUMN n TEXT NOT NULL;',
    '4 rows for people have no value there: id = 1; id = 2; id = 3; …',
    4,
  ],
  [
    'a required column whose default is NULL',
    'ALTER TABLE people ADD COLUMN n TEXT NOT NULL DEFAULT NULL;',
    '4 rows for people',
    4,
  ],
  [
    'a CHECK against the default',
    'ALTER TABLE people ADD COLUMN n INTEGER DEFAULT 6 CHECK (n > age);',
    'The CHECK refuses 2 rows: id = 3; id = 4.',
    2,
  ],
  [
    'a CHECK that a signed default breaks',
    'ALTER TABLE people ADD COLUMN n INTEGER DEFAULT -6 CHECK (n > 0);',
    'The CHECK refuses 4 rows',
    4,
  ],
  [
    'a required column that is computed',
    'ALTER TABLE people ADD COLUMN n TEXT AS (upper(email)) NOT NULL;',
    '2 rows for people have no value there: id = 3; id = 4.',
    2,
  ],
  [
    'an INSERT behind WITH',
    `${UNIQUE} WITH x AS (SELECT * FROM people) INSERT INTO people_new (id, email) SELECT id, email FROM x;`,
    `email = 'a@x' in 2 rows, such as id 1 and 2`,
    1,
  ],
  [
    'an INSERT before WITH',
    `${UNIQUE} INSERT INTO people_new WITH x AS (SELECT id, email FROM people) SELECT * FROM x;`,
    `email = 'a@x' in 2 rows`,
    1,
  ],
  [
    'an INSERT of columns behind WITH with NOT NULL',
    `${NEW}, email TEXT NOT NULL); WITH x AS (SELECT id, email FROM people) INSERT INTO people_new (email, id) SELECT email, id FROM x;`,
    '2 rows for people_new have no value there: id = 3; id = 4.',
    2,
  ],
])('%s names its rows', async (_what, migration, sentence, found) => {
  const { message, query = '' } = await failureOf(migration)
  expect(message).toContain(sentence)
  expect(answer(query)).toHaveLength(found)
})

test.each([
  ['a column with a default', `ALTER TABLE people ADD COLUMN n TEXT NOT NULL DEFAULT 'x';`],
  ['a CHECK that NULL passes', 'ALTER TABLE people ADD COLUMN n INTEGER CHECK (n > 0);'],
  [
    'an INSERT behind WITH of rows that differ',
    `${UNIQUE} WITH x AS (SELECT * FROM people WHERE id > 1) INSERT INTO people_new SELECT id, email FROM x;`,
  ],
])('%s runs', async (_what, migration) => {
  await expect(failureOf(migration)).rejects.toThrow('nothing failed')
})

const SHELF = `CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE posts (id INTEGER PRIMARY KEY, u INTEGER REFERENCES users (id) ON DELETE CASCADE, title TEXT);
CREATE TABLE replies (id INTEGER PRIMARY KEY, p INTEGER REFERENCES posts (id) ON DELETE CASCADE);
CREATE VIRTUAL TABLE found USING fts5(title, content='posts', content_rowid='id');
CREATE TRIGGER posts_in AFTER INSERT ON posts BEGIN INSERT INTO found (rowid, title) VALUES (new.id, new.title); END;`
const SHELF_ROWS = `INSERT INTO users VALUES (1, 'Ann'); INSERT INTO posts VALUES (1, 1, 'one'); INSERT INTO replies VALUES (1, 1);`
const GONE = `CREATE TRIGGER posts_out AFTER DELETE ON posts BEGIN INSERT INTO found (found, rowid, title) VALUES ('delete', old.id, old.title); END;`
const USERS_AGAIN =
  'CREATE TABLE users_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO users_new SELECT * FROM users; DROP TABLE users; ALTER TABLE users_new RENAME TO users;'

test('a DROP that a search trigger ends names that trigger, and all tables of which rows would go', async () => {
  const { message } = await failureOf(USERS_AGAIN, `${SHELF} ${GONE}`, SHELF_ROWS)
  expect(message).toBe(
    'database table is locked: DROP TABLE users would delete the rows that reference it in posts, and those that reference these in replies: foreign keys stay on. That sets off the trigger posts_out, which writes the search index found: SQLite refuses it within a DROP TABLE',
  )
})

test('a DROP that a key refuses names no trigger, and none that another statement sets off', async () => {
  const keys = SHELF.replace('(id) ON DELETE CASCADE, title', '(id), title')
  const { message } = await failureOf(USERS_AGAIN, keys, SHELF_ROWS)
  expect(message).toContain('DROP TABLE users is refused as long as it is referenced by rows of posts')
  expect(message).not.toContain('trigger')
})
