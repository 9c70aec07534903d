import { expect, test } from 'vitest'
import { alreadyThere } from '../../../src/analysis/statement/already-there.js'

const names = (sql: string, there: string[]): string[] =>
  alreadyThere(sql, ({ type, name }) => there.includes(`${type} ${name}`)).map(
    ({ type, name }) => `${type} ${name}`,
  )

test.each([
  ['a table', 'CREATE TABLE t (x);', ['table t']],
  ['a quoted one, in a schema', 'CREATE TABLE main."t" (x);', ['table t']],
  ['an index', 'CREATE UNIQUE INDEX i ON t (x);', ['index i']],
  ['a view', 'CREATE VIEW v AS SELECT 1;', ['view v']],
  ['a search table', 'CREATE VIRTUAL TABLE t USING fts5 (x);', ['table t']],
])('%s that is there is named', (_what, sql, there) => {
  expect(names(sql, there)).toEqual(there)
})

test.each([
  ['is not there', 'CREATE TABLE t (x);', ['table u']],
  ['is of another kind', 'CREATE TABLE t (x);', ['view t']],
  ['is made only where it is not', 'CREATE TABLE IF NOT EXISTS t (x);', ['table t']],
  ['is dropped first', 'DROP TABLE IF EXISTS t; CREATE TABLE t (x);', ['table t']],
  ['is temporary', 'CREATE TEMP TABLE t (x);', ['table t']],
  ['is only written to', 'INSERT INTO t VALUES (1);', ['table t']],
])('what %s is in nobody’s way', (_what, sql, there) => {
  expect(names(sql, there)).toEqual([])
})
