import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const FLAGGED = {
  schema: `CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE admins (user_id INTEGER PRIMARY KEY REFERENCES users (id));`,
  rows: `INSERT INTO users VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO admins VALUES (1), (3);`,
}
const PHONES = {
  schema: `CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE phones (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), phone TEXT);`,
  rows: `INSERT INTO users VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO phones VALUES (1, 3, '079'), (2, 1, '044');`,
}
const FLAG = 'ALTER TABLE users ADD COLUMN is_admin INTEGER NOT NULL DEFAULT 0;'
const PHONE = 'ALTER TABLE users ADD COLUMN phone TEXT;'
const TAKEN = 'UPDATE users SET phone = (SELECT phone FROM phones WHERE phones.user_id = users.id);'

const kept = (scenario: Case): Scenario => ({
  ...{ ...FLAGGED, verdict: 'acknowledge', codes: ['DS102'], silent: ['DL102', 'DL103'] },
  ...scenario,
})
const lost = (scenario: Case): Scenario => ({ ...FLAGGED, verdict: 'block', codes: ['DL102'], ...scenario })

/** Rows of which each owner has one at most become columns of the owner. */
export const FOLDED_INTO_OWNER: Scenario[] = [
  kept({
    name: 'a table of ids becomes a flag',
    migration: `${FLAG} UPDATE users SET is_admin = 1 WHERE id IN (SELECT user_id FROM admins); DROP TABLE admins;`,
    says: ['they are all in users'],
  }),
  kept({
    name: 'a table of ids becomes a word',
    migration: `ALTER TABLE users ADD COLUMN role TEXT; UPDATE users SET role = CASE WHEN EXISTS (SELECT 1 FROM admins a WHERE a.user_id = users.id) THEN 'admin' ELSE 'user' END; DROP TABLE admins;`,
  }),
  kept({
    name: 'a table of ids becomes a flag in a rebuild of its owners',
    migration: `CREATE TABLE u2 (id INTEGER PRIMARY KEY, name TEXT, is_admin INTEGER NOT NULL); INSERT INTO u2 SELECT u.id, u.name, a.user_id IS NOT NULL FROM users u LEFT JOIN admins a ON a.user_id = u.id; DROP TABLE admins; DROP TABLE users; ALTER TABLE u2 RENAME TO users;`,
  }),
  kept({
    ...PHONES,
    name: 'a row with a number of its own becomes a column',
    migration: `${PHONE} ${TAKEN} DROP TABLE phones;`,
  }),
  kept({
    ...PHONES,
    name: 'a row of several values becomes as many columns',
    schema: PHONES.schema.replace('phone TEXT', 'phone TEXT, verified INTEGER'),
    rows: `INSERT INTO users VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO phones VALUES (1, 3, '079', NULL), (2, 1, '044', 1);`,
    migration: `${PHONE} ALTER TABLE users ADD COLUMN phone_verified INTEGER; UPDATE users SET phone = p.phone, phone_verified = p.verified FROM phones p WHERE p.user_id = users.id; DROP TABLE phones;`,
  }),
  kept({
    ...PHONES,
    name: 'a row becomes a column that is an empty text for the others',
    migration: `${PHONE} UPDATE users SET phone = coalesce((SELECT phone FROM phones WHERE phones.user_id = users.id), ''); DROP TABLE phones;`,
  }),
]

/** Some of them are in no column, or in columns of others as well. */
export const NOT_IN_OWNER: Scenario[] = [
  lost({
    name: 'the flag is the same for all',
    migration: `ALTER TABLE users ADD COLUMN is_admin INTEGER NOT NULL DEFAULT 1; UPDATE users SET is_admin = 1 WHERE id IN (SELECT user_id FROM admins); DROP TABLE admins;`,
  }),
  lost({
    name: 'the flag is given to some of them, and one row has no owner',
    rows: `${FLAGGED.rows} PRAGMA foreign_keys = OFF; INSERT INTO admins VALUES (9);`,
    migration: `${FLAG} UPDATE users SET is_admin = 1 WHERE id IN (SELECT user_id FROM admins); DROP TABLE admins;`,
    says: ['1 row of admins is lost'],
  }),
  lost({
    name: 'a flag that happens to agree, set by something else',
    migration: `${FLAG} UPDATE users SET is_admin = 1 WHERE name IN ('a', 'c'); DROP TABLE admins;`,
  }),
  lost({
    ...PHONES,
    name: 'an owner has two rows',
    rows: `${PHONES.rows} INSERT INTO phones VALUES (3, 1, '045');`,
    migration: `${PHONE} ${TAKEN} DROP TABLE phones;`,
  }),
  lost({
    ...PHONES,
    name: 'others get a value that one of them had',
    migration: `${PHONE} UPDATE users SET phone = coalesce((SELECT phone FROM phones WHERE phones.user_id = users.id), '044'); DROP TABLE phones;`,
  }),
  lost({
    ...PHONES,
    name: 'one value of two is left out',
    schema: PHONES.schema.replace('phone TEXT', 'phone TEXT, verified INTEGER'),
    rows: `INSERT INTO users VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO phones VALUES (1, 3, '079', 0), (2, 1, '044', 1);`,
    migration: `${PHONE} ${TAKEN} DROP TABLE phones;`,
  }),
  lost({
    ...PHONES,
    name: 'other tables name the rows by their number',
    schema: `${PHONES.schema} CREATE TABLE calls (id INTEGER PRIMARY KEY, phone_id INTEGER);`,
    rows: `${PHONES.rows} INSERT INTO calls VALUES (1, 1);`,
    migration: `${PHONE} ${TAKEN} DROP TABLE phones;`,
  }),
  lost({
    ...PHONES,
    name: 'a row that says nothing beside its owner is not told from none',
    rows: `${PHONES.rows} INSERT INTO phones VALUES (3, 2, NULL);`,
    migration: `${PHONE} ${TAKEN} DROP TABLE phones;`,
    says: ['1 row of phones is lost'],
  }),
]
