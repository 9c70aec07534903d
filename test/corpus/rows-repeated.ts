import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const ORDERS = {
  schema:
    'CREATE TABLE orders (id INTEGER PRIMARY KEY, address TEXT); CREATE TABLE line (id INTEGER PRIMARY KEY, order_id INTEGER, sku TEXT);',
  rows: `INSERT INTO orders VALUES (1, 'a'), (2, 'b'); INSERT INTO line VALUES (1, 1, 'x'), (2, 1, 'x'), (3, 2, 'y');`,
}
const repeats = (scenario: Case): Scenario => ({
  ...ORDERS,
  verdict: 'block',
  codes: ['DL102'],
  silent: ['DL103'],
  ...scenario,
})
const once = (scenario: Case): Scenario => ({
  ...ORDERS,
  verdict: 'ok',
  codes: [],
  silent: ['DL102'],
  ...scenario,
})
const JOIN = 'FROM orders o JOIN line l ON l.order_id = o.id'

/** A new table holds a row of another one several times. */
export const REPEATED: Scenario[] = [
  repeats({
    name: 'an archive is made by a join, and the rows go',
    migration: `CREATE TABLE orders_archive AS SELECT o.* ${JOIN}; DELETE FROM orders;`,
  }),
  repeats({
    name: 'a column goes to a child by a join',
    migration: `CREATE TABLE address (order_id INTEGER, text TEXT); INSERT INTO address SELECT o.id, o.address ${JOIN}; ALTER TABLE orders DROP COLUMN address;`,
  }),
  repeats({
    name: 'a child with keys of its own',
    migration: `CREATE TABLE address (id INTEGER PRIMARY KEY, order_id INTEGER, text TEXT); INSERT INTO address (order_id, text) SELECT o.id, o.address ${JOIN};`,
  }),
  repeats({
    name: 'a child with a word of its own in each row',
    migration: `CREATE TABLE address (order_id INTEGER, kind TEXT, text TEXT); INSERT INTO address SELECT o.id, 'home', o.address ${JOIN};`,
  }),
  repeats({
    name: 'a table without a condition stands beside it',
    schema: `${ORDERS.schema} CREATE TABLE setting (name TEXT);`,
    rows: `${ORDERS.rows} INSERT INTO setting VALUES ('x'), ('y');`,
    migration: 'CREATE TABLE snapshot_2024 AS SELECT o.id, o.address FROM orders o, setting;',
  }),
  repeats({
    name: 'two copies overlap',
    migration: `CREATE TABLE orders_2024 (id INTEGER, address TEXT); INSERT INTO orders_2024 SELECT * FROM orders; INSERT INTO orders_2024 SELECT * FROM orders WHERE id = 1;`,
  }),
  repeats({
    name: 'an empty archive that is there',
    schema: `${ORDERS.schema} CREATE TABLE orders_archive (id INTEGER, address TEXT);`,
    migration: `INSERT INTO orders_archive SELECT o.* ${JOIN};`,
  }),
]

/** Rows that look alike, each of which stands for another one, or that are there once. */
export const ONCE: Scenario[] = [
  once({
    name: 'a row for each line of the order',
    migration: `CREATE TABLE sold (order_id INTEGER, sku TEXT); INSERT INTO sold SELECT o.id, l.sku ${JOIN};`,
  }),
  once({
    name: 'the join is made distinct',
    migration: `CREATE TABLE address (order_id INTEGER, text TEXT); INSERT INTO address SELECT DISTINCT o.id, o.address ${JOIN};`,
  }),
  once({
    name: 'a key refuses the second one',
    migration: `CREATE TABLE address (order_id INTEGER PRIMARY KEY, text TEXT); INSERT OR IGNORE INTO address SELECT o.id, o.address ${JOIN};`,
  }),
  once({
    name: 'rows without the key of their table',
    migration: `CREATE TABLE text (text TEXT); INSERT INTO text SELECT sku FROM line;`,
  }),
  once({
    name: 'two columns become rows that name no kind',
    schema: 'CREATE TABLE pair (id INTEGER PRIMARY KEY, a TEXT, b TEXT);',
    rows: `INSERT INTO pair VALUES (1, 'x', 'x'), (2, 'x', 'y');`,
    migration: `CREATE TABLE member (pair_id INTEGER, name TEXT); INSERT INTO member SELECT id, a FROM pair UNION ALL SELECT id, b FROM pair;`,
  }),
  once({
    name: 'equal elements of a list',
    schema: 'CREATE TABLE item (id INTEGER PRIMARY KEY, tags TEXT);',
    rows: `INSERT INTO item VALUES (1, '["a","a"]');`,
    migration: `CREATE TABLE tag (item_id INTEGER, tag TEXT); INSERT INTO tag SELECT i.id, j.value FROM item i, json_each(i.tags) j;`,
  }),
  once({
    name: 'repeated rows are taken out again',
    migration: `CREATE TABLE address (order_id INTEGER, text TEXT); INSERT INTO address SELECT o.id, o.address ${JOIN}; DELETE FROM address WHERE rowid NOT IN (SELECT min(rowid) FROM address GROUP BY order_id);`,
  }),
]

