import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'schema' | 'rows' | 'migration'> & Partial<Scenario>

const told = (scenario: Case): Scenario => ({ verdict: 'acknowledge', codes: ['QC101'], ...scenario })
const stopped = (scenario: Case): Scenario => ({ verdict: 'block', codes: ['QC101'], ...scenario })
const silent = (scenario: Case): Scenario => ({
  verdict: 'ok',
  codes: [],
  silent: ['QC101', 'QC103'],
  ...scenario,
})

const CALLS = {
  schema: 'CREATE TABLE calls (id INTEGER PRIMARY KEY, name TEXT, state TEXT, at INTEGER UNIQUE);',
  rows: `INSERT INTO calls (name, state, at) VALUES ('a', 'new', 10), ('b', 'done', 20);`,
}
const rebuilt = (columns: string, values: string): string =>
  `CREATE TABLE calls_n (${columns}); INSERT INTO calls_n SELECT ${values} FROM calls; DROP TABLE calls; ALTER TABLE calls_n RENAME TO calls;`
const OLD = 'id INTEGER PRIMARY KEY, name TEXT, state TEXT, at INTEGER UNIQUE'
const add = (name: string, sql: string): Pick<Scenario, 'queries'> => ({ queries: [{ name, sql }] })

const EVENTS = {
  schema: 'CREATE TABLE ev (id INTEGER PRIMARY KEY, u INTEGER, at TEXT); CREATE INDEX ev_u ON ev (u, at);',
  rows: `WITH RECURSIVE g (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM g WHERE v < 1200) INSERT INTO ev SELECT v, v % 700, 't' || v FROM g;`,
}

/** What the application that runs today can no longer do afterwards. */
export const APPLICATION_BREAKS: Scenario[] = [
  told({
    ...CALLS,
    name: 'a trigger refuses what the table took',
    migration: `CREATE TRIGGER calls_late BEFORE INSERT ON calls WHEN new.at < 100 BEGIN SELECT RAISE(ABORT, 'too early'); END;`,
  }),
  told({
    ...CALLS,
    name: 'a new column must be given',
    migration: rebuilt(`${OLD}, host TEXT NOT NULL`, `id, name, state, at, 'h'`),
  }),
  told({
    ...CALLS,
    name: 'a new column has a default that its CHECK refuses',
    migration: rebuilt(`${OLD}, host TEXT DEFAULT '' CHECK (length(host) > 0)`, `id, name, state, at, 'h'`),
  }),
  told({
    ...CALLS,
    name: 'a CHECK of the row wants the new column',
    migration: rebuilt(
      `${OLD}, host TEXT, CHECK (name IS NULL OR host IS NOT NULL)`,
      `id, name, state, at, 'h'`,
    ),
  }),
  told({
    ...CALLS,
    name: 'a trigger refuses rows without the new column',
    migration: `ALTER TABLE calls ADD COLUMN host TEXT; CREATE TRIGGER calls_host BEFORE INSERT ON calls WHEN new.host IS NULL BEGIN SELECT RAISE(ABORT, 'host is missing'); END;`,
  }),
  told({
    ...EVENTS,
    ...add('list', 'SELECT * FROM ev WHERE u = ? ORDER BY at DESC LIMIT 10'),
    name: 'a search by an index becomes a walk along another one',
    migration: 'DROP INDEX ev_u; CREATE INDEX ev_at ON ev (at);',
    codes: ['QC102'],
    says: ['The query list reads up to all 1200 rows of ev; it used the index ev_u before.'],
  }),
  told({
    ...EVENTS,
    ...add('count', 'SELECT count(*) FROM ev WHERE u = ?'),
    name: 'a search by an index becomes a walk along one that holds all it asks for',
    migration: 'DROP INDEX ev_u; CREATE INDEX ev_at ON ev (at, u);',
    codes: ['QC102'],
    says: ['The query count reads all 1200 rows of ev'],
  }),
  told({
    ...CALLS,
    name: 'the key must be given',
    ...{ codes: ['CT102'], silent: ['QC101'] },
    migration: rebuilt(
      `id TEXT PRIMARY KEY NOT NULL, name TEXT, state TEXT, at INTEGER UNIQUE`,
      `CAST(id AS TEXT), name, state, at`,
    ),
  }),
  stopped({
    ...CALLS,
    ...add('addCall', 'INSERT INTO calls (name, state) VALUES (?, ?)'),
    name: 'a configured INSERT leaves the new column out',
    migration: rebuilt(`${OLD}, host TEXT NOT NULL`, `id, name, state, at, 'h'`),
  }),
  stopped({
    ...CALLS,
    ...add('addCall', `INSERT INTO calls (name, state) VALUES (:name, 'queued') RETURNING id`),
    name: 'a configured INSERT writes what a new CHECK refuses',
    migration: rebuilt(
      `id INTEGER PRIMARY KEY, name TEXT, state TEXT CHECK (state IN ('new', 'done')), at INTEGER UNIQUE`,
      `*`,
    ),
  }),
  stopped({
    ...CALLS,
    ...add('close', `UPDATE calls SET state = 'closed' WHERE name = ?1`),
    name: 'a configured UPDATE writes what a new CHECK refuses',
    migration: rebuilt(
      `id INTEGER PRIMARY KEY, name TEXT, state TEXT CHECK (state <> 'closed'), at INTEGER UNIQUE`,
      `*`,
    ),
  }),
  stopped({
    ...CALLS,
    ...add('forget', `UPDATE calls SET name = NULL WHERE at = ?`),
    name: 'a configured UPDATE clears what may no longer be NULL',
    migration: rebuilt(`id INTEGER PRIMARY KEY, name TEXT NOT NULL, state TEXT, at INTEGER UNIQUE`, `*`),
  }),
  stopped({
    ...CALLS,
    ...add('byName', 'SELECT id FROM calls WHERE name = ?'),
    name: 'a configured SELECT reads a renamed column',
    migration: 'ALTER TABLE calls RENAME COLUMN name TO title;',
  }),
  stopped({
    ...CALLS,
    ...add('addCall', 'INSERT INTO calls (name, state, at) VALUES (?, ?, ?)'),
    name: 'a configured INSERT writes a dropped column',
    migration: 'ALTER TABLE calls DROP COLUMN state;',
  }),
  told({
    ...CALLS,
    ...add('open', `SELECT id, name FROM calls WHERE state = 'new'`),
    name: 'a configured SELECT finds a row no longer',
    migration: `UPDATE calls SET state = 'open' WHERE state = 'new';`,
    codes: ['QC103', 'CH101'],
  }),
]

