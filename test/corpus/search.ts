import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'schema' | 'rows' | 'migration'> & Partial<Scenario>

const told = (scenario: Case): Scenario => ({ verdict: 'acknowledge', codes: [], ...scenario })
const stopped = (scenario: Case): Scenario => ({ verdict: 'block', codes: ['FT101'], ...scenario })
const silent = (scenario: Case): Scenario => ({ verdict: 'ok', codes: [], silent: ['FT101'], ...scenario })

const OWN = {
  schema: 'CREATE VIRTUAL TABLE title USING fts5(name, note UNINDEXED);',
  rows: `INSERT INTO title VALUES ('alpha', 1), ('beta', 2), ('gamma', 3);`,
}

const DOC = `CREATE TABLE doc (id INTEGER PRIMARY KEY, body TEXT);`
const DOC_ROWS = `INSERT INTO doc (body) VALUES ('one fine day'), ('two days'), ('three');`
const FTS = `CREATE VIRTUAL TABLE doc_fts USING fts5(body, content='doc', content_rowid='id');`
const TRIGGERS = `CREATE TRIGGER doc_ai AFTER INSERT ON doc BEGIN INSERT INTO doc_fts (rowid, body) VALUES (new.id, new.body); END;
CREATE TRIGGER doc_ad AFTER DELETE ON doc BEGIN INSERT INTO doc_fts (doc_fts, rowid, body) VALUES ('delete', old.id, old.body); END;
CREATE TRIGGER doc_au AFTER UPDATE ON doc BEGIN INSERT INTO doc_fts (doc_fts, rowid, body) VALUES ('delete', old.id, old.body); INSERT INTO doc_fts (rowid, body) VALUES (new.id, new.body); END;`
const REBUILD = `INSERT INTO doc_fts (doc_fts) VALUES ('rebuild');`
const SEARCHED = { schema: `${DOC} ${FTS} ${TRIGGERS}`, rows: DOC_ROWS }
const UNSEARCHED = { schema: DOC, rows: DOC_ROWS }

/** A table whose rows have no number of their own, and one of them is gone. */
const NOTES = {
  schema: `CREATE TABLE note (slug TEXT PRIMARY KEY, body TEXT);
CREATE VIRTUAL TABLE note_fts USING fts5(body, content='note');
CREATE TRIGGER note_ai AFTER INSERT ON note BEGIN INSERT INTO note_fts (rowid, body) VALUES (new.rowid, new.body); END;
CREATE TRIGGER note_ad AFTER DELETE ON note BEGIN INSERT INTO note_fts (note_fts, rowid, body) VALUES ('delete', old.rowid, old.body); END;`,
  rows: `INSERT INTO note VALUES ('z', 'apple'), ('y', 'banana'), ('x', 'cherry'); DELETE FROM note WHERE slug = 'z';`,
}
const NOTE_TRIGGERS = `CREATE TRIGGER note_ai AFTER INSERT ON note BEGIN INSERT INTO note_fts (rowid, body) VALUES (new.rowid, new.body); END;
CREATE TRIGGER note_ad AFTER DELETE ON note BEGIN INSERT INTO note_fts (note_fts, rowid, body) VALUES ('delete', old.rowid, old.body); END;`
const rebuiltNote = (
  columns: string,
): string => `CREATE TABLE note_new (slug TEXT PRIMARY KEY NOT NULL, body TEXT);
INSERT INTO note_new (${columns}) SELECT ${columns} FROM note;
DROP TRIGGER note_ai; DROP TRIGGER note_ad; DROP TABLE note; ALTER TABLE note_new RENAME TO note;
${NOTE_TRIGGERS}`

