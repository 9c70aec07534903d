import type { Scenario } from './scenario.js'

const USERS = {
  schema: `CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, n TEXT);
CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE);
CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INTEGER);`,
  rows: `INSERT INTO users VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'a', 'x'); INSERT INTO posts VALUES (1, 1), (2, 3), (3, 2); INSERT INTO notes VALUES (1, 2), (2, 3);`,
}
const MOVE = (table: string): string =>
  `UPDATE ${table} SET user_id = (SELECT min(u.id) FROM users u JOIN users o ON o.email = u.email WHERE o.id = ${table}.user_id);`
const CLEAR = 'DELETE FROM users WHERE id NOT IN (SELECT min(id) FROM users GROUP BY email);'
const SAID = 'has an equal one still there, in every column but id'

const cleared = (name: string, migration: string, more: Partial<Scenario> = {}): Scenario => ({
  ...USERS,
  ...{ name, migration, verdict: 'acknowledge', codes: ['DL102'], says: [SAID], unsaid: ['lost'] },
  ...more,
})
const lost = (name: string, migration: string, more: Partial<Scenario> = {}): Scenario => ({
  ...USERS,
  ...{ name, migration, verdict: 'block', codes: ['DL102'], says: ['lost'] },
  ...more,
})

/** Rows that another one says too, but for a number to which nothing refers any more. */
export const CLEARED_DUPLICATES: Scenario[] = [
  cleared('what refers to duplicates is moved first', `${MOVE('posts')} ${MOVE('notes')} ${CLEAR}`),
  cleared(
    'duplicates by EXISTS',
    `${MOVE('posts')} ${MOVE('notes')} DELETE FROM users WHERE EXISTS (SELECT 1 FROM users o WHERE o.email = users.email AND o.id < users.id);`,
  ),
  cleared('three of one', `${MOVE('posts')} ${CLEAR}`, {
    rows: `INSERT INTO users VALUES (1, 'a', 'x'), (2, 'a', 'x'), (3, 'a', 'x'); INSERT INTO posts VALUES (1, 2);`,
    says: ['2 rows of users are gone'],
  }),
  cleared(
    'references that would be there twice',
    `UPDATE OR IGNORE marks SET user_id = 1 WHERE user_id = 3; DELETE FROM users WHERE rowid NOT IN (SELECT min(rowid) FROM users GROUP BY email);`,
    {
      schema: `CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, n TEXT); CREATE TABLE marks (post_id INTEGER, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE, PRIMARY KEY (post_id, user_id));`,
      rows: `INSERT INTO users VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'a', 'x'); INSERT INTO marks VALUES (1, 1), (2, 3);`,
    },
  ),
  cleared(
    'a unique index follows',
    `${MOVE('posts')} ${MOVE('notes')} ${CLEAR} CREATE UNIQUE INDEX users_email ON users (email);`,
    { codes: ['DL102', 'MF101'] },
  ),
  cleared(
    'nothing referred to duplicates, and they can be there once only',
    `${CLEAR} CREATE UNIQUE INDEX users_email ON users (email);`,
    { rows: `INSERT INTO users VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'a', 'x');` },
  ),
]

export const LOST_DUPLICATES: Scenario[] = [
  lost('another column differs', `${MOVE('posts')} ${CLEAR}`, {
    rows: `INSERT INTO users VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'a', 'z'); INSERT INTO posts VALUES (1, 3);`,
    unsaid: [SAID],
  }),
  lost('nothing referred to duplicates', CLEAR, {
    rows: `INSERT INTO users VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'a', 'x'); INSERT INTO posts VALUES (1, 1);`,
    unsaid: [SAID],
  }),
  lost('rows go with the duplicate', `${MOVE('notes')} ${CLEAR}`, {
    says: ['1 row of posts is lost through the DELETE on users'],
  }),
  lost('a column still has the number', `${MOVE('posts')} ${CLEAR}`, {
    says: ['1 row of users is lost'],
    unsaid: [SAID],
  }),
  lost(
    'the new unique key is of other rows only',
    `${CLEAR} CREATE UNIQUE INDEX users_email ON users (email) WHERE email <> 'a';`,
    { rows: `INSERT INTO users VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'a', 'x');`, unsaid: [SAID] },
  ),
  lost(
    'a rebuild with a unique key leaves them out, which nobody said',
    `CREATE TABLE likes_new (id INTEGER PRIMARY KEY, user_id INTEGER, post_id INTEGER, UNIQUE (user_id, post_id)); INSERT OR IGNORE INTO likes_new SELECT * FROM likes ORDER BY id; DROP TABLE likes; ALTER TABLE likes_new RENAME TO likes;`,
    {
      schema: 'CREATE TABLE likes (id INTEGER PRIMARY KEY, user_id INTEGER, post_id INTEGER);',
      rows: 'INSERT INTO likes VALUES (1, 1, 1), (2, 1, 1), (3, 1, 2);',
      unsaid: [SAID],
    },
  ),
  lost('the new unique key takes NULL twice', `${CLEAR} CREATE UNIQUE INDEX users_email ON users (email);`, {
    rows: `INSERT INTO users VALUES (1, NULL, 'x'), (2, 'b', 'y'), (3, NULL, 'x');`,
    unsaid: [SAID],
  }),
  lost(
    'a time tells the duplicates of a new unique key apart',
    `DELETE FROM likes WHERE id NOT IN (SELECT max(id) FROM likes GROUP BY user_id); CREATE UNIQUE INDEX one_like ON likes (user_id);`,
    {
      schema: 'CREATE TABLE likes (id INTEGER PRIMARY KEY, user_id INTEGER, at INTEGER);',
      rows: 'INSERT INTO likes VALUES (1, 1, 5), (2, 1, 6), (3, 2, 7);',
      unsaid: [SAID],
    },
  ),
  lost(
    'some of several equal ones are left',
    `DELETE FROM notes WHERE id IN (SELECT id FROM notes n WHERE n.user_id = 7 LIMIT 2);`,
    {
      rows: 'INSERT INTO notes VALUES (1, 7), (2, 7), (3, 7), (4, 7), (5, 8);',
      says: ['2 rows of notes are lost'],
      unsaid: ['equal one'],
    },
  ),
  lost('a DELETE that names rows', 'DELETE FROM notes WHERE id = 2;', {
    rows: 'INSERT INTO notes VALUES (1, 7), (2, 7);',
    unsaid: ['equal one'],
  }),
]
