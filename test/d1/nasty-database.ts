import { openSqlite } from '../../src/d1/sqlite/sqlite.js'

/** What exports lose most often: one table a danger. */
export const NASTY_SQL = `
CREATE TABLE "order" ("select" INTEGER PRIMARY KEY AUTOINCREMENT, "a ""quoted"" name" TEXT, [with space] BLOB);
INSERT INTO "order" VALUES (1, 'it''s; -- not /* a comment', X'00FF27'), (5, NULL, X''), (9, 'line' || char(13) || char(10) || '\\n literal', 3);
DELETE FROM "order" WHERE "select" = 9; INSERT INTO "order" VALUES (7, 'x', NULL);
CREATE TABLE numbers (id INTEGER PRIMARY KEY, i INTEGER, r REAL, untyped);
INSERT INTO numbers VALUES (1, 9007199254740993, 0.1, 1.0), (2, -9223372036854775808, 5.954116180719548e-193, 1),
  (3, 9223372036854775807, 9e999, '1'), (4, 0, -9e999, X'31'), (5, 1, 4.9406564584124654e-324, 1.7976931348623157e308), (6, NULL, -0.0, 1e20);
CREATE TABLE texts (id INTEGER PRIMARY KEY, t TEXT);
INSERT INTO texts VALUES (1, 'nul' || char(0) || 'inside'), (2, 'žluťoučký 🎨 العربية'), (3, ''),
  (4, replace(hex(zeroblob(75000)), '00', 'ab;''')), (5, '); DROP TABLE texts; --');
CREATE TABLE broken_utf8 (t TEXT);
INSERT INTO broken_utf8 VALUES (CAST(X'FFFE41' AS TEXT)), ('fine');
CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent(id) ON DELETE CASCADE);
INSERT INTO child VALUES (1, 10), (2, 10);
CREATE TABLE parent (id INTEGER PRIMARY KEY, price REAL, total REAL GENERATED ALWAYS AS (price * 2) STORED, twice AS (price + price));
INSERT INTO parent (id, price) VALUES (10, 1.5);
CREATE TABLE implicit (v TEXT);
INSERT INTO implicit (rowid, v) VALUES (42, 'a'), (7, 'b');
CREATE TABLE pairs (a TEXT, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID, STRICT;
INSERT INTO pairs VALUES ('x', 1), ('x', 2);
CREATE INDEX "odd index" ON texts (t COLLATE NOCASE) WHERE t IS NOT NULL;
CREATE VIEW cheap AS SELECT id, price FROM parent WHERE price < 10;
CREATE TRIGGER cheap_insert INSTEAD OF INSERT ON cheap BEGIN INSERT INTO parent (id, price) VALUES (new.id, new.price); END;
CREATE TRIGGER texts_guard BEFORE INSERT ON texts WHEN new.t = 'forbidden' BEGIN
  SELECT CASE WHEN new.id > 0 THEN RAISE(ABORT, 'no; never') END; END;
CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT, body TEXT);
CREATE VIRTUAL TABLE search USING fts5(title, body, content='articles', content_rowid='id');
CREATE TRIGGER articles_ai AFTER INSERT ON articles BEGIN
  INSERT INTO search (rowid, title, body) VALUES (new.id, new.title, new.body); END;
INSERT INTO articles VALUES (1, 'The lighthouse', 'by the sea'), (2, 'Mural', 'on a wall');
CREATE VIRTUAL TABLE notes USING fts5(note, tag UNINDEXED);
INSERT INTO notes (rowid, note, tag) VALUES (3, 'kept with its text', 'a'), (8, 'second; note', NULL);
CREATE TABLE empty (a, b);
`

const TABLES = [
  '"order"',
  'numbers',
  'texts',
  'broken_utf8',
  'child',
  'parent',
  'implicit',
  'pairs',
  'articles',
  'notes',
  'empty',
]

/** Every value with its type and its bytes, every schema object, every counter: what "the same" means. */
export function nastyRows(file: string): unknown {
  const database = openSqlite(file, { readOnly: true })
  try {
    const content = TABLES.map((table) => {
      const columns = database.prepare(`SELECT * FROM ${table} LIMIT 0`).columns()
      const parts = columns.map(({ name }) => {
        const column = `"${name.replaceAll('"', '""')}"`
        // Reals through their bits: %!.20e shows a neighbour as another text.
        return `typeof(${column}) || ':' || CASE typeof(${column}) WHEN 'real' THEN printf('%!.20e', ${column}) ELSE hex(${column}) END`
      })
      const rowid = table === 'pairs' ? '0' : 'rowid'
      const sql = `SELECT ${rowid} AS n, ${parts.map((part, index) => `${part} AS c${index}`).join(', ') || '1'} FROM ${table} ORDER BY 1, 2`
      return [table, database.prepare(sql).all()]
    })
    const sequences = database.prepare('SELECT name, seq FROM sqlite_sequence ORDER BY name').all()
    const schema = database
      .prepare(`SELECT type, name, sql FROM sqlite_schema WHERE name NOT GLOB '_cf_*' ORDER BY type, name`)
      .all()
    const matches = database.prepare(`SELECT rowid FROM notes WHERE notes MATCH 'second'`).all()
    return { content, sequences, schema, matches }
  } finally {
    database.close()
  }
}
