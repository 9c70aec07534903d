import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const ITEMS = {
  schema: `CREATE TABLE items (id INTEGER PRIMARY KEY, price INTEGER); CREATE TABLE __new_items (id INTEGER PRIMARY KEY, price INTEGER NOT NULL DEFAULT 0);`,
  rows: `INSERT INTO items VALUES (1, 10), (2, 20); INSERT INTO __new_items VALUES (7, 70), (8, 80);`,
}
const WANTED =
  'CREATE TABLE IF NOT EXISTS __new_items (id INTEGER PRIMARY KEY, price INTEGER NOT NULL DEFAULT 0);'
const SWAP = 'DROP TABLE items; ALTER TABLE __new_items RENAME TO items;'

const comes = (scenario: Case): Scenario => ({ ...ITEMS, verdict: 'block', codes: ['DL102'], ...scenario })
const stays = (scenario: Case): Scenario => ({
  ...ITEMS,
  verdict: 'acknowledge',
  codes: [],
  silent: ['DL102', 'CH101'],
  ...scenario,
})

/** Rows or values of a table left over from an earlier try come back, or a copy makes several rows of one. */
export const ROWS_APPEAR: Scenario[] = [
  comes({
    name: 'a table of the same shape is left over with rows of its own',
    migration: `${WANTED} INSERT INTO __new_items SELECT * FROM items; ${SWAP}`,
  }),
  comes({
    name: 'the table left over holds one of the rows with an old price, and OR IGNORE keeps it',
    rows: `INSERT INTO items VALUES (1, 10), (2, 20); INSERT INTO __new_items VALUES (1, 9), (8, 80);`,
    migration: `${WANTED} INSERT OR IGNORE INTO __new_items SELECT * FROM items; ${SWAP}`,
    codes: ['DL102', 'CH101'],
  }),
  comes({
    name: 'only old prices come back',
    rows: `INSERT INTO items VALUES (1, 10), (2, 20), (3, 30); INSERT INTO __new_items VALUES (1, 9);`,
    migration: `${WANTED} INSERT OR IGNORE INTO __new_items SELECT * FROM items; ${SWAP}`,
    codes: ['CH101'],
  }),
  comes({
    name: 'the table left over has rows and the table itself has none',
    rows: 'INSERT INTO __new_items VALUES (7, 70);',
    migration: `${WANTED} INSERT INTO __new_items SELECT * FROM items; ${SWAP}`,
  }),
  comes({
    name: 'the table left over belongs to a table without a key',
    schema:
      'CREATE TABLE items (name TEXT, price INTEGER); CREATE TABLE __new_items (name TEXT, price INTEGER);',
    rows: `INSERT INTO items VALUES ('a', 10), ('b', 20); INSERT INTO __new_items VALUES ('a', 9);`,
    migration: `CREATE TABLE IF NOT EXISTS __new_items (name TEXT, price INTEGER); INSERT INTO __new_items SELECT * FROM items; ${SWAP}`,
  }),
  comes({
    name: 'rename to old, and a table of the old name is there already',
    schema:
      'CREATE TABLE items (id INTEGER PRIMARY KEY, price INTEGER); CREATE TABLE items_v2 (id INTEGER PRIMARY KEY, price INTEGER);',
    rows: 'INSERT INTO items VALUES (1, 10), (2, 20); INSERT INTO items_v2 VALUES (40, 4);',
    migration: `CREATE TABLE IF NOT EXISTS items_v2 (id INTEGER PRIMARY KEY, price INTEGER); INSERT INTO items_v2 SELECT id, price FROM items; DROP TABLE items; ALTER TABLE items_v2 RENAME TO items;`,
  }),
  comes({
    name: 'a join makes several rows of one, under new keys',
    schema:
      'CREATE TABLE visit (id INTEGER PRIMARY KEY, city TEXT); CREATE TABLE city (name TEXT, country TEXT);',
    rows: `INSERT INTO visit VALUES (1, 'Bern'), (2, 'Paris'); INSERT INTO city VALUES ('Bern', 'CH'), ('Paris', 'FR'), ('Paris', 'US');`,
    migration: `CREATE TABLE visit_new (id INTEGER PRIMARY KEY, city TEXT, country TEXT); INSERT INTO visit_new (city, country) SELECT v.city, c.country FROM visit v JOIN city c ON c.name = v.city; DROP TABLE visit; ALTER TABLE visit_new RENAME TO visit;`,
  }),
  comes({
    name: 'a join makes several rows of one in a table without a key',
    schema: 'CREATE TABLE visit (guest TEXT, city TEXT); CREATE TABLE city (name TEXT, country TEXT);',
    rows: `INSERT INTO visit VALUES ('a', 'Bern'), ('b', 'Paris'); INSERT INTO city VALUES ('Bern', 'CH'), ('Paris', 'FR'), ('Paris', 'US');`,
    migration: `CREATE TABLE visit_new (guest TEXT, city TEXT, country TEXT); INSERT INTO visit_new SELECT v.guest, v.city, c.country FROM visit v JOIN city c ON c.name = v.city; DROP TABLE visit; ALTER TABLE visit_new RENAME TO visit;`,
  }),
  comes({
    name: 'the copy runs twice',
    schema: 'CREATE TABLE log (at TEXT, line TEXT);',
    rows: `INSERT INTO log VALUES ('t1', 'a'), ('t2', 'b');`,
    migration: `CREATE TABLE log_new (at TEXT, line TEXT); INSERT INTO log_new SELECT * FROM log; INSERT INTO log_new SELECT * FROM log; DROP TABLE log; ALTER TABLE log_new RENAME TO log;`,
  }),
  comes({
    name: 'the table left over is dropped first, with rows of its own',
    migration: `DROP TABLE IF EXISTS __new_items; CREATE TABLE __new_items (id INTEGER PRIMARY KEY, price INTEGER NOT NULL DEFAULT 0); INSERT INTO __new_items SELECT * FROM items; ${SWAP}`,
    silent: ['CH101'],
  }),
]