/** An index with rows of its own, which triggers fill. */
const FED = {
  schema: `CREATE TABLE post (slug TEXT PRIMARY KEY, body TEXT, live INTEGER NOT NULL DEFAULT 1);
CREATE VIRTUAL TABLE post_fts USING fts5(body);
CREATE TRIGGER post_ai AFTER INSERT ON post WHEN new.live BEGIN INSERT INTO post_fts (rowid, body) VALUES (new.rowid, new.body); END;
CREATE TRIGGER post_ad AFTER DELETE ON post BEGIN DELETE FROM post_fts WHERE rowid = old.rowid; END;`,
  rows: `INSERT INTO post VALUES ('a', 'apple', 1), ('b', 'banana', 1), ('c', 'cherry', 0); DELETE FROM post WHERE slug = 'a'; INSERT INTO post VALUES ('d', 'damson', 1);`,
}
const FED_TRIGGERS = `CREATE TRIGGER post_ai AFTER INSERT ON post WHEN new.live BEGIN INSERT INTO post_fts (rowid, body) VALUES (new.rowid, new.body); END;
CREATE TRIGGER post_ad AFTER DELETE ON post BEGIN DELETE FROM post_fts WHERE rowid = old.rowid; END;`
const REBUILT_POST = `CREATE TABLE p2 (slug TEXT PRIMARY KEY, body TEXT, live INTEGER NOT NULL DEFAULT 1, at TEXT); INSERT INTO p2 (slug, body, live) SELECT slug, body, live FROM post; DROP TRIGGER post_ai; DROP TRIGGER post_ad; DROP TABLE post; ALTER TABLE p2 RENAME TO post; ${FED_TRIGGERS}`

