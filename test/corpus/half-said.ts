import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const numbered = (rows: number, insert: string): string =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) ${insert};`

const PHONES = {
  schema: 'CREATE TABLE c (id INTEGER PRIMARY KEY, phone TEXT);',
  rows: numbered(
    20,
    "INSERT INTO c SELECT i, CASE WHEN i <= 10 THEN '' WHEN i > 15 THEN 'tel ' || i END FROM n",
  ),
}
const phones = (scenario: Case): Scenario => ({
  ...PHONES,
  verdict: 'acknowledge',
  codes: ['CH101'],
  silent: ['DL103'],
  ...scenario,
})
const WITHOUT_NULLS = {
  rows: numbered(20, "INSERT INTO c SELECT i, CASE WHEN i > 10 THEN 'tel' || i ELSE '' END FROM n"),
}
const SAME_NOW = "10 rows that said '' say NULL now, as 5 did before: which is which is lost"

/** '' and NULL are two answers; afterwards one stands for both. */
export const BLANKED: Scenario[] = [
  phones({ name: 'set to NULL', migration: `UPDATE c SET phone = NULL WHERE phone = '';`, says: [SAME_NOW] }),
  phones({ name: 'nullif', migration: `UPDATE c SET phone = nullif(phone, '');`, says: [SAME_NOW] }),
  phones({
    name: 'nullif in the copy of a rebuild',
    migration: `CREATE TABLE c2 (id INTEGER PRIMARY KEY, phone TEXT); INSERT INTO c2 SELECT id, nullif(phone, '') FROM c; DROP TABLE c; ALTER TABLE c2 RENAME TO c;`,
    says: [SAME_NOW],
  }),
  phones({
    name: 'one row of each',
    rows: `INSERT INTO c VALUES (1, ''), (2, NULL), (3, 'tel');`,
    migration: `UPDATE c SET phone = NULL WHERE phone = '';`,
    says: [`1 row that said '' says NULL now, as 1 did before`],
  }),
  phones({
    name: 'moved to a child that takes no empty text',
    migration: `CREATE TABLE phones (c_id INTEGER PRIMARY KEY REFERENCES c (id), phone TEXT NOT NULL); INSERT INTO phones SELECT id, phone FROM c WHERE phone <> ''; ALTER TABLE c DROP COLUMN phone;`,
    codes: ['DS103'],
    says: [`its values are in phones.phone, but for 10 values ''`, 'nor which of the other 5 rows said NULL'],
  }),
]

export const NOT_BLANKED: Scenario[] = [
  phones({
    ...WITHOUT_NULLS,
    name: 'no row said NULL: each NULL is an empty text',
    migration: `UPDATE c SET phone = NULL WHERE phone = '';`,
    verdict: 'ok',
    silent: ['DL103'],
    says: [`info CH101 c.phone says NULL in 10 rows that said ''; no row said NULL before.`],
  }),
  phones({
    name: 'other rows change',
    migration: `UPDATE c SET phone = '+' || phone WHERE phone <> '';`,
    unsaid: ['which is which'],
  }),
  phones({
    name: 'untouched',
    migration: 'CREATE INDEX c_phone ON c (phone);',
    verdict: 'ok',
    codes: [],
    silent: ['CH101'],
  }),
  phones({
    name: 'moved with its empty texts',
    migration: `CREATE TABLE phones (c_id INTEGER PRIMARY KEY REFERENCES c (id), phone TEXT); INSERT INTO phones SELECT id, phone FROM c; ALTER TABLE c DROP COLUMN phone;`,
    codes: ['DS103'],
    unsaid: ['but for'],
  }),
  phones({
    name: 'NULL becomes an empty text',
    migration: `UPDATE c SET phone = '' WHERE phone IS NULL;`,
    verdict: 'ok',
    codes: ['CH102'],
    silent: ['CH101', 'DL103'],
    says: [`is NULL in 5 rows and becomes '', as 10 rows said before: which is which is lost`],
  }),
]

const NOTES = {
  schema: `CREATE TABLE customers (id INTEGER PRIMARY KEY, note TEXT); CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), total INTEGER);`,
  rows: `${numbered(9, "INSERT INTO customers SELECT i, 'note ' || i FROM n")} ${numbered(27, 'INSERT INTO orders SELECT i, 1 + i % 9, i FROM n')}`,
}
const LINES =
  'CREATE TABLE notes (customer_id INTEGER, line INTEGER, note TEXT, PRIMARY KEY (customer_id, line));'
const prices = (...values: string[]): Pick<Scenario, 'schema' | 'rows'> => ({
  schema: 'CREATE TABLE p (id INTEGER PRIMARY KEY, price REAL);',
  rows: `INSERT INTO p (price) VALUES ${values.map((value) => `(${value})`).join(', ')};`,
})
const inCents = (value: string): string =>
  `ALTER TABLE p ADD COLUMN cents INTEGER; UPDATE p SET cents = ${value}; ALTER TABLE p DROP COLUMN price;`
const lost = (scenario: Case): Scenario => ({ ...NOTES, verdict: 'block', codes: ['DL103'], ...scenario })
const kept = (scenario: Case): Scenario => ({
  ...NOTES,
  verdict: 'acknowledge',
  codes: ['DS103'],
  silent: ['DL103'],
  ...scenario,
})

/** What comes back by the link, or by the way back of what the statement calculates, is not lost with the rest. */
export const ALONE_LOST: Scenario[] = [
  lost({
    ...prices('19.99', '0.35', '0.29', '4.35', '0.57'),
    name: 'cents that are cut: most do not come back, one does',
    migration: inCents('CAST(price * 100 AS INTEGER)'),
    says: ['4 values of p.price go'],
    unsaid: ['0.35'],
  }),
  lost({
    ...prices('0.35', '0.5', '4.35'),
    name: 'cents that are cut: one does not come back',
    migration: inCents('CAST(price * 100 AS INTEGER)'),
    says: ['1 value of p.price goes with the column, such as 4.35'],
  }),
  lost({
    ...prices('1.005', '2.0', '3.25'),
    name: 'more digits than cents',
    migration: inCents('CAST(round(price * 100) AS INTEGER)'),
    says: ['1 value of p.price goes with the column, such as 1.005'],
  }),
  lost({
    name: 'only the second line of the two is written',
    migration: `${LINES} INSERT INTO notes SELECT id, 2, 'x' FROM customers; ALTER TABLE customers DROP COLUMN note;`,
    says: ['9 values of customers.note go'],
  }),
  lost({
    name: 'some notes are left out',
    migration: `${LINES} INSERT INTO notes SELECT id, 1, note FROM customers WHERE id > 2; INSERT INTO notes SELECT id, 2, 'x' FROM customers; ALTER TABLE customers DROP COLUMN note;`,
    says: ['2 values of customers.note go'],
  }),
]

export const ALONE_KEPT: Scenario[] = [
  kept({
    name: 'the first line of two',
    migration: `${LINES} INSERT INTO notes SELECT id, 1, note FROM customers; INSERT INTO notes SELECT id, 2, 'x' FROM customers; ALTER TABLE customers DROP COLUMN note;`,
    says: ['its values are in notes.note'],
  }),
  kept({
    name: 'the second line of two',
    migration: `${LINES} INSERT INTO notes SELECT id, 1, 'x' FROM customers; INSERT INTO notes SELECT id, 2, note FROM customers; ALTER TABLE customers DROP COLUMN note;`,
  }),
  kept({
    name: 'each of several orders',
    migration: `ALTER TABLE orders ADD COLUMN comment TEXT; UPDATE orders SET comment = (SELECT note FROM customers c WHERE c.id = customer_id); ALTER TABLE customers DROP COLUMN note;`,
    says: ['its values are in orders.comment'],
  }),
  kept({
    ...prices('19.99', '0.35', '0.29', '4.35', '0.57'),
    name: 'cents that are rounded',
    migration: inCents('CAST(round(price * 100) AS INTEGER)'),
  }),
  kept({
    ...prices('0.35', '0.5', '2.25'),
    name: 'cents that are cut and none of them is',
    migration: inCents('CAST(price * 100 AS INTEGER)'),
  }),
]