/** Looks like it, and every row is one of before or one that a statement adds. */
export const ROWS_STAY: Scenario[] = [
  stays({
    name: 'the table left over is empty',
    rows: 'INSERT INTO items VALUES (1, 10), (2, 20);',
    migration: `${WANTED} INSERT INTO __new_items SELECT * FROM items; ${SWAP}`,
  }),
  stays({
    name: 'the table left over is emptied first',
    rows: 'INSERT INTO items VALUES (1, 10), (2, 20); INSERT INTO __new_items VALUES (1, 10);',
    migration: `${WANTED} DELETE FROM __new_items; INSERT INTO __new_items SELECT * FROM items; ${SWAP}`,
  }),
  stays({
    name: 'the table left over holds the same rows',
    rows: 'INSERT INTO items VALUES (1, 10), (2, 20); INSERT INTO __new_items VALUES (1, 10);',
    migration: `${WANTED} INSERT OR IGNORE INTO __new_items SELECT * FROM items; ${SWAP}`,
  }),
  stays({
    name: 'a rebuild adds a row that it spells out',
    schema: 'CREATE TABLE plan (id TEXT PRIMARY KEY, label TEXT);',
    rows: `INSERT INTO plan VALUES ('free', 'Free');`,
    migration: `CREATE TABLE plan_new (id TEXT PRIMARY KEY, label TEXT, price INTEGER); INSERT INTO plan_new (id, label) SELECT id, label FROM plan; INSERT INTO plan_new VALUES ('pro', 'Pro', 9); DROP TABLE plan; ALTER TABLE plan_new RENAME TO plan;`,
    verdict: 'ok',
  }),
  stays({
    name: 'a rebuild takes in the rows of another table',
    schema:
      'CREATE TABLE file (id TEXT PRIMARY KEY, name TEXT); CREATE TABLE image (id TEXT PRIMARY KEY, name TEXT);',
    rows: `INSERT INTO file VALUES ('f1', 'a'); INSERT INTO image VALUES ('i1', 'b'), ('i2', 'c');`,
    migration: `CREATE TABLE file_new (id TEXT PRIMARY KEY, name TEXT, kind TEXT); INSERT INTO file_new SELECT id, name, 'file' FROM file; INSERT INTO file_new SELECT id, name, 'image' FROM image; DROP TABLE file; ALTER TABLE file_new RENAME TO file; DROP TABLE image;`,
  }),
  stays({
    name: 'a join that finds one row each',
    schema:
      'CREATE TABLE visit (id INTEGER PRIMARY KEY, city TEXT); CREATE TABLE city (name TEXT PRIMARY KEY, country TEXT);',
    rows: `INSERT INTO visit VALUES (1, 'Bern'), (4, 'Paris'); INSERT INTO city VALUES ('Bern', 'CH'), ('Paris', 'FR');`,
    migration: `CREATE TABLE visit_new (id INTEGER PRIMARY KEY, city TEXT, country TEXT); INSERT INTO visit_new SELECT v.id, v.city, c.country FROM visit v JOIN city c ON c.name = v.city; DROP TABLE visit; ALTER TABLE visit_new RENAME TO visit;`,
    verdict: 'ok',
  }),
]

