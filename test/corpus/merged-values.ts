import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const WORDS = {
  schema: 'CREATE TABLE c (id INTEGER PRIMARY KEY, email TEXT, v TEXT);',
  rows: `INSERT INTO c VALUES (1, 'Ann@X.ch', 'alpha-one'), (2, 'ann@x.ch', 'alpha-two'), (3, 'ben@x.ch', 'beta'), (4, ' cy ', NULL), (5, 'cy', 'gamma');`,
}
const merged = (scenario: Case): Scenario => ({
  ...WORDS,
  verdict: 'block',
  codes: ['DL103'],
  silent: ['CH101'],
  ...scenario,
})
const told = (scenario: Case): Scenario => ({
  ...WORDS,
  verdict: 'acknowledge',
  codes: ['CH101'],
  silent: ['DL103'],
  ...scenario,
})
const copied = (value: string): string =>
  `CREATE TABLE c2 (id INTEGER PRIMARY KEY, email TEXT, v TEXT); INSERT INTO c2 SELECT id, email, ${value} FROM c; DROP TABLE c; ALTER TABLE c2 RENAME TO c;`
const exchanged = (value: string): string =>
  `ALTER TABLE c ADD COLUMN v2 TEXT; UPDATE c SET v2 = ${value}; ALTER TABLE c DROP COLUMN v; ALTER TABLE c RENAME COLUMN v2 TO v;`

const words = (...values: string[]): string =>
  `INSERT INTO c VALUES ${values.map((value, at) => `(${at + 1}, 'e${at}', ${value})`).join(', ')};`
const LISTED = `CREATE TABLE c (id INTEGER PRIMARY KEY, email TEXT, v TEXT CHECK (v IN ('open', 'closed', 'rejected', 'spam')));`
const FOUR = words(`'open'`, `'closed'`, `'rejected'`, `'spam'`)
const relisted = (value: string): string =>
  `CREATE TABLE c2 (id INTEGER PRIMARY KEY, email TEXT, v TEXT CHECK (v IN ('open', 'closed'))); INSERT INTO c2 SELECT id, email, ${value} FROM c; DROP TABLE c; ALTER TABLE c2 RENAME TO c;`

/** A calculation makes one value of several: which row had which is lost. */
export const MERGED: Scenario[] = [
  merged({
    name: 'substr()',
    migration: 'UPDATE c SET v = substr(v, 1, 5);',
    says: ['2 values of c.v become equal', 'it changes in 3 rows of 4'],
    rows: WORDS.rows.replace("'beta'", "'betaxx'"),
  }),
  merged({ name: 'substr() in the copy of a rebuild', migration: copied('substr(v, 1, 4)') }),
  merged({
    name: 'what is computed takes the name of the column',
    migration: exchanged('substr(v, 1, 2)'),
    says: ['2 values of c.v become equal'],
    silent: ['CH101', 'BC102'],
  }),
  merged({
    name: 'date() of times of one day',
    rows: `INSERT INTO c VALUES (1, 'a', '2024-05-01 10:00:00'), (2, 'b', '2024-05-01 11:30:00'), (3, 'c', '2024-06-01 00:00:00');`,
    migration: 'UPDATE c SET v = date(v);',
    says: ['2 values of c.v become equal'],
  }),
  merged({
    name: 'a calculation in one arm of a CASE',
    migration: `UPDATE c SET v = CASE WHEN v LIKE 'alpha%' THEN substr(v, 1, 5) ELSE v END;`,
    says: ['2 values of c.v become equal'],
  }),
  merged({
    name: 'in small letters, and cut',
    rows: words(`'abcd'`, `'ABCe'`, `'Xyz'`),
    migration: 'UPDATE c SET v = substr(lower(v), 1, 3);',
    says: ['2 values of c.v become equal', 'it changes in 3 rows of 3'],
  }),
  merged({
    name: 'only those are counted of which more than capitals goes',
    rows: words(`'Ab'`, `'ab'`, `'xyz-one'`, `'xyz-two'`),
    migration: 'UPDATE c SET v = substr(lower(v), 1, 3);',
    says: [`2 values of c.v become equal to others that were different: 2 different values are one now`],
  }),
  merged({
    name: 'a sign goes',
    rows: words(`'-5'`, `'5'`, `'7'`),
    migration: `UPDATE c SET v = replace(v, '-', '');`,
  }),
  merged({
    name: 'a point goes',
    rows: words(`'1.5'`, `'15'`, `'7'`),
    migration: `UPDATE c SET v = replace(v, '.', '');`,
  }),
  merged({
    name: 'zeros at the end go',
    rows: words(`'100'`, `'10'`, `'7'`),
    migration: `UPDATE c SET v = rtrim(v, '0');`,
  }),
  merged({
    name: 'a word in front goes',
    rows: words(`'alpha-one'`, `'one'`, `'two'`),
    migration: `UPDATE c SET v = replace(v, 'alpha-', '');`,
  }),
  merged({
    name: 'the first of a list stays',
    rows: words(`'a,b'`, `'a,c'`, `'x'`),
    migration: `UPDATE c SET v = substr(v, 1, instr(v || ',', ',') - 1);`,
  }),
  merged({
    name: 'the first of a JSON list stays',
    rows: words(`'["a","b"]'`, `'["a","c"]'`, `'["x"]'`),
    migration: `UPDATE c SET v = json_extract(v, '$[0]');`,
  }),
  merged({
    name: 'ELSE takes words that a CHECK listed',
    schema: LISTED,
    rows: FOUR,
    migration: relisted(`CASE v WHEN 'open' THEN 'open' ELSE 'closed' END`),
    says: ['2 values of c.v become equal to others that were different: 3 different values are one now'],
  }),
  merged({
    name: 'iif() takes words that a CHECK listed',
    schema: LISTED,
    rows: FOUR,
    migration: `UPDATE c SET v = iif(v = 'open', 'open', 'closed');`,
  }),
  merged({
    name: 'a CHECK lists what is cut',
    rows: words(`'a-one'`, `'a-two'`, `'b'`),
    migration: `CREATE TABLE c2 (id INTEGER PRIMARY KEY, email TEXT, v TEXT CHECK (v IN ('a', 'b'))); INSERT INTO c2 SELECT id, email, substr(v, 1, 1) FROM c; DROP TABLE c; ALTER TABLE c2 RENAME TO c;`,
  }),
]

