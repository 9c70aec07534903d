import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const HITS = {
  schema: `CREATE TABLE hits (page TEXT PRIMARY KEY, n INTEGER NOT NULL, seen TEXT);
CREATE TABLE old_hits (page TEXT PRIMARY KEY, n INTEGER NOT NULL, seen TEXT);`,
  rows: `INSERT INTO hits VALUES ('/a', 1, '2024-01-01'), ('/A', 2, '2024-03-01'), ('/b', 3, '2024-02-01');
INSERT INTO old_hits VALUES ('/a', 10, '2023-01-01'), ('/c', 5, '2023-02-01');`,
}
const rebuilt = (copy: string): string =>
  `CREATE TABLE hits_new (page TEXT PRIMARY KEY, n INTEGER NOT NULL, seen TEXT); INSERT INTO hits_new ${copy}; DROP TABLE hits; ALTER TABLE hits_new RENAME TO hits;`
const folded = (set: string): string =>
  `INSERT INTO hits SELECT page, n, seen FROM old_hits WHERE true ON CONFLICT (page) DO UPDATE SET ${set}; DROP TABLE old_hits;`
const summed = (scenario: Case): Scenario => ({
  ...{ ...HITS, verdict: 'acknowledge', codes: ['DL102'], silent: ['DL103'] },
  says: ['1 row of hits becomes one with another of the same key; hits.n is their sum'],
  unsaid: ['lost'],
  ...scenario,
})
const lost = (scenario: Case): Scenario => ({ ...HITS, verdict: 'block', codes: ['DL102'], ...scenario })

/** Rows become one, and it says what they said together. */
export const SUMMED: Scenario[] = [
  summed({
    name: 'an upsert adds up what capitals told apart',
    migration: rebuilt(
      'SELECT lower(page), n, seen FROM hits WHERE true ON CONFLICT (page) DO UPDATE SET n = n + excluded.n, seen = max(seen, excluded.seen)',
    ),
  }),
  summed({
    name: 'GROUP BY adds it up',
    migration: rebuilt('SELECT lower(page), sum(n), max(seen) FROM hits GROUP BY lower(page)'),
  }),
  summed({
    name: 'an upsert keeps the first day',
    migration: rebuilt(
      'SELECT lower(page), n, seen FROM hits WHERE true ON CONFLICT (page) DO UPDATE SET n = hits_new.n + excluded.n, seen = min(seen, excluded.seen)',
    ),
  }),
  summed({
    name: 'a dropped table is added to another one',
    migration: folded('n = n + excluded.n, seen = max(seen, excluded.seen)'),
    codes: ['DS102'],
    silent: ['DL102', 'DL103'],
    says: [
      'Table old_hits is dropped with 2 rows; they are all in hits; 1 row of hits had the key of one of them: hits.n is the sum of both, hits.seen is the least or greatest of theirs.',
    ],
  }),
  summed({
    name: 'a dropped table that meets no row of the other',
    rows: `INSERT INTO hits VALUES ('/a', 1, 'x'); INSERT INTO old_hits VALUES ('/c', 5, 'y');`,
    migration: folded('n = n + excluded.n, seen = max(seen, excluded.seen)'),
    codes: ['DS102'],
    silent: ['DL102', 'DL103', 'CH101'],
    says: ['Table old_hits is dropped with 1 row; they are all in hits'],
    unsaid: ['the sum of both'],
  }),
]

/** A part of the key goes, and what was told apart by it is added up: only which part each was is lost. */
const STOCK: Scenario = {
  name: 'a part of the key goes, and the rows are added up',
  schema: 'CREATE TABLE stock (sku TEXT, house TEXT, qty INTEGER, PRIMARY KEY (sku, house));',
  rows: `INSERT INTO stock VALUES ('s1', 'w1', 5), ('s1', 'w2', 7), ('s2', 'w1', 0), ('s3', 'w2', 4);`,
  migration:
    'CREATE TABLE stock_new (sku TEXT PRIMARY KEY, qty INTEGER); INSERT INTO stock_new SELECT sku, sum(qty) FROM stock GROUP BY sku; DROP TABLE stock; ALTER TABLE stock_new RENAME TO stock;',
  verdict: 'block',
  codes: ['DL102', 'DL103'],
  says: [
    '1 row of stock becomes one with another of the same key; stock.qty is their sum',
    '4 values of stock.house go with the column',
  ],
  unsaid: ['lost;'],
}

