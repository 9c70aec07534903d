import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const ORDERS = {
  schema: `CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, closed INTEGER); CREATE TABLE orders_archive (id INTEGER PRIMARY KEY, customer TEXT, closed INTEGER);`,
  rows: `INSERT INTO orders VALUES (1, 'ann', 1), (2, 'bob', 1), (5, 'eve', 0), (9, 'ann', 1);`,
}
const OLD = `${ORDERS.rows} INSERT INTO orders_archive VALUES (1, 'cleo', 1), (2, 'dan', 1), (3, 'ann', 1), (4, 'bob', 1);`

const lost = (scenario: Case): Scenario => ({ ...ORDERS, verdict: 'block', codes: ['DL102'], ...scenario })
const kept = (scenario: Case): Scenario => ({
  ...ORDERS,
  verdict: 'ok',
  codes: [],
  silent: ['DL102', 'DL103'],
  ...scenario,
})

/** Rows go, and no table holds them whole under their key. */
export const ROWS_LOST: Scenario[] = [
  lost({
    name: 'the archive holds other rows under these keys, and OR IGNORE keeps them',
    rows: OLD,
    migration: `INSERT OR IGNORE INTO orders_archive SELECT * FROM orders WHERE closed = 1; DELETE FROM orders WHERE closed = 1;`,
  }),
  lost({
    name: 'an upsert into the archive takes over one column of two',
    rows: OLD,
    migration: `INSERT INTO orders_archive SELECT * FROM orders WHERE closed = 1 ON CONFLICT (id) DO UPDATE SET closed = excluded.closed; DELETE FROM orders WHERE closed = 1;`,
  }),
  lost({
    name: 'fewer rows are copied than deleted',
    migration: `INSERT INTO orders_archive SELECT * FROM orders WHERE closed = 1 AND id < 5; DELETE FROM orders WHERE closed = 1;`,
  }),
  lost({
    name: 'the archive has its columns in another order',
    schema: `CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, closed TEXT); CREATE TABLE orders_archive (id INTEGER PRIMARY KEY, closed TEXT, customer TEXT);`,
    migration: `INSERT INTO orders_archive SELECT * FROM orders WHERE closed = 1; DELETE FROM orders WHERE closed = 1;`,
  }),
  lost({
    name: 'the archive has no room for one column',
    schema: `CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, closed INTEGER); CREATE TABLE orders_archive (id INTEGER PRIMARY KEY, customer TEXT);`,
    rows: `INSERT INTO orders VALUES (1, 'ann', 1), (2, 'bob', 2), (5, 'eve', 0);`,
    migration: `INSERT INTO orders_archive SELECT id, customer FROM orders WHERE closed > 0; DELETE FROM orders WHERE closed > 0;`,
  }),
  lost({
    name: 'the archive numbers its rows by itself, and the numbers happen to agree',
    rows: `INSERT INTO orders VALUES (1, 'ann', 1), (2, 'bob', 1), (5, 'eve', 0);`,
    migration: `INSERT INTO orders_archive (customer, closed) SELECT customer, closed FROM orders WHERE closed = 1; DELETE FROM orders WHERE closed = 1;`,
  }),
  lost({
    name: 'the archive is cleaned up in the same file',
    rows: `${ORDERS.rows} INSERT INTO orders_archive VALUES (40, 'zed', 1);`,
    migration: `INSERT INTO orders_archive SELECT * FROM orders WHERE closed = 1; DELETE FROM orders WHERE closed = 1; DELETE FROM orders_archive WHERE id < 9;`,
  }),
  lost({
    name: 'the archived rows are made anonymous before their originals go',
    migration: `INSERT INTO orders_archive SELECT id, 'someone', closed FROM orders WHERE closed = 1; DELETE FROM orders WHERE closed = 1;`,
  }),
  lost({
    name: 'the archive takes digits for a number',
    schema: `CREATE TABLE orders (id INTEGER PRIMARY KEY, zip TEXT, closed INTEGER); CREATE TABLE orders_archive (id INTEGER PRIMARY KEY, zip INTEGER, closed INTEGER);`,
    rows: `INSERT INTO orders VALUES (1, '0079', 1), (2, '8001', 1), (3, '3000', 0);`,
    migration: `INSERT INTO orders_archive SELECT * FROM orders WHERE closed = 1; DELETE FROM orders WHERE closed = 1;`,
  }),
  lost({
    name: 'a dropped table is summed up in another one',
    migration: `CREATE TABLE totals AS SELECT customer, count(*) AS orders FROM orders GROUP BY customer; DROP TABLE orders;`,
  }),
  lost({
    name: 'each column is somewhere in another table, no row is',
    schema: `CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, closed INTEGER); CREATE TABLE ids (id INTEGER); CREATE TABLE customers (customer TEXT, closed INTEGER);`,
    migration: `INSERT INTO ids SELECT id FROM orders; INSERT INTO customers SELECT customer, closed FROM orders ORDER BY customer; DROP TABLE orders;`,
  }),
  lost({
    name: 'a merged table does not keep the keys that others refer to',
    schema: `CREATE TABLE dog (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE walk (id INTEGER PRIMARY KEY, dog_id INTEGER);`,
    rows: `INSERT INTO dog VALUES (1, 'rex'), (4, 'bo'); INSERT INTO walk VALUES (1, 4);`,
    migration: `CREATE TABLE pet (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT); INSERT INTO pet (name) SELECT name FROM dog; DROP TABLE dog;`,
    codes: ['CH101'],
  }),
  lost({
    name: 'a rebuild without a key swaps the values of its rows',
    schema: 'CREATE TABLE score (player TEXT, points INTEGER);',
    rows: `INSERT INTO score VALUES ('a', 1), ('b', 2), ('c', 3);`,
    migration: `CREATE TABLE score_new (player TEXT, points INTEGER); INSERT INTO score_new SELECT player, 4 - points FROM score; DROP TABLE score; ALTER TABLE score_new RENAME TO score;`,
  }),
  lost({
    name: 'rows of one key stand for those of another',
    schema: 'CREATE TABLE badge (code TEXT PRIMARY KEY, owner TEXT);',
    rows: `INSERT INTO badge VALUES ('a', 'x'), ('b', 'y'), ('c', 'z');`,
    migration: `CREATE TABLE badge_new (code TEXT, owner TEXT); INSERT INTO badge_new SELECT a.code, b.owner FROM badge a, badge b WHERE a.code = 'a'; DROP TABLE badge; ALTER TABLE badge_new RENAME TO badge;`,
  }),
]

