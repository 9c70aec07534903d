import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const MEMBER = {
  schema: 'CREATE TABLE member (id INTEGER PRIMARY KEY, mail TEXT, name TEXT);',
  rows: `INSERT INTO member VALUES (1, 'a@x.ch', 'A'), (2, 'b@x.ch', 'B'), (3, 'a@x.ch', 'C');`,
}
const FAMILY = {
  schema: `CREATE TABLE member (id INTEGER PRIMARY KEY, mail TEXT UNIQUE);
CREATE TABLE post (id INTEGER PRIMARY KEY, member_id INTEGER REFERENCES member (id) ON DELETE CASCADE);
CREATE TABLE reply (id INTEGER PRIMARY KEY, post_id INTEGER REFERENCES post (id) ON DELETE CASCADE, by INTEGER REFERENCES member (id) ON DELETE SET NULL);`,
  rows: `INSERT INTO member VALUES (1, 'a@x.ch'), (2, 'b@x.ch'); INSERT INTO post VALUES (1, 1), (2, 2); INSERT INTO reply VALUES (1, 2, 1), (2, 2, 2);`,
}
const none = (scenario: Case): Scenario => ({
  ...MEMBER,
  verdict: 'block',
  codes: ['DL102'],
  silent: ['DL101'],
  unsaid: ['foreign key'],
  ...scenario,
})
const key = (scenario: Case): Scenario => ({ ...FAMILY, verdict: 'block', codes: ['DL101'], ...scenario })
const rebuild = (copy: string, key = 'mail TEXT UNIQUE'): string =>
  `CREATE TABLE member_new (id INTEGER PRIMARY KEY, ${key}, name TEXT); ${copy}; DROP TABLE member; ALTER TABLE member_new RENAME TO member;`

/** Rows are lost beside a REPLACE or DROP, and no key is the cause. */
export const BY_NO_KEY: Scenario[] = [
  none({
    name: 'OR REPLACE in the copy of a rebuild',
    migration: rebuild('INSERT OR REPLACE INTO member_new SELECT * FROM member'),
    says: [`1 row of member is lost; 2 of 3 remain. Among them: (1, 'a@x.ch', 'A')`],
  }),
  none({
    name: 'REPLACE in the copy of a rebuild',
    migration: rebuild('REPLACE INTO member_new (id, mail, name) SELECT id, mail, name FROM member'),
  }),
  none({
    name: 'OR REPLACE by a key of two columns',
    migration: rebuild(
      'INSERT OR REPLACE INTO member_new SELECT * FROM member',
      `mail TEXT, name TEXT, UNIQUE (mail)`,
    ).replace(', name TEXT);', ');'),
  }),
  none({
    name: 'a table that refers to itself, which the rows do not',
    schema:
      'CREATE TABLE member (id INTEGER PRIMARY KEY, mail TEXT, boss INTEGER REFERENCES member (id) ON DELETE CASCADE);',
    rows: `INSERT INTO member VALUES (1, 'a@x.ch', NULL), (3, 'a@x.ch', NULL);`,
    migration:
      'CREATE TABLE member_new (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, boss INTEGER REFERENCES member (id) ON DELETE CASCADE); INSERT OR REPLACE INTO member_new SELECT * FROM member; DROP TABLE member; ALTER TABLE member_new RENAME TO member;',
    unsaid: [],
  }),
  none({
    name: 'a trigger deletes them at a REPLACE',
    schema: `${MEMBER.schema} CREATE TABLE session (id INTEGER PRIMARY KEY, member_id INTEGER); CREATE TRIGGER out AFTER INSERT ON member BEGIN DELETE FROM session WHERE member_id = new.id; END;`,
    rows: `INSERT INTO member VALUES (1, 'a', 'A'); INSERT INTO session VALUES (1, 1), (2, 2);`,
    migration: `REPLACE INTO member VALUES (1, 'b', 'A');`,
    says: ['through the REPLACE into member'],
  }),
  none({
    name: 'a trigger deletes them at an UPDATE',
    schema: `${MEMBER.schema} CREATE TABLE session (id INTEGER PRIMARY KEY, member_id INTEGER); CREATE TRIGGER out AFTER UPDATE ON member BEGIN DELETE FROM session WHERE member_id = new.id; END;`,
    rows: `INSERT INTO member VALUES (1, 'a', 'A'); INSERT INTO session VALUES (1, 1), (2, 2);`,
    migration: `UPDATE member SET mail = 'b' WHERE id = 1;`,
    says: ['through the UPDATE of member'],
  }),
]

/** A key is the cause, in one step or several. */
export const BY_THE_KEY: Scenario[] = [
  key({
    name: 'REPLACE takes the children of the row along',
    migration: `REPLACE INTO member VALUES (9, 'a@x.ch');`,
    says: ['of post through its foreign key (ON DELETE CASCADE)', 'clears reply.by'],
  }),
  key({
    name: 'DROP of the parent in a rebuild',
    migration:
      'CREATE TABLE member_new (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, name TEXT); INSERT INTO member_new (id, mail) SELECT id, mail FROM member; DROP TABLE member; ALTER TABLE member_new RENAME TO member;',
    says: ['2 rows of post', '2 rows of reply'],
  }),
  key({
    name: 'a parent that is renamed first and dropped then',
    schema: FAMILY.schema,
    migration:
      'ALTER TABLE member RENAME TO member_old; CREATE TABLE member (id INTEGER PRIMARY KEY, mail TEXT); INSERT INTO member SELECT * FROM member_old; DROP TABLE member_old;',
    codes: ['DL101'],
  }),
  key({
    name: 'DELETE of a parent row',
    migration: 'DELETE FROM member WHERE id = 2;',
    codes: ['DL102'],
    says: [
      '1 row of post is lost through the DELETE on member',
      '2 rows of reply are lost through the DELETE',
    ],
  }),
  key({
    name: 'UPDATE OR REPLACE that makes a parent row another one',
    migration: `UPDATE OR REPLACE member SET mail = 'a@x.ch' WHERE id = 2;`,
    codes: ['DL102', 'DL103'],
    says: ['1 row of post is lost through the UPDATE of member'],
  }),
]