/** Searches that answer with less, or with other rows, afterwards. */
export const SEARCH_LOST: Scenario[] = [
  stopped({
    ...OWN,
    name: 'a full-text table with rows of its own is dropped',
    migration: 'DROP TABLE title;',
    codes: ['DL102'],
  }),
  stopped({
    ...OWN,
    name: 'a full-text table loses rows',
    migration: `DELETE FROM title WHERE name = 'beta';`,
    codes: ['DL102'],
  }),
  stopped({
    ...OWN,
    name: 'a full-text table is made anew and only partly filled',
    migration: `CREATE VIRTUAL TABLE t2 USING fts5(name, note UNINDEXED, tokenize = 'porter'); INSERT INTO t2 SELECT name, note FROM title WHERE note < 3; DROP TABLE title; ALTER TABLE t2 RENAME TO title;`,
    codes: ['DL102'],
  }),
  stopped({
    ...OWN,
    name: 'a full-text table is made anew, empty',
    migration: `DROP TABLE title; CREATE VIRTUAL TABLE title USING fts5(name, note UNINDEXED, prefix = '2 3');`,
    codes: ['DL102'],
  }),
  stopped({
    ...OWN,
    name: 'a full-text table is made anew without a column',
    migration: `CREATE VIRTUAL TABLE t2 USING fts5(name); INSERT INTO t2 SELECT name FROM title; DROP TABLE title; ALTER TABLE t2 RENAME TO title;`,
    codes: ['DL103'],
  }),
  told({
    ...OWN,
    name: 'values of a full-text table are written over',
    migration: `UPDATE title SET name = 'zeta' WHERE note = 2;`,
    codes: ['CH101'],
  }),
  stopped({
    ...NOTES,
    name: 'a rebuild renumbers the rows that a search index names',
    migration: rebuiltNote('slug, body'),
  }),
  stopped({
    ...NOTES,
    name: 'VACUUM-like: rows are taken out and put back, the index left alone',
    migration: `CREATE TABLE hold AS SELECT * FROM note; DROP TRIGGER note_ai; DROP TRIGGER note_ad; DELETE FROM note; INSERT INTO note SELECT * FROM hold ORDER BY body DESC; DROP TABLE hold; ${NOTE_TRIGGERS}`,
  }),
  stopped({
    ...FED,
    name: 'a rebuild renumbers the rows of an index with rows of its own',
    migration: REBUILT_POST,
  }),
  stopped({
    ...FED,
    name: 'a filled index does not follow an UPDATE that no trigger sees',
    migration: `UPDATE post SET body = 'blueberry' WHERE slug = 'b';`,
    codes: ['FT101', 'CH101'],
  }),
  stopped({
    name: 'an index that the application fills is renumbered under it',
    schema: `CREATE TABLE post (slug TEXT PRIMARY KEY, body TEXT); CREATE VIRTUAL TABLE post_fts USING fts5(body);`,
    rows: `INSERT INTO post VALUES ('a', 'x'), ('b', 'y'), ('c', 'z'); DELETE FROM post WHERE slug = 'a'; INSERT INTO post_fts (rowid, body) SELECT rowid, body FROM post;`,
    migration: `CREATE TABLE p2 (slug TEXT PRIMARY KEY, body TEXT, at TEXT); INSERT INTO p2 (slug, body) SELECT slug, body FROM post; DROP TABLE post; ALTER TABLE p2 RENAME TO post;`,
  }),
  stopped({
    name: 'an index without content is renumbered under its trigger',
    schema: `CREATE TABLE post (slug TEXT PRIMARY KEY, body TEXT); CREATE VIRTUAL TABLE post_fts USING fts5(body, content=''); CREATE TRIGGER post_ai AFTER INSERT ON post BEGIN INSERT INTO post_fts (rowid, body) VALUES (new.rowid, new.body); END;`,
    rows: `INSERT INTO post VALUES ('a', 'x'), ('b', 'y'), ('c', 'z'); DELETE FROM post WHERE slug = 'a';`,
    migration: `DROP TRIGGER post_ai; CREATE TABLE p2 (slug TEXT PRIMARY KEY, body TEXT); INSERT INTO p2 (slug, body) SELECT slug, body FROM post; DROP TABLE post; ALTER TABLE p2 RENAME TO post; CREATE TRIGGER post_ai AFTER INSERT ON post BEGIN INSERT INTO post_fts (rowid, body) VALUES (new.rowid, new.body); END;`,
  }),
  stopped({
    ...SEARCHED,
    name: 'the content of a search index is renamed',
    migration: 'ALTER TABLE doc RENAME TO article;',
    codes: ['FT101', 'BC101'],
  }),
  stopped({
    ...SEARCHED,
    name: 'a column of the content is renamed',
    migration: 'ALTER TABLE doc RENAME COLUMN body TO text;',
    codes: ['FT101', 'BC102'],
  }),
  stopped({
    ...SEARCHED,
    name: 'rows come in while the triggers are away',
    migration: `DROP TRIGGER doc_ai; INSERT INTO doc (body) VALUES ('four'); CREATE TRIGGER doc_ai AFTER INSERT ON doc BEGIN INSERT INTO doc_fts (rowid, body) VALUES (new.id, new.body); END;`,
  }),
  stopped({
    ...SEARCHED,
    name: 'a search index is made anew and not filled',
    migration: `DROP TABLE doc_fts; CREATE VIRTUAL TABLE doc_fts USING fts5(body, content='doc', content_rowid='id', tokenize = 'porter');`,
  }),
  told({
    ...UNSEARCHED,
    name: 'a new search index with triggers is never filled',
    migration: `${FTS} ${TRIGGERS}`,
    codes: ['FT101'],
  }),
  stopped({
    ...UNSEARCHED,
    name: 'a new search index is filled with some of the rows',
    migration: `${FTS} INSERT INTO doc_fts (rowid, body) SELECT id, body FROM doc WHERE id > 1; ${TRIGGERS}`,
    says: ['1 of 3 rows of doc is not in it as it is'],
  }),
  told({
    ...UNSEARCHED,
    name: 'a trigger chooses the rows of a new search index',
    migration: `${FTS} INSERT INTO doc_fts (rowid, body) SELECT id, body FROM doc WHERE id > 1;
CREATE TRIGGER doc_ai AFTER INSERT ON doc WHEN new.id > 1 BEGIN INSERT INTO doc_fts (rowid, body) VALUES (new.id, new.body); END;`,
    codes: ['FT102'],
    silent: ['FT101'],
  }),
  stopped({
    ...UNSEARCHED,
    name: 'a new search index is filled before the last rows come',
    migration: `${FTS} ${REBUILD} INSERT INTO doc (body) VALUES ('late'); ${TRIGGERS}`,
    codes: ['FT101'],
  }),
  told({
    ...UNSEARCHED,
    name: 'a new index with rows of its own is never filled',
    migration: `CREATE VIRTUAL TABLE doc_fts USING fts5(body); ${TRIGGERS.split('\n')[0] ?? ''}`,
    codes: ['FT101'],
  }),
  told({
    ...UNSEARCHED,
    name: 'a new index without content is never filled',
    migration: `CREATE VIRTUAL TABLE doc_fts USING fts5(body, content=''); ${TRIGGERS.split('\n')[0] ?? ''}`,
    codes: ['FT101'],
  }),
]

