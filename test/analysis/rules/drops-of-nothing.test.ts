import { describe, expect, test } from 'vitest'
import { judgeScenario } from '../scenario-run.js'

const SCHEMA = `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, note TEXT, size INTEGER AS (length(name)));
CREATE TABLE empty (id INTEGER PRIMARY KEY, word TEXT);`
const ROWS = `INSERT INTO t (id, name) VALUES (1, 'one'), (2, 'two');`
const WITHOUT_NOTE =
  'CREATE TABLE t2 (id INTEGER PRIMARY KEY, name TEXT, size INTEGER AS (length(name))); INSERT INTO t2 SELECT id, name FROM t; DROP TABLE t; ALTER TABLE t2 RENAME TO t;'

async function drops(migration: string, sql?: string): Promise<string[]> {
  const queries = sql === undefined ? {} : { queries: [{ name: 'asked', sql }] }
  const scenario = { name: '', schema: SCHEMA, rows: ROWS, migration, verdict: 'ok' as const, codes: [] }
  const findings = await judgeScenario({ ...scenario, ...queries })
  return findings.map(({ code }) => code).filter((code) => /^D[SL]10[23]$/.test(code))
}

describe('a drop of what holds nothing is silent', () => {
  test.each([
    ['an empty table', 'DROP TABLE empty;'],
    ['an empty table, where a query asks for another one', 'DROP TABLE empty;', 'SELECT name FROM t'],
    ['an empty table, where a query holds its name as a text', 'DROP TABLE empty;', `SELECT 'empty' FROM t`],
    ['a column of an empty table', 'ALTER TABLE empty DROP COLUMN word;'],
    ['a column without a value', 'ALTER TABLE t DROP COLUMN note;'],
    ['a column without a value, by a rebuild', WITHOUT_NOTE],
    ['a column that a query names of another table', 'ALTER TABLE t DROP COLUMN note;', 'SELECT note FROM x'],
  ])('%s', async (_, migration, query?: string) => {
    expect(await drops(migration, query)).toEqual([])
  })
})

describe('a drop that something may miss is told', () => {
  test.each([
    ['a table with rows', 'DROP TABLE t;', undefined, 'DL102'],
    ['an empty table that a query reads', 'DROP TABLE empty;', 'SELECT * FROM "Empty"', 'DS102'],
    [
      'an empty table that a query fills',
      'DROP TABLE empty;',
      'INSERT INTO empty (word) VALUES (?)',
      'DS102',
    ],
    [
      'a column with values',
      'ALTER TABLE t DROP COLUMN size; ALTER TABLE t DROP COLUMN name;',
      undefined,
      'DS103',
    ],
    ['a column without a value that a query names', WITHOUT_NOTE, 'SELECT note FROM t', 'DS103'],
    ['a column that is computed', 'ALTER TABLE t DROP COLUMN size;', undefined, 'DS103'],
    ['a table whose rows the same file deletes first', 'DELETE FROM t; DROP TABLE t;', undefined, 'DL102'],
  ])('%s', async (_, migration, query, code) => {
    expect(await drops(migration, query)).toContain(code)
  })
})

describe('one drop is one finding', () => {
  test.each([
    ['rows that are lost', 'DROP TABLE t;', ['DL102']],
    ['rows that go into another table', 'INSERT INTO empty SELECT id, name FROM t; DROP TABLE t;', ['DS102']],
    [
      'values that are lost',
      'ALTER TABLE t DROP COLUMN size; ALTER TABLE t DROP COLUMN name;',
      ['DS103', 'DL103'],
    ],
    [
      'values that go into another column',
      'ALTER TABLE t ADD COLUMN title TEXT; UPDATE t SET title = name; ALTER TABLE t DROP COLUMN size; ALTER TABLE t DROP COLUMN name;',
      ['DS103', 'DS103'],
    ],
  ])('%s', async (_, migration, codes) => {
    expect(await drops(migration)).toEqual(codes)
  })
})
