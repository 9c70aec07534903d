import type { PlanVerdict } from '../../src/contract/finding.js'

/** One migration on a database with rows, and what must be said of it. */
export interface Scenario {
  name: string
  /** The history: one applied file. */
  schema: string
  /** Rows that production holds. */
  rows: string
  /** Pending files: one, or several by name. */
  migration: string | Record<string, string>
  /** Files applied beside `0001_start.sql`; their text is not run. */
  applied?: Record<string, string>
  /** Names that the ledger holds although the folder does not. */
  missing?: string[]
  checksums?: Record<string, string>
  queries?: { name: string; sql: string }[]
  remote?: boolean
  verdict: PlanVerdict
  /** Codes that must be there. */
  codes: string[]
  /** Codes that must not: the case looks like one of them and is none. */
  silent?: string[]
  /** Parts of sentences that must be there, and that must not. */
  says?: string[]
  unsaid?: string[]
}

/** A shop: parents with CASCADE, SET NULL and NO ACTION children, indexes, a trigger, a view. */
export const SHOP = `
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL UNIQUE,
  name TEXT,
  role TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin')),
  profile TEXT,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX users_by_name ON users (name);
CREATE TABLE posts (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  editor_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
  title TEXT NOT NULL,
  body TEXT
);
CREATE INDEX posts_by_user ON posts (user_id);
CREATE TABLE comments (
  id INTEGER PRIMARY KEY,
  post_id INTEGER NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  text TEXT NOT NULL
);
CREATE TABLE tokens (id TEXT PRIMARY KEY, user_id INTEGER, state TEXT NOT NULL, expires_at INTEGER);
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE log (at TEXT, line TEXT);
CREATE TABLE tags (id INTEGER PRIMARY KEY, label TEXT NOT NULL, color TEXT, position INTEGER);
CREATE UNIQUE INDEX tags_by_label ON tags (label);
CREATE INDEX tags_by_color ON tags (color);
CREATE TABLE audit (id INTEGER PRIMARY KEY, what TEXT NOT NULL);
CREATE TRIGGER tags_audit AFTER UPDATE ON tags BEGIN
  INSERT INTO audit (what) VALUES (CASE WHEN new.label = old.label THEN 'same' ELSE CASE WHEN new.color IS NULL THEN 'bare' ELSE 'label' END END);
END;
CREATE VIEW authors AS SELECT u.id, u.email, count(p.id) AS posts FROM users u LEFT JOIN posts p ON p.user_id = u.id GROUP BY u.id;
`

export const SHOP_ROWS = `
INSERT INTO users (id, email, name, role, profile) VALUES
  (1, 'ann@lake.ch', 'Ann', 'admin', '{"theme":"dark"}'), (2, 'ben@lake.ch', 'Ben', 'member', '{"theme":"light"}'), (3, 'cy@lake.ch', NULL, 'member', NULL);
INSERT INTO posts VALUES (1, 1, 2, 'Hello', 'x'), (2, 1, NULL, 'Again', NULL), (3, 2, 1, 'Third', 'y');
INSERT INTO comments VALUES (1, 1, 'nice'), (2, 1, 'very'), (3, 3, 'hm');
INSERT INTO tokens VALUES ('a', 1, 'active', 10), ('b', 2, 'active', 20), ('c', 3, 'revoked', 5);
INSERT INTO settings VALUES ('theme', 'dark'), ('lang', 'en');
INSERT INTO log VALUES ('t1', 'one'), ('t2', 'two'), ('t2', 'two');
INSERT INTO tags VALUES (1, 'red', '#f00', 1), (2, 'blue', '#00f', 2), (3, 'dull', NULL, 3);
`
