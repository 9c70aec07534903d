import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name'> & Partial<Scenario>

/** A table that is rebuilt with the same columns and other rules. */
const rebuilt = (before: string, after: string, rows = `(1, 'a@x.ch', 20), (2, 'b@x.ch', 30)`) => ({
  schema: `CREATE TABLE u (${before});`,
  rows: `INSERT INTO u VALUES ${rows};`,
  migration: `CREATE TABLE u2 (${after}); INSERT INTO u2 SELECT * FROM u; DROP TABLE u; ALTER TABLE u2 RENAME TO u;`,
})
const U = 'id INTEGER PRIMARY KEY, email TEXT, age INTEGER'
const age = (rule: string): string => `id INTEGER PRIMARY KEY, email TEXT, age INTEGER ${rule}`
const email = (rule: string): string => `id INTEGER PRIMARY KEY, email TEXT ${rule}, age INTEGER`
const view = (was: string, is: string) => ({
  schema: `CREATE TABLE u (${U}); CREATE VIEW v AS ${was};`,
  rows: `INSERT INTO u VALUES (1, 'a', 20), (2, 'b', 30), (3, NULL, 17);`,
  migration: `DROP VIEW v; CREATE VIEW v AS ${is};`,
})

const indexed = (was: string, is: string) => ({
  schema: `CREATE TABLE u (${U}); CREATE UNIQUE INDEX one ON u ${was};`,
  rows: `INSERT INTO u VALUES (1, 'a@x.ch', 20), (2, 'b@x.ch', 30), (3, NULL, 40);`,
  migration: `DROP INDEX one; ${is}`,
})
const one = (is: string): string => `CREATE UNIQUE INDEX one ON u ${is};`

const told = (scenario: Case, ...says: string[]): Scenario => ({
  ...{ schema: '', rows: '', migration: '', verdict: 'ok', codes: ['CT103'], says },
  ...scenario,
})
const risky = (scenario: Case, ...says: string[]): Scenario => ({
  ...told(scenario, ...says),
  verdict: 'acknowledge',
})
const silent = (scenario: Case): Scenario => ({
  ...{ schema: '', rows: '', migration: '', verdict: 'ok', codes: [], silent: ['CT103', 'BC104'] },
  ...scenario,
})