const form = (name: string, rows: string, value: string, says: string): Scenario =>
  told({ name, rows, migration: `UPDATE c SET v = ${value};`, says: [says] })
const ONE_NOW = '2 values that were different are one now'

/** Values that differed in the way in which they were written are written in one: what is meant, and told with its number. */
export const ONE_FORM: Scenario[] = [
  told({
    name: 'lower()',
    migration: 'UPDATE c SET email = lower(email);',
    says: [`c.email changes in 1 row of 5: 'Ann@X.ch' -> 'ann@x.ch'; ${ONE_NOW}.`],
  }),
  told({
    name: 'trim()',
    migration: 'UPDATE c SET email = trim(email);',
    says: [`' cy ' -> 'cy'; ${ONE_NOW}`],
  }),
  told({
    name: 'lower() of what is not small yet',
    migration: 'UPDATE c SET email = lower(email) WHERE email <> lower(email);',
    says: [ONE_NOW],
  }),
  told({
    name: 'lower(trim()) in the copy of a rebuild',
    rows: words(`' A@x'`, `'a@x'`, `'b'`),
    migration: copied('lower(trim(v))'),
    says: [ONE_NOW],
  }),
  told({
    name: 'lower() that takes the name of the column',
    rows: words(`'A'`, `'a'`, `'b'`),
    migration: exchanged('lower(v)'),
    silent: ['DL103', 'BC102'],
    says: [ONE_NOW],
  }),
  form('upper()', words(`'chf'`, `'CHF'`, `'eur'`), 'upper(v)', ONE_NOW),
  form('rtrim()', words(`'chf '`, `'chf'`, `'eur'`), 'rtrim(v)', ONE_NOW),
  form('blanks between', words(`'079 12'`, `'07912'`, `'1'`), `replace(v, ' ', '')`, ONE_NOW),
  form(
    'lines',
    words(`'a' || char(10) || 'b'`, `'a b'`, `'c'`),
    `replace(replace(v, char(13), ''), char(10), ' ')`,
    ONE_NOW,
  ),
  form(
    'telephone numbers',
    words(`'(079) 12-34'`, `'0791234'`, `'077 1'`),
    `replace(replace(replace(replace(v, ' ', ''), '-', ''), '(', ''), ')', '')`,
    ONE_NOW,
  ),
  form(
    'a capital in front',
    words(`'ann'`, `'Ann'`, `'BEN'`),
    'upper(substr(v, 1, 1)) || lower(substr(v, 2))',
    ONE_NOW,
  ),
  form(
    'a word for empty texts',
    words(`''`, `'none'`, `'x'`),
    `coalesce(nullif(trim(v), ''), 'none')`,
    ONE_NOW,
  ),
  form(
    'times in one way of writing',
    words(`'2026-01-01 10:00:00'`, `'2026-01-01T10:00:00Z'`, `'2026-02-01 00:00:00'`),
    `strftime('%Y-%m-%dT%H:%M:%SZ', v)`,
    ONE_NOW,
  ),
  form('JSON without blanks', words(`'{"a": 1}'`, `'{"a":1}'`, `'[]'`), 'json(v)', ONE_NOW),
  form(
    'one word in place of another',
    words(`'http://a'`, `'https://a'`, `'x'`),
    `replace(v, 'http://', 'https://')`,
    ONE_NOW,
  ),
  form('one word for another by iif()', words(`'on'`, `'yes'`, `'x'`), `iif(v = 'on', 'yes', v)`, ONE_NOW),
  told({
    name: 'words that a CHECK listed, each spelt',
    schema: LISTED,
    rows: FOUR,
    migration: relisted(`CASE v WHEN 'rejected' THEN 'closed' WHEN 'spam' THEN 'closed' ELSE v END`),
    says: ['3 values that were different are one now'],
  }),
]

