import { SHOP, SHOP_ROWS, type Scenario } from './scenario.js'

const on = (
  scenario: Omit<Scenario, 'schema' | 'rows' | 'verdict' | 'codes'> & Partial<Scenario>,
): Scenario => ({
  schema: SHOP,
  rows: SHOP_ROWS,
  verdict: 'ok',
  codes: [],
  ...scenario,
})

const TRIGGER = `CREATE TRIGGER tags_audit AFTER UPDATE ON tags BEGIN
  INSERT INTO audit (what) VALUES (CASE WHEN new.label = old.label THEN 'same' ELSE CASE WHEN new.color IS NULL THEN 'bare' ELSE 'label' END END);
END;`

/** Migrations that lose nothing. None may be blocked; most must raise nothing at all. */
export const HARMLESS: Scenario[] = [
  on({
    name: 'a new table with a key, an index and a trigger',
    migration: `CREATE TABLE votes (id INTEGER PRIMARY KEY, post_id INTEGER NOT NULL REFERENCES posts (id) ON DELETE CASCADE, n INTEGER DEFAULT 0);
CREATE INDEX votes_by_post ON votes (post_id);
CREATE TRIGGER votes_touch AFTER INSERT ON votes FOR EACH ROW WHEN new.n > 0 BEGIN UPDATE posts SET title = title WHERE id = new.post_id; END;`,
    silent: ['FK101', 'FK102'],
  }),
  on({
    name: 'a column with a default',
    migration: `ALTER TABLE users ADD COLUMN locale TEXT NOT NULL DEFAULT 'en';`,
    silent: ['MF103'],
  }),
  on({
    name: 'a new column is filled from another',
    migration: `ALTER TABLE users ADD COLUMN slug TEXT; UPDATE users SET slug = lower(name);`,
    silent: ['DL104', 'CH101'],
  }),
  on({ name: 'empty file', migration: '' }),
  on({ name: 'comments only', migration: '-- nothing; yet "or \'ever\n/* DROP TABLE users; */\n' }),
  on({
    name: 'comments with semicolons and quotes',
    migration: `-- don't; "stop\n/* it's; `.concat(
      "`odd` */ CREATE TABLE n (a TEXT DEFAULT 'x;''y' /* ; */); -- end; 'here\n",
    ),
  }),
  on({
    name: 'CRLF',
    migration:
      "CREATE TABLE n (\r\n  a TEXT\r\n);\r\nCREATE TRIGGER n_t AFTER INSERT ON n BEGIN\r\n  UPDATE n SET a = CASE WHEN a IS NULL THEN 'x' ELSE a END;\r\nEND;\r\n",
  }),
  on({ name: 'a byte order mark', migration: '\uFEFFCREATE TABLE n (a);' }),
  on({
    name: 'lower case trigger with nested case',
    migration: `create trigger posts_t after update of title on posts when old.title <> new.title begin
  insert into audit (what) values (case when new.body is null then case new.id when 1 then 'one' else 'none' end else 'body' end);
  update posts set body = coalesce(body, '') where id = new.id;
end;`,
  }),
  on({
    name: 'a safe rebuild of an unreferenced table',
    migration: `CREATE TABLE tags_new (id INTEGER PRIMARY KEY, label TEXT NOT NULL, color TEXT, position INTEGER NOT NULL DEFAULT 0, icon TEXT);
INSERT INTO tags_new (id, label, color, position) SELECT id, label, color, coalesce(position, 0) FROM tags;
DROP TABLE tags; ALTER TABLE tags_new RENAME TO tags;
CREATE UNIQUE INDEX tags_by_label ON tags (label); CREATE INDEX tags_by_color ON tags (color);
${TRIGGER}`,
    silent: ['IX101', 'TR101', 'DL102', 'DS102', 'CT101', 'DQ101', 'BC101'],
  }),
  on({
    name: 'a generated rebuild of an unreferenced table',
    migration: `PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE \`__new_settings\` (
	\`key\` text PRIMARY KEY NOT NULL,
	\`value\` text DEFAULT '' NOT NULL
);
--> statement-breakpoint
INSERT INTO \`__new_settings\`("key", "value") SELECT "key", "value" FROM \`settings\`;--> statement-breakpoint
DROP TABLE \`settings\`;--> statement-breakpoint
ALTER TABLE \`__new_settings\` RENAME TO \`settings\`;--> statement-breakpoint
PRAGMA foreign_keys=ON;`,
    codes: ['TX102'],
    silent: ['DQ101', 'DS102', 'DL101'],
  }),
  on({
    name: 'a generated rebuild in the manner of prisma',
    migration: `-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_tokens" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "user_id" INTEGER,
    "state" TEXT NOT NULL DEFAULT 'active',
    "expires_at" INTEGER
);
INSERT INTO "new_tokens" ("expires_at", "id", "state", "user_id") SELECT "expires_at", "id", "state", "user_id" FROM "tokens";
DROP TABLE "tokens";
ALTER TABLE "new_tokens" RENAME TO "tokens";
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
`,
  }),
  on({
    name: 'rename to old, create, copy, drop old',
    migration: `ALTER TABLE settings RENAME TO settings_old; CREATE TABLE settings (key TEXT PRIMARY KEY NOT NULL, value TEXT, note TEXT);
INSERT INTO settings (key, value) SELECT key, value FROM settings_old; DROP TABLE settings_old;`,
    silent: ['DS102', 'DL102', 'BC101'],
  }),
  on({
    name: 'copy away, drop, create, copy back',
    migration: `CREATE TABLE settings_hold AS SELECT * FROM settings; DROP TABLE settings; CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT, note TEXT);
INSERT INTO settings (key, value) SELECT key, value FROM settings_hold; DROP TABLE settings_hold;`,
    silent: ['DS102', 'DL102'],
  }),
  on({
    name: 'a table without a key is rebuilt',
    migration: `CREATE TABLE log_new (at TEXT, line TEXT, level TEXT DEFAULT 'info'); INSERT INTO log_new (at, line) SELECT at, line FROM log; DROP TABLE log; ALTER TABLE log_new RENAME TO log;`,
  }),
  on({
    name: 'the children are held while the parent is rebuilt',
    migration: `CREATE TABLE hold_comments AS SELECT * FROM comments; CREATE TABLE hold_posts AS SELECT * FROM posts;
DELETE FROM comments; DELETE FROM posts;
DROP VIEW authors;
CREATE TABLE users_new (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, name TEXT, role TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin', 'owner')), profile TEXT, created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
INSERT INTO users_new SELECT * FROM users; DROP TABLE users; ALTER TABLE users_new RENAME TO users; CREATE INDEX users_by_name ON users (name);
INSERT INTO posts SELECT * FROM hold_posts; INSERT INTO comments SELECT * FROM hold_comments;
DROP TABLE hold_posts; DROP TABLE hold_comments;
CREATE VIEW authors AS SELECT u.id, u.email, count(p.id) AS posts FROM users u LEFT JOIN posts p ON p.user_id = u.id GROUP BY u.id;`,
    silent: ['DL101', 'DL102', 'DL104', 'TR101', 'CT101'],
  }),
  on({
    name: 'a NO ACTION parent refilled under deferred keys',
    schema: `CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE player (id INTEGER PRIMARY KEY, team_id INTEGER REFERENCES team (id));`,
    rows: `INSERT INTO team VALUES (1, 'a'); INSERT INTO player VALUES (1, 1);`,
    migration: `PRAGMA defer_foreign_keys = ON; CREATE TABLE hold AS SELECT * FROM team; DROP TABLE team;
CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT, city TEXT); INSERT INTO team (id, name) SELECT id, name FROM hold; DROP TABLE hold;`,
    silent: ['DL101', 'FK101', 'RH101'],
  }),
  on({
    name: 'a data fix',
    migration: `UPDATE users SET name = 'Benjamin' WHERE id = 2;`,
    verdict: 'acknowledge',
    codes: ['CH101'],
    silent: ['DL104', 'DL103'],
  }),
  on({
    name: 'JSON is rewritten',
    migration: `UPDATE users SET profile = json_set(profile, '$.v', 2) WHERE profile IS NOT NULL;`,
    verdict: 'acknowledge',
    codes: ['CH101'],
  }),
  on({
    name: 'UPDATE without WHERE that normalises',
    migration: `UPDATE users SET email = upper(email);`,
    verdict: 'acknowledge',
    codes: ['CH101'],
    silent: ['DL104'],
  }),
  on({
    name: 'NULLs are filled',
    migration: `UPDATE users SET name = 'nobody' WHERE name IS NULL;`,
    silent: ['CH101'],
  }),
  on({
    name: 'nothing matches the DELETE',
    migration: `DELETE FROM tokens WHERE state = 'expired';`,
    silent: ['DL102'],
  }),
  on({
    name: 'DELETE without WHERE of an empty table',
    migration: `DELETE FROM audit;`,
    silent: ['DL104', 'DL102'],
  }),
  on({
    name: 'an empty table is dropped',
    schema: `CREATE TABLE t (a); CREATE TABLE keep (a);`,
    rows: '',
    migration: 'DROP TABLE t;',
    silent: ['DS102', 'DL102'],
  }),
  on({
    name: 'an empty column is dropped',
    schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, a);`,
    rows: 'INSERT INTO t (id) VALUES (1);',
    migration: 'ALTER TABLE t DROP COLUMN a;',
    silent: ['DS103', 'DL103'],
  }),
  on({
    name: 'a column is replaced by an equal one',
    migration: `ALTER TABLE users ADD COLUMN settings TEXT; UPDATE users SET settings = profile; ALTER TABLE users DROP COLUMN profile;`,
    verdict: 'acknowledge',
    codes: ['DS103'],
    silent: ['DL103'],
  }),
  on({
    name: 'a column is converted one to one',
    schema: `CREATE TABLE item (id INTEGER PRIMARY KEY, price REAL);`,
    rows: `INSERT INTO item VALUES (1, 1.5), (2, 2), (3, 9.99);`,
    migration: `ALTER TABLE item ADD COLUMN cents INTEGER; UPDATE item SET cents = CAST(round(price * 100) AS INTEGER); ALTER TABLE item DROP COLUMN price;`,
    verdict: 'acknowledge',
    silent: ['DL103'],
  }),
  on({
    name: 'a column moves into a table of its own',
    migration: `CREATE TABLE profiles (user_id INTEGER PRIMARY KEY REFERENCES users (id), data TEXT NOT NULL);
INSERT INTO profiles (user_id, data) SELECT id, profile FROM users WHERE profile IS NOT NULL; ALTER TABLE users DROP COLUMN profile;`,
    verdict: 'acknowledge',
    silent: ['DL103'],
  }),
  on({
    name: 'rows are archived, then deleted',
    migration: `CREATE TABLE tokens_archive (id TEXT PRIMARY KEY, user_id INTEGER, state TEXT NOT NULL, expires_at INTEGER);
INSERT INTO tokens_archive SELECT * FROM tokens WHERE state = 'revoked'; DELETE FROM tokens WHERE state = 'revoked';`,
    silent: ['DL102'],
  }),
  on({
    name: 'a table is renamed',
    migration: `ALTER TABLE settings RENAME TO options;`,
    verdict: 'acknowledge',
    codes: ['BC101'],
    silent: ['DS102', 'DL102'],
  }),
  on({
    name: 'a column is renamed',
    migration: `ALTER TABLE tags RENAME COLUMN color TO colour;`,
    verdict: 'acknowledge',
    codes: ['BC102'],
    silent: ['DS103', 'DL103', 'IX101'],
  }),
  on({
    name: 'an index is replaced under another name',
    migration: `DROP INDEX users_by_name; CREATE INDEX idx_users_name ON users ("name");`,
    silent: ['IX101'],
  }),
  on({
    name: 'an index gives way to a wider one',
    migration: `DROP INDEX posts_by_user; CREATE INDEX posts_by_user_title ON posts (user_id, title);`,
    silent: ['IX101'],
  }),
  on({ name: 'an index is dropped on purpose', migration: `DROP INDEX users_by_name;`, codes: ['IX101'] }),
  on({
    name: 'a view is replaced',
    migration: `DROP VIEW IF EXISTS authors; CREATE VIEW authors AS SELECT id, email, 0 AS posts FROM users;`,
    silent: ['TR101', 'BC103'],
  }),
  on({
    name: 'a trigger is replaced',
    migration: `DROP TRIGGER tags_audit; CREATE TRIGGER tags_audit AFTER UPDATE ON tags BEGIN INSERT INTO audit (what) VALUES ('updated'); END;`,
    silent: ['TR101'],
  }),
  on({
    name: 'a unique index that the rows keep',
    migration: `CREATE UNIQUE INDEX posts_title ON posts (title);`,
    codes: ['MF101'],
    silent: ['RH101'],
  }),
  on({
    name: 'an index becomes unique',
    migration: `DROP INDEX posts_by_user; CREATE INDEX posts_by_user ON posts (user_id); DROP INDEX users_by_name; CREATE UNIQUE INDEX users_by_name ON users (name);`,
    codes: ['MF102'],
    silent: ['IX101'],
  }),
  on({
    name: 'NOT NULL that the rows keep',
    schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);`,
    rows: `INSERT INTO t VALUES (1, 'x');`,
    migration: `CREATE TABLE t2 (id INTEGER PRIMARY KEY, a TEXT NOT NULL); INSERT INTO t2 SELECT * FROM t; DROP TABLE t; ALTER TABLE t2 RENAME TO t;`,
    codes: ['MF103'],
  }),
  on({
    name: 'a CHECK is widened',
    schema: `CREATE TABLE job (id INTEGER PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('new', 'done')));`,
    rows: `INSERT INTO job VALUES (1, 'done');`,
    migration: `CREATE TABLE job_new (id INTEGER PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('new', 'done', 'failed'))); INSERT INTO job_new SELECT * FROM job; DROP TABLE job; ALTER TABLE job_new RENAME TO job;`,
    silent: ['CT101'],
  }),
  on({
    name: 'a UNIQUE is removed, which is all that the rebuild does',
    schema: `CREATE TABLE member (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);`,
    rows: `INSERT INTO member VALUES (1, 'a@b.c');`,
    migration: `CREATE TABLE m2 (id INTEGER PRIMARY KEY, email TEXT NOT NULL); INSERT INTO m2 SELECT * FROM member; DROP TABLE member; ALTER TABLE m2 RENAME TO member;`,
    verdict: 'acknowledge',
    codes: ['CT101'],
  }),
  on({
    name: 'a foreign key is removed by a rebuild',
    schema: `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id));`,
    rows: `INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1);`,
    migration: `CREATE TABLE c2 (id INTEGER PRIMARY KEY, p INTEGER); INSERT INTO c2 SELECT * FROM c; DROP TABLE c; ALTER TABLE c2 RENAME TO c;`,
    verdict: 'acknowledge',
    codes: ['CD101'],
  }),
  on({
    name: 'a foreign key goes with its column',
    schema: `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id));`,
    rows: `INSERT INTO c VALUES (1, NULL);`,
    migration: `CREATE TABLE c2 (id INTEGER PRIMARY KEY); INSERT INTO c2 SELECT id FROM c; DROP TABLE c; ALTER TABLE c2 RENAME TO c;`,
    silent: ['CD101', 'DS103', 'DL103'],
  }),
  on({
    name: 'lookup rows',
    migration: `INSERT INTO tags (label, color) VALUES ('green', '#0f0'), ('test', '#000'); INSERT OR IGNORE INTO settings VALUES ('version', '2');`,
    silent: ['SD101'],
  }),
  on({
    name: 'an upsert that changes nothing',
    migration: `INSERT INTO settings VALUES ('theme', 'light') ON CONFLICT (key) DO NOTHING;`,
  }),
  on({
    name: 'double-quoted text that is meant',
    migration: `INSERT INTO settings VALUES ("mode", "fast"); UPDATE users SET name = "Zed" WHERE name IS NULL;`,
    silent: ['DQ101'],
  }),
  on({
    name: 'sample users',
    migration: `INSERT INTO users (email, name) VALUES ('john.doe@example.com', 'John Doe');`,
    verdict: 'acknowledge',
    codes: ['SD101'],
  }),
  on({
    name: 'integer to text in a rebuild',
    schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, zip INTEGER);`,
    rows: `INSERT INTO t VALUES (1, 8001), (2, NULL);`,
    migration: `CREATE TABLE t2 (id INTEGER PRIMARY KEY, zip TEXT); INSERT INTO t2 SELECT * FROM t; DROP TABLE t; ALTER TABLE t2 RENAME TO t;`,
    verdict: 'acknowledge',
    codes: ['CH101'],
  }),
  on({
    name: 'WITHOUT ROWID, STRICT, generated columns',
    migration: `CREATE TABLE g (a TEXT PRIMARY KEY, n INTEGER NOT NULL, d INTEGER GENERATED ALWAYS AS (n * 2) STORED) STRICT, WITHOUT ROWID; CREATE INDEX g_d ON g (d);`,
  }),
  on({
    name: 'a recursive CTE fills a new table',
    migration: `CREATE TABLE days (d INTEGER PRIMARY KEY); WITH RECURSIVE c(d) AS (SELECT 1 UNION ALL SELECT d + 1 FROM c WHERE d < 31) INSERT INTO days SELECT d FROM c;`,
  }),
  on({
    name: 'columns in another order',
    schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);`,
    rows: `INSERT INTO t VALUES (1, 'x', 'y');`,
    migration: `CREATE TABLE t2 (id INTEGER PRIMARY KEY, b TEXT, a TEXT); INSERT INTO t2 (id, a, b) SELECT id, a, b FROM t; DROP TABLE t; ALTER TABLE t2 RENAME TO t;`,
  }),
  on({
    name: 'a rebuild across two files',
    migration: {
      '0002_new.sql':
        'CREATE TABLE settings2 (key TEXT PRIMARY KEY, value TEXT, note TEXT); INSERT INTO settings2 (key, value) SELECT * FROM settings;',
      '0003_swap.sql': 'DROP TABLE settings; ALTER TABLE settings2 RENAME TO settings;',
    },
    silent: ['DS102', 'DL102'],
  }),
  on({
    name: 'a self-referencing table grows',
    schema: `CREATE TABLE n (id INTEGER PRIMARY KEY, up INTEGER REFERENCES n (id));`,
    rows: 'INSERT INTO n VALUES (1, NULL), (2, 1);',
    migration: 'ALTER TABLE n ADD COLUMN label TEXT;',
  }),
  on({
    name: 'a safe rename swap of an unreferenced parent of nothing',
    schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE u (id INTEGER PRIMARY KEY);`,
    rows: `INSERT INTO t VALUES (1, 'x');`,
    migration: `CREATE TABLE IF NOT EXISTS t2 (id INTEGER PRIMARY KEY, a TEXT, b TEXT DEFAULT 'z'); INSERT INTO t2 (id, a) SELECT id, a FROM t; DROP TABLE IF EXISTS t; ALTER TABLE t2 RENAME TO t;`,
  }),
  on({
    name: 'ids become text',
    schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);`,
    rows: `INSERT INTO t VALUES (1, 'x'), (2, 'y');`,
    migration: `CREATE TABLE t2 (id TEXT PRIMARY KEY, a TEXT); INSERT INTO t2 SELECT CAST(id AS TEXT), a FROM t; DROP TABLE t; ALTER TABLE t2 RENAME TO t;`,
    verdict: 'acknowledge',
    codes: ['CH101'],
    silent: ['DL102'],
  }),
  on({
    name: 'IF NOT EXISTS of what exists',
    migration: `CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY); CREATE INDEX IF NOT EXISTS users_by_name ON users (name);`,
  }),
  on({
    name: 'an accepted loss',
    migration: `-- d1-runbook: accept DL102 settings: they live in the configuration now\nDROP TABLE settings;`,
    verdict: 'acknowledge',
    codes: ['DL102'],
    silent: ['AK101'],
  }),
  on({
    name: 'an acknowledgement of nothing',
    migration: `-- d1-runbook: accept DL102 posts: gone\nCREATE TABLE n (a);`,
    verdict: 'acknowledge',
    codes: ['AK101'],
  }),
  on({
    name: 'history with gaps and duplicates',
    applied: { '0001_other.sql': '', '0007_late.sql': '', 'no-number.sql': '' },
    migration: { '0009_next.sql': 'CREATE TABLE n (a);' },
    silent: ['SQ101', 'SQ103', 'SQ107'],
  }),
  on({
    name: 'an index search becomes a scan of a small table',
    migration: 'DROP INDEX users_by_name;',
    queries: [{ name: 'byName', sql: 'SELECT id FROM users WHERE name = ?' }],
    silent: ['QC101', 'QC102'],
  }),
  on({
    name: 'BEGIN TRANSACTION in a comment, remotely',
    remote: true,
    migration: `-- no BEGIN TRANSACTION here\nCREATE TABLE n (a);`,
    verdict: 'acknowledge',
    codes: ['TX101'],
  }),
  on({
    name: 'PRAGMA that D1 takes',
    migration: `PRAGMA defer_foreign_keys = true; CREATE TABLE n (a); PRAGMA optimize;`,
    silent: ['TX102'],
  }),
  on({
    name: '100 columns and 90 KB',
    migration: `CREATE TABLE wide (${Array.from({ length: 100 }, (_, at) => `c${at}`).join(', ')}); INSERT INTO log VALUES ('a', '${'x'.repeat(90_000)}');`,
    silent: ['D1L101', 'D1L102'],
  }),
  on({
    name: 'a file of 500 KB whose statements are short, and as many rows as one statement takes',
    migration: `CREATE TABLE seed (id INTEGER PRIMARY KEY, a, b, c, d, e, f, g, h);
INSERT INTO seed VALUES ${Array.from({ length: 2_100 }, (_, at) => `(${at + 1}, 0, 1, 0, 1, 0, 1, 0, 1)`).join(', ')};
${Array.from({ length: 6_000 }, (_, at) => `INSERT INTO log VALUES ('t${at}', 'a line that is sixty bytes long, more or less, ${at}');`).join('\n')}`,
    silent: ['D1L101', 'D1L105', 'RH101'],
  }),
  on({
    name: 'full-text search with its triggers',
    migration: `CREATE VIRTUAL TABLE posts_fts USING fts5(title, body, content='posts', content_rowid='id');
INSERT INTO posts_fts (rowid, title, body) SELECT id, title, body FROM posts;
CREATE TRIGGER posts_ai AFTER INSERT ON posts BEGIN INSERT INTO posts_fts (rowid, title, body) VALUES (new.id, new.title, new.body); END;
CREATE TRIGGER posts_ad AFTER DELETE ON posts BEGIN INSERT INTO posts_fts (posts_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); END;
CREATE TRIGGER posts_au AFTER UPDATE ON posts BEGIN INSERT INTO posts_fts (posts_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); INSERT INTO posts_fts (rowid, title, body) VALUES (new.id, new.title, new.body); END;`,
  }),
  on({
    name: 'a full-text table is made anew',
    schema: `CREATE TABLE doc (id INTEGER PRIMARY KEY, body TEXT, title TEXT); CREATE VIRTUAL TABLE doc_fts USING fts5(body, content='doc', content_rowid='id');`,
    rows: `INSERT INTO doc VALUES (1, 'hello', 't');`,
    migration: `DROP TABLE doc_fts; CREATE VIRTUAL TABLE doc_fts USING fts5(title, body, content='doc', content_rowid='id'); INSERT INTO doc_fts (doc_fts) VALUES ('rebuild');`,
    silent: ['DS102', 'DL102'],
  }),
  on({
    name: 'duplicates are merged into the row that stays',
    schema: `CREATE TABLE label (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE item (id INTEGER PRIMARY KEY, label_id INTEGER REFERENCES label (id));`,
    rows: `INSERT INTO label VALUES (1, 'a'), (2, 'b'); INSERT INTO item VALUES (1, 1), (2, 2);`,
    migration: `UPDATE item SET label_id = 1 WHERE label_id = 2;`,
    verdict: 'acknowledge',
    codes: ['CH101'],
  }),
  on({
    name: 'timestamps from text to numbers, both kept',
    migration: `ALTER TABLE users ADD COLUMN created_unix INTEGER; UPDATE users SET created_unix = unixepoch(created_at) WHERE created_unix IS NULL;`,
  }),
  on({
    name: 'rebuilt in one file, a column renamed in the next, rebuilt again in the third',
    schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);`,
    rows: `INSERT INTO t VALUES (1, 'x');`,
    migration: {
      '0002_a.sql': `CREATE TABLE t2 (id INTEGER PRIMARY KEY, a TEXT, n INTEGER); INSERT INTO t2 (id, a) SELECT id, a FROM t; DROP TABLE t; ALTER TABLE t2 RENAME TO t;`,
      '0003_b.sql': `ALTER TABLE t RENAME COLUMN a TO b;`,
      '0004_c.sql': `CREATE TABLE t2 (id INTEGER PRIMARY KEY, b TEXT DEFAULT '', n INTEGER); INSERT INTO t2 SELECT id, b, n FROM t; DROP TABLE t; ALTER TABLE t2 RENAME TO t;`,
    },
    verdict: 'acknowledge',
    codes: ['BC102'],
    silent: ['DS103', 'DL103'],
  }),
]
