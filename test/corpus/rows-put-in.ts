import type { Scenario } from './scenario.js'

const TABLES = {
  schema: `CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT, price INTEGER, active INTEGER NOT NULL DEFAULT 1);
CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER, title TEXT);
CREATE TABLE log (at TEXT, line TEXT);
CREATE TABLE settings (k TEXT PRIMARY KEY, v TEXT);`,
  rows: `INSERT INTO plans (id, name, price) VALUES (1, 'free', 0), (2, 'team', 20), (3, 'pro', 90);
INSERT INTO posts VALUES (1, 1, 'one'), (2, 1, 'two'), (3, 2, 'three'), (4, 2, 'four');
INSERT INTO log VALUES ('t1', 'a'), ('t2', NULL), ('t3', NULL);
INSERT INTO settings VALUES ('theme', 'dark'), ('lang', 'de');`,
}
const lost = (name: string, migration: string, ...says: string[]): Scenario => ({
  ...{ ...TABLES, name, migration, verdict: 'block', codes: ['DL102'] },
  ...{ silent: ['CH101', 'DL103'], says },
})
const told = (name: string, migration: string, ...says: string[]): Scenario => ({
  ...{ ...TABLES, name, migration, verdict: 'acknowledge', codes: ['CH101'] },
  ...{ silent: ['DL102', 'DL103'], says },
})

/** A row goes, and a new one is written out that has its number: the one is lost, the other new. */
export const NUMBERS_GIVEN_AGAIN: Scenario[] = [
  lost(
    'a row is deleted, and a new one is written with its number',
    `DELETE FROM plans WHERE id = 2; INSERT INTO plans (id, name, price) VALUES (2, 'max', 40);`,
    `1 row of plans is lost; 2 of 3 remain. Among them: (2, 'team', 20, 1).`,
  ),
  lost(
    'SQLite gives the number of a deleted row to a new one',
    `DELETE FROM posts WHERE id = 4; INSERT INTO posts (user_id, title) VALUES (2, 'new');`,
    `1 row of posts is lost; 3 of 4 remain. Among them: (4, 2, 'four').`,
  ),
  lost(
    'a table is emptied and filled with others',
    `DELETE FROM plans; INSERT INTO plans (id, name, price) VALUES (1, 'S', 1), (2, 'M', 2), (3, 'L', 3);`,
    '3 rows of plans are lost by a DELETE without WHERE; 0 of 3 remain.',
  ),
  {
    ...lost(
      'some were changed before',
      `UPDATE plans SET price = price + 1; DELETE FROM plans WHERE id = 3; INSERT INTO plans (id, name, price) VALUES (3, 'max', 91);`,
      `1 row of plans is lost; 2 of 3 remain. Among them: (3, 'pro', 90, 1).`,
    ),
    silent: ['DL103'],
  },
  lost(
    'a row without a key goes, and another comes',
    `DELETE FROM log WHERE at = 't1'; INSERT INTO log VALUES ('t4', 'd');`,
    `1 row of log is lost; 2 of 3 remain. Among them: ('t1', 'a').`,
  ),
  lost(
    'rows that say nothing are known by their numbers',
    `CREATE TABLE bare (note TEXT); DELETE FROM posts; INSERT INTO bare VALUES (NULL);`,
    '4 rows of posts are lost by a DELETE without WHERE',
  ),
]