/** What the application meets after a rebuild and did not before. */
export const RULES_ADDED: Scenario[] = [
  told(
    { name: 'a CHECK that all rows pass', ...rebuilt(U, age('CHECK (age >= 18)')) },
    'CHECK (age >= 18) of u is new: a row with age = 17, which was taken, is refused.',
  ),
  told(
    {
      name: 'a CHECK that got stricter',
      ...rebuilt(age('CHECK (age > 0)'), age('CHECK (age > 0 AND age < 150)')),
    },
    'of u is new: a row with age = 1',
  ),
  told(
    {
      name: 'a list of values that got shorter',
      ...rebuilt(
        email(`CHECK (email IN ('a@x.ch', 'b@x.ch', 'c'))`),
        email(`CHECK (email IN ('a@x.ch', 'b@x.ch'))`),
      ),
    },
    'it lists fewer values than before',
  ),
  told(
    { name: 'a CHECK of JSON', ...rebuilt(U, email('CHECK (json_valid(email))'), `(1, '{}', 1)`) },
    'is new: a row with email =',
  ),
  told(
    {
      name: 'a CHECK of two columns',
      ...rebuilt(
        'id INTEGER PRIMARY KEY, a INTEGER, b INTEGER',
        'id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, CHECK (a < b)',
        '(1, 2, 3)',
      ),
    },
    'CHECK (a < b) of u is new: a row with a = ',
  ),
  told(
    { name: 'a default', ...rebuilt(U, age('DEFAULT 18')) },
    'New rows of u that leave age out get 18; they had NULL.',
  ),
  told(
    { name: 'a default that is calculated', ...rebuilt(U, email(`DEFAULT (lower(hex(randomblob(4))))`)) },
    'New rows of u that leave email out get',
  ),
  told(
    { name: 'AUTOINCREMENT', ...rebuilt(U, 'id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT, age INTEGER') },
    'u is numbered by AUTOINCREMENT now',
  ),
  told(
    { name: 'a collation', ...rebuilt(U, email('COLLATE NOCASE')) },
    'u.email is compared and sorted by NOCASE now.',
  ),
  told(
    { name: 'a collation of a unique column', ...rebuilt(email('UNIQUE'), email('UNIQUE COLLATE NOCASE')) },
    'u.email is compared, sorted and unique by NOCASE now.',
  ),
  risky(
    {
      name: 'a collation by which two rows are equal',
      ...rebuilt(U, email('COLLATE NOCASE'), `(1, 'Ann', 1), (2, 'ann', 2)`),
    },
    '1 row is equal to another one only now.',
  ),
  risky(
    { name: 'REPLACE no more', ...rebuilt(email('UNIQUE ON CONFLICT REPLACE'), email('UNIQUE')) },
    'UNIQUE (email) of u is ON CONFLICT ABORT now, it was ON CONFLICT REPLACE: a row that breaks it is refused.',
  ),
  risky(
    {
      name: 'IGNORE from now on',
      ...rebuilt(`${U}, UNIQUE (email, age)`, `${U}, CONSTRAINT one UNIQUE (email, age) ON CONFLICT IGNORE`),
    },
    'UNIQUE (email, age) of u is ON CONFLICT IGNORE now',
    'is left out without an error',
  ),
  risky(
    {
      name: 'REPLACE of a key',
      ...rebuilt(
        'id INTEGER PRIMARY KEY, email TEXT, age INTEGER',
        'id INTEGER PRIMARY KEY ON CONFLICT REPLACE, email TEXT, age INTEGER',
      ),
    },
    'PRIMARY KEY (id) of u is ON CONFLICT REPLACE now',
    'takes the place of the one that is there',
  ),
  risky(
    {
      name: 'REPLACE in place of NULL',
      ...rebuilt(email(`NOT NULL DEFAULT 'none'`), email(`NOT NULL ON CONFLICT REPLACE DEFAULT 'none'`)),
    },
    'NOT NULL (email) of u is ON CONFLICT REPLACE now',
    'gets the default',
  ),
  risky(
    { name: 'a new UNIQUE that replaces', ...rebuilt(U, email('UNIQUE ON CONFLICT REPLACE')) },
    'is ON CONFLICT REPLACE now, new: a row that breaks it takes the place',
  ),
  risky(
    {
      name: 'a view of fewer rows',
      ...view('SELECT id FROM u WHERE age >= 18', 'SELECT id FROM u WHERE age >= 21'),
      codes: ['BC104'],
    },
    'The view v shows 1 row now, 2 before: 1 row of before is not among them.',
  ),
  told(
    {
      name: 'a view of other values',
      ...view('SELECT id, email FROM u', `SELECT id, coalesce(email, '-') AS email FROM u`),
      codes: ['BC104'],
    },
    'The view v shows 3 rows now, 3 before: 1 row of before is not among them, 1 row was not there.',
  ),
  risky(
    {
      name: 'a view of rows several times',
      ...view('SELECT id FROM u', 'SELECT id FROM u UNION ALL SELECT id FROM u'),
      codes: ['BC104'],
    },
    'The view v shows 6 rows now, 3 before.',
  ),
  told(
    {
      name: 'a view by a condition that no row meets',
      ...view('SELECT id FROM u', 'SELECT id FROM u WHERE age < 100'),
      codes: ['BC104'],
    },
    'The view v is written otherwise; no row shows a difference.',
  ),
]