const ITEMS = {
  schema:
    'CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, n INTEGER, at TEXT DEFAULT CURRENT_TIMESTAMP); CREATE TABLE log (what TEXT, of TEXT); CREATE TABLE setting (tenant TEXT, name TEXT, value TEXT, PRIMARY KEY (tenant, name)); CREATE TABLE lang (code TEXT);',
  rows: `INSERT INTO item VALUES (1, 'a', 3, 't'), (2, 'b', 4, 't'), (3, 'c', 5, 't'); INSERT INTO log VALUES ('x', 'y'), ('x', 'y'), ('z', NULL); INSERT INTO setting VALUES ('one', 'theme', 'dark'), ('one', 'size', 'S'); INSERT INTO lang VALUES ('t'), ('u');`,
}
const SAYS = 'repeat a row that it had already: the statement copies the table into itself'

/** INSERT … SELECT from the table itself. */
export const DOUBLED: Scenario[] = [
  repeats({
    ...{ ...ITEMS, name: 'all rows, under new numbers' },
    migration: 'INSERT INTO item (name, n) SELECT name, n FROM item;',
    says: [`3 rows of item ${SAYS}. Among them: (4, 'a', 3,`],
  }),
  repeats({
    ...{ ...ITEMS, name: 'some, under numbers that are written' },
    migration: `INSERT INTO item SELECT id + 100, name, n, datetime('now') FROM item WHERE id < 3;`,
    says: [`2 rows of item ${SAYS}`],
  }),
  repeats({
    ...{ ...ITEMS, name: 'by way of another table' },
    migration:
      'CREATE TABLE held AS SELECT * FROM item; INSERT INTO item (name, n) SELECT name, n FROM held; DROP TABLE held;',
  }),
  repeats({
    ...{ ...ITEMS, name: 'a table without a key' },
    migration: 'INSERT INTO log SELECT * FROM log;',
    says: [`3 rows of log ${SAYS}`],
  }),
  repeats({
    name: 'keys by chance',
    schema: 'CREATE TABLE tag (id TEXT PRIMARY KEY, name TEXT);',
    rows: `INSERT INTO tag VALUES ('k1', 'x'), ('k2', 'y');`,
    migration: 'INSERT INTO tag SELECT lower(hex(randomblob(16))), name FROM tag;',
  }),
  repeats({
    ...{ ...ITEMS, name: 'for each language, of which one was there' },
    migration: 'INSERT INTO item (name, n, at) SELECT i.name, i.n, l.code FROM item i CROSS JOIN lang l;',
    says: [`3 rows of item ${SAYS}`],
  }),
]

/** Looks like it, and each new row says something of its own, or there is none. */
export const NOT_DOUBLED: Scenario[] = [
  once({
    ...{ ...ITEMS, name: 'a new column tells the copies' },
    migration: `ALTER TABLE item ADD COLUMN kind TEXT DEFAULT 'old'; INSERT INTO item (name, n, kind) SELECT name, n, 'new' FROM item;`,
  }),
  once({
    ...{ ...ITEMS, name: 'a copy under another name' },
    migration: `INSERT INTO item (name, n) SELECT name || ' (copy)', n FROM item WHERE id = 1;`,
  }),
  once({
    ...{ ...ITEMS, name: 'the copies are changed afterwards' },
    migration: `INSERT INTO item (name, n) SELECT name, n FROM item; UPDATE item SET name = name || '2' WHERE id > 3;`,
  }),
  once({
    ...{ ...ITEMS, name: 'the settings of one tenant for another' },
    migration: `INSERT INTO setting SELECT 'two', name, value FROM setting;`,
  }),
  once({
    ...{ ...ITEMS, name: 'a key refuses all of them' },
    migration: 'INSERT OR IGNORE INTO item SELECT * FROM item;',
  }),
  once({
    ...{ ...ITEMS, name: 'the table is emptied and filled again' },
    migration:
      'CREATE TABLE held AS SELECT * FROM item; DELETE FROM item; INSERT INTO item (name, n, at) SELECT name, n, at FROM held; DROP TABLE held;',
  }),
  once({
    ...{ ...ITEMS, name: 'rows of another table, and the table itself in a condition only' },
    migration: `CREATE TABLE staged (what TEXT, of TEXT); INSERT INTO staged VALUES ('x', 'y'); INSERT INTO log SELECT what, of FROM staged WHERE (SELECT count(*) FROM log) < 100;`,
  }),
]