/** Looks like it, and something of them is nowhere. */
export const NOT_SUMMED: Scenario[] = [
  STOCK,
  lost({
    name: 'the later one stays',
    migration: rebuilt(
      'SELECT lower(page), n, seen FROM hits WHERE true ON CONFLICT (page) DO UPDATE SET n = excluded.n, seen = excluded.seen',
    ),
  }),
  lost({
    name: 'the larger one stays',
    migration: rebuilt('SELECT lower(page), max(n), max(seen) FROM hits GROUP BY lower(page)'),
  }),
  lost({
    name: 'the first word in the alphabet stays',
    schema: HITS.schema.replace('seen TEXT', 'title TEXT'),
    rows: `INSERT INTO hits VALUES ('/a', 1, 'Start'), ('/A', 2, 'Welcome'), ('/b', 3, 'Help');`,
    migration:
      'CREATE TABLE hits_new (page TEXT PRIMARY KEY, n INTEGER NOT NULL, title TEXT); INSERT INTO hits_new SELECT lower(page), sum(n), min(title) FROM hits GROUP BY lower(page); DROP TABLE hits; ALTER TABLE hits_new RENAME TO hits;',
  }),
  lost({
    name: 'a day of one of them stays, whichever',
    migration: rebuilt('SELECT lower(page), sum(n), seen FROM hits GROUP BY lower(page)'),
  }),
  lost({
    name: 'they are counted, not added up',
    migration: rebuilt('SELECT lower(page), count(*), max(seen) FROM hits GROUP BY lower(page)'),
  }),
  lost({
    name: 'they are added up, and one was left out before',
    migration: rebuilt(
      `SELECT lower(page), sum(n), max(seen) FROM hits WHERE page <> '/b' GROUP BY lower(page)`,
    ),
  }),
  lost({
    name: 'a text of each is not kept by a sum',
    migration: rebuilt(`SELECT lower(page), sum(n), 'x' FROM hits GROUP BY lower(page)`),
  }),
  lost({
    name: 'a dropped table is added with a row left out',
    migration: `INSERT INTO hits SELECT page, n, seen FROM old_hits WHERE page <> '/c' ON CONFLICT (page) DO UPDATE SET n = n + excluded.n; DROP TABLE old_hits;`,
  }),
]

const PRICES = {
  schema: `CREATE TABLE prices (sku TEXT PRIMARY KEY, amount INTEGER, tags TEXT); CREATE TABLE regions (code TEXT PRIMARY KEY, region TEXT);`,
  rows: `INSERT INTO prices VALUES ('a', 1, '["x","y"]'), ('b', 2, '["z"]'); INSERT INTO regions VALUES ('us', 'r1'), ('eu', 'r2');`,
}
const spread = (columns: string, copies: string): string =>
  `CREATE TABLE prices_new (${columns}); ${copies}; DROP TABLE prices; ALTER TABLE prices_new RENAME TO prices;`
const each = (scenario: Case): Scenario => ({
  ...{ ...PRICES, verdict: 'acknowledge', codes: ['DL102', 'CT102'], silent: ['DL103'] },
  says: ['2 rows of prices are new: the copy makes one for each (sku, region).'],
  unsaid: ['no statement adds any'],
  ...scenario,
})
const BY_REGION = 'sku TEXT, region TEXT, amount INTEGER, tags TEXT, PRIMARY KEY (sku, region)'

