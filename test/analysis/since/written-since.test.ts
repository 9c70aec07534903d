import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findWrittenSince, type SinceAnswer } from '../../../src/analysis/since/written-since.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'

let folder: string
let made = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'd1-runbook-since-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function database(sql: string): string {
  made += 1
  const file = join(folder, `${made}.sqlite`)
  const opened = openSqlite(file)
  opened.exec(sql)
  opened.close()
  return file
}

const ARCHIVE = `CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, seen TEXT);
INSERT INTO users (id, name) VALUES (1, 'Ada'), (2, 'Bob'), (3, 'Cy');
CREATE TABLE log (line TEXT);
INSERT INTO log VALUES ('a'), ('a'), ('b');
CREATE INDEX by_name ON users (name);`

/** The archive, the file that was applied, and what happened besides. */
function since(forward: string, others: string, archive = ARCHIVE): SinceAnswer {
  return findWrittenSince({
    archiveFile: database(archive),
    files: [{ name: '0002_forward.sql', sql: forward }],
    currentFile: database(`${archive} ${forward} ${others}`),
    migrationsTable: 'd1_migrations',
  })
}

const ADD = 'ALTER TABLE users ADD COLUMN mail TEXT;'
const known = (table: string, added: number, changed: number, gone: number): object => ({
  ...{ table, added, changed, gone, difference: added - gone },
})

test.each<[string, string, string, object[]]>([
  ['nothing', ADD, '', []],
  [
    'the migration alone',
    `${ADD} UPDATE users SET mail = name || '@x'; DELETE FROM users WHERE id = 3;`,
    '',
    [],
  ],
  ['rows added', ADD, `INSERT INTO users (name) VALUES ('Di'), ('Ed');`, [known('users', 2, 0, 0)]],
  ['rows changed', ADD, `UPDATE users SET mail = 'x' WHERE id < 3;`, [known('users', 0, 2, 0)]],
  [
    'one row changed to another type',
    ADD,
    `UPDATE users SET name = 1 WHERE id = 1;`,
    [known('users', 0, 1, 0)],
  ],
  ['rows gone', ADD, `DELETE FROM users WHERE id = 1;`, [known('users', 0, 0, 1)]],
  [
    'all three',
    ADD,
    `DELETE FROM users WHERE id = 1; INSERT INTO users (id, name) VALUES (9, 'Di'); UPDATE users SET name = 'B' WHERE id = 2;`,
    [known('users', 1, 1, 1)],
  ],
  ['rows of a table without a key', ADD, `INSERT INTO log VALUES ('a');`, [known('log', 1, 0, 0)]],
  [
    'a changed row of a table without a key is one more and one less',
    ADD,
    `UPDATE log SET line = 'c' WHERE line = 'b';`,
    [{ table: 'log', added: 1, changed: null, gone: 1, difference: 0 }],
  ],
  [
    'rows of a table that the migration made',
    'CREATE TABLE tags (id INTEGER PRIMARY KEY, tag TEXT); INSERT INTO tags (tag) SELECT name FROM users;',
    `INSERT INTO tags (tag) VALUES ('new');`,
    [known('tags', 1, 0, 0)],
  ],
])('%s', (_, forward, others, tables) => {
  expect(since(forward, others)).toMatchObject({ tables, objects: [] })
})

const THEIRS = 'ALTER TABLE users ADD COLUMN sneaky TEXT'
test.each<[string, string, object[]]>([
  ['with values', `${THEIRS}; UPDATE users SET sneaky = 'x' WHERE id < 3;`, [known('users', 0, 2, 0)]],
  ['without any', `${THEIRS};`, []],
  ['with its default', `${THEIRS} NOT NULL DEFAULT 'x';`, []],
  ['with a default of another type', 'ALTER TABLE users ADD COLUMN n INTEGER DEFAULT "7";', []],
  [
    'with values beside its default',
    `${THEIRS} DEFAULT 'x'; UPDATE users SET sneaky = NULL WHERE id = 1;`,
    [known('users', 0, 1, 0)],
  ],
  [
    'and a row beside it',
    `${THEIRS}; INSERT INTO users (name, sneaky) VALUES ('Di', 'x');`,
    [known('users', 1, 0, 0)],
  ],
  ['that is computed', `ALTER TABLE users ADD COLUMN long INTEGER AS (length(name));`, []],
  [
    'of a table without a key',
    `ALTER TABLE log ADD COLUMN sneaky TEXT; UPDATE log SET sneaky = 'x' WHERE line = 'b';`,
    [{ table: 'log', added: 1, changed: null, gone: 1, difference: 0 }],
  ],
  ['without any, of a table without a key', `ALTER TABLE log ADD COLUMN sneaky TEXT DEFAULT 'x';`, []],
])('a column of others %s', (_, others, tables) => {
  const found = since(ADD, others)
  expect(found.tables).toEqual(tables)
  expect(found.objects).toMatchObject([{ change: 'changed', type: 'table' }])
})

