import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const DOC = `CREATE TABLE doc (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT, live INTEGER NOT NULL DEFAULT 1);`
const ROWS = `INSERT INTO doc (title, body) VALUES ('one', 'fine day'), ('two', 'days');`
const FTS = `CREATE VIRTUAL TABLE doc_fts USING fts5(title, body, content='doc', content_rowid='id');`
const OWN = `CREATE VIRTUAL TABLE doc_fts USING fts5(title, body);`
const BARE = `CREATE VIRTUAL TABLE doc_fts USING fts5(title, body, content='');`
const REFILL = `INSERT INTO doc_fts (doc_fts) VALUES ('rebuild');`
const FILL = `INSERT INTO doc_fts (rowid, title, body) SELECT id, title, body FROM doc;`
const ADDED = `CREATE TRIGGER doc_ai AFTER INSERT ON doc BEGIN INSERT INTO doc_fts (rowid, title, body) VALUES (new.id, new.title, new.body); END;`
const DELETED = `CREATE TRIGGER doc_ad AFTER DELETE ON doc BEGIN INSERT INTO doc_fts (doc_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); END;`
const CHANGED = `CREATE TRIGGER doc_au AFTER UPDATE ON doc BEGIN INSERT INTO doc_fts (doc_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); INSERT INTO doc_fts (rowid, title, body) VALUES (new.id, new.title, new.body); END;`
const PLAIN = `CREATE TRIGGER doc_ad AFTER DELETE ON doc BEGIN DELETE FROM doc_fts WHERE rowid = old.id; END;`
const FOLLOWED = `${DOC} ${FTS} ${ADDED} ${DELETED} ${CHANGED}`
const REBUILT = `CREATE TABLE doc_new (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT, live INTEGER NOT NULL DEFAULT 1, lang TEXT); INSERT INTO doc_new (id, title, body, live) SELECT id, title, body, live FROM doc; DROP TABLE doc; ALTER TABLE doc_new RENAME TO doc;`

const LIVE = `INSERT INTO doc_fts (rowid, title, body) SELECT id, title, body FROM doc WHERE live = 1;`
const LIVE_ROWS = `${ROWS} INSERT INTO doc (title, body, live) VALUES ('three', 'night', 0);`
/** The three triggers of an index that reads its rows from \`doc\` and is to hold the live ones alone. */
const LIVE_TRIGGERS = `CREATE TRIGGER doc_ai AFTER INSERT ON doc BEGIN INSERT INTO doc_fts (rowid, title, body) SELECT new.id, new.title, new.body WHERE new.live = 1; END;
CREATE TRIGGER doc_ad AFTER DELETE ON doc BEGIN INSERT INTO doc_fts (doc_fts, rowid, title, body) SELECT 'delete', old.id, old.title, old.body WHERE old.live = 1; END;
CREATE TRIGGER doc_au AFTER UPDATE ON doc BEGIN INSERT INTO doc_fts (doc_fts, rowid, title, body) SELECT 'delete', old.id, old.title, old.body WHERE old.live = 1; INSERT INTO doc_fts (rowid, title, body) SELECT new.id, new.title, new.body WHERE new.live = 1; END;`
/** The same by WHEN. */
const LIVE_WHEN = `CREATE TRIGGER doc_ai AFTER INSERT ON doc WHEN new.live = 1 BEGIN INSERT INTO doc_fts (rowid, title, body) VALUES (new.id, new.title, new.body); END;
CREATE TRIGGER doc_ad AFTER DELETE ON doc WHEN old.live = 1 BEGIN INSERT INTO doc_fts (doc_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); END;
CREATE TRIGGER doc_gone AFTER UPDATE ON doc WHEN old.live = 1 BEGIN INSERT INTO doc_fts (doc_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); END;
CREATE TRIGGER doc_live AFTER UPDATE ON doc WHEN new.live = 1 BEGIN INSERT INTO doc_fts (rowid, title, body) VALUES (new.id, new.title, new.body); END;`

const NEW = { schema: DOC, rows: ROWS }
const told = (scenario: Case): Scenario => ({
  ...NEW,
  ...{ verdict: 'acknowledge', codes: ['FT102'], silent: ['FT101'] },
  ...scenario,
})
const silent = (scenario: Case): Scenario => ({
  ...NEW,
  ...{ verdict: 'ok', codes: [], silent: ['FT101', 'FT102', 'TR101'] },
  ...scenario,
})

