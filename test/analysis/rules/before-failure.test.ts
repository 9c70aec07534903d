import { expect, test } from 'vitest'
import { judgeScenario } from '../scenario-run.js'

const SCHEMA = `CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, age INTEGER);
CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES people (id) ON DELETE CASCADE);
CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);`
const ROWS = `INSERT INTO people VALUES (1, 'A@x', 5), (2, 'b@x', 6), (3, 'c@x', 7);
INSERT INTO pets VALUES (7, 2), (8, 3); INSERT INTO notes VALUES (1, 'one'), (2, 'two');`
const FAILS = 'CREATE INDEX i ON nowhere (id);'

const LOSSES = ['DL101', 'DL102', 'DL103', 'CH101', 'CH102']

/** What is said of the same statements where nothing fails. */
const otherwise = async (migration: string): Promise<string[]> => {
  const findings = await judgeScenario({
    name: '',
    schema: SCHEMA,
    rows: ROWS,
    migration,
    verdict: 'ok',
    codes: [],
  })
  return findings.map(({ code }) => code).filter((code) => LOSSES.includes(code))
}

const losses = async (migration: string): Promise<string[]> => {
  const findings = await judgeScenario({
    name: '',
    schema: SCHEMA,
    rows: ROWS,
    migration,
    verdict: 'block',
    codes: [],
  })
  return findings
    .filter(({ message }) => message.endsWith('before the failing one do.'))
    .map(({ code }) => code)
}

test.each([
  ['rows that are deleted', 'DELETE FROM notes WHERE id = 1;', ['DL102']],
  ['a table that is dropped', 'DROP TABLE notes;', ['DL102']],
  ['a column that is dropped', 'ALTER TABLE people DROP COLUMN age;', ['DL103']],
  ['values that are changed', 'UPDATE people SET email = lower(email);', ['CH101']],
  ['rows that a foreign key takes along', 'DELETE FROM people WHERE id = 2;', ['DL102', 'DL102']],
])('what stands before the statement that fails is told: %s', async (_what, before, codes) => {
  expect((await losses(`${before} ${FAILS}`)).sort()).toEqual(codes)
  expect((await otherwise(before)).sort()).toEqual(codes)
})

test.each([
  ['nothing stands before it', ''],
  ['what stands before it takes nothing', 'CREATE TABLE more (id INTEGER PRIMARY KEY);'],
  [
    'a table half-way through its rebuild',
    'CREATE TABLE n2 AS SELECT * FROM notes; DELETE FROM notes; INSERT INTO notes SELECT nothing FROM n2;',
  ],
  [
    'a table that the failing statement would fill',
    "DELETE FROM notes; INSERT INTO notes VALUES (1, 'one', 'more');",
  ],
  ['a statement that D1 refuses by rule', "DELETE FROM notes; ATTACH 'x' AS y;"],
  ['a file that fails as a whole, at its end', 'PRAGMA defer_foreign_keys = on; UPDATE pets SET owner = 9;'],
])('%s: nothing is said of it', async (_what, migration) => {
  expect(
    await losses(
      migration.includes('notes;') || migration.startsWith('PRAGMA') ? migration : `${migration} ${FAILS}`,
    ),
  ).toEqual([])
})
