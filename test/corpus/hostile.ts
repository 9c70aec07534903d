/** A migration file that tries to reach beyond its database. `VICTIM`, `NEW` stand for files outside of every scratch folder. */
export interface HostileFile {
  name: string
  sql: string
  /** What the plan says of it. */
  code: string
}

export const HOSTILE: HostileFile[] = [
  {
    name: 'attaches a file and empties it',
    sql: `ATTACH DATABASE 'VICTIM' AS v;\nDELETE FROM v.t;`,
    code: 'D1L104',
  },
  {
    name: 'attaches in lower case, by URI',
    sql: `attach 'file:VICTIM?mode=rwc' as v; delete from v.t;`,
    code: 'D1L104',
  },
  {
    name: 'attaches what an expression names',
    sql: `ATTACH ('VIC' || 'TIM') AS v; DELETE FROM v.t;`,
    code: 'D1L104',
  },
  {
    name: 'attaches behind a comment',
    sql: `/* a */ -- b\n ATTACH 'VICTIM' AS v; DROP TABLE v.t;`,
    code: 'D1L104',
  },
  { name: 'attaches behind BEGIN', sql: `COMMIT; ATTACH 'VICTIM' AS v; DELETE FROM v.t;`, code: 'D1L104' },
  {
    name: 'makes room, then attaches',
    sql: `DETACH d1_runbook_no_room_3; ATTACH 'VICTIM' AS v; DELETE FROM v.t;`,
    code: 'D1L104',
  },
  {
    name: 'hides a statement in the brackets of a parameter',
    sql: `INSERT INTO a (x) VALUES ($p(')); ATTACH 'VICTIM' AS v; DELETE FROM v.t; --');`,
    code: 'SY101',
  },
  {
    name: 'hides a statement in a parameter with colons',
    sql: `SELECT $a::b('); ATTACH 'VICTIM' AS v; DELETE FROM v.t; --');`,
    code: 'SY101',
  },
  {
    name: 'hides a statement in what looks like a trigger',
    sql: `CREATE TRIGGER; ATTACH 'VICTIM' AS v; DELETE FROM v.t; END;`,
    code: 'SY101',
  },
  { name: 'writes itself into a new file', sql: `VACUUM INTO 'NEW';`, code: 'D1L104' },
  {
    name: 'writes itself into a new file after a commit',
    sql: `COMMIT; VACUUM main INTO 'NEW';`,
    code: 'D1L104',
  },
  { name: 'loads an extension', sql: `SELECT load_extension('NEW');`, code: 'SY101' },
  {
    name: 'loads an extension by a quoted name',
    sql: `INSERT INTO a (x) SELECT "load_extension"('NEW');`,
    code: 'SY101',
  },
  {
    name: 'loads an extension in a trigger',
    sql: `CREATE TRIGGER tr AFTER INSERT ON a BEGIN SELECT load_extension('NEW'); END;\nINSERT INTO a (x) VALUES (1);`,
    code: 'SY101',
  },
  { name: 'writes a file by a function of the shell', sql: `SELECT writefile('NEW', 'x');`, code: 'SY101' },
  {
    name: 'reads a file by a function of the shell',
    sql: `INSERT INTO a (x) SELECT readfile('VICTIM');`,
    code: 'SY101',
  },
  {
    name: 'reads a file by a module',
    sql: `CREATE VIRTUAL TABLE c USING csv(filename='VICTIM');`,
    code: 'D1L104',
  },
  {
    name: 'uses a module that D1 does not have',
    sql: `CREATE VIRTUAL TABLE c USING fts4(content);`,
    code: 'D1L104',
  },
  { name: 'looks into the pages', sql: `CREATE VIRTUAL TABLE c USING dbstat;`, code: 'D1L104' },
  { name: 'reads the pages', sql: `INSERT INTO a (x) SELECT name FROM dbstat;`, code: 'SY101' },
  {
    name: 'reads the pages beside a table',
    sql: `INSERT INTO a (x) SELECT d.name FROM a, dbstat d;`,
    code: 'SY101',
  },
  {
    name: 'reads the pages by a quoted name',
    sql: `INSERT INTO a (x) SELECT name FROM "dbstat";`,
    code: 'SY101',
  },
  {
    name: 'reads the pages of a schema',
    sql: `UPDATE a SET x = (SELECT 1 FROM main.dbstat);`,
    code: 'SY101',
  },
  {
    name: 'opens the schema for writing',
    sql: `PRAGMA writable_schema = ON;\nUPDATE sqlite_schema SET sql = 'x';`,
    code: 'TX102',
  },
  { name: 'opens the schema behind EXPLAIN', sql: `EXPLAIN PRAGMA writable_schema = ON;`, code: 'TX102' },
  { name: 'moves temporary files', sql: `PRAGMA temp_store_directory = 'NEW';`, code: 'TX102' },
  {
    name: 'moves temporary files behind EXPLAIN',
    sql: `EXPLAIN QUERY PLAN PRAGMA main.temp_store_directory = 'NEW';`,
    code: 'TX102',
  },
  { name: 'changes the journal', sql: `PRAGMA "main"."journal_mode" = 'WAL';`, code: 'TX102' },
  {
    name: 'turns checks off',
    sql: `PRAGMA trusted_schema = ON; PRAGMA cell_size_check = OFF;`,
    code: 'TX102',
  },
  {
    name: 'asks a PRAGMA as a table',
    sql: `INSERT INTO a (x) SELECT writable_schema FROM pragma_writable_schema;`,
    code: 'SY101',
  },
  {
    name: 'asks a PRAGMA as a function, by a quoted name',
    sql: `INSERT INTO a (x) SELECT * FROM "pragma_journal_mode"('WAL');`,
    code: 'SY101',
  },
  { name: 'sets a PRAGMA that may only be read', sql: 'PRAGMA page_size = 512;', code: 'TX102' },
  { name: 'calculates with a function that D1 keeps', sql: 'UPDATE a SET x = power(2, 3);', code: 'SY101' },
  { name: 'formats JSON by one', sql: 'UPDATE a SET x = json_pretty(x);', code: 'SY101' },
  { name: 'chooses by if()', sql: `UPDATE a SET x = if(x IS NULL, 'n', x);`, code: 'SY101' },
  { name: 'calls one behind a comment', sql: 'SELECT [log10] /* ( */ (100);', code: 'SY101' },
  { name: 'defaults to one', sql: 'CREATE TABLE q (a DEFAULT (subtype(1)));', code: 'SY101' },
  { name: 'uses a polygon', sql: `SELECT geopoly_area('[[0,0],[1,0],[0,1],[0,0]]');`, code: 'SY101' },
  {
    name: 'makes a temporary table',
    sql: `CREATE TEMP TABLE z (a); INSERT INTO z VALUES (1);`,
    code: 'D1L104',
  },
  { name: 'makes a temporary table by its schema', sql: `CREATE TABLE temp.z (a);`, code: 'D1L104' },
]