/** Rows that are written and that a search does not see so. */
export const NOT_FOLLOWED: Scenario[] = [
  told({
    name: 'only new rows go into the index',
    migration: `${FTS} ${ADDED} ${REFILL}`,
    says: ['a changed row is still found by its old words', 'a deleted row is still found'],
  }),
  told({
    name: 'nothing takes deleted rows out',
    migration: `${FTS} ${ADDED} ${CHANGED} ${REFILL}`,
    unsaid: ['a changed row'],
  }),
  told({
    name: 'new rows do not go in',
    migration: `${FTS} ${CHANGED} ${DELETED} ${REFILL}`,
    says: ['a new row of doc is not found'],
  }),
  told({
    name: 'a plain DELETE, once the row with its words is gone',
    migration: `${FTS} ${ADDED} ${CHANGED} ${PLAIN} ${REFILL}`,
    says: ['a deleted row is still found'],
  }),
  told({
    name: 'a plain UPDATE, once the row has its new words',
    migration: `${FTS} ${ADDED} ${DELETED} CREATE TRIGGER doc_au AFTER UPDATE ON doc BEGIN UPDATE doc_fts SET title = new.title, body = new.body WHERE rowid = old.id; END; ${REFILL}`,
    says: ['still found by its old words'],
  }),
  told({
    name: 'the trigger names one of two columns',
    migration: `${FTS} ${ADDED} ${DELETED} ${CHANGED.replace('UPDATE ON', 'UPDATE OF title ON')} ${REFILL}`,
    says: ['a row with another body'],
  }),
  told({
    name: 'an index with content of its own that only new rows go into',
    migration: `${OWN} ${ADDED} ${FILL}`,
  }),
  told({
    name: 'an index without content that nothing can be deleted from',
    migration: `${BARE} ${ADDED} ${CHANGED} ${PLAIN} ${FILL}`,
    verdict: 'block',
    says: ['A DELETE on doc fails because of a trigger', 'cannot DELETE from contentless fts5 table'],
  }),
  told({
    name: 'a trigger that followed is made again with a plain DELETE',
    schema: FOLLOWED,
    migration: `DROP TRIGGER doc_ad; ${PLAIN}`,
    verdict: 'block',
    codes: ['FT102', 'BC104'],
  }),
  told({
    name: 'a trigger that followed is dropped',
    schema: FOLLOWED,
    migration: 'DROP TRIGGER doc_ad;',
    codes: ['TR101'],
    silent: ['FT102'],
    says: ['Without it the search index doc_fts does not follow: a deleted row is still found.'],
  }),
  told({
    name: 'a rebuild brings two of three triggers back',
    schema: FOLLOWED,
    migration: `${REBUILT} ${ADDED} ${CHANGED} ${REFILL}`,
    verdict: 'block',
    codes: ['TR101'],
    silent: ['FT101', 'FT102'],
    says: ['a deleted row is still found'],
  }),
  told({
    name: 'a query fills the index again from time to time',
    migration: `${FTS} ${ADDED} ${REFILL}`,
    queries: [{ name: 'nightly', sql: REFILL }],
    verdict: 'ok',
  }),
]

export const IS_FOLLOWED: Scenario[] = [
  silent({ name: 'all three triggers', migration: `${FTS} ${ADDED} ${DELETED} ${CHANGED} ${REFILL}` }),
  silent({
    name: 'a plain DELETE before the row goes',
    migration: `${FTS} ${ADDED} ${CHANGED} ${PLAIN.replace('doc_ad AFTER', 'doc_bd BEFORE')} ${REFILL}`,
  }),
  silent({
    name: 'a trigger of both columns, where they differ',
    migration: `${FTS} ${ADDED} ${DELETED} ${CHANGED.replace('UPDATE ON doc', 'UPDATE OF title, body ON doc WHEN old.title IS NOT new.title OR old.body IS NOT new.body')} ${REFILL}`,
  }),
  silent({ name: 'no trigger at all: the application fills it', migration: `${FTS} ${REFILL}` }),
  silent({
    name: 'some rows are meant to be found',
    migration: `${FTS} ${ADDED.replace('ON doc', 'ON doc WHEN new.live')} ${DELETED} ${CHANGED} ${REFILL}`,
  }),
  silent({
    name: 'rows that count as deleted leave the index',
    schema: 'CREATE TABLE doc (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT, deleted_at TEXT);',
    migration: `${FTS} ${ADDED} ${DELETED} CREATE TRIGGER doc_au AFTER UPDATE ON doc BEGIN INSERT INTO doc_fts (doc_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); INSERT INTO doc_fts (rowid, title, body) SELECT new.id, new.title, new.body WHERE new.deleted_at IS NULL; END; ${REFILL}`,
  }),
  silent({
    name: 'rows that can be neither changed nor deleted',
    migration: `${FTS} ${ADDED} ${REFILL} CREATE TRIGGER fixed_d BEFORE DELETE ON doc BEGIN SELECT RAISE(ABORT, 'fixed'); END; CREATE TRIGGER fixed_u BEFORE UPDATE ON doc BEGIN SELECT RAISE(ABORT, 'fixed'); END;`,
  }),
  silent({
    name: 'content of its own, found by a column',
    migration: `CREATE VIRTUAL TABLE doc_fts USING fts5(doc_id UNINDEXED, title); CREATE TRIGGER doc_ai AFTER INSERT ON doc BEGIN INSERT INTO doc_fts (doc_id, title) VALUES (new.id, new.title); END; CREATE TRIGGER doc_ad AFTER DELETE ON doc BEGIN DELETE FROM doc_fts WHERE doc_id = old.id; END; CREATE TRIGGER doc_au AFTER UPDATE OF title ON doc BEGIN UPDATE doc_fts SET title = new.title WHERE doc_id = old.id; END; INSERT INTO doc_fts (doc_id, title) SELECT id, title FROM doc;`,
  }),
  silent({
    name: 'no content, by the command',
    migration: `${BARE} ${ADDED} ${DELETED} ${CHANGED} ${FILL}`,
  }),
  silent({
    name: 'no content, of which rows may be deleted',
    migration: `${BARE.replace("content=''", "content='', contentless_delete=1")} ${ADDED} ${PLAIN} CREATE TRIGGER doc_au AFTER UPDATE ON doc BEGIN INSERT OR REPLACE INTO doc_fts (rowid, title, body) VALUES (new.id, new.title, new.body); END; ${FILL}`,
  }),
  silent({
    name: 'a rebuild brings all triggers back',
    schema: FOLLOWED,
    migration: `${REBUILT} ${ADDED} ${CHANGED} ${DELETED} ${REFILL}`,
  }),
  silent({
    name: 'it did not follow before, and does a little more',
    schema: `${DOC} ${FTS} ${ADDED}`,
    migration: CHANGED,
  }),
  silent({
    name: 'it did not follow before, and a column comes',
    schema: `${DOC} ${FTS} ${ADDED}`,
    migration: 'ALTER TABLE doc ADD COLUMN lang TEXT;',
  }),
]

