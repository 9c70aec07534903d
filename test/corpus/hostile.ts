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
    name: 'makes a temporary table',
    sql: `CREATE TEMP TABLE z (a); INSERT INTO z VALUES (1);`,
    code: 'D1L104',
  },
  { name: 'makes a temporary table by its schema', sql: `CREATE TABLE temp.z (a);`, code: 'D1L104' },
]

/** Looks like the above and is an ordinary migration. */
export const TAME: { name: string; sql: string }[] = [
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
  {
    name: 'allowed PRAGMAs',
    sql: `PRAGMA defer_foreign_keys = true; PRAGMA foreign_key_check; PRAGMA optimize;`,
  },
  {
    name: 'a trigger with semicolons in texts',
    sql: `CREATE TRIGGER tr AFTER INSERT ON a BEGIN UPDATE a SET x = '; ATTACH ' WHERE x = ';'; END;`,
  },
  { name: 'an EXPLAIN', sql: `EXPLAIN QUERY PLAN SELECT * FROM a;` },
]
