import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'schema' | 'rows' | 'migration'> & Partial<Scenario>

const told = (scenario: Case): Scenario => ({ verdict: 'acknowledge', codes: [], ...scenario })
const silent = (scenario: Case): Scenario => ({ verdict: 'ok', codes: [], ...scenario })

/** One table, rebuilt from one text to another. */
const rebuild = (
  name: string,
  before: string,
  after: string,
  columns = '*',
): { schema: string; migration: string } => ({
  schema: `CREATE TABLE ${name} (${before});`,
  migration: `CREATE TABLE ${name}_new (${after});
INSERT INTO ${name}_new ${columns === '*' ? '' : `(${columns}) `}SELECT ${columns} FROM ${name};
DROP TABLE ${name};
ALTER TABLE ${name}_new RENAME TO ${name};`,
})

const OFFERS = `INSERT INTO offer VALUES (1, 10), (2, 20);`
const offer = (before: string, after: string) => ({
  rows: OFFERS,
  ...rebuild(
    'offer',
    `id INTEGER PRIMARY KEY, discount INTEGER ${before}`,
    `id INTEGER PRIMARY KEY, discount INTEGER ${after}`,
  ),
})

const AUTHORS =
  'CREATE TABLE author (id INTEGER PRIMARY KEY, code TEXT UNIQUE); CREATE TABLE person (id INTEGER PRIMARY KEY);'
const BOOKS = `INSERT INTO author VALUES (1, 'a'), (2, 'b'); INSERT INTO person VALUES (1), (2); INSERT INTO book VALUES (1, 1, 'x'), (2, 2, 'y');`
const book = (before: string, after: string) => {
  const columns = (key: string): string => `id INTEGER PRIMARY KEY, author_id INTEGER ${key}, title TEXT`
  const { schema, migration } = rebuild('book', columns(before), columns(after))
  return { rows: BOOKS, schema: `${AUTHORS} ${schema}`, migration }
}

const MEMBERS = `INSERT INTO member VALUES (1, 'ann@lake.ch', 7, NULL), (2, 'ben@lake.ch', 7, 'x');`
const MEMBER = 'id INTEGER PRIMARY KEY, email TEXT, team INTEGER, gone TEXT'
const member = (before: string, after: string) => ({
  rows: MEMBERS,
  ...rebuild('member', `${MEMBER}, ${before}`, `${MEMBER}${after === '' ? '' : `, ${after}`}`),
})
const indexed = (index: string, migration: string): Pick<Scenario, 'schema' | 'rows' | 'migration'> => ({
  schema: `CREATE TABLE member (${MEMBER}); ${index}`,
  rows: MEMBERS,
  migration,
})
const REBUILT_MEMBER = `CREATE TABLE m2 (${MEMBER}, note TEXT); INSERT INTO m2 (id, email, team, gone) SELECT * FROM member; DROP TABLE member; ALTER TABLE m2 RENAME TO member;`

/** A table with a key and a value, rebuilt. Each text goes on after the table's name and `(`. */
const keyed = (before: string, after: string): Pick<Scenario, 'schema' | 'rows' | 'migration'> => ({
  schema: `CREATE TABLE label (${before};`,
  rows: `INSERT INTO label (code, n) VALUES ('a', 1), ('b', 2);`,
  migration: `CREATE TABLE label_new (${after}; INSERT INTO label_new (code, n) SELECT code, n FROM label; DROP TABLE label; ALTER TABLE label_new RENAME TO label;`,
})