/** A copy makes several rows of one, and a key tells them apart. */
export const ONE_FOR_EACH: Scenario[] = [
  each({
    name: 'each price in each region of a table',
    migration: spread(
      BY_REGION,
      'INSERT INTO prices_new SELECT p.sku, r.code, p.amount, p.tags FROM prices p CROSS JOIN regions r',
    ),
  }),
  each({
    name: 'each price in each region of a list',
    migration: spread(
      BY_REGION,
      `WITH r(code) AS (VALUES ('us'), ('eu')) INSERT INTO prices_new SELECT sku, code, amount, tags FROM prices, r`,
    ),
  }),
  each({
    name: 'a statement for each region',
    migration: spread(
      BY_REGION,
      `INSERT INTO prices_new SELECT sku, 'us', amount, tags FROM prices; INSERT INTO prices_new SELECT sku, 'eu', amount, tags FROM prices`,
    ),
  }),
  each({
    name: 'a row for each element of a list',
    migration: spread(
      'sku TEXT, tag TEXT, amount INTEGER, tags TEXT, PRIMARY KEY (sku, tag)',
      'INSERT INTO prices_new SELECT p.sku, j.value, p.amount, p.tags FROM prices p, json_each(p.tags) j',
    ),
    says: ['1 row of prices is new: the copy makes one for each (sku, tag).'],
  }),
  each({
    name: 'one key is made of both',
    migration: spread(
      'sku TEXT PRIMARY KEY, amount INTEGER, tags TEXT',
      `INSERT INTO prices_new SELECT p.sku || ':' || r.code, p.amount, p.tags FROM prices p CROSS JOIN regions r`,
    ),
    codes: ['DL102'],
    says: ['2 rows of prices are new: the copy makes one for each sku.'],
  }),
]

/** Looks like it, and nothing tells them apart but a number. */
export const ONE_TOO_MANY: Scenario[] = [
  lost({
    ...PRICES,
    name: 'the rows get numbers',
    migration: spread(
      'id INTEGER PRIMARY KEY, sku TEXT, amount INTEGER, tags TEXT',
      'INSERT INTO prices_new (sku, amount, tags) SELECT p.sku, p.amount, p.tags FROM prices p CROSS JOIN regions r',
    ),
  }),
  lost({
    ...PRICES,
    name: 'the rows get random keys',
    migration: spread(
      'id TEXT PRIMARY KEY, sku TEXT, amount INTEGER, tags TEXT',
      'INSERT INTO prices_new SELECT hex(randomblob(8)), p.sku, p.amount, p.tags FROM prices p CROSS JOIN regions r',
    ),
  }),
  lost({
    ...PRICES,
    name: 'the rows have no key',
    migration: spread(
      'sku TEXT, amount INTEGER, tags TEXT',
      'INSERT INTO prices_new SELECT p.sku, p.amount, p.tags FROM prices p CROSS JOIN regions r',
    ),
  }),
  lost({
    ...PRICES,
    name: 'the copy runs twice, with numbers',
    migration: spread(
      'id INTEGER PRIMARY KEY, sku TEXT, amount INTEGER, tags TEXT',
      'INSERT INTO prices_new (sku, amount, tags) SELECT sku, amount, tags FROM prices; INSERT INTO prices_new (sku, amount, tags) SELECT sku, amount, tags FROM prices',
    ),
  }),
  lost({
    ...PRICES,
    name: 'the number of the row is counted',
    migration: spread(
      'id INTEGER PRIMARY KEY, sku TEXT, amount INTEGER, tags TEXT',
      'INSERT INTO prices_new SELECT row_number() OVER (), p.sku, p.amount, p.tags FROM prices p CROSS JOIN regions r',
    ),
  }),
]