/** Search indexes that are kept, made anew and filled, or taken away with all that belongs to them. */
export const SEARCH_KEPT: Scenario[] = [
  silent({
    ...UNSEARCHED,
    name: 'a new search index, filled by rebuild',
    migration: `${FTS} ${TRIGGERS} ${REBUILD}`,
  }),
  silent({
    ...UNSEARCHED,
    name: 'a new search index, filled by INSERT',
    migration: `${FTS} INSERT INTO doc_fts (rowid, body) SELECT id, body FROM doc; ${TRIGGERS}`,
  }),
  silent({
    schema: DOC,
    rows: '',
    name: 'a new search index of an empty table',
    migration: `${FTS} ${TRIGGERS}`,
  }),
  silent({
    ...UNSEARCHED,
    name: 'rows come in by load, then the index is rebuilt',
    migration: `${FTS} INSERT INTO doc (body) VALUES ('four'), ('five'); ${REBUILD} ${TRIGGERS}`,
  }),
  silent({
    ...SEARCHED,
    name: 'rows come in through the triggers',
    migration: `INSERT INTO doc (body) VALUES ('four');`,
  }),
  silent({
    ...SEARCHED,
    name: 'a column is added beside the searched one',
    migration: 'ALTER TABLE doc ADD COLUMN at TEXT;',
  }),
  silent({
    ...SEARCHED,
    name: 'the content is rebuilt with its numbers',
    migration: `CREATE TABLE d2 (id INTEGER PRIMARY KEY, body TEXT NOT NULL DEFAULT ''); INSERT INTO d2 SELECT id, body FROM doc; DROP TABLE doc; ALTER TABLE d2 RENAME TO doc; ${TRIGGERS}`,
    codes: ['MF103'],
  }),
  silent({
    ...NOTES,
    name: 'rows without numbers are rebuilt with theirs',
    migration: rebuiltNote('rowid, slug, body'),
  }),
  silent({
    ...NOTES,
    name: 'rows are renumbered and the index rebuilt',
    migration: `${rebuiltNote('slug, body')} INSERT INTO note_fts (note_fts) VALUES ('rebuild');`,
  }),
  silent({
    ...FED,
    name: 'rows are renumbered and an index of its own filled anew',
    migration: `${REBUILT_POST} DELETE FROM post_fts; INSERT INTO post_fts (rowid, body) SELECT rowid, body FROM post WHERE live;`,
  }),
  silent({
    ...SEARCHED,
    name: 'a search index is made anew with another tokenizer and filled',
    migration: `DROP TABLE doc_fts; CREATE VIRTUAL TABLE doc_fts USING fts5(body, content='doc', content_rowid='id', tokenize = 'porter unicode61'); ${REBUILD}`,
  }),
  silent({
    ...OWN,
    name: 'a full-text table is made anew with all its rows',
    migration: `CREATE VIRTUAL TABLE t2 USING fts5(name, note UNINDEXED, tokenize = 'trigram'); INSERT INTO t2 SELECT name, note FROM title; DROP TABLE title; ALTER TABLE t2 RENAME TO title;`,
    silent: ['DS102', 'DL102', 'BC101'],
  }),
  silent({
    ...OWN,
    name: 'a full-text table is optimised',
    migration: `INSERT INTO title (title) VALUES ('optimize');`,
  }),
  silent({
    ...FED,
    name: 'an index is filled for some rows only, as its trigger says',
    migration: `INSERT INTO post VALUES ('e', 'elder', 0), ('f', 'fig', 1);`,
  }),
  silent({
    ...UNSEARCHED,
    name: 'a new index of its own for some rows only',
    migration: `CREATE VIRTUAL TABLE doc_fts USING fts5(body); INSERT INTO doc_fts (rowid, body) SELECT id, body FROM doc WHERE id > 1; ${TRIGGERS.split('\n')[0] ?? ''}`,
    ...{ verdict: 'acknowledge', codes: ['FT102'] },
  }),
  told({
    ...SEARCHED,
    name: 'a search index goes with its triggers',
    migration: `DROP TRIGGER doc_ai; DROP TRIGGER doc_ad; DROP TRIGGER doc_au; DROP TABLE doc_fts;`,
    codes: ['DS102'],
    silent: ['TR101', 'DL102', 'FT101'],
  }),
  told({
    ...SEARCHED,
    name: 'content, index and triggers go together',
    rows: '',
    migration: `DROP TABLE doc_fts; DROP TABLE doc;`,
    codes: ['DS102'],
    silent: ['TR101', 'DL102', 'FT101'],
  }),
  silent({
    name: 'an index that did not match before is told, and blocks nothing',
    schema: `${DOC} ${FTS}`,
    rows: DOC_ROWS,
    migration: `INSERT INTO doc (body) VALUES ('four');`,
    codes: ['FT101'],
    silent: [],
  }),
]