/** Keys, references, constraints and defaults that do less, or something else, afterwards. Each must be told. */
export const WEAKENED: Scenario[] = [
  told({
    name: 'a rebuild makes an index again without its collation',
    ...indexed(
      'CREATE INDEX member_email ON member (email COLLATE NOCASE DESC);',
      `${REBUILT_MEMBER} CREATE INDEX member_email ON member (email);`,
    ),
    codes: ['IX102'],
    silent: ['IX101'],
  }),
  told({
    name: 'a bound of a CHECK is left out',
    ...offer('CHECK (discount BETWEEN 0 AND 100)', 'CHECK (discount >= 0)'),
    codes: ['CT102'],
  }),
  told({
    name: 'a CHECK takes the edge in',
    ...offer('CHECK (discount > 0)', 'CHECK (discount >= 0)'),
    codes: ['CT102'],
  }),
  told({
    name: 'a bound of a CHECK is moved',
    ...offer('CHECK (discount <= 100)', 'CHECK (discount <= 1000)'),
    codes: ['CT102'],
  }),
  told({
    name: 'a CHECK lets NULL through',
    ...offer('CHECK (discount IS NOT NULL AND discount > 0)', 'CHECK (discount > 0)'),
    codes: ['CT102'],
  }),
  told({
    name: 'AND becomes OR',
    ...offer('CHECK (discount > 0 AND discount < 50)', 'CHECK (discount > 0 OR discount < 50)'),
    codes: ['CT102'],
  }),
  told({
    name: 'a CHECK of two columns looks at one of them only',
    ...rebuild(
      'stay',
      'id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, CHECK (a < b)',
      'id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, CHECK (a < 1000)',
    ),
    rows: 'INSERT INTO stay VALUES (1, 1, 2);',
    codes: ['CT102'],
  }),
  told({
    name: 'a code may have any length',
    ...rebuild(
      'place',
      'id INTEGER PRIMARY KEY, code TEXT CHECK (length(code) = 2)',
      'id INTEGER PRIMARY KEY, code TEXT CHECK (length(code) >= 2)',
    ),
    rows: `INSERT INTO place VALUES (1, 'CH');`,
    codes: ['CT102'],
  }),
  told({
    name: 'a list of states becomes a pattern',
    ...rebuild(
      'job',
      `id INTEGER PRIMARY KEY, state TEXT CHECK (state IN ('new', 'done'))`,
      `id INTEGER PRIMARY KEY, state TEXT CHECK (state <> '')`,
    ),
    rows: `INSERT INTO job VALUES (1, 'new');`,
    codes: ['CT102'],
  }),
  told({
    name: 'a default is another one',
    ...rebuild(
      'job',
      `id INTEGER PRIMARY KEY, state TEXT NOT NULL DEFAULT 'draft'`,
      `id INTEGER PRIMARY KEY, state TEXT NOT NULL DEFAULT 'published'`,
    ),
    rows: `INSERT INTO job VALUES (1, 'draft');`,
    codes: ['CT102'],
  }),
  told({
    name: 'WITHOUT ROWID goes, and with it the NOT NULL of the key',
    ...keyed('code TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID', 'code TEXT PRIMARY KEY, n INTEGER)'),
    codes: ['CT101'],
  }),
  told({
    name: 'WITHOUT ROWID goes from a key of two columns',
    ...keyed(
      'code TEXT, n INTEGER, PRIMARY KEY (code, n)) WITHOUT ROWID',
      'code TEXT, n INTEGER, PRIMARY KEY (code, n))',
    ),
    codes: ['CT101'],
  }),
  told({
    name: 'NOT NULL of a key goes',
    ...keyed('code TEXT NOT NULL PRIMARY KEY, n INTEGER)', 'code TEXT PRIMARY KEY, n INTEGER)'),
    codes: ['CT101'],
  }),
  told({
    name: 'STRICT and WITHOUT ROWID go',
    ...keyed('code TEXT PRIMARY KEY, n INTEGER) STRICT, WITHOUT ROWID', 'code TEXT PRIMARY KEY, n INTEGER)'),
    codes: ['CT101'],
  }),
  told({
    name: 'WITHOUT ROWID goes beside a new column',
    ...keyed('code TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID', 'code TEXT PRIMARY KEY, n INTEGER, at TEXT)'),
    codes: ['CT101'],
  }),
  told({
    name: 'a default is lost beside a new column',
    ...rebuild(
      'job',
      `id INTEGER PRIMARY KEY, state TEXT DEFAULT 'draft'`,
      `id INTEGER PRIMARY KEY, state TEXT, note TEXT`,
      'id, state',
    ),
    rows: `INSERT INTO job VALUES (1, 'draft');`,
    codes: ['CT101'],
  }),
  told({
    name: 'a default becomes the text of its function',
    ...rebuild(
      'job',
      `id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP`,
      `id INTEGER PRIMARY KEY, at TEXT DEFAULT 'CURRENT_TIMESTAMP'`,
    ),
    rows: `INSERT INTO job VALUES (1, 'x');`,
    codes: ['CT102'],
  }),
  told({
    name: 'deleting a parent deletes what it was refused for',
    ...book('REFERENCES author (id) ON DELETE RESTRICT', 'REFERENCES author (id) ON DELETE CASCADE'),
    codes: ['CD102'],
    silent: ['CD101'],
  }),
  told({
    name: 'deleting a parent leaves its children',
    ...book('REFERENCES author (id) ON DELETE CASCADE', 'REFERENCES author (id)'),
    codes: ['CD102'],
  }),
  told({
    name: 'children are nulled that were deleted',
    ...book('REFERENCES author (id) ON DELETE CASCADE', 'REFERENCES author (id) ON DELETE SET NULL'),
    codes: ['CD102'],
    says: ['clears the reference in book now (ON DELETE SET NULL)'],
  }),
  told({
    name: 'children would be nulled that may not be',
    ...book(
      'NOT NULL REFERENCES author (id) ON DELETE CASCADE',
      'NOT NULL REFERENCES author (id) ON DELETE SET NULL',
    ),
    verdict: 'block',
    codes: ['CD102'],
    says: ['fails now while book references it: ON DELETE SET NULL makes book.author_id NULL'],
    unsaid: ['clears the reference'],
  }),
  told({
    name: 'children would be nulled for want of a default',
    ...book(
      'NOT NULL REFERENCES author (id) ON DELETE CASCADE',
      'NOT NULL REFERENCES author (id) ON DELETE SET DEFAULT',
    ),
    verdict: 'block',
    codes: ['CD102'],
    says: ['fails now while book references it'],
  }),
  told({
    name: 'a renumbered parent would null its children',
    ...book(
      'NOT NULL REFERENCES author (id) ON UPDATE CASCADE',
      'NOT NULL REFERENCES author (id) ON UPDATE SET NULL',
    ),
    verdict: 'block',
    codes: ['CD102'],
    says: ['Changing a key of author fails now'],
  }),
  told({
    name: 'children get a default that may not be there',
    ...book(
      'NOT NULL DEFAULT 9 REFERENCES author (id) ON DELETE CASCADE',
      'NOT NULL DEFAULT 9 REFERENCES author (id) ON DELETE SET DEFAULT',
    ),
    codes: ['CD102'],
    says: ['to its default 9 now (ON DELETE SET DEFAULT), and fails where author has no such row'],
  }),
  told({
    name: 'a delete that was refused would null children that may not be',
    ...book('NOT NULL REFERENCES author (id)', 'NOT NULL REFERENCES author (id) ON DELETE SET NULL'),
    codes: ['CD102'],
    says: ['fails now while book references it'],
  }),
  told({
    name: 'a renumbered parent leaves its children behind',
    ...book('REFERENCES author (id) ON UPDATE CASCADE', 'REFERENCES author (id)'),
    codes: ['CD102'],
  }),
  told({
    name: 'a key points to another table',
    ...book('REFERENCES author (id)', 'REFERENCES person (id)'),
    codes: ['CD102'],
    silent: ['CD101'],
  }),
  told({
    name: 'a key is no longer deferred',
    ...book('REFERENCES author (id) DEFERRABLE INITIALLY DEFERRED', 'REFERENCES author (id)'),
    codes: ['CD102'],
  }),
  told({
    name: 'INTEGER PRIMARY KEY becomes INT PRIMARY KEY',
    ...rebuild('note', 'id INTEGER PRIMARY KEY, body TEXT', 'id INT PRIMARY KEY, body TEXT'),
    rows: `INSERT INTO note VALUES (1, 'x');`,
    verdict: 'block',
    codes: ['CT102'],
    silent: ['CT101'],
  }),
  told({
    name: 'an AUTOINCREMENT key becomes BIGINT NOT NULL',
    ...rebuild(
      'note',
      'id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT',
      'id BIGINT PRIMARY KEY NOT NULL, body TEXT',
    ),
    rows: `INSERT INTO note VALUES (1, 'x');`,
    verdict: 'block',
    codes: ['CT102'],
    silent: ['CT101'],
  }),
  told({
    name: 'UNIQUE is over more columns',
    ...member('UNIQUE (email)', 'UNIQUE (email, team)'),
    codes: ['CT102'],
    silent: ['CT101'],
  }),
  told({
    name: 'UNIQUE becomes a partial index',
    ...member('UNIQUE (email)', ''),
    migration: `${member('UNIQUE (email)', '').migration} CREATE UNIQUE INDEX member_email ON member (email) WHERE gone IS NULL;`,
    codes: ['CT102'],
    silent: ['CT101'],
  }),
  told({
    name: 'a primary key is over more columns',
    ...rebuild(
      'seat',
      'a INTEGER, b INTEGER, PRIMARY KEY (a, b)',
      'a INTEGER, b INTEGER, c INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (a, b, c)',
      'a, b',
    ),
    rows: 'INSERT INTO seat VALUES (1, 1);',
    codes: ['CT102'],
    silent: ['CT101'],
  }),
  told({
    name: 'STRICT is lost',
    schema: 'CREATE TABLE n (id INTEGER PRIMARY KEY, a INTEGER) STRICT;',
    rows: 'INSERT INTO n VALUES (1, 1);',
    migration:
      'CREATE TABLE n2 (id INTEGER PRIMARY KEY, a INTEGER); INSERT INTO n2 SELECT * FROM n; DROP TABLE n; ALTER TABLE n2 RENAME TO n;',
    codes: ['CT101'],
  }),
  told({
    name: 'COLLATE of a searched column is lost',
    ...rebuild(
      'tag',
      'id INTEGER PRIMARY KEY, label TEXT COLLATE NOCASE',
      'id INTEGER PRIMARY KEY, label TEXT',
    ),
    rows: `INSERT INTO tag VALUES (1, 'a');`,
    codes: ['CT101'],
  }),
  told({
    name: 'a unique index is made again over more columns',
    ...indexed(
      'CREATE UNIQUE INDEX member_email ON member (email);',
      'DROP INDEX member_email; CREATE UNIQUE INDEX member_email ON member (email, team);',
    ),
    codes: ['IX102'],
    silent: ['IX101'],
  }),
  told({
    name: 'a unique index is made again without UNIQUE',
    ...indexed(
      'CREATE UNIQUE INDEX member_email ON member (email);',
      'DROP INDEX member_email; CREATE INDEX member_email ON member (email);',
    ),
    codes: ['IX102'],
    silent: ['IX101'],
  }),
  told({
    name: 'a unique index is made again for some rows only',
    ...indexed(
      'CREATE UNIQUE INDEX member_email ON member (email);',
      'DROP INDEX member_email; CREATE UNIQUE INDEX member_email ON member (email) WHERE gone IS NULL;',
    ),
    codes: ['IX102'],
    silent: ['IX101'],
  }),
  told({
    name: 'a unique index forgets NOCASE',
    ...indexed(
      'CREATE UNIQUE INDEX member_email ON member (email COLLATE NOCASE);',
      'DROP INDEX member_email; CREATE UNIQUE INDEX member_email ON member (email);',
    ),
    codes: ['IX102'],
  }),
  told({
    name: 'a rebuild makes an index again over another column',
    ...indexed(
      'CREATE INDEX member_team ON member (team);',
      `${REBUILT_MEMBER} CREATE INDEX member_team ON member (gone);`,
    ),
    codes: ['IX102'],
    silent: ['IX101'],
  }),
  told({
    name: 'a rebuild makes an index again, its columns in another order',
    ...indexed(
      'CREATE INDEX member_team ON member (team, email);',
      `${REBUILT_MEMBER} CREATE INDEX member_team ON member (email, team);`,
    ),
    codes: ['IX102'],
    silent: ['IX101'],
  }),
  told({
    name: 'a rebuild makes an index again for some rows only',
    ...indexed(
      'CREATE INDEX member_team ON member (team);',
      `${REBUILT_MEMBER} CREATE INDEX member_team ON member (team) WHERE gone IS NULL;`,
    ),
    codes: ['IX102'],
    silent: ['IX101'],
  }),
  told({
    name: 'an expression index is made again over the column',
    ...indexed(
      'CREATE INDEX member_email ON member (lower(email));',
      `${REBUILT_MEMBER} CREATE INDEX member_email ON member (email);`,
    ),
    codes: ['IX102'],
    silent: ['IX101'],
  }),
  told({
    name: 'the counter of keys is reset',
    schema: 'CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);',
    rows: `INSERT INTO note VALUES (1, 'x'), (9, 'y'); DELETE FROM note WHERE id = 9;`,
    migration: `UPDATE sqlite_sequence SET seq = 0 WHERE name = 'note';`,
    codes: ['CT101'],
  }),
  told({
    name: 'the counter of keys is forgotten by a rebuild',
    schema: 'CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);',
    rows: `INSERT INTO note VALUES (1, 'x'), (9, 'y'); DELETE FROM note WHERE id = 9;`,
    migration: `CREATE TABLE n2 (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT, at TEXT); INSERT INTO n2 (id, body) SELECT * FROM note; DROP TABLE note; ALTER TABLE n2 RENAME TO note;`,
    codes: ['CT101'],
  }),
  told({
    name: 'a view is made again without a column',
    schema:
      'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE VIEW v AS SELECT id, a, b FROM t;',
    rows: '',
    migration: 'DROP VIEW v; CREATE VIEW v AS SELECT id, a FROM t;',
    codes: ['BC103'],
  }),
  told({
    name: 'a view of all columns loses one with its table',
    schema: 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE VIEW v AS SELECT * FROM t;',
    rows: '',
    migration: 'ALTER TABLE t DROP COLUMN b;',
    codes: ['BC103'],
  }),
]

