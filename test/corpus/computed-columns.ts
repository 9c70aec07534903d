import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const BILL = {
  schema: 'CREATE TABLE bill (id INTEGER PRIMARY KEY, net REAL, tax REAL, gross REAL AS (net + tax));',
  rows: 'INSERT INTO bill (id, net, tax) VALUES (1, 10, 1), (2, 20, 2);',
}
const ORDINARY = {
  schema: 'CREATE TABLE bill (id INTEGER PRIMARY KEY, net REAL, tax REAL, gross REAL);',
  rows: 'INSERT INTO bill VALUES (1, 10, 1, 11), (2, 20, 2, 22);',
}
const rebuilt = (gross: string, copied = 'net, tax'): string =>
  `CREATE TABLE bill_new (id INTEGER PRIMARY KEY, net REAL, tax REAL, gross REAL${gross});
INSERT INTO bill_new (id, ${copied}) SELECT id, ${copied} FROM bill; DROP TABLE bill; ALTER TABLE bill_new RENAME TO bill;`
const otherwise = (scenario: Case): Scenario => ({
  ...BILL,
  verdict: 'acknowledge',
  codes: ['CH101'],
  silent: ['DL103'],
  ...scenario,
})
const alike = (scenario: Case): Scenario => ({
  ...BILL,
  verdict: 'ok',
  codes: [],
  silent: ['DL103', 'CH101'],
  ...scenario,
})

/** A column is generated, before or afterwards, and its values are others. */
export const COMPUTED_OTHERWISE: Scenario[] = [
  otherwise({
    name: 'the expression of a rebuild is another one',
    migration: rebuilt(' AS (net * (1 + tax))'),
    says: ['11.0 -> 20.0', 'computed otherwise'],
  }),
  otherwise({
    name: 'the column is dropped and added with another expression',
    schema: 'CREATE TABLE person (id INTEGER PRIMARY KEY, mail TEXT, low TEXT AS (lower(mail)));',
    rows: `INSERT INTO person (mail) VALUES (' Ann@x.ch'), ('ben@x.ch');`,
    migration:
      'ALTER TABLE person DROP COLUMN low; ALTER TABLE person ADD COLUMN low TEXT AS (lower(trim(mail)));',
    says: ['changes in 1 row of 2'],
  }),
  otherwise({
    name: 'the expression and one of the values that it reads',
    migration: `UPDATE bill SET net = 11 WHERE id = 1; ${rebuilt(' AS (net - tax)')}`,
    says: ['bill.gross changes in 1 row of 2: 22.0 -> 18.0'],
  }),
  otherwise({
    name: 'an ordinary column becomes a generated one that differs in a row',
    ...ORDINARY,
    rows: 'INSERT INTO bill VALUES (1, 10, 1, 11), (2, 20, 2, 23);',
    migration: rebuilt(' AS (net + tax)'),
    says: ['changes in 1 row of 2: 23.0 -> 22.0', 'computed now'],
  }),
  otherwise({
    name: 'a table without a key',
    schema: 'CREATE TABLE bill (net REAL, tax REAL, gross REAL AS (net + tax));',
    rows: 'INSERT INTO bill (net, tax) VALUES (10, 1), (20, 2);',
    migration:
      'CREATE TABLE bill_new (net REAL, tax REAL, gross REAL AS (net - tax)); INSERT INTO bill_new (net, tax) SELECT net, tax FROM bill; DROP TABLE bill; ALTER TABLE bill_new RENAME TO bill;',
  }),
  otherwise({
    name: 'a generated column becomes an ordinary one that is not filled',
    migration: rebuilt(''),
    verdict: 'block',
    codes: ['DL103', 'CT101'],
    silent: ['CH101'],
  }),
  otherwise({
    name: 'a generated column becomes an ordinary one with its default in every row',
    migration: rebuilt(' DEFAULT 0'),
    verdict: 'block',
    codes: ['DL103'],
    silent: ['CH101'],
  }),
]

/** The values are what they were, or follow what they are made of. */
export const COMPUTED_ALIKE: Scenario[] = [
  alike({
    name: 'the same expression',
    migration: rebuilt(' AS (net + tax)'),
    silent: ['DL103', 'CH101', 'CT102'],
  }),
  alike({
    name: 'an equal expression, stored',
    migration: rebuilt(' AS (tax + net) STORED'),
    codes: ['CT102'],
    says: ['no row shows a difference'],
  }),
  alike({
    name: 'values that an UPDATE changes and that it is made of',
    migration: 'UPDATE bill SET net = net + 1;',
    verdict: 'acknowledge',
    codes: ['CH101'],
    silent: ['DL103'],
    unsaid: ['bill.gross'],
  }),
  alike({
    name: 'an ordinary column becomes a generated one with the same values: only the INSERT is told',
    ...ORDINARY,
    migration: rebuilt(' AS (net + tax)'),
    verdict: 'acknowledge',
    codes: ['QC101'],
  }),
  alike({
    name: 'the same, dropped and added',
    ...ORDINARY,
    migration: 'ALTER TABLE bill DROP COLUMN gross; ALTER TABLE bill ADD COLUMN gross REAL AS (net + tax);',
    verdict: 'acknowledge',
    codes: ['QC101'],
  }),
  alike({
    name: 'a generated column becomes an ordinary one and takes its values along',
    migration: rebuilt('', 'net, tax, gross'),
    verdict: 'acknowledge',
    codes: ['CT101'],
  }),
  alike({
    name: 'a generated column is renamed',
    migration: 'ALTER TABLE bill RENAME COLUMN gross TO total;',
    verdict: 'acknowledge',
    codes: ['BC102'],
  }),
]
