import { SHOP, SHOP_ROWS, type Scenario } from './scenario.js'

const on = (scenario: Omit<Scenario, 'schema' | 'rows' | 'verdict'> & Partial<Scenario>): Scenario => ({
  schema: SHOP,
  rows: SHOP_ROWS,
  verdict: 'block',
  ...scenario,
})

/** Migrations that cost something or that D1 refuses. Every one must be stopped. */
export const BLOCKING: Scenario[] = [
  on({
    name: 'a generated rebuild of a cascading parent empties its children',
    migration: `PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE \`__new_users\` (
	\`id\` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	\`email\` text NOT NULL UNIQUE,
	\`name\` text,
	\`role\` text DEFAULT 'member' NOT NULL CHECK (role IN ('member', 'admin', 'owner')),
	\`profile\` text,
	\`created_at\` text DEFAULT CURRENT_TIMESTAMP NOT NULL
);
--> statement-breakpoint
DROP VIEW authors;--> statement-breakpoint
INSERT INTO \`__new_users\`("id", "email", "name", "role", "profile", "created_at") SELECT "id", "email", "name", "role", "profile", "created_at" FROM \`users\`;--> statement-breakpoint
DROP TABLE \`users\`;--> statement-breakpoint
ALTER TABLE \`__new_users\` RENAME TO \`users\`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE INDEX users_by_name ON users (name);
CREATE VIEW authors AS SELECT u.id, u.email, count(p.id) AS posts FROM users u LEFT JOIN posts p ON p.user_id = u.id GROUP BY u.id;
`,
    codes: ['DL101', 'TX102'],
    silent: ['IX101', 'TR101', 'CT101', 'DL102', 'DS102', 'BC101'],
  }),
  on({
    name: 'defer_foreign_keys does not save the children either',
    migration: `PRAGMA defer_foreign_keys = on;
CREATE TABLE posts_new (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, editor_id INTEGER REFERENCES users (id) ON DELETE SET NULL, title TEXT NOT NULL, body TEXT, slug TEXT);
INSERT INTO posts_new (id, user_id, editor_id, title, body) SELECT id, user_id, editor_id, title, body FROM posts;
DROP VIEW authors;
DROP TABLE posts;
ALTER TABLE posts_new RENAME TO posts;
CREATE INDEX posts_by_user ON posts (user_id);
CREATE VIEW authors AS SELECT u.id, u.email, count(p.id) AS posts FROM users u LEFT JOIN posts p ON p.user_id = u.id GROUP BY u.id;`,
    codes: ['DL101'],
    silent: ['IX101'],
  }),
  on({
    name: 'SET NULL children lose their parent while it is rebuilt',
    schema: `CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE player (id INTEGER PRIMARY KEY, team_id INTEGER REFERENCES team (id) ON DELETE SET NULL);`,
    rows: `INSERT INTO team VALUES (1, 'a'), (2, 'b'); INSERT INTO player VALUES (1, 1), (2, 2), (3, NULL);`,
    migration: `CREATE TABLE team_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '');
INSERT INTO team_new SELECT id, name FROM team;
DROP TABLE team;
ALTER TABLE team_new RENAME TO team;`,
    codes: ['DL101'],
    silent: ['DL103'],
  }),
  on({
    name: 'a parent with NO ACTION children cannot be rebuilt that way',
    schema: `CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE player (id INTEGER PRIMARY KEY, team_id INTEGER REFERENCES team (id));`,
    rows: `INSERT INTO team VALUES (1, 'a'); INSERT INTO player VALUES (1, 1);`,
    migration: `PRAGMA foreign_keys=OFF;
CREATE TABLE team_new (id INTEGER PRIMARY KEY, name TEXT, city TEXT);
INSERT INTO team_new (id, name) SELECT id, name FROM team;
DROP TABLE team;
ALTER TABLE team_new RENAME TO team;
PRAGMA foreign_keys=ON;`,
    codes: ['RH101'],
  }),
  on({
    name: 'the grandchildren go too',
    schema: `CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a ON DELETE CASCADE); CREATE TABLE c (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b ON DELETE CASCADE);`,
    rows: `INSERT INTO a VALUES (1, 'x'); INSERT INTO b VALUES (1, 1); INSERT INTO c VALUES (1, 1), (2, 1);`,
    migration: `CREATE TABLE a2 (id INTEGER PRIMARY KEY, x TEXT, y TEXT); INSERT INTO a2 (id, x) SELECT id, x FROM a; DROP TABLE a; ALTER TABLE a2 RENAME TO a;`,
    codes: ['DL101'],
  }),
  on({
    name: 'rename to old, rebuild, drop old: the children follow the old one and go with it',
    schema: `CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id) ON DELETE CASCADE);`,
    rows: `INSERT INTO a VALUES (1, 'x'); INSERT INTO b VALUES (1, 1);`,
    migration: `ALTER TABLE a RENAME TO a_old; CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT, y TEXT); INSERT INTO a (id, x) SELECT id, x FROM a_old; DROP TABLE a_old;`,
    codes: ['DL101', 'FK101'],
  }),
  on({ name: 'a table with rows is dropped', migration: 'DROP TABLE settings;', codes: ['DL102'] }),
  on({
    name: 'a column with values is dropped',
    migration: 'ALTER TABLE users DROP COLUMN profile;',
    codes: ['DL103'],
  }),
  on({
    name: 'a rebuild forgets a column with values',
    migration: `CREATE TABLE tags_new (id INTEGER PRIMARY KEY, label TEXT NOT NULL, position INTEGER);
INSERT INTO tags_new SELECT id, label, position FROM tags; DROP TABLE tags; ALTER TABLE tags_new RENAME TO tags;
CREATE UNIQUE INDEX tags_by_label ON tags (label);`,
    codes: ['DL103', 'TR101'],
    silent: ['IX101'],
  }),
  on({
    name: 'a rebuild keeps the column but not its values',
    migration: `CREATE TABLE tags_new (id INTEGER PRIMARY KEY, label TEXT NOT NULL, color TEXT, position INTEGER);
INSERT INTO tags_new (id, label, position) SELECT id, label, position FROM tags; DROP TABLE tags; ALTER TABLE tags_new RENAME TO tags;
CREATE UNIQUE INDEX tags_by_label ON tags (label); CREATE INDEX tags_by_color ON tags (color);
CREATE TRIGGER tags_audit AFTER UPDATE ON tags BEGIN
  INSERT INTO audit (what) VALUES (CASE WHEN new.label = old.label THEN 'same' ELSE CASE WHEN new.color IS NULL THEN 'bare' ELSE 'label' END END);
END;`,
    codes: ['DL103'],
    silent: ['TR101', 'IX101', 'DS103'],
  }),
  on({
    name: 'a rebuild fills a kept column with its default',
    schema: `CREATE TABLE job (id INTEGER PRIMARY KEY, state TEXT NOT NULL DEFAULT 'new', size INTEGER);`,
    rows: `INSERT INTO job VALUES (1, 'done', 1), (2, 'failed', 2), (3, 'new', 3);`,
    migration: `CREATE TABLE job2 (id INTEGER PRIMARY KEY, state TEXT NOT NULL DEFAULT 'new', size INTEGER NOT NULL);
INSERT INTO job2 (id, size) SELECT id, size FROM job; DROP TABLE job; ALTER TABLE job2 RENAME TO job;`,
    codes: ['DL103'],
  }),
  on({
    name: 'a rebuild copies only some rows',
    migration: `CREATE TABLE tokens_new (id TEXT PRIMARY KEY, user_id INTEGER, state TEXT NOT NULL, expires_at INTEGER);
INSERT INTO tokens_new SELECT * FROM tokens WHERE state = 'active'; DROP TABLE tokens; ALTER TABLE tokens_new RENAME TO tokens;`,
    codes: ['DL102'],
  }),
  on({
    name: 'INSERT OR IGNORE swallows rows that a new key refuses',
    schema: `CREATE TABLE member (id INTEGER PRIMARY KEY, email TEXT);`,
    rows: `INSERT INTO member VALUES (1, 'a@b.c'), (2, 'a@b.c'), (3, 'd@b.c');`,
    migration: `CREATE TABLE member_new (id INTEGER PRIMARY KEY, email TEXT UNIQUE);
INSERT OR IGNORE INTO member_new SELECT id, email FROM member; DROP TABLE member; ALTER TABLE member_new RENAME TO member;`,
    codes: ['DL102'],
  }),
  on({
    name: 'drop and create without a copy',
    migration: `DROP TABLE IF EXISTS settings; CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT, updated_at TEXT);`,
    codes: ['DL102'],
  }),
  on({
    name: 'the active rows are deleted, the revoked ones kept',
    migration: `DELETE FROM tokens WHERE state <> 'revoked';`,
    codes: ['DL102'],
  }),
  on({ name: 'DELETE without WHERE', migration: 'DELETE FROM tokens;', codes: ['DL102'], silent: ['DL104'] }),
  on({
    name: 'a delete of parents takes the children along',
    migration: 'DELETE FROM users WHERE id = 1;',
    codes: ['DL102'],
  }),
  on({
    name: 'REPLACE INTO a parent deletes its children',
    migration: `INSERT OR REPLACE INTO users (id, email, name) VALUES (1, 'ann@lake.ch', 'Ann B.');`,
    codes: ['DL101'],
  }),
  on({
    name: 'values are set to NULL',
    migration: `UPDATE users SET profile = NULL WHERE id < 3;`,
    codes: ['DL103'],
  }),
  on({
    name: 'UPDATE without WHERE makes all values one',
    migration: `UPDATE tokens SET state = 'revoked';`,
    codes: ['DL104'],
    silent: ['CH101'],
  }),
  on({
    name: 'every index is lost with a rebuild',
    migration: `CREATE TABLE posts_new (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, editor_id INTEGER REFERENCES users (id) ON DELETE SET NULL, title TEXT NOT NULL, body TEXT NOT NULL DEFAULT '');
CREATE TABLE hold AS SELECT * FROM comments; DELETE FROM comments;
INSERT INTO posts_new SELECT id, user_id, editor_id, title, coalesce(body, '') FROM posts;
DROP VIEW authors; DROP TABLE posts; ALTER TABLE posts_new RENAME TO posts;
INSERT INTO comments SELECT * FROM hold; DROP TABLE hold;
CREATE VIEW authors AS SELECT u.id, u.email, count(p.id) AS posts FROM users u LEFT JOIN posts p ON p.user_id = u.id GROUP BY u.id;`,
    codes: ['IX101'],
    silent: ['DL101', 'DL102', 'DL104'],
  }),
  on({
    name: 'a trigger is lost with a rebuild',
    migration: `CREATE TABLE tags_new (id INTEGER PRIMARY KEY, label TEXT NOT NULL, color TEXT, position INTEGER DEFAULT 0);
INSERT INTO tags_new SELECT * FROM tags; DROP TABLE tags; ALTER TABLE tags_new RENAME TO tags;
CREATE UNIQUE INDEX tags_by_label ON tags (label); CREATE INDEX tags_by_color ON tags (color);`,
    codes: ['TR101'],
    silent: ['IX101', 'DL103', 'DL102', 'CH101'],
  }),
  on({
    name: 'a view is dropped beside a rebuild and forgotten',
    migration: `DROP VIEW authors;
CREATE TABLE hold AS SELECT * FROM comments; DELETE FROM comments;
CREATE TABLE posts_new (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, editor_id INTEGER REFERENCES users (id) ON DELETE SET NULL, title TEXT NOT NULL, body TEXT);
INSERT INTO posts_new SELECT * FROM posts; DROP TABLE posts; ALTER TABLE posts_new RENAME TO posts; CREATE INDEX posts_by_user ON posts (user_id);
INSERT INTO comments SELECT * FROM hold; DROP TABLE hold;`,
    codes: ['TR101'],
    silent: ['DL101', 'IX101'],
  }),
  on({
    name: 'a view reads a table that is dropped',
    schema: `CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t;`,
    rows: '',
    migration: 'DROP TABLE t;',
    codes: ['TR101'],
    silent: ['DS102'],
  }),
  on({
    name: 'a trigger writes a table that is dropped',
    migration: 'DROP TABLE audit;',
    codes: ['TR101'],
  }),
  on({
    name: 'CREATE TABLE AS drops the key, NOT NULL and UNIQUE',
    migration: `CREATE TABLE t2 AS SELECT * FROM tags; DROP TABLE tags; ALTER TABLE t2 RENAME TO tags;`,
    codes: ['CT101', 'IX101', 'TR101'],
  }),
  on({
    name: 'a rebuild to add a column forgets UNIQUE',
    schema: `CREATE TABLE member (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);`,
    rows: `INSERT INTO member VALUES (1, 'a@b.c');`,
    migration: `CREATE TABLE m2 (id INTEGER PRIMARY KEY, email TEXT NOT NULL, age INTEGER); INSERT INTO m2 (id, email) SELECT id, email FROM member; DROP TABLE member; ALTER TABLE m2 RENAME TO member;`,
    codes: ['CT101'],
  }),
  on({
    name: 'a generated rebuild reads a new column from the old table',
    schema: `CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL);`,
    rows: `INSERT INTO item VALUES (1, 'a'), (2, 'b');`,
    migration: `CREATE TABLE \`__new_item\` (\`id\` integer PRIMARY KEY NOT NULL, \`name\` text NOT NULL, \`price\` integer NOT NULL);
INSERT INTO \`__new_item\`("id", "name", "price") SELECT "id", "name", "price" FROM \`item\`;
DROP TABLE \`item\`;
ALTER TABLE \`__new_item\` RENAME TO \`item\`;`,
    codes: ['DQ101'],
  }),
  on({
    name: 'UPDATE from a column that was renamed before',
    schema: `CREATE TABLE item (id INTEGER PRIMARY KEY, title TEXT NOT NULL, label TEXT);`,
    rows: `INSERT INTO item VALUES (1, 'a', 'x'), (2, 'b', 'y');`,
    migration: `ALTER TABLE item RENAME COLUMN title TO headline; UPDATE item SET label = "title";`,
    codes: ['DQ101', 'BC102'],
  }),
  on({
    name: 'a foreign key to a table that nobody makes',
    migration: 'CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id));',
    codes: ['FK101'],
  }),
  on({
    name: 'a foreign key to a column that is not unique',
    migration: 'CREATE TABLE likes (id INTEGER PRIMARY KEY, author TEXT REFERENCES users (name));',
    codes: ['FK102'],
  }),
  on({
    name: 'a composite key referenced by half',
    schema: `CREATE TABLE p (a INTEGER, b INTEGER, PRIMARY KEY (a, b));`,
    rows: '',
    migration: 'CREATE TABLE c (id INTEGER PRIMARY KEY, a INTEGER REFERENCES p (a));',
    codes: ['FK102'],
  }),
  on({
    name: 'the unique index that a key needs is dropped',
    schema: `CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT); CREATE UNIQUE INDEX p_code ON p (code); CREATE TABLE c (id INTEGER PRIMARY KEY, code TEXT REFERENCES p (code));`,
    rows: `INSERT INTO p VALUES (1, 'x'); INSERT INTO c VALUES (1, 'x');`,
    migration: 'DROP INDEX p_code;',
    codes: ['FK102'],
  }),
  on({
    name: 'rows violate a new UNIQUE index',
    migration: 'CREATE UNIQUE INDEX log_once ON log (at);',
    codes: ['RH101'],
  }),
  on({
    name: 'ADD COLUMN NOT NULL without a default',
    migration: 'ALTER TABLE users ADD COLUMN age INTEGER NOT NULL;',
    codes: ['RH101'],
  }),
  on({
    name: 'NULLs meet a rebuild with NOT NULL',
    migration: `CREATE TABLE t2 (id INTEGER PRIMARY KEY, label TEXT NOT NULL, color TEXT NOT NULL, position INTEGER); INSERT INTO t2 SELECT * FROM tags; DROP TABLE tags; ALTER TABLE t2 RENAME TO tags;`,
    codes: ['RH101'],
  }),
  on({
    name: 'a table that does not exist',
    migration: 'ALTER TABLE userz ADD COLUMN x TEXT;',
    codes: ['RH101'],
  }),
  on({
    name: 'a column that is there already',
    migration: 'ALTER TABLE users ADD COLUMN name TEXT;',
    codes: ['RH101'],
  }),
  on({
    name: 'a syntax error in the third statement',
    migration: `CREATE TABLE n1 (a); CREATE TABLE n2 (a); CRATE TABLE n3 (a);`,
    codes: ['RH101'],
  }),
  on({
    name: 'ADD COLUMN with a default that is not constant',
    migration: `ALTER TABLE users ADD COLUMN seen TEXT DEFAULT (datetime('now'));`,
    codes: ['RH101'],
  }),
  on({
    name: 'BEGIN and COMMIT',
    migration: 'BEGIN TRANSACTION;\nCREATE TABLE n (a);\nCOMMIT;',
    codes: ['TX101'],
  }),
  on({ name: 'SAVEPOINT', migration: 'SAVEPOINT one; CREATE TABLE n (a); RELEASE one;', codes: ['TX101'] }),
  on({
    name: 'PRAGMA journal_mode',
    migration: 'PRAGMA journal_mode = WAL; CREATE TABLE n (a);',
    codes: ['TX102'],
  }),
  on({ name: 'VACUUM', migration: 'CREATE TABLE n (a); VACUUM;', codes: ['D1L104'] }),
  on({
    name: 'a temporary table',
    migration: 'CREATE TEMP TABLE n AS SELECT * FROM users; DROP TABLE n;',
    codes: ['D1L104'],
  }),
  on({
    name: 'more rows in one INSERT than the engine has room for, in few bytes',
    migration: `CREATE TABLE seed (id INTEGER PRIMARY KEY, a, b, c, d, e, f, g, h);
INSERT INTO seed VALUES ${Array.from({ length: 2_200 }, (_, at) => `(${at + 1}, 0, 1, 0, 1, 0, 1, 0, 1)`).join(', ')};`,
    codes: ['D1L101'],
  }),
  on({ name: 'a reserved name', migration: 'CREATE TABLE _cf_cache (a);', codes: ['D1L103'] }),
  on({
    name: '101 columns',
    migration: `CREATE TABLE wide (${Array.from({ length: 101 }, (_, at) => `c${at}`).join(', ')});`,
    codes: ['D1L102'],
  }),
  on({
    name: 'a statement of more than 100 KB',
    migration: `INSERT INTO log VALUES ('a', '${'x'.repeat(100_500)}');`,
    codes: ['D1L101'],
  }),
  on({
    name: 'six terms in a compound SELECT',
    migration: `INSERT INTO log ${Array.from({ length: 6 }, () => `SELECT 'a', 'b'`).join(' UNION ALL ')};`,
    codes: ['RH101'],
  }),
  on({
    name: 'the last statement has no semicolon',
    migration: 'CREATE TABLE n (a);\nCREATE TABLE m (a)',
    codes: ['RH101'],
  }),
  on({ name: 'a comment that never ends', migration: 'CREATE TABLE n (a); /* to do', codes: ['RH101'] }),
  on({
    name: 'a rebuild narrows texts to numbers that they are not, and keys break',
    schema: `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER);`,
    rows: `INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1), (2, 9);`,
    migration: `CREATE TABLE c2 (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id)); INSERT INTO c2 SELECT * FROM c; DROP TABLE c; ALTER TABLE c2 RENAME TO c;`,
    codes: ['RH101'],
  }),
  on({
    name: 'only the second of two files loses rows',
    migration: {
      '0002_ok.sql': 'ALTER TABLE users ADD COLUMN age INTEGER;',
      '0003_bad.sql': "DELETE FROM settings WHERE key = 'lang';",
    },
    codes: ['DL102'],
  }),
  on({
    name: 'accepting one loss does not accept the other',
    migration: `-- d1-runbook: accept DL102 settings: moved to the configuration\nDROP TABLE settings;\nDROP TABLE log;`,
    codes: ['DL102'],
    silent: ['AK101'],
  }),
  on({
    name: 'an applied file comes back under a new name',
    migration: { '0003_more.sql': 'CREATE TABLE more (a);' },
    missing: ['0002_more.sql'],
    checksums: { '0002_more.sql': 'SHA:CREATE TABLE more (a);' },
    codes: ['SQ106'],
  }),
  on({
    name: 'a query of the application loses its column',
    migration: 'ALTER TABLE users RENAME COLUMN name TO full_name;',
    queries: [{ name: 'listUsers', sql: 'SELECT id, name FROM users WHERE id = ?' }],
    codes: ['QC101', 'BC102'],
  }),
  on({
    name: 'JSON is emptied',
    migration: `UPDATE users SET profile = '{}' WHERE profile IS NOT NULL;`,
    codes: ['DL103'],
  }),
  on({
    name: 'a full-text table is dropped under its triggers',
    schema: `CREATE TABLE doc (id INTEGER PRIMARY KEY, body TEXT); CREATE VIRTUAL TABLE doc_fts USING fts5(body, content='doc', content_rowid='id');
CREATE TRIGGER doc_ai AFTER INSERT ON doc BEGIN INSERT INTO doc_fts (rowid, body) VALUES (new.id, new.body); END;`,
    rows: `INSERT INTO doc VALUES (1, 'hello');`,
    migration: 'DROP TABLE doc_fts;',
    codes: ['TR101'],
  }),
  on({
    name: 'users are merged and the losers deleted with what hangs on them',
    migration: `UPDATE posts SET user_id = 2 WHERE user_id = 1 AND id = 1; DELETE FROM users WHERE id = 1;`,
    codes: ['DL102'],
  }),
  on({
    name: 'foreign keys in a new column that existing rows break',
    migration: `ALTER TABLE tokens ADD COLUMN owner INTEGER REFERENCES users (id); UPDATE tokens SET owner = 77;`,
    codes: ['RH101'],
  }),
  on({
    name: 'SELECT * into columns of another order',
    schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);`,
    rows: `INSERT INTO t VALUES (1, 'x', 'y'), (2, 'v', 'w');`,
    migration: `CREATE TABLE t2 (id INTEGER PRIMARY KEY, b TEXT, a TEXT); INSERT INTO t2 SELECT * FROM t; DROP TABLE t; ALTER TABLE t2 RENAME TO t;`,
    codes: ['CH101'],
  }),
  on({
    name: 'child and parent are both rebuilt, the child first',
    migration: `PRAGMA foreign_keys=OFF;
CREATE TABLE __new_comments (id INTEGER PRIMARY KEY, post_id INTEGER NOT NULL REFERENCES posts (id) ON DELETE CASCADE, text TEXT NOT NULL, likes INTEGER);
INSERT INTO __new_comments (id, post_id, text) SELECT id, post_id, text FROM comments;
DROP TABLE comments; ALTER TABLE __new_comments RENAME TO comments;
DROP VIEW authors;
CREATE TABLE __new_posts (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, editor_id INTEGER REFERENCES users (id) ON DELETE SET NULL, title TEXT NOT NULL, body TEXT);
INSERT INTO __new_posts SELECT * FROM posts; DROP TABLE posts; ALTER TABLE __new_posts RENAME TO posts;
CREATE INDEX posts_by_user ON posts (user_id);
CREATE VIEW authors AS SELECT u.id, u.email, count(p.id) AS posts FROM users u LEFT JOIN posts p ON p.user_id = u.id GROUP BY u.id;`,
    codes: ['DL101'],
    silent: ['DL102', 'IX101'],
  }),
]