/** Rows go from their table, and another one gives them back by their key. */
export const ROWS_KEPT: Scenario[] = [
  kept({
    name: 'closed orders go to an archive',
    migration: `INSERT INTO orders_archive SELECT * FROM orders WHERE closed = 1; DELETE FROM orders WHERE closed = 1;`,
  }),
  kept({
    name: 'the archive holds some of the same rows already',
    rows: `${ORDERS.rows} INSERT INTO orders_archive VALUES (1, 'ann', 1);`,
    migration: `INSERT OR IGNORE INTO orders_archive SELECT * FROM orders WHERE closed = 1; DELETE FROM orders WHERE closed = 1;`,
  }),
  kept({
    name: 'the archive keeps the old key in a column of its own',
    schema: `CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, closed INTEGER); CREATE TABLE orders_archive (id INTEGER PRIMARY KEY, order_id INTEGER, customer TEXT, closed INTEGER, at TEXT);`,
    migration: `INSERT INTO orders_archive (order_id, customer, closed, at) SELECT id, customer, closed, date('now') FROM orders WHERE closed = 1; DELETE FROM orders WHERE closed = 1;`,
    silent: ['DL103'],
    verdict: 'ok',
  }),
  kept({
    name: 'a trigger puts what is deleted into the archive',
    schema: `${ORDERS.schema} CREATE TRIGGER keep AFTER DELETE ON orders BEGIN INSERT INTO orders_archive VALUES (old.id, old.customer, old.closed); END;`,
    migration: `DELETE FROM orders WHERE closed = 1;`,
  }),
  kept({
    name: 'two archives by kind',
    schema: `${ORDERS.schema} CREATE TABLE orders_old (id INTEGER PRIMARY KEY, customer TEXT, closed INTEGER);`,
    migration: `INSERT INTO orders_archive SELECT * FROM orders WHERE closed = 1 AND id < 5; INSERT INTO orders_old SELECT * FROM orders WHERE closed = 1 AND id >= 5; DELETE FROM orders WHERE closed = 1;`,
  }),
  kept({
    name: 'a dropped table is split into two by its key',
    schema: 'CREATE TABLE client (id INTEGER PRIMARY KEY, name TEXT NOT NULL, street TEXT);',
    rows: `INSERT INTO client VALUES (3, 'ann', 'x'), (7, 'bob', NULL), (8, 'cy', 'z');`,
    migration: `CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE home (person_id INTEGER PRIMARY KEY, street TEXT); INSERT INTO person SELECT id, name FROM client; INSERT INTO home SELECT id, street FROM client WHERE street IS NOT NULL; DROP TABLE client;`,
    verdict: 'acknowledge',
    codes: ['DS103'],
  }),
  kept({
    name: 'two tables become one that says from where each row came, with its old key',
    schema:
      'CREATE TABLE dog (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE cat (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE walk (id INTEGER PRIMARY KEY, dog_id INTEGER);',
    rows: `INSERT INTO dog VALUES (1, 'rex'), (2, 'bo'); INSERT INTO cat VALUES (1, 'tom'), (5, 'kit'); INSERT INTO walk VALUES (1, 2);`,
    migration: `CREATE TABLE pet (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, old_id INTEGER NOT NULL, name TEXT); INSERT INTO pet (kind, old_id, name) SELECT 'dog', id, name FROM dog; INSERT INTO pet (kind, old_id, name) SELECT 'cat', id, name FROM cat; DROP TABLE dog; DROP TABLE cat;`,
    verdict: 'acknowledge',
    codes: ['DS102'],
  }),
  kept({
    name: 'a join table without a key is rebuilt with another column',
    schema: 'CREATE TABLE item_tag (item INTEGER, tag INTEGER);',
    rows: 'INSERT INTO item_tag VALUES (1, 1), (1, 2), (2, 1), (2, 1);',
    migration: `CREATE TABLE t2 (item INTEGER, tag INTEGER, at TEXT); INSERT INTO t2 (item, tag) SELECT item, tag FROM item_tag; DROP TABLE item_tag; ALTER TABLE t2 RENAME TO item_tag;`,
  }),
  kept({
    name: 'texts of a table without a key are trimmed by a rebuild',
    schema: 'CREATE TABLE note (owner INTEGER, body TEXT);',
    rows: `INSERT INTO note VALUES (1, ' a'), (2, 'b '), (3, 'c');`,
    migration: `CREATE TABLE n2 (owner INTEGER, body TEXT); INSERT INTO n2 SELECT owner, trim(body) FROM note; DROP TABLE note; ALTER TABLE n2 RENAME TO note;`,
    verdict: 'acknowledge',
    codes: ['CH101'],
  }),
]