/** Written otherwise, or new, and nothing that was done before meets it. */
export const RULES_KEPT: Scenario[] = [
  silent({
    name: 'the same CHECK in other words',
    ...rebuilt(age('CHECK (age >= 18)'), `${U}, CHECK ("age" >= 18)`),
  }),
  silent({
    name: 'a CHECK that got weaker',
    ...rebuilt(age('CHECK (age >= 18)'), age('CHECK (age >= 16)')),
    verdict: 'acknowledge',
  }),
  silent({
    name: 'a list of values that got longer',
    ...rebuilt(
      email(`CHECK (email IN ('a@x.ch', 'b@x.ch'))`),
      email(`CHECK (email IN ('a@x.ch', 'b@x.ch', 'c'))`),
    ),
  }),
  silent({
    name: 'a CHECK of what NOT NULL refused',
    ...rebuilt(age('NOT NULL'), age('NOT NULL CHECK (age IS NOT NULL)')),
  }),
  silent({
    name: 'a CHECK of a new column',
    ...rebuilt(U, `${U}, n INTEGER CHECK (n > 0)`),
    migration: `CREATE TABLE u2 (${U}, n INTEGER CHECK (n > 0)); INSERT INTO u2 (id, email, age) SELECT * FROM u; DROP TABLE u; ALTER TABLE u2 RENAME TO u;`,
  }),
  silent({ name: 'DEFAULT NULL', ...rebuilt(U, age('DEFAULT NULL')) }),
  silent({
    name: 'a default of a column that every INSERT names',
    ...rebuilt(age('NOT NULL'), age('NOT NULL DEFAULT 0')),
  }),
  silent({ name: 'the collation that every column has', ...rebuilt(U, email('COLLATE BINARY')) }),
  silent({ name: 'a collation of numbers', ...rebuilt(U, age('COLLATE NOCASE')) }),
  silent({ name: 'the same collation', ...rebuilt(email('COLLATE NOCASE'), email('collate "nocase"')) }),
  silent({
    name: 'AUTOINCREMENT as before',
    ...rebuilt(
      'id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT',
      'id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, email TEXT',
      `(1, 'a')`,
    ),
  }),
  silent({
    name: 'ON CONFLICT ABORT, which is what happens anyway',
    ...rebuilt(email('UNIQUE'), email('UNIQUE ON CONFLICT ABORT')),
  }),
  silent({
    name: 'ON CONFLICT as before, in another place',
    ...rebuilt(email('UNIQUE ON CONFLICT IGNORE'), `${U}, UNIQUE (email) ON CONFLICT IGNORE`),
  }),
  silent({
    name: 'a view in other quotes',
    ...view('SELECT id FROM u WHERE age >= 18', 'SELECT "id" FROM "u" WHERE "age" >= 18'),
  }),
  silent({
    name: 'a view with one column more',
    ...view('SELECT id FROM u WHERE age >= 18', 'SELECT id, email FROM u WHERE age >= 18'),
  }),
  silent({
    name: 'a view that follows its table',
    schema: `CREATE TABLE u (${U}); CREATE VIEW v AS SELECT id FROM u;`,
    rows: `INSERT INTO u VALUES (1, 'a', 2);`,
    migration: 'ALTER TABLE u RENAME TO w;',
    verdict: 'acknowledge',
    codes: ['BC101'],
  }),
]

const TAKEN = 'Rows that it refused are taken now'
const REFUSED = 'Rows that were taken are refused now'
const UNKNOWN = 'Whether all that it refused is refused still is not known'

/** A unique index in other words that refuses more, less, or what nobody can tell. */
export const UNIQUE_OTHERWISE: Scenario[] = [
  ...[
    ['lower() where there is a value', '(email)', one('(lower(email)) WHERE email IS NOT NULL')],
    ['NOCASE', '(email)', one('(email COLLATE NOCASE)')],
    ['NOCASE under another name', '(email)', one('(email COLLATE NOCASE)').replace('one', 'two')],
    ['fewer columns', '(email, age)', one('(email)')],
    ['every row', '(email) WHERE age IS NULL', one('(email)')],
    ['trimmed', '(email)', one('(trim(email))')],
  ].map(([name = '', was = '', is = '']) => ({
    ...told({ name: `a unique index by ${name}`, ...indexed(was, is), codes: ['IX102'] }, REFUSED),
    unsaid: [TAKEN, UNKNOWN],
  })),
  ...[
    ['more columns', '(email)', one('(email, age)')],
    ['some rows', '(email)', one('(email) WHERE age IS NOT NULL')],
    ['case', '(email COLLATE NOCASE)', one('(email)')],
    ['another column', '(email)', one('(age)')],
    ['what lower() made equal', '(lower(email))', one('(email)')],
  ].map(([name = '', was = '', is = '']) => ({
    ...risky(
      { name: `a unique index that tells apart by ${name}`, ...indexed(was, is), codes: ['IX102'] },
      TAKEN,
    ),
    unsaid: [UNKNOWN],
  })),
  ...[
    ['nullif', '(email)', one(`(nullif(email, ''))`)],
    ['an expression of a number', '(age)', one('(age + 1)')],
    ['a condition of two', '(email)', one('(email) WHERE age > 0 OR email IS NOT NULL')],
  ].map(([name = '', was = '', is = '']) => ({
    ...risky({ name: `a unique index by ${name}`, ...indexed(was, is), codes: ['IX102'] }, UNKNOWN),
    unsaid: [TAKEN],
  })),
  told(
    {
      name: 'a unique index that a search by the column no longer finds',
      ...indexed('(email)', one('(email COLLATE NOCASE)')),
      codes: ['IX102'],
    },
    'No index of u starts with email as BINARY compares it any more',
  ),
]