/** Looks like it, and the row that has the key is the one that had it. */
export const NUMBERS_WRITTEN_AGAIN: Scenario[] = [
  told(
    'a row is written again with another price',
    `DELETE FROM plans WHERE id = 2; INSERT INTO plans (id, name, price) VALUES (2, 'team', 25);`,
    'plans.price changes in 1 row of 3: 20 -> 25',
  ),
  told(
    'a setting is written again: its key is its name',
    `DELETE FROM settings WHERE k = 'theme'; INSERT INTO settings VALUES ('theme', 'light');`,
    `settings.v changes in 1 row of 2: 'dark' -> 'light'`,
  ),
  told(
    'INSERT OR REPLACE writes a row that is there',
    `INSERT OR REPLACE INTO plans (id, name, price) VALUES (2, 'max', 40);`,
  ),
  told(
    'rows go through a table of their own and come back in capitals',
    `CREATE TABLE kept AS SELECT id, upper(name) AS name, price + 1 AS price FROM plans; DELETE FROM plans; INSERT INTO plans (id, name, price) SELECT id, name, price FROM kept; DROP TABLE kept;`,
  ),
  told(
    'the same rows are filled in again in another order',
    `DELETE FROM plans; INSERT INTO plans (name, price) VALUES ('pro', 90), ('free', 0), ('team', 20);`,
    'plans.id changes in 3 rows of 3',
  ),
  {
    ...told(
      'the same rows are filled in again, and one more',
      `DELETE FROM plans; INSERT INTO plans (id, name, price) VALUES (1, 'free', 0), (2, 'team', 20), (3, 'pro', 90), (4, 'max', 200);`,
    ),
    ...{ verdict: 'ok', codes: [], silent: ['DL102', 'DL103', 'CH101'] },
  },
  {
    ...told(
      'nothing is deleted',
      `DELETE FROM plans WHERE id = 9; INSERT INTO plans (id, name, price) VALUES (9, 'max', 200);`,
    ),
    ...{ verdict: 'ok', codes: [], silent: ['DL102', 'DL103', 'CH101'] },
  },
]

const MANY = {
  schema: `CREATE TABLE items (id INTEGER PRIMARY KEY, sku TEXT, v TEXT);
CREATE TABLE coded (code TEXT PRIMARY KEY, sku TEXT);
CREATE TABLE map (old INTEGER PRIMARY KEY, new INTEGER);`,
  rows: `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) INSERT INTO items SELECT i, 'sku' || i, 'v' || i FROM n;
INSERT INTO coded SELECT 'c' || id, sku FROM items;
INSERT INTO map SELECT id, id - 1 FROM items WHERE id > 1;`,
}

/** More rows than are joined by what they hold get keys that a table says. */
export const MANY_LOOKED_UP: Scenario[] = [
  {
    ...{ ...MANY, name: 'one is deleted, and each gets the number of the one before', verdict: 'block' },
    migration:
      'DELETE FROM items WHERE id = 1; UPDATE items SET id = (SELECT new FROM map WHERE old = items.id);',
    ...{ codes: ['DL102', 'CH101'], silent: ['DL103'] },
    says: [`Among them: (1, 'sku1', 'v1').`, 'items.id changes in 5,999 rows: 2 -> 1'],
    unsaid: ['items.sku', 'items.v'],
  },
  {
    ...{ ...MANY, name: 'the same with a text as the key', verdict: 'block' },
    migration: `DELETE FROM coded WHERE code = 'c1'; UPDATE coded SET code = (SELECT 'c' || new FROM map WHERE 'c' || old = coded.code);`,
    ...{ codes: ['DL102', 'CH101'], silent: ['DL103'] },
    says: [`Among them: ('c1', 'sku1').`, 'coded.code changes in 5,999 rows'],
    unsaid: ['coded.sku'],
  },
  {
    ...{ ...MANY, name: 'UPDATE OR IGNORE leaves those whose new number is taken', verdict: 'acknowledge' },
    migration:
      'UPDATE OR IGNORE items SET id = (SELECT CASE WHEN old = 6000 THEN 9000 ELSE new END FROM map WHERE old = items.id) WHERE id > 5000;',
    ...{ codes: ['CH101'], silent: ['DL102', 'DL103'] },
    says: ['items.id changes in 1 row', '6000 -> 9000'],
    unsaid: ['items.sku', 'items.v'],
  },
  {
    ...{ ...MANY, name: 'all of them, with nothing deleted', verdict: 'acknowledge' },
    migration: 'UPDATE items SET id = (SELECT -new FROM map WHERE old = items.id) WHERE id > 1;',
    ...{ codes: ['CH101'], silent: ['DL102', 'DL103'], says: ['2 -> -1'], unsaid: ['items.sku', 'items.v'] },
  },
  {
    ...{ ...MANY, name: 'nothing gets another one', verdict: 'ok' },
    migration: 'UPDATE items SET id = (SELECT old FROM map WHERE old = items.id) WHERE id > 1;',
    ...{ codes: [], silent: ['DL102', 'DL103', 'CH101'] },
  },
]