/** Looks like the above and is an ordinary migration. */
export const TAME: { name: string; sql: string }[] = [
  {
    name: 'a column called dbstat, behind others',
    sql: `ALTER TABLE a ADD COLUMN dbstat TEXT; UPDATE a SET x = (SELECT b.dbstat FROM (SELECT a.x, dbstat FROM a) b ORDER BY b.x, dbstat);`,
  },
  { name: 'a column called dbstat', sql: `ALTER TABLE a ADD COLUMN dbstat TEXT; UPDATE a SET x = dbstat;` },
  {
    name: 'a table of its own called dbstat',
    sql: `CREATE TABLE dbstat (x TEXT); INSERT INTO a (x) SELECT x FROM dbstat; DELETE FROM "DBSTAT"; UPDATE a SET x = (SELECT 1 FROM main.dbstat);`,
  },
  {
    name: 'a view of its own called dbstat',
    sql: `CREATE VIEW dbstat AS SELECT x FROM a; INSERT INTO a (x) SELECT x FROM dbstat;`,
  },
  {
    name: 'a WITH called dbstat',
    sql: `WITH dbstat (x) AS (SELECT x FROM a) INSERT INTO a (x) SELECT x FROM dbstat;`,
  },
  {
    name: 'a table of its own called as a PRAGMA is as a table',
    sql: `CREATE TABLE pragma_stats (x TEXT); INSERT INTO pragma_stats (x) VALUES ('y'); INSERT INTO a (x) SELECT x FROM pragma_stats;`,
  },
  {
    name: 'tables called as tables that functions make',
    sql: `CREATE TABLE json_each (x TEXT); INSERT INTO a (x) SELECT x FROM json_each; CREATE TABLE fts5vocab (x TEXT); INSERT INTO a (x) SELECT x FROM fts5vocab; CREATE TABLE bytecode (x TEXT); INSERT INTO a (x) SELECT x FROM bytecode;`,
  },
  { name: 'text about dbstat', sql: `INSERT INTO a (x) VALUES ('SELECT * FROM dbstat');` },
  {
    name: 'text about ATTACH',
    sql: `INSERT INTO a (x) VALUES ('ATTACH DATABASE ''x'' AS v; VACUUM INTO ''y''');`,
  },
  {
    name: 'a comment about PRAGMA',
    sql: `-- PRAGMA writable_schema = ON; ATTACH 'x' AS y;\nINSERT INTO a (x) VALUES (1);`,
  },
  {
    name: 'columns named like words',
    sql: `ALTER TABLE a ADD COLUMN "attach" TEXT; ALTER TABLE a ADD COLUMN "vacuum" TEXT;`,
  },
  { name: 'a column named like a function', sql: `ALTER TABLE a ADD COLUMN load_extension TEXT;` },
  { name: 'a table named temp_x', sql: `CREATE TABLE temp_x (a INTEGER PRIMARY KEY);` },
  { name: 'a name qualified by main', sql: `CREATE TABLE main.q (a INTEGER PRIMARY KEY);` },
  {
    name: 'dollars in names and texts',
    sql: `ALTER TABLE a ADD COLUMN price$ TEXT; UPDATE a SET price$ = '$a(' WHERE x = '?1 :b @c';`,
  },
  { name: 'JSON arrows and casts', sql: `UPDATE a SET x = json('{"a":1}') ->> '$.a' WHERE x IS NULL;` },
  { name: 'a full-text index', sql: `CREATE VIRTUAL TABLE search USING fts5(x);` },
  { name: 'statistics of all tables', sql: `CREATE INDEX a_x ON a (x); ANALYZE; REINDEX;` },
  { name: 'statistics, in small letters and with a comment', sql: `analyze /* all */ -- of them\n;` },
  {
    name: 'allowed PRAGMAs',
    sql: `PRAGMA defer_foreign_keys = true; PRAGMA foreign_key_check; PRAGMA optimize;`,
  },
  {
    name: 'a trigger with semicolons in texts',
    sql: `CREATE TRIGGER tr AFTER INSERT ON a BEGIN UPDATE a SET x = '; ATTACH ' WHERE x = ';'; END;`,
  },
  { name: 'a PRAGMA as a table', sql: `INSERT INTO a (x) SELECT name FROM pragma_table_info('a');` },
  {
    name: 'what D1 has instead',
    sql: 'UPDATE a SET x = pow(2, 3) + ceil(1.5) + iif(1, 2, 3) + log(10, 100);',
  },
  {
    name: 'tables called like functions',
    sql: `CREATE TABLE subtype (id INTEGER PRIMARY KEY, power INTEGER); INSERT INTO subtype (id) VALUES (1); CREATE INDEX optimize ON subtype (power); CREATE TABLE IF NOT EXISTS offsets (s INTEGER REFERENCES subtype (id));`,
  },
  {
    name: 'a WITH called like functions',
    sql: 'WITH power (n) AS (SELECT 1), subtype (n) AS (SELECT n FROM power) INSERT INTO a (x) SELECT n FROM subtype;',
  },
  { name: 'integers in an R*Tree', sql: 'CREATE VIRTUAL TABLE r32 USING rtree_i32(id, a, b);' },
  { name: 'a column called like a PRAGMA', sql: 'ALTER TABLE a ADD COLUMN pragma_encoding TEXT;' },
  { name: 'an EXPLAIN', sql: `EXPLAIN QUERY PLAN SELECT * FROM a;` },
]
