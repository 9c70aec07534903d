import type { Scenario } from './scenario.js'

const TABLE = {
  schema: 'CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, rare TEXT, blank TEXT);',
  rows: `INSERT INTO t VALUES (1, 'a', NULL, ''), (2, 'b', NULL, NULL), (3, 'c', 'x', ''), (4, 'd', NULL, 'y'), (5, NULL, NULL, 'z');`,
}
const COLUMNS = 'id INTEGER PRIMARY KEY, name TEXT, rare TEXT, blank TEXT'
const rebuilt = (select: string): string =>
  `CREATE TABLE n (${COLUMNS}); INSERT INTO n ${select}; DROP TABLE t; ALTER TABLE n RENAME TO t;`
const told = (name: string, migration: string, says: string, more: Partial<Scenario> = {}): Scenario => ({
  ...TABLE,
  ...{ name, migration, says: [says], verdict: 'acknowledge', codes: ['CH101'] },
  ...more,
})

/** How many rows change, of how many: of all, or of those that had a value; where rows go as well, no whole is named. */
export const HOW_MANY: Scenario[] = [
  told(
    'one of many rows, of which some have no value',
    `UPDATE t SET name = 'aa' WHERE id = 1;`,
    `t.name changes in 1 row of 4 with a value: 'a' -> 'aa'`,
  ),
  told(
    'the only row with a value',
    `UPDATE t SET rare = 'xx' WHERE id = 3;`,
    `t.rare changes in 1 row of 1 with a value: 'x' -> 'xx'`,
  ),
  told('a key, which every row has', 'UPDATE t SET id = id + 10;', 't.id changes in 5 rows of 5'),
  told(
    'an empty text is a value',
    `UPDATE t SET blank = 'yy' WHERE id = 4;`,
    `t.blank changes in 1 row of 4 with a value: 'y' -> 'yy'`,
  ),
  told(
    'by the copy of a rebuild',
    rebuilt(`SELECT id, name || '!', rare, blank FROM t`),
    `t.name changes in 4 rows of 4 with a value`,
  ),
  told(
    'and a row without a value goes',
    `UPDATE t SET name = 'aa' WHERE id = 1; DELETE FROM t WHERE id = 5;`,
    `t.name changes in 1 row: 'a' -> 'aa'`,
    { verdict: 'block', codes: ['CH101', 'DL102'] },
  ),
  told(
    'and a row with a value goes',
    `UPDATE t SET rare = 'xx' WHERE id = 3; DELETE FROM t WHERE id = 1;`,
    `t.rare changes in 1 row: 'x' -> 'xx'`,
    { verdict: 'block', codes: ['CH101', 'DL102'] },
  ),
  told(
    'values that become equal, beside one that only changes',
    'UPDATE t SET name = substr(name, 1, 1);',
    'it changes in 3 rows of 4 with a value',
    {
      rows: `INSERT INTO t (name) VALUES ('ab'), ('ac'), ('bd'), ('d'), (NULL);`,
      ...{ verdict: 'block', codes: ['DL103'] },
    },
  ),
  {
    name: 'a table that takes the place of another has a key of it twice: its row is one',
    schema:
      'CREATE TABLE stock (sku TEXT PRIMARY KEY, qty INTEGER); CREATE TABLE stock_in (sku TEXT, qty INTEGER);',
    rows: `INSERT INTO stock VALUES ('a', 5), ('b', 6), ('c', 7); INSERT INTO stock_in VALUES ('a', 1), ('a', 2), ('b', 6), ('c', 9), ('d', 1);`,
    migration: 'DROP TABLE stock; ALTER TABLE stock_in RENAME TO stock;',
    verdict: 'block',
    codes: ['CT101', 'CH101', 'DL102'],
    says: ['stock.qty changes in 2 rows of 3', '2 rows of stock are new'],
  },
  {
    name: 'one of the rows of a key that is there twice is as it was',
    schema:
      'CREATE TABLE stock (sku TEXT PRIMARY KEY, qty INTEGER); CREATE TABLE stock_in (sku TEXT, qty INTEGER);',
    rows: `INSERT INTO stock VALUES ('a', 5), ('b', 6); INSERT INTO stock_in VALUES ('a', 1), ('a', 5), ('b', 6);`,
    migration: 'DROP TABLE stock; ALTER TABLE stock_in RENAME TO stock;',
    verdict: 'block',
    codes: ['CT101', 'DL102'],
    silent: ['CH101'],
    says: ['1 row of stock is new'],
  },
]