/** The same rows are refused. */
export const UNIQUE_ALIKE: Scenario[] = [
  ...[
    ['where there is a value', '(email)', one('(email) WHERE email IS NOT NULL')],
    ['for every row that has a value', '(email) WHERE email IS NOT NULL', one('(email)')],
    [
      'in other words',
      '(email)',
      'create unique index if not exists "one" on "u" ("email" collate binary asc);',
    ],
    ['under another name', '(lower(email))', 'CREATE UNIQUE INDEX two ON u (LOWER("email"));'],
    ['by upper() in place of lower()', '(lower(email))', one('(upper(email))')],
    [
      'with its conditions exchanged',
      `(email) WHERE age > 1 AND age < 9`,
      one('(email) WHERE age < 9 AND age > 1'),
    ],
    [
      'beside one that refuses more',
      '(email)',
      `${one('(email)')} CREATE UNIQUE INDEX two ON u (lower(email));`,
    ],
  ].map(([name = '', was = '', is = '']) => ({
    ...silent({ name: `a unique index ${name}`, ...indexed(was, is) }),
    unsaid: [TAKEN, REFUSED, UNKNOWN],
  })),
]

const LOGS = `AFTER INSERT ON u BEGIN INSERT INTO log VALUES (new.id, 'in'); END`
const trigger = (is: string, was = LOGS) => ({
  schema: `CREATE TABLE u (${U}); CREATE TABLE log (n INTEGER, what TEXT); CREATE TRIGGER g ${was};`,
  rows: `INSERT INTO u VALUES (1, 'a', 20);`,
  migration: `DROP TRIGGER g; CREATE TRIGGER ${is};`,
})

export const TRIGGERS_OTHERWISE: Scenario[] = [
  ...[
    [
      'under a condition',
      `g ${LOGS.replace('BEGIN', 'WHEN new.age > 1 BEGIN')}`,
      'another event or condition.',
    ],
    ['of another event', `g ${LOGS.replace('INSERT ON', 'UPDATE ON')}`, 'another event or condition.'],
    ['before the row', `g ${LOGS.replace('AFTER', 'BEFORE')}`, 'another event or condition.'],
    ['of another text', `g ${LOGS.replace(`'in'`, `'IN'`)}`, 'other statements.'],
    [
      'of both',
      `g ${LOGS.replace(`'in'`, 'new.email').replace('INSERT ON', 'UPDATE OF age ON')}`,
      'another event or condition, other statements.',
    ],
  ].map(([name = '', is = '', says = '']) =>
    told(
      { name: `a trigger ${name}`, ...trigger(is), codes: ['BC104'] },
      `The trigger g on u is made again otherwise: ${says}`,
    ),
  ),
]

export const TRIGGERS_ALIKE: Scenario[] = [
  ...[
    ['word for word', `g ${LOGS}`],
    [
      'in quotes and capitals',
      `IF NOT EXISTS "g" after insert ON "u" BEGIN insert into LOG values (NEW.id, 'in'); END`,
    ],
    ['with comments and lines', `g ${LOGS.replace('BEGIN', 'BEGIN -- as before\n')}`],
    ['for each row, as every one is', `g ${LOGS.replace('BEGIN', 'FOR EACH ROW BEGIN')}`],
    ['after the row, which is not the default', `g ${LOGS.replace('AFTER', 'after')}`],
  ].map(([name = '', is = '']) => silent({ name: `a trigger ${name}`, ...trigger(is) })),
]
