import { describe, expect, test } from 'vitest'
import { DIFF_MARKS, sqlDiff, sqlRows } from '../../src/text/sql-diff.js'

const shown = (before?: string, after?: string): string[] =>
  sqlDiff(before, after).map(({ mark, sql }) => `${DIFF_MARKS[mark]}${sql}`)

describe('the difference of two objects shows what changed, and nothing else as changed', () => {
  test.each<[string, string | undefined, string | undefined, string[]]>([
    [
      'a column at the end, behind which a comma comes to its neighbour',
      'CREATE TABLE t(a INTEGER,b TEXT)',
      'CREATE TABLE t(a INTEGER,b TEXT,c TEXT)',
      [' CREATE TABLE t(', '   a INTEGER,', '   b TEXT,', '+  c TEXT', ' )'],
    ],
    [
      'a column that is gone',
      'CREATE TABLE t(a INTEGER,b TEXT)',
      'CREATE TABLE t(a INTEGER)',
      [' CREATE TABLE t(', '   a INTEGER', '-  b TEXT', ' )'],
    ],
    ['an object that is new', undefined, 'CREATE INDEX i ON t(a,b)', ['+CREATE INDEX i ON t(a,b)']],
    [
      'one that is gone',
      'CREATE VIEW v AS SELECT a,b FROM t',
      undefined,
      ['-CREATE VIEW v AS SELECT a,b FROM t'],
    ],
    ['none', undefined, undefined, []],
    ['the same', 'CREATE VIEW v AS SELECT 1', 'CREATE VIEW v AS SELECT 1', [' CREATE VIEW v AS SELECT 1']],
  ])('%s', (_, before, after, rows) => {
    expect(shown(before, after)).toEqual(rows)
  })
})

describe('a row is broken where a column or a statement ends', () => {
  test.each<[string, string, string[]]>([
    [
      'never within brackets, quotes or a name',
      `CREATE TABLE "a,(b"(c NUMERIC(4,2),d TEXT DEFAULT 'x,);y',[e,f] TEXT,CHECK(c IN(1,2)))STRICT`,
      [
        'CREATE TABLE "a,(b"(',
        '  c NUMERIC(4,2),',
        "  d TEXT DEFAULT 'x,);y',",
        '  [e,f] TEXT,',
        '  CHECK(c IN(1,2))',
        ')STRICT',
      ],
    ],
    [
      'in a trigger behind each statement',
      "CREATE TRIGGER r AFTER INSERT ON a BEGIN UPDATE b SET c=';',d=2;DELETE FROM e; END",
      ["CREATE TRIGGER r AFTER INSERT ON a BEGIN UPDATE b SET c=';',d=2;", 'DELETE FROM e;', 'END'],
    ],
    ['a table made from a query is one row', 'CREATE TABLE a AS SELECT 1', ['CREATE TABLE a AS SELECT 1']],
    ['what is no SQL stays whole', "it's ( open", ["it's ( open"]],
    ['nothing', '', []],
  ])('%s', (_, sql, rows) => {
    expect(sqlRows(sql)).toEqual(rows)
  })

  test('nothing is left out, whatever it is', () => {
    for (const sql of [')))(((', "'", '"a', 'CREATE TABLE t(((a)', 'a;;b;', ',,,', 'CREATE TABLE x(a))b'])
      expect(sqlRows(sql).join('').replaceAll(' ', '')).toBe(sql.replaceAll(' ', ''))
  })
})