const SHELVES = {
  schema: `CREATE TABLE stock (id INTEGER PRIMARY KEY, sku TEXT, qty INTEGER, place TEXT DEFAULT 'x'); CREATE TABLE line (id INTEGER PRIMARY KEY, stock_id INTEGER);`,
  rows: `INSERT INTO stock (id, sku, qty) VALUES (1, 'a', 3), (2, 'a', 4), (3, 'b', 5), (4, 'c', 1), (5, 'c', 2);`,
}
const ADD_UP = 'UPDATE stock SET qty = (SELECT sum(o.qty) FROM stock o WHERE o.sku = stock.sku)'
const KEEP_FIRST = 'DELETE FROM stock WHERE id NOT IN (SELECT min(id) FROM stock GROUP BY sku)'
const inPlace = (scenario: Case): Scenario =>
  summed({
    ...SHELVES,
    says: ['2 rows of stock become one with another of the same sku; stock.qty is their sum'],
    ...scenario,
  })
const notInPlace = (scenario: Case): Scenario => lost({ ...SHELVES, unsaid: ['their sum'], ...scenario })

/** An UPDATE adds up what is equal in a column, and a DELETE leaves one row of each. */
export const MERGED_IN_PLACE: Scenario[] = [
  inPlace({ name: 'every row gets the sum, the first stays', migration: `${ADD_UP}; ${KEEP_FIRST};` }),
  inPlace({
    name: 'only the row that stays gets it',
    migration: `${ADD_UP} WHERE id IN (SELECT min(id) FROM stock GROUP BY sku HAVING count(*) > 1); DELETE FROM stock WHERE EXISTS (SELECT 1 FROM stock o WHERE o.sku = stock.sku AND o.id < stock.id);`,
  }),
  inPlace({
    name: 'the last row stays, and it alone gets the sum',
    migration: `${ADD_UP} WHERE id IN (SELECT max(id) FROM stock GROUP BY sku HAVING count(*) > 1); DELETE FROM stock WHERE id NOT IN (SELECT max(id) FROM stock GROUP BY sku);`,
  }),
  inPlace({
    name: 'equal in two columns',
    rows: `INSERT INTO stock VALUES (1, 'a', 3, 'x'), (2, 'a', 4, 'y'), (4, 'c', 1, 'x'), (5, 'c', 2, 'x');`,
    migration: `${ADD_UP} WHERE sku = 'c'; DELETE FROM stock WHERE id NOT IN (SELECT min(id) FROM stock GROUP BY sku, place);`,
    says: ['1 row of stock becomes one with another of the same sku, place'],
  }),
  inPlace({
    name: 'what referred to them refers to the one that stays',
    rows: `${SHELVES.rows} INSERT INTO line VALUES (1, 2);`,
    migration: `UPDATE line SET stock_id = 1 WHERE stock_id = 2; ${ADD_UP}; ${KEEP_FIRST};`,
    codes: ['DL102', 'CH101'],
  }),
]

/** Looks like it, and one row does not say what they said together. */
export const NOT_MERGED_IN_PLACE: Scenario[] = [
  notInPlace({
    name: 'the last row stays, which adds up what has the sum already',
    migration: `${ADD_UP}; DELETE FROM stock WHERE id NOT IN (SELECT max(id) FROM stock GROUP BY sku);`,
  }),
  notInPlace({
    name: 'the largest instead of the sum',
    migration: `${ADD_UP.replace('sum', 'max')}; ${KEEP_FIRST};`,
  }),
  notInPlace({ name: 'they are added up too late', migration: `${KEEP_FIRST}; ${ADD_UP};` }),
  notInPlace({
    name: 'they lay in two places',
    rows: `INSERT INTO stock VALUES (1, 'a', 3, 'x'), (2, 'a', 4, 'y'), (3, 'b', 5, 'x');`,
    migration: `${ADD_UP}; ${KEEP_FIRST};`,
  }),
  notInPlace({ name: 'all of one sku go', migration: `${ADD_UP}; ${KEEP_FIRST} OR sku = 'b';` }),
  notInPlace({
    name: 'something still refers to one that goes',
    rows: `${SHELVES.rows} INSERT INTO line VALUES (1, 2);`,
    migration: `${ADD_UP}; ${KEEP_FIRST};`,
  }),
]