/** The same made anew: equal, stronger, or added. None of it is worth a word. */
export const AS_STRONG: Scenario[] = [
  silent({
    name: 'WITHOUT ROWID goes from a key that is NOT NULL',
    ...keyed('code TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID', 'code TEXT PRIMARY KEY NOT NULL, n INTEGER)'),
    silent: ['CT101', 'CT102'],
  }),
  silent({
    name: 'WITHOUT ROWID goes from a key of numbers',
    ...keyed('n INTEGER PRIMARY KEY, code TEXT) WITHOUT ROWID', 'n INTEGER PRIMARY KEY, code TEXT)'),
    silent: ['CT101', 'CT102'],
  }),
  silent({
    name: 'WITHOUT ROWID goes from a key of two columns that are NOT NULL',
    ...keyed(
      'code TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (code, n)) WITHOUT ROWID',
      'code TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (code, n))',
    ),
    silent: ['CT101', 'CT102'],
  }),
  silent({
    name: 'WITHOUT ROWID comes',
    ...keyed('code TEXT PRIMARY KEY, n INTEGER)', 'code TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID'),
    silent: ['CT101', 'CT102'],
  }),
  silent({
    name: 'a key that took NULL takes it still',
    ...keyed('code TEXT PRIMARY KEY, n INTEGER)', 'code TEXT PRIMARY KEY, n INTEGER, at TEXT)'),
    silent: ['CT101', 'CT102'],
  }),
  silent({
    name: 'a CHECK in other words',
    ...offer('CHECK (discount BETWEEN 0 AND 100)', 'check ( ("discount" >= 0) and ("discount" <= 100) )'),
  }),
  silent({
    name: 'a CHECK in another layout',
    ...offer('CHECK (discount >= 0)', 'CONSTRAINT not_negative CHECK(\n  `discount`>=0 /* none below */\n)'),
  }),
  silent({
    name: 'a stronger CHECK that the rows keep',
    ...offer('CHECK (discount >= 0)', 'CHECK (discount > 0 AND discount <= 100)'),
  }),
  silent({
    name: 'two CHECKs for one',
    ...offer('CHECK (discount >= 0 AND discount <= 100)', 'CHECK (discount >= 0) CHECK (discount <= 100)'),
  }),
  silent({ name: 'a CHECK turned round', ...offer('CHECK (discount >= 5)', 'CHECK (NOT (discount < 5))') }),
  silent({
    name: 'a list of states grows',
    ...rebuild(
      'job',
      `id INTEGER PRIMARY KEY, state TEXT CHECK (state IN ('new', 'done'))`,
      `id INTEGER PRIMARY KEY, state TEXT CHECK ("state" in ('new','failed','done'))`,
    ),
    rows: `INSERT INTO job VALUES (1, 'new');`,
  }),
  silent({
    name: 'a list of states as alternatives',
    ...rebuild(
      'job',
      `id INTEGER PRIMARY KEY, state TEXT CHECK (state IN ('new', 'done'))`,
      `id INTEGER PRIMARY KEY, state TEXT CHECK (state = 'new' OR state = 'done')`,
    ),
    rows: `INSERT INTO job VALUES (1, 'new');`,
  }),
  silent({
    name: 'a list of states becomes a table of them',
    schema: `CREATE TABLE job (id INTEGER PRIMARY KEY, state TEXT CHECK (state IN ('new', 'done')));`,
    rows: `INSERT INTO job VALUES (1, 'new');`,
    migration: `CREATE TABLE states (name TEXT PRIMARY KEY); INSERT INTO states VALUES ('new'), ('done'); CREATE TABLE job_new (id INTEGER PRIMARY KEY, state TEXT REFERENCES states (name)); INSERT INTO job_new SELECT * FROM job; DROP TABLE job; ALTER TABLE job_new RENAME TO job;`,
  }),
  silent({
    name: 'a CHECK of a renamed column',
    schema: `CREATE TABLE offer (id INTEGER PRIMARY KEY, discount INTEGER CHECK (discount > 0), note TEXT);`,
    rows: `INSERT INTO offer VALUES (1, 1, '');`,
    migration: `ALTER TABLE offer RENAME COLUMN discount TO percent;`,
    verdict: 'acknowledge',
    codes: ['BC102'],
    silent: ['CT101', 'CT102'],
  }),
  silent({
    name: 'a CHECK of types becomes STRICT',
    schema: `CREATE TABLE n (id INTEGER PRIMARY KEY, a INTEGER CHECK (typeof(a) = 'integer' OR a IS NULL));`,
    rows: 'INSERT INTO n VALUES (1, 1);',
    migration: `CREATE TABLE n2 (id INTEGER PRIMARY KEY, a INTEGER) STRICT; INSERT INTO n2 SELECT * FROM n; DROP TABLE n; ALTER TABLE n2 RENAME TO n;`,
  }),
  silent({
    name: 'defaults in other words',
    ...rebuild(
      'job',
      `id INTEGER PRIMARY KEY, a TEXT DEFAULT 'x', b INTEGER DEFAULT 0, c TEXT DEFAULT CURRENT_TIMESTAMP, d INTEGER DEFAULT TRUE, e TEXT DEFAULT NULL, f BLOB DEFAULT x'0a'`,
      `id INTEGER PRIMARY KEY, a TEXT DEFAULT "x", b INTEGER DEFAULT (0), c TEXT DEFAULT (datetime('now')), d INTEGER DEFAULT 1, e TEXT, f BLOB DEFAULT X'0A'`,
    ),
    rows: `INSERT INTO job (id) VALUES (1);`,
  }),
  silent({
    name: 'a default for a column that had none',
    ...rebuild('job', `id INTEGER PRIMARY KEY, a TEXT`, `id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT ''`),
    rows: `INSERT INTO job VALUES (1, 'x');`,
    codes: ['MF103'],
  }),
  silent({
    name: 'a random default as it was',
    ...rebuild(
      'job',
      `id INTEGER PRIMARY KEY, a TEXT DEFAULT (lower(hex(randomblob(8))))`,
      `id INTEGER PRIMARY KEY, a TEXT DEFAULT ( lower(hex(randomblob(8))) ), b TEXT`,
      'id, a',
    ),
    rows: `INSERT INTO job VALUES (1, 'x');`,
  }),
  silent({
    name: 'a reference in other words',
    ...book('REFERENCES author (id) ON DELETE CASCADE', 'references "author" on delete cascade'),
  }),
  silent({
    name: 'a reference as a table constraint',
    ...book(
      'REFERENCES author (id) ON DELETE CASCADE',
      `, title TEXT, FOREIGN KEY (author_id) REFERENCES author (id) ON DELETE CASCADE) --`,
    ),
    migration: `CREATE TABLE book_new (id INTEGER PRIMARY KEY, author_id INTEGER, title TEXT, FOREIGN KEY (author_id) REFERENCES author (id) ON DELETE CASCADE); INSERT INTO book_new SELECT * FROM book; DROP TABLE book; ALTER TABLE book_new RENAME TO book;`,
  }),
  silent({
    name: 'RESTRICT is spelt out for NO ACTION',
    ...book('REFERENCES author (id)', 'REFERENCES author (id) ON DELETE RESTRICT'),
    codes: ['CD102'],
  }),
  silent({ name: 'a new reference that the rows keep', ...book('', 'REFERENCES author (id)') }),
  silent({
    name: 'references and their target, renamed together',
    schema: `${AUTHORS} CREATE TABLE book (id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES author (id) ON DELETE CASCADE, title TEXT);`,
    rows: BOOKS,
    migration: 'ALTER TABLE author RENAME TO writer;',
    verdict: 'acknowledge',
    codes: ['BC101'],
    silent: ['CD101', 'CD102'],
  }),
  silent({
    name: 'a stronger UNIQUE',
    ...member('UNIQUE (email, team)', 'UNIQUE (email)'),
    codes: ['MF101'],
  }),
  silent({
    name: 'UNIQUE becomes a unique index',
    ...member('UNIQUE (email)', ''),
    migration: `${member('UNIQUE (email)', '').migration} CREATE UNIQUE INDEX one ON member (email);`,
  }),
  silent({
    name: 'a unique index becomes UNIQUE',
    ...indexed(
      'CREATE UNIQUE INDEX one ON member (email);',
      `CREATE TABLE m2 (${MEMBER}, UNIQUE (email)); INSERT INTO m2 SELECT * FROM member; DROP TABLE member; ALTER TABLE m2 RENAME TO member;`,
    ),
  }),
  silent({
    name: 'UNIQUE becomes the primary key',
    ...rebuild(
      'account',
      'id INTEGER, email TEXT NOT NULL UNIQUE',
      'id INTEGER, email TEXT NOT NULL PRIMARY KEY',
    ),
    rows: `INSERT INTO account VALUES (1, 'a');`,
  }),
  silent({
    name: 'a partial unique index for every row',
    ...indexed(
      'CREATE UNIQUE INDEX one ON member (email) WHERE gone IS NULL;',
      'DROP INDEX one; CREATE UNIQUE INDEX one ON member (email);',
    ),
  }),
  silent({
    name: 'a unique index that takes NOCASE',
    ...indexed(
      'CREATE UNIQUE INDEX one ON member (email);',
      'DROP INDEX one; CREATE UNIQUE INDEX one ON member (email COLLATE NOCASE);',
    ),
  }),
  silent({
    name: 'an index is made again in other words',
    ...indexed(
      'CREATE INDEX member_team ON member (team);',
      `${REBUILT_MEMBER} create index if not exists "member_team" on "member" ("team" ASC);`,
    ),
  }),
  silent({
    name: 'an index gives way to a wider one of its name',
    ...indexed(
      'CREATE INDEX member_team ON member (team);',
      'DROP INDEX member_team; CREATE INDEX member_team ON member (team, email);',
    ),
  }),
  silent({
    name: 'a partial index is made again in a rebuild',
    ...indexed(
      `CREATE INDEX member_here ON member (team) WHERE gone IS NULL;`,
      `${REBUILT_MEMBER} CREATE INDEX member_here ON member (team) WHERE gone IS NULL;`,
    ),
  }),
  silent({
    name: 'a partial index for every row',
    ...indexed(
      `CREATE INDEX member_here ON member (team) WHERE gone IS NULL;`,
      `DROP INDEX member_here; CREATE INDEX member_here ON member (team);`,
    ),
  }),
  silent({
    name: 'an expression index is made again',
    ...indexed(
      'CREATE INDEX member_low ON member (lower(email));',
      `${REBUILT_MEMBER} CREATE INDEX member_low ON member (LOWER("email"));`,
    ),
  }),
  silent({
    name: 'an index of a kept table is made for another column',
    ...indexed(
      'CREATE INDEX member_team ON member (team);',
      'DROP INDEX member_team; CREATE INDEX member_team ON member (gone);',
    ),
    codes: ['IX102'],
  }),
  silent({
    name: 'a counter that nothing was deleted below',
    schema: 'CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);',
    rows: `INSERT INTO note VALUES (1, 'x'), (9, 'y');`,
    migration: `DELETE FROM sqlite_sequence WHERE name = 'note'; CREATE TABLE n2 (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT, at TEXT); INSERT INTO n2 (id, body) SELECT * FROM note; DROP TABLE note; ALTER TABLE n2 RENAME TO note;`,
  }),
  silent({
    name: 'a view gets a column and another order',
    schema: 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE VIEW v AS SELECT id, a FROM t;',
    rows: '',
    migration: 'DROP VIEW v; CREATE VIEW v AS SELECT b, a, id FROM t;',
  }),
  silent({
    name: 'a view of all columns gets one',
    schema: 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE VIEW v AS SELECT * FROM t;',
    rows: '',
    migration: 'ALTER TABLE t ADD COLUMN b TEXT;',
  }),
  silent({
    name: 'a key of words stays one',
    ...rebuild('tag', 'slug TEXT PRIMARY KEY, label TEXT', 'slug TEXT PRIMARY KEY NOT NULL, label TEXT'),
    rows: `INSERT INTO tag VALUES ('a', 'A');`,
  }),
  silent({
    name: 'a composite key becomes a number and UNIQUE',
    ...rebuild(
      'seat',
      'a INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b)',
      'id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL, UNIQUE (a, b)',
      'a, b',
    ),
    rows: 'INSERT INTO seat VALUES (1, 1);',
  }),
]