/** What the application goes on to do. */
export const APPLICATION_RUNS: Scenario[] = [
  silent({
    name: 'a stricter CHECK that every row keeps, in a table of two rows',
    schema: 'CREATE TABLE job (id INTEGER PRIMARY KEY, state TEXT);',
    rows: `INSERT INTO job VALUES (1, 'new'), (2, 'done');`,
    migration: `CREATE TABLE job_new (id INTEGER PRIMARY KEY, state TEXT CHECK (state IN ('new', 'done'))); INSERT INTO job_new SELECT id, state FROM job; DROP TABLE job; ALTER TABLE job_new RENAME TO job;`,
  }),
  silent({
    ...CALLS,
    name: 'a new column with a default',
    migration: `ALTER TABLE calls ADD COLUMN host TEXT NOT NULL DEFAULT '';`,
  }),
  silent({
    ...CALLS,
    name: 'a new column that may be NULL',
    migration: `ALTER TABLE calls ADD COLUMN host TEXT; CREATE INDEX calls_host ON calls (host);`,
  }),
  silent({
    ...CALLS,
    name: 'a rebuild with a default and an unchanged key',
    migration: rebuilt(`${OLD}, host TEXT NOT NULL DEFAULT 'h'`, `id, name, state, at, 'h'`),
  }),
  silent({
    ...CALLS,
    name: 'a computed column',
    migration: `ALTER TABLE calls ADD COLUMN label TEXT GENERATED ALWAYS AS (name || state) VIRTUAL;`,
  }),
  silent({
    ...CALLS,
    name: 'a trigger fills the new column',
    migration: `ALTER TABLE calls ADD COLUMN host TEXT; CREATE TRIGGER calls_host AFTER INSERT ON calls WHEN new.host IS NULL BEGIN UPDATE calls SET host = 'h' WHERE id = new.id; END;`,
  }),
  silent({
    ...CALLS,
    ...add(
      'addCall',
      'INSERT INTO calls (name, state, at) VALUES (?, ?, ?) ON CONFLICT (at) DO UPDATE SET name = excluded.name',
    ),
    name: 'a configured upsert goes on',
    migration: `ALTER TABLE calls ADD COLUMN host TEXT NOT NULL DEFAULT '';`,
  }),
  silent({
    ...CALLS,
    ...add('addCall', 'INSERT INTO calls VALUES (?, ?, ?, ?)'),
    name: 'a configured INSERT with a stricter CHECK that takes its values',
    migration: rebuilt(
      `id INTEGER PRIMARY KEY, name TEXT, state TEXT CHECK (state IN ('new', 'done')), at INTEGER UNIQUE`,
      `*`,
    ),
  }),
  silent({
    ...CALLS,
    ...add(
      'page',
      'SELECT id, name FROM calls WHERE state IN (?, ?) AND at BETWEEN ? AND ? ORDER BY at LIMIT ? OFFSET ?',
    ),
    name: 'a configured SELECT with every kind of parameter',
    migration: `CREATE INDEX calls_state ON calls (state);`,
  }),
  silent({
    ...CALLS,
    ...add('now', `SELECT datetime('now', 'subsec'), random(), count(*) FROM calls`),
    name: 'a configured SELECT that answers otherwise each time',
    migration: `ALTER TABLE calls ADD COLUMN host TEXT;`,
  }),
  silent({
    ...CALLS,
    ...add('addCall', 'INSERT INTO calls (id, at) VALUES (?, ?)'),
    name: 'a configured INSERT that the rows of before refuse says nothing',
    rows: '',
    migration: `ALTER TABLE calls ADD COLUMN host TEXT;`,
  }),
  silent({
    ...EVENTS,
    ...add('latest', 'SELECT * FROM ev ORDER BY at DESC LIMIT 10'),
    name: 'a walk along an index stays one',
    migration: 'CREATE INDEX ev_at ON ev (at);',
    silent: ['QC102'],
  }),
  silent({
    name: 'an INSERT into a table that refers to others',
    schema:
      'CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER NOT NULL UNIQUE REFERENCES a (id));',
    rows: 'INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1);',
    migration: 'ALTER TABLE b ADD COLUMN note TEXT;',
  }),
]