/** Nothing is equal that was not, or it is spelt out what becomes what, or the old values are elsewhere. */
export const TOLD_APART: Scenario[] = [
  told({
    name: 'upper() of values that stay different',
    migration: 'UPDATE c SET v = upper(v);',
    unsaid: ['different'],
  }),
  told({ name: 'a text behind each', migration: `UPDATE c SET v = v || '!';`, unsaid: ['different'] }),
  told({
    name: 'the old ones in a column beside',
    migration:
      'ALTER TABLE c ADD COLUMN raw TEXT; UPDATE c SET raw = email; UPDATE c SET email = lower(email);',
    says: ['what it no longer says is in c.raw'],
  }),
  told({
    name: 'the old ones in another table, by the key',
    migration:
      'CREATE TABLE was (c_id INTEGER PRIMARY KEY, email TEXT); INSERT INTO was SELECT id, email FROM c; UPDATE c SET email = lower(email);',
    says: ['what it no longer says is in was.email'],
  }),
  told({
    name: 'a CASE that spells them',
    migration: `UPDATE c SET v = CASE v WHEN 'alpha-one' THEN 'A' WHEN 'alpha-two' THEN 'A' ELSE v END;`,
    says: ['2 values that were different are one now'],
  }),
  told({
    name: 'one word for some rows',
    migration: `UPDATE c SET v = 'fixed' WHERE v LIKE 'alpha%';`,
    says: ['2 values that were different are one now'],
  }),
  told({
    name: 'upper() that takes the name of the column',
    migration: exchanged('upper(v)'),
    silent: ['DL103', 'BC102'],
  }),
  told({
    name: 'a CHECK lists what they are called',
    rows: `INSERT INTO c VALUES (1, 'a', 'OPEN'), (2, 'b', 'open'), (3, 'c', 'Closed');`,
    migration: `CREATE TABLE c2 (id INTEGER PRIMARY KEY, email TEXT, v TEXT CHECK (v IN ('open', 'closed'))); INSERT INTO c2 SELECT id, email, lower(v) FROM c; DROP TABLE c; ALTER TABLE c2 RENAME TO c;`,
    says: ['2 values that were different are one now'],
  }),
  told({
    name: 'a value moves and keeps its name',
    migration: exchanged('v'),
    verdict: 'ok',
    codes: [],
    silent: ['CH101', 'DL103', 'BC102'],
  }),
]

const STATES = {
  schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT NOT NULL DEFAULT 'a' CHECK (s IN ('x', 'y')), m TEXT COLLATE NOCASE);`,
  rows: `INSERT INTO t VALUES (1, 'x', 'P'), (2, 'y', 'q');`,
}
const swapped = (column: string, declared: string): string =>
  `ALTER TABLE t ADD COLUMN n ${declared}; UPDATE t SET n = ${column}; ALTER TABLE t DROP COLUMN ${column}; ALTER TABLE t RENAME COLUMN n TO ${column};`

/** A column is made again under its name, in a table that stays. */
export const REMADE: Scenario[] = [
  {
    ...STATES,
    name: 'without NOT NULL, default and CHECK',
    migration: swapped('s', 'TEXT'),
    verdict: 'block',
    codes: ['CT101'],
    says: [
      `column of t is made again: it loses CHECK`,
      `it loses NOT NULL of s`,
      `it loses DEFAULT 'a' of s`,
    ],
  },
  {
    ...STATES,
    name: 'with another default',
    migration: swapped('s', `TEXT NOT NULL DEFAULT 'x' CHECK (n IN ('x', 'y'))`),
    verdict: 'acknowledge',
    codes: ['CT102'],
    silent: ['CT101'],
  },
  {
    ...STATES,
    name: 'without its collation',
    migration: swapped('m', 'TEXT'),
    verdict: 'acknowledge',
    codes: ['CT101'],
  },
  {
    ...STATES,
    name: 'as it was',
    migration: swapped('m', 'TEXT COLLATE NOCASE'),
    verdict: 'ok',
    codes: [],
    silent: ['CT101', 'CT102', 'CT103'],
  },
  {
    ...STATES,
    name: 'another one comes and goes',
    migration: 'ALTER TABLE t ADD COLUMN n TEXT; ALTER TABLE t DROP COLUMN n;',
    verdict: 'ok',
    codes: [],
    silent: ['CT101', 'CT102', 'CT103'],
  },
  {
    ...STATES,
    name: 'it gets another name',
    migration: 'ALTER TABLE t RENAME COLUMN s TO state;',
    verdict: 'acknowledge',
    codes: ['BC102'],
    silent: ['CT101', 'CT102', 'CT103'],
  },
]