/** An index that reads its rows from a table, of which its triggers choose some: not filled with those. */
export const CHOSEN_NOT_HELD: Scenario[] = [
  told({
    name: 'the live rows are not put in',
    rows: LIVE_ROWS,
    codes: ['FT101'],
    silent: ['FT102'],
    migration: `${FTS} ${LIVE_TRIGGERS}`,
    says: ['none of the 2 rows of doc that its triggers choose is in it'],
  }),
  told({
    name: 'one of the live rows is not put in',
    verdict: 'block',
    rows: LIVE_ROWS,
    codes: ['FT101'],
    silent: ['FT102'],
    migration: `${FTS} ${LIVE.replace(';', ' AND id > 1;')} ${LIVE_WHEN}`,
    says: ['1 of 2 rows of doc that its triggers choose is not in it'],
  }),
  told({
    name: 'rows are put in that are not live',
    verdict: 'block',
    rows: LIVE_ROWS,
    codes: ['FT101'],
    silent: ['FT102'],
    migration: `${FTS} ${FILL.replace(';', ' WHERE id <> 2;')} ${LIVE_TRIGGERS}`,
    says: ['1 of 2 rows of doc that its triggers choose is not in it'],
  }),
  told({
    name: 'the live rows are put in with two columns exchanged',
    verdict: 'block',
    rows: LIVE_ROWS,
    codes: ['FT101'],
    silent: ['FT102'],
    migration: `${FTS} ${LIVE.replace('SELECT id, title, body', 'SELECT id, body, title')} ${LIVE_TRIGGERS}`,
    says: ['a search answers with other rows'],
  }),
  told({
    name: 'a live row is taken out of the index',
    schema: `${DOC} ${FTS} ${LIVE_TRIGGERS}`,
    rows: LIVE_ROWS,
    verdict: 'block',
    codes: ['FT101'],
    silent: [],
    migration: `INSERT INTO doc_fts (doc_fts, rowid, title, body) VALUES ('delete', 1, 'one', 'fine day'); UPDATE doc SET live = live WHERE id = 2;`,
    says: ['1 of 2 rows of doc that its triggers choose is not in it'],
  }),
]

/** It holds the rows that its triggers choose, all of them and no others. */
export const CHOSEN_HELD: Scenario[] = [
  silent({
    name: 'the live rows, by a SELECT without a table',
    rows: LIVE_ROWS,
    migration: `${FTS} ${LIVE} ${LIVE_TRIGGERS}`,
  }),
  silent({ name: 'the live rows, by WHEN', rows: LIVE_ROWS, migration: `${FTS} ${LIVE} ${LIVE_WHEN}` }),
  silent({
    name: 'the live rows, put in before the triggers came',
    schema: `${DOC} ${FTS}`,
    rows: `${LIVE_ROWS} ${LIVE}`,
    migration: `${LIVE_TRIGGERS}`,
  }),
  silent({
    name: 'the live rows, in a table that gets a row more',
    schema: `${DOC} ${FTS} ${LIVE_TRIGGERS}`,
    rows: LIVE_ROWS,
    migration: `INSERT INTO doc (title, body, live) VALUES ('four', 'dawn', 0), ('five', 'dusk', 1);`,
  }),
  silent({
    name: 'all rows, beside triggers that choose: a rebuild put them in',
    rows: LIVE_ROWS,
    migration: `${FTS} ${REFILL} ${LIVE_WHEN}`,
  }),
]