const AUDIT = 'CREATE TABLE audit (id INTEGER PRIMARY KEY, at TEXT DEFAULT (datetime()));'
test.each([
  ['the time in an UPDATE', `UPDATE users SET seen = datetime('now');`, 'users'],
  ['CURRENT_TIMESTAMP', `UPDATE users SET seen = CURRENT_TIMESTAMP;`, 'users'],
  ['chance', `UPDATE users SET seen = hex(randomblob(8));`, 'users'],
  [
    'a default of the table',
    `CREATE TABLE tags (id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP); INSERT INTO tags (id) SELECT id FROM users;`,
    'tags',
  ],
  [
    'a table that was filled from such a one, and renamed',
    `UPDATE users SET seen = date('now'); CREATE TABLE __new (id INTEGER PRIMARY KEY, seen TEXT); INSERT INTO __new SELECT id, seen FROM users; ALTER TABLE __new RENAME TO copied;`,
    'copied',
  ],
  ['a default that is called without arguments', `${AUDIT} INSERT INTO audit (id) VALUES (1);`, 'audit'],
  ['a format of now', `UPDATE users SET seen = strftime('%Y') WHERE id = 1;`, 'users'],
  ['DEFAULT VALUES', `${AUDIT} INSERT INTO audit DEFAULT VALUES;`, 'audit'],
  ['rows that chance takes away', `DELETE FROM users WHERE random() = 1;`, 'users'],
  [
    'a trigger that stamps another table, for which the writer is not',
    `${AUDIT} CREATE TRIGGER stamp AFTER INSERT ON users BEGIN INSERT INTO audit (id) VALUES (NEW.id); END; INSERT INTO users (name) VALUES ('Di');`,
    'audit',
  ],
  [
    'a trigger that stamps its own table',
    `CREATE TRIGGER touch AFTER UPDATE OF name ON users BEGIN UPDATE users SET seen = datetime('now') WHERE id = NEW.id; END; UPDATE users SET name = upper(name);`,
    'users',
  ],
])('nobody is blamed for %s', (_, forward, table) => {
  const { tables } = since(forward, '')
  expect(tables.find((one) => one.table === table)).toEqual({
    ...{ table, added: null, changed: null, gone: null, difference: 0, uncertain: true },
  })
  expect(tables.every(({ uncertain }) => uncertain === true)).toBe(true)
})

const STAMPED = `CREATE TABLE art (id INTEGER PRIMARY KEY, n INTEGER, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
INSERT INTO art VALUES (1, 1, '2020-01-01'), (2, 2, '2020-01-02');
CREATE TRIGGER touch AFTER UPDATE OF at ON art BEGIN UPDATE art SET n = random() WHERE id = NEW.id; END;`
const REBUILD =
  'CREATE TABLE art_new (id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 0), at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);'
const RENAME = 'DROP TABLE art; ALTER TABLE art_new RENAME TO art;'
test.each([
  [
    'a rebuild copies the column',
    `${REBUILD} INSERT INTO art_new (id, n, at) SELECT id, n, at FROM art; ${RENAME}`,
  ],
  ['a rebuild copies the whole row', `${REBUILD} INSERT INTO art_new SELECT * FROM art; ${RENAME}`],
  ['another column is set, and no trigger fires', 'UPDATE art SET n = n + 1;'],
  ['a row is put in with the column', `INSERT INTO art VALUES (7, 7, '2020-01-07');`],
  ['a time of the rows themselves is reckoned', `UPDATE art SET n = unixepoch(id, 'unixepoch');`],
  ['a column is added', 'ALTER TABLE art ADD COLUMN more TEXT;'],
  [
    'what was stamped is dropped, and the table made again from others',
    `CREATE TABLE keep AS SELECT id, n, at FROM art; UPDATE art SET n = random(); ${REBUILD} INSERT INTO art_new SELECT * FROM keep; ${RENAME} DROP TABLE keep;`,
  ],
])('rows of others are counted where a default or trigger could write the time, and %s', (_, forward) => {
  const { tables, uncertain } = since(
    forward,
    `INSERT INTO art (id, n, at) VALUES (8, 8, 'x'); DELETE FROM art WHERE id = 1; UPDATE art SET n = 9 WHERE id = 2;`,
    STAMPED,
  )
  expect(tables).toEqual([known('art', 1, 1, 1)])
  expect(uncertain).not.toContain('art')
})

test.each([
  [
    'an index',
    'CREATE INDEX theirs ON users (seen);',
    [{ change: 'added', type: 'index', name: 'theirs', table: 'users' }],
  ],
  [
    'a dropped index',
    'DROP INDEX by_name;',
    [{ change: 'removed', type: 'index', name: 'by_name', table: 'users' }],
  ],
  [
    'a trigger',
    'CREATE TRIGGER theirs AFTER INSERT ON users BEGIN DELETE FROM log; END;',
    [{ change: 'added', type: 'trigger', name: 'theirs', table: 'users' }],
  ],
  ['a view', 'CREATE VIEW seen AS SELECT id FROM users;', [{ change: 'added', type: 'view', name: 'seen' }]],
  [
    'a table, once, with its rows and without its own indexes',
    'CREATE TABLE theirs (id INTEGER PRIMARY KEY, u TEXT UNIQUE); CREATE INDEX on_u ON theirs (u); INSERT INTO theirs VALUES (1, 2);',
    [{ change: 'added', type: 'table', name: 'theirs' }],
  ],
  [
    'a search table, without what it keeps for itself',
    'CREATE VIRTUAL TABLE found USING fts5(name);',
    [{ change: 'added', type: 'table', name: 'found' }],
  ],
  [
    'a table that became another',
    'ALTER TABLE log ADD COLUMN at TEXT;',
    [{ change: 'changed', type: 'table', name: 'log' }],
  ],
])('objects of others: %s', (_, others, objects) => {
  expect(since(ADD, others).objects).toEqual(objects)
})

test('a file that does not run on the archive is told, not passed over', () => {
  expect(() =>
    findWrittenSince({
      archiveFile: database(ARCHIVE),
      files: [{ name: '0002_broken.sql', sql: 'DROP TABLE nowhere;' }],
      migrationsTable: 'd1_migrations',
    }),
  ).toThrow(/0002_broken\.sql does not run on the archive/)
})