const USERS = {
  schema: 'CREATE TABLE users (id INTEGER PRIMARY KEY, lang TEXT, note TEXT);',
  rows: `INSERT INTO users (lang) VALUES ('fr'), (NULL), (NULL);`,
}
const rebuilt = (select: string, insert = 'INSERT'): string =>
  `CREATE TABLE users_new (id INTEGER PRIMARY KEY, lang TEXT NOT NULL DEFAULT 'en', note TEXT); ${insert} INTO users_new (id, lang) SELECT id, ${select} FROM users; DROP TABLE users; ALTER TABLE users_new RENAME TO users;`

const told = (scenario: Case): Scenario => ({
  ...USERS,
  verdict: 'acknowledge',
  codes: ['CH102'],
  silent: ['CH101', 'DL103', 'QC101'],
  ...scenario,
})
const quiet = (scenario: Case): Scenario => ({
  ...USERS,
  verdict: 'ok',
  codes: [],
  silent: ['CH102'],
  ...scenario,
})

/** NULLs of before that say something afterwards. */
export const NULLS_FILLED: Scenario[] = [
  told({ name: 'a rebuild fills NULLs by coalesce', migration: rebuilt(`coalesce(lang, 'en')`) }),
  told({
    name: 'a rebuild fills NULLs by CASE',
    migration: rebuilt(`CASE WHEN lang IS NULL THEN 'en' ELSE lang END`),
  }),
  told({ name: 'a rebuild fills NULLs from another column', migration: rebuilt(`ifnull(lang, 'x' || id)`) }),
  told({
    name: 'OR REPLACE puts the default in the place of NULLs',
    migration: rebuilt('lang', 'INSERT OR REPLACE'),
  }),
  told({
    name: 'NULLs become the new default by UPDATE, then the rebuild',
    migration: `UPDATE users SET lang = 'en' WHERE lang IS NULL; ${rebuilt('lang')}`,
  }),
  told({
    name: 'UPDATE over all rows fills NULLs',
    migration: `UPDATE users SET lang = coalesce(lang, 'en');`,
  }),
]

export const NULLS_LEFT: Scenario[] = [
  quiet({
    name: 'no value was NULL',
    rows: `INSERT INTO users (lang) VALUES ('fr'), ('de');`,
    migration: rebuilt(`coalesce(lang, 'en')`),
    codes: ['MF103'],
  }),
  quiet({
    name: 'NULLs stay NULL in a rebuild',
    migration: `CREATE TABLE users_new (id INTEGER PRIMARY KEY, lang TEXT DEFAULT 'en', note TEXT); INSERT INTO users_new SELECT id, lang, note FROM users; DROP TABLE users; ALTER TABLE users_new RENAME TO users;`,
  }),
  quiet({
    name: 'a new column gets its default',
    migration: `ALTER TABLE users ADD COLUMN zone TEXT NOT NULL DEFAULT 'utc';`,
  }),
  quiet({
    name: 'a new column is filled',
    migration: `ALTER TABLE users ADD COLUMN zone TEXT; UPDATE users SET zone = 'utc' WHERE zone IS NULL;`,
  }),
  quiet({
    name: 'the rows with NULL had gone before',
    rows: `INSERT INTO users (lang) VALUES ('fr');`,
    migration: `${rebuilt('lang')}`,
    codes: ['MF103'],
  }),
  quiet({
    name: 'an UPDATE that is there to fill NULLs',
    migration: `UPDATE users SET lang = 'de' WHERE lang IS NULL;`,
    codes: ['CH102'],
    silent: ['CH101'],
  }),
]
