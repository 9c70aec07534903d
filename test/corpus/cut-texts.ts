import type { Scenario } from './scenario.js'

const MEMBERS = {
  schema:
    'CREATE TABLE m (id INTEGER PRIMARY KEY, phone TEXT, email TEXT, at TEXT, url TEXT, code TEXT, price TEXT);',
  rows: `INSERT INTO m VALUES (1, '+41 79 123 45 67', 'a@x.ch', '2024-01-01 10:00:00', 'http://a/b?q=1', 'AB-1', '1.50'),
(2, '079 222 33 44', 'b@y.ch', '2024-01-02 00:00:00', 'http://a/c', 'CD-1', 'free'), (3, NULL, 'c@x.ch', NULL, NULL, 'archived', '2');`,
}
const lost = (name: string, migration: string, ...says: string[]): Scenario => ({
  ...{ ...MEMBERS, name, migration, verdict: 'block', codes: ['DL103'], silent: ['DL102'], says },
})
const kept = (name: string, migration: string, ...says: string[]): Scenario => ({
  ...{ ...MEMBERS, name, migration, verdict: 'acknowledge', codes: ['CH101'] },
  ...{ silent: ['DL102', 'DL103'], says },
})
const rebuilt = (phone: string): string =>
  `CREATE TABLE m_new (id INTEGER PRIMARY KEY, phone TEXT, email TEXT, at TEXT, url TEXT, code TEXT, price TEXT); INSERT INTO m_new SELECT id, ${phone}, email, at, url, code, price FROM m; DROP TABLE m; ALTER TABLE m_new RENAME TO m;`

/** Of a text only the beginning is left. */
export const TEXTS_CUT: Scenario[] = [
  lost(
    'the time of day goes into a column of its own, shifted by an hour',
    `ALTER TABLE m ADD COLUMN hour TEXT; UPDATE m SET hour = time(at, '+1 hours'), at = date(at);`,
    '1 value of m.at is cut short',
  ),
  lost(
    'the time of day goes into a column of its own, in the other rows',
    `ALTER TABLE m ADD COLUMN hour TEXT; UPDATE m SET hour = time(at) WHERE id > 1; UPDATE m SET at = date(at);`,
    '1 value of m.at is cut short',
  ),
  lost(
    'an UPDATE keeps eight letters',
    'UPDATE m SET phone = substr(phone, 1, 8) WHERE phone IS NOT NULL;',
    `2 values of m.phone are cut short: what followed is nowhere, such as '+41 79 123 45 67' -> '+41 79 1'`,
  ),
  lost(
    'the copy of a rebuild keeps twelve letters',
    rebuilt('substr(phone, 1, 12)'),
    '2 values of m.phone are cut short',
  ),
  lost(
    'a time becomes a day, where it was not midnight',
    'UPDATE m SET at = date(at) WHERE at IS NOT NULL;',
    `1 value of m.at is cut short: what followed is nowhere, such as '2024-01-01 10:00:00' -> '2024-01-01'`,
    'm.at changes in 1 row of 2',
  ),
  lost(
    'what is asked of an address goes',
    `UPDATE m SET url = substr(url, 1, instr(url, '?') - 1) WHERE instr(url, '?') > 0;`,
    '1 value of m.url is cut short',
  ),
  lost(
    'the end goes to a table that lacks a row',
    `CREATE TABLE long (m_id INTEGER PRIMARY KEY, phone TEXT); INSERT INTO long SELECT id, phone FROM m WHERE id = 1; UPDATE m SET phone = substr(phone, 1, 8) WHERE phone IS NOT NULL;`,
    'm.phone',
  ),
]

/** A text is shorter, and what followed is known, was nothing, or stands elsewhere. */
export const TEXTS_SHORTER: Scenario[] = [
  kept(
    'the time of day goes into a column of its own',
    `ALTER TABLE m ADD COLUMN hour TEXT; UPDATE m SET hour = time(at), at = date(at);`,
    'what it no longer says is in m.at, m.hour',
  ),
  kept(
    'the same in two statements, and T between both before',
    `UPDATE m SET at = replace(at, ' ', 'T'); ALTER TABLE m ADD COLUMN hour TEXT; UPDATE m SET hour = time(at); UPDATE m SET at = date(at);`,
  ),
  kept(
    'what follows goes to a column of its own',
    `ALTER TABLE m ADD COLUMN host TEXT; UPDATE m SET host = substr(email, instr(email, '@') + 1) WHERE email IS NOT NULL; UPDATE m SET email = substr(email, 1, instr(email, '@') - 1) WHERE email IS NOT NULL;`,
    'what it no longer says is in m.email, m.host',
  ),
  kept(
    'the same follows in each of them',
    `UPDATE m SET code = substr(code, 1, length(code) - 2) WHERE code LIKE '%-1';`,
    `'AB-1' -> 'AB'`,
  ),
  kept(
    'a statement spells the word and the shorter one',
    `UPDATE m SET code = CASE code WHEN 'archived' THEN 'arch' ELSE substr(code, 1) END WHERE code > '';`,
    `'archived' -> 'arch'`,
  ),
  kept(
    'the whole texts are kept in another table',
    'CREATE TABLE m_old AS SELECT id, phone FROM m; UPDATE m SET phone = substr(phone, 1, 8) WHERE phone IS NOT NULL;',
    'what it no longer says is in m_old.phone',
  ),
  kept(
    'a time that was midnight becomes a day',
    `UPDATE m SET at = date(at) WHERE at LIKE '% 00:00:00';`,
    `'2024-01-02 00:00:00' -> '2024-01-02'`,
  ),
  {
    ...kept(
      'a word among numbers becomes the number that a statement spells for it',
      `CREATE TABLE m_new (id INTEGER PRIMARY KEY, phone TEXT, email TEXT, at TEXT, url TEXT, code TEXT, price REAL); INSERT INTO m_new SELECT id, phone, email, at, url, code, CASE WHEN price = 'free' THEN 0 ELSE CAST(price AS REAL) END FROM m; DROP TABLE m; ALTER TABLE m_new RENAME TO m;`,
      `m.price changes in 1 row of 3: 'free' -> 0.0; in 2 rows it is only stored as another type.`,
    ),
  },
]
