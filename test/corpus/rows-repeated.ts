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
