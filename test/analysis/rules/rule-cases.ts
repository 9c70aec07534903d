import type { Scenario } from '../../corpus/scenario.js'
import { SHOP, SHOP_ROWS } from '../../corpus/scenario.js'

type Case = Pick<Scenario, 'migration'> & Partial<Scenario>

/** For each code a migration that raises it, and one that looks alike and does not. */
export const RULE_CASES: Record<string, { fires: Case; silent: Case }> = {
  DS102: {
    fires: {
      migration: 'DROP TRIGGER tags_audit; DROP TABLE audit;',
      queries: [{ name: 'audited', sql: 'SELECT what FROM audit' }],
    },
    silent: { migration: 'DROP TRIGGER tags_audit; DROP TABLE audit;' },
  },
  DS103: {
    fires: {
      migration:
        'ALTER TABLE users ADD COLUMN about TEXT; UPDATE users SET about = profile; ALTER TABLE users DROP COLUMN profile;',
    },
    silent: { migration: 'ALTER TABLE users RENAME COLUMN profile TO about;' },
  },
  MF101: {
    fires: { migration: 'CREATE UNIQUE INDEX one_title ON posts (title);' },
    silent: { migration: 'CREATE INDEX one_title ON posts (title);' },
  },
  MF102: {
    fires: { migration: 'DROP INDEX users_by_name; CREATE UNIQUE INDEX users_by_name ON users (name);' },
    silent: { migration: 'DROP INDEX users_by_name; CREATE INDEX users_by_name ON users (name);' },
  },
  MF103: {
    fires: {
      migration:
        'CREATE TABLE s2 (key TEXT PRIMARY KEY, value TEXT NOT NULL); INSERT INTO s2 SELECT * FROM settings; DROP TABLE settings; ALTER TABLE s2 RENAME TO settings;',
    },
    silent: { migration: `ALTER TABLE settings ADD COLUMN note TEXT NOT NULL DEFAULT '';` },
  },
  MF104: {
    fires: { migration: 'ALTER TABLE settings ADD COLUMN at TEXT DEFAULT CURRENT_TIMESTAMP;' },
    silent: { migration: `ALTER TABLE settings ADD COLUMN note TEXT DEFAULT ('none');` },
  },
  BC101: {
    fires: { migration: 'ALTER TABLE settings RENAME TO options;' },
    silent: {
      migration: `ALTER TABLE settings RENAME TO options; CREATE VIEW settings AS SELECT * FROM options;
CREATE TRIGGER settings_i INSTEAD OF INSERT ON settings BEGIN INSERT INTO options VALUES (new.key, new.value); END;
CREATE TRIGGER settings_u INSTEAD OF UPDATE ON settings BEGIN UPDATE options SET value = new.value WHERE key = old.key; END;
CREATE TRIGGER settings_d INSTEAD OF DELETE ON settings BEGIN DELETE FROM options WHERE key = old.key; END;`,
    },
  },
  BC102: {
    fires: { migration: 'ALTER TABLE tags RENAME COLUMN color TO hue;' },
    silent: {
      migration: 'ALTER TABLE tags ADD COLUMN hue TEXT; ALTER TABLE tags RENAME COLUMN color TO color;',
    },
  },
  CD101: {
    fires: {
      schema:
        'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id));',
      rows: '',
      migration:
        'CREATE TABLE c2 (id INTEGER PRIMARY KEY, p INTEGER); INSERT INTO c2 SELECT * FROM c; DROP TABLE c; ALTER TABLE c2 RENAME TO c;',
    },
    silent: {
      schema:
        'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id));',
      rows: '',
      migration:
        'CREATE TABLE c2 (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE CASCADE); INSERT INTO c2 SELECT * FROM c; DROP TABLE c; ALTER TABLE c2 RENAME TO c;',
    },
  },
  BC103: {
    fires: { migration: 'DROP VIEW authors; CREATE VIEW authors AS SELECT id FROM users;' },
    silent: {
      migration: 'DROP VIEW authors; CREATE VIEW authors AS SELECT email, id, 0 AS posts, name FROM users;',
    },
  },
  CD102: {
    fires: {
      migration:
        'CREATE TABLE c2 (id INTEGER PRIMARY KEY, post_id INTEGER NOT NULL REFERENCES posts (id), text TEXT NOT NULL); INSERT INTO c2 SELECT * FROM comments; DROP TABLE comments; ALTER TABLE c2 RENAME TO comments;',
    },
    silent: {
      migration:
        'CREATE TABLE c2 (id INTEGER PRIMARY KEY, post_id INTEGER NOT NULL REFERENCES posts ON DELETE CASCADE, text TEXT NOT NULL); INSERT INTO c2 SELECT * FROM comments; DROP TABLE comments; ALTER TABLE c2 RENAME TO comments;',
    },
  },
  CT103: {
    fires: {
      migration:
        'CREATE TABLE s2 (key TEXT PRIMARY KEY, value TEXT CHECK (length(value) < 9)); INSERT INTO s2 SELECT * FROM settings; DROP TABLE settings; ALTER TABLE s2 RENAME TO settings;',
    },
    silent: {
      migration:
        'CREATE TABLE s2 (key TEXT PRIMARY KEY, value TEXT, at TEXT CHECK (length(at) < 9) DEFAULT NULL); INSERT INTO s2 (key, value) SELECT * FROM settings; DROP TABLE settings; ALTER TABLE s2 RENAME TO settings;',
    },
  },
  BC104: {
    fires: {
      migration:
        'DROP VIEW authors; CREATE VIEW authors AS SELECT u.id, u.email, count(p.id) AS posts FROM users u JOIN posts p ON p.user_id = u.id GROUP BY u.id;',
    },
    silent: {
      migration:
        'DROP VIEW authors; CREATE VIEW authors AS SELECT u.email, u.id, count(p.id) AS posts, u.role FROM users u LEFT JOIN posts p ON p.user_id = u.id GROUP BY u.id;',
    },
  },
  CT102: {
    fires: {
      migration:
        'CREATE TABLE c2 (id INT PRIMARY KEY, post_id INTEGER NOT NULL REFERENCES posts ON DELETE CASCADE, text TEXT NOT NULL); INSERT INTO c2 SELECT * FROM comments; DROP TABLE comments; ALTER TABLE c2 RENAME TO comments;',
    },
    silent: {
      migration:
        'CREATE TABLE c2 (id INTEGER PRIMARY KEY NOT NULL, post_id INTEGER NOT NULL REFERENCES posts ON DELETE CASCADE, text TEXT NOT NULL UNIQUE); INSERT INTO c2 SELECT * FROM comments; DROP TABLE comments; ALTER TABLE c2 RENAME TO comments;',
    },
  },
  IX102: {
    fires: { migration: 'DROP INDEX users_by_name; CREATE INDEX users_by_name ON users (created_at);' },
    silent: {
      migration: 'DROP INDEX users_by_name; CREATE INDEX users_by_name ON users (name, created_at);',
    },
  },
  FT101: {
    fires: {
      migration: `CREATE VIRTUAL TABLE posts_fts USING fts5(title, content='posts', content_rowid='id');`,
    },
    silent: {
      migration: `CREATE VIRTUAL TABLE posts_fts USING fts5(title, content='posts', content_rowid='id'); INSERT INTO posts_fts (posts_fts) VALUES ('rebuild');`,
    },
  },
  FT102: {
    fires: {
      migration: `CREATE VIRTUAL TABLE posts_fts USING fts5(title, content='posts', content_rowid='id'); CREATE TRIGGER posts_fts_i AFTER INSERT ON posts BEGIN INSERT INTO posts_fts (rowid, title) VALUES (new.id, new.title); END; INSERT INTO posts_fts (posts_fts) VALUES ('rebuild');`,
    },
    silent: {
      migration: `CREATE VIRTUAL TABLE posts_fts USING fts5(title, content='posts', content_rowid='id'); INSERT INTO posts_fts (posts_fts) VALUES ('rebuild');`,
    },
  },
  QC103: {
    fires: {
      migration: `UPDATE settings SET value = 'light' WHERE key = 'theme';`,
      queries: [{ name: 'settings', sql: 'SELECT key, value FROM settings' }],
    },
    silent: {
      migration: `INSERT INTO settings VALUES ('zoom', '2'); ALTER TABLE settings ADD COLUMN note TEXT;`,
      queries: [{ name: 'settings', sql: 'SELECT *, random() FROM settings WHERE key = ?' }],
    },
  },
  NX101: {
    fires: {
      migration: `CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT, scope TEXT);`,
    },
    silent: { migration: `CREATE TABLE IF NOT EXISTS settings ("key" text primary key);` },
  },
  LG101: {
    fires: { migration: `UPDATE d1_migrations SET name = '0001_begin.sql';` },
    silent: { migration: `CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY, name TEXT);` },
  },
  DL101: {
    fires: { migration: 'CREATE TABLE hold AS SELECT * FROM posts; DROP VIEW authors; DROP TABLE posts;' },
    silent: {
      migration:
        'CREATE TABLE s2 AS SELECT * FROM settings; DROP TABLE settings; ALTER TABLE s2 RENAME TO settings;',
    },
  },
  DL102: {
    fires: { migration: `DELETE FROM tokens WHERE state = 'active';` },
    silent: {
      migration: `CREATE TABLE old AS SELECT * FROM tokens WHERE state = 'active'; DELETE FROM tokens WHERE state = 'active';`,
    },
  },
  DL103: {
    fires: { migration: 'UPDATE users SET profile = NULL WHERE id = 1;' },
    silent: { migration: 'UPDATE users SET profile = NULL WHERE id = 3;' },
  },
  CH102: {
    fires: { migration: `UPDATE users SET name = coalesce(name, 'nobody');` },
    silent: { migration: `UPDATE users SET name = upper(name);` },
  },
  CH101: {
    fires: { migration: `UPDATE users SET name = 'Anna' WHERE id = 1;` },
    silent: { migration: `UPDATE users SET name = 'Ann' WHERE id = 1;` },
  },
  DL104: {
    fires: { migration: `UPDATE tokens SET state = 'gone';` },
    silent: { migration: `ALTER TABLE tokens ADD COLUMN n INTEGER; UPDATE tokens SET n = 1;` },
  },
  FK101: {
    fires: { migration: 'CREATE TABLE o (id INTEGER PRIMARY KEY, c INTEGER REFERENCES nobody (id));' },
    silent: {
      migration:
        'CREATE TABLE o (id INTEGER PRIMARY KEY, c INTEGER REFERENCES later (id)); CREATE TABLE later (id INTEGER PRIMARY KEY);',
    },
  },
  FK102: {
    fires: { migration: 'CREATE TABLE o (id INTEGER PRIMARY KEY, c TEXT REFERENCES users (name));' },
    silent: { migration: 'CREATE TABLE o (id INTEGER PRIMARY KEY, c TEXT REFERENCES users (email));' },
  },
  // With foreign keys always on only rows from before them can violate one: an import that had switched them off.
  FK103: {
    fires: {
      rows: `PRAGMA foreign_keys = OFF; INSERT INTO posts (id, user_id, title) VALUES (9, 99, 'orphan');`,
      migration: `UPDATE posts SET body = 'x' WHERE id = 9;`,
    },
    silent: {
      migration:
        'CREATE TABLE o (id INTEGER PRIMARY KEY, u INTEGER REFERENCES users (id)); INSERT INTO o SELECT id, id FROM users;',
    },
  },
  IX101: {
    fires: {
      migration: 'CREATE TABLE u2 AS SELECT * FROM tags; DROP TABLE tags; ALTER TABLE u2 RENAME TO tags;',
    },
    silent: { migration: 'DROP INDEX tags_by_color; CREATE INDEX other ON tags (color, label);' },
  },
  TR101: {
    fires: { migration: 'DROP TABLE audit;' },
    silent: {
      migration: `DROP TRIGGER tags_audit; CREATE TRIGGER tags_audit AFTER UPDATE ON tags BEGIN SELECT 1; END;`,
    },
  },
  DQ101: {
    fires: {
      migration:
        'CREATE TABLE s2 (key TEXT PRIMARY KEY, value TEXT, note TEXT); INSERT INTO s2 ("key", "value", "note") SELECT "key", "value", "note" FROM settings; DROP TABLE settings; ALTER TABLE s2 RENAME TO settings;',
    },
    silent: {
      migration:
        'CREATE TABLE s2 (key TEXT PRIMARY KEY, value TEXT, note TEXT); INSERT INTO s2 ("key", "value", "note") SELECT "key", "value", "none" FROM settings; DROP TABLE settings; ALTER TABLE s2 RENAME TO settings;',
    },
  },
  CT101: {
    fires: {
      migration:
        'CREATE TABLE s2 AS SELECT * FROM settings; DROP TABLE settings; ALTER TABLE s2 RENAME TO settings;',
    },
    silent: {
      migration:
        'CREATE TABLE s2 (key TEXT NOT NULL UNIQUE, value TEXT); INSERT INTO s2 SELECT * FROM settings; DROP TABLE settings; ALTER TABLE s2 RENAME TO settings;',
    },
  },
  TX101: {
    fires: { migration: 'BEGIN; CREATE TABLE n (a); COMMIT;' },
    silent: { migration: 'CREATE TRIGGER n AFTER INSERT ON log BEGIN SELECT 1; END;' },
  },
  TX102: {
    fires: { migration: 'PRAGMA foreign_keys = OFF;' },
    silent: { migration: 'PRAGMA foreign_keys = ON; PRAGMA defer_foreign_keys = ON;' },
  },
  D1L101: {
    fires: { migration: `INSERT INTO log VALUES ('a', '${'x'.repeat(100_001)}');` },
    silent: {
      migration: `INSERT INTO log VALUES ('a', '${'x'.repeat(60_000)}'); INSERT INTO log VALUES ('b', '${'x'.repeat(60_000)}');`,
    },
  },
  TR102: {
    fires: {
      remote: true,
      migration: 'CREATE TRIGGER log_t AFTER INSERT ON log begin SELECT 1; end;',
    },
    silent: { migration: 'CREATE TRIGGER log_t AFTER INSERT ON log begin SELECT 1; end;' },
  },
  D1L105: {
    fires: {
      remote: true,
      migration: `INSERT INTO log VALUES ('a', '${'x'.repeat(60_000)}'); INSERT INTO log VALUES ('b', '${'x'.repeat(60_000)}');`,
    },
    silent: {
      migration: `INSERT INTO log VALUES ('a', '${'x'.repeat(60_000)}'); INSERT INTO log VALUES ('b', '${'x'.repeat(60_000)}');`,
    },
  },
  D1L102: {
    fires: { migration: `CREATE TABLE w (${columns(101)});` },
    silent: { migration: `CREATE TABLE w (${columns(100)});` },
  },
  D1L103: {
    fires: { migration: 'CREATE TABLE _cf_x (a);' },
    silent: { migration: 'CREATE TABLE cf_x (a);' },
  },
  D1L104: {
    fires: { migration: 'CREATE TEMPORARY TABLE n (a);' },
    silent: { migration: 'CREATE TABLE temporary_n (a);' },
  },
  SQ101: {
    fires: { migration: { '0002_a.sql': '', '0002_b.sql': '' } },
    silent: { applied: { '0002_a.sql': '', '0002_b.sql': '' }, migration: { '0003_c.sql': '' } },
  },
  SQ102: {
    fires: { migration: { '0005_a.sql': '' } },
    silent: { applied: { '0005_a.sql': '' }, migration: { '0006_b.sql': '' } },
  },
  SQ103: {
    fires: { migration: { 'first.sql': '', '0002_b.sql': '' } },
    silent: { applied: { 'first.sql': '' }, migration: '' },
  },
  SQ104: {
    fires: { checksums: { '0001_start.sql': '0'.repeat(64) }, migration: '' },
    silent: { checksums: { '0001_start.sql': `SHA:${SHOP}` }, migration: '' },
  },
  SQ105: { fires: { missing: ['0000_gone.sql'], migration: '' }, silent: { migration: '' } },
  SQ106: {
    fires: {
      missing: ['0002_more.sql'],
      checksums: { '0002_more.sql': 'SHA:CREATE TABLE more (a);' },
      migration: { '0003_more.sql': 'CREATE TABLE more (a);' },
    },
    silent: {
      missing: ['0002_more.sql'],
      checksums: { '0002_more.sql': 'SHA:CREATE TABLE more (a);' },
      migration: { '0003_else.sql': 'CREATE TABLE other (a);' },
    },
  },
  SQ107: {
    fires: { applied: { '0009_late.sql': '' }, migration: { '0005_early.sql': '' } },
    silent: { applied: { '0009_late.sql': '' }, migration: { '0010_next.sql': '' } },
  },
  SD101: {
    fires: { migration: `INSERT INTO users (email) VALUES ('test@example.com');` },
    silent: { migration: `INSERT INTO tags (label) VALUES ('test'), ('sample');` },
  },
  SY101: { fires: { migration: 'CREATE TABEL n (a);' }, silent: { migration: 'CREATE TABLE n (a);' } },
  RH101: {
    fires: { migration: 'CREATE UNIQUE INDEX once ON log (at);' },
    silent: { migration: 'CREATE UNIQUE INDEX once ON tokens (expires_at);' },
  },
  AK101: {
    fires: { migration: '-- d1-runbook: accept DL102 posts: no reason\nCREATE TABLE n (a);' },
    silent: { migration: '-- d1-runbook: accept DL102 settings: retired\nDROP TABLE settings;' },
  },
  QC101: {
    fires: {
      queries: [{ name: 'q', sql: 'SELECT color FROM tags' }],
      migration: 'ALTER TABLE tags RENAME COLUMN color TO hue;',
    },
    silent: {
      queries: [{ name: 'q', sql: 'SELECT label FROM tags' }],
      migration: 'ALTER TABLE tags RENAME COLUMN color TO hue;',
    },
  },
  QC102: {
    fires: {
      queries: [{ name: 'q', sql: 'SELECT * FROM tags WHERE color = ?' }],
      rows: many(),
      migration: 'DROP INDEX tags_by_color;',
    },
    silent: {
      queries: [{ name: 'q', sql: 'SELECT * FROM tags WHERE color = ?' }],
      migration: 'DROP INDEX tags_by_color;',
    },
  },
}

/** The case as a whole scenario. */
export function scenarioOf(name: string, part: Case): Scenario {
  return { name, schema: SHOP, rows: SHOP_ROWS, verdict: 'ok', codes: [], ...part }
}

function columns(count: number): string {
  return Array.from({ length: count }, (_, at) => `c${at}`).join(', ')
}

function many(): string {
  return `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) INSERT INTO tags (label, color) SELECT 'l' || i, i FROM n;`
}
