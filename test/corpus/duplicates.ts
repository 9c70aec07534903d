import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const LOG = {
  schema: 'CREATE TABLE log (at TEXT, line TEXT);',
  rows: `INSERT INTO log VALUES ('a', 'x'), ('a', 'x'), ('b', 'y'), ('a', 'x'), (NULL, 'z'), (NULL, 'z');`,
}
const MEMBER = {
  schema: 'CREATE TABLE member (id INTEGER PRIMARY KEY, mail TEXT, name TEXT);',
  rows: `INSERT INTO member VALUES (1, 'a@x.ch', 'A'), (2, 'b@x.ch', 'B'), (3, 'a@x.ch', 'C');`,
}
const NO_DUPLICATES = 'No duplicates on the copy'
const gone = (scenario: Case): Scenario => ({
  ...LOG,
  verdict: 'acknowledge',
  codes: ['DL102'],
  silent: ['DL103'],
  ...scenario,
})
const stay = (scenario: Case): Scenario => ({
  ...LOG,
  verdict: 'ok',
  codes: [],
  silent: ['DL102', 'DL103'],
  ...scenario,
})
const FIRST_OF_EACH = 'rowid NOT IN (SELECT min(rowid) FROM log GROUP BY at, line)'

/** Rows that others are like go; of those that are equal in every column one is left. */
export const DUPLICATES_GONE: Scenario[] = [
  gone({
    name: 'a DELETE leaves the first of each',
    migration: `DELETE FROM log WHERE ${FIRST_OF_EACH};`,
    says: ['3 rows of log are gone and have an equal one'],
  }),
  gone({
    name: 'a rebuild copies each once',
    migration:
      'CREATE TABLE log_new (at TEXT, line TEXT); INSERT INTO log_new SELECT DISTINCT at, line FROM log; DROP TABLE log; ALTER TABLE log_new RENAME TO log;',
    says: ['3 rows of log are gone and have an equal one'],
  }),
  gone({
    name: 'the rows are taken out and put back once',
    migration:
      'CREATE TABLE hold AS SELECT DISTINCT * FROM log; DELETE FROM log; INSERT INTO log SELECT * FROM hold; DROP TABLE hold;',
  }),
  gone({
    name: 'a row that no other is like goes with them',
    migration: `DELETE FROM log WHERE at = 'b' OR ${FIRST_OF_EACH};`,
    verdict: 'block',
    says: [`1 row of log is lost; 2 of 6 remain. Among them: ('b', 'y')`, '3 rows of log are gone'],
  }),
  gone({
    name: 'all of them go, and none is left',
    migration: `DELETE FROM log WHERE line = 'x';`,
    verdict: 'block',
    says: ['3 rows of log are lost'],
    unsaid: ['equal one'],
  }),
  gone({
    name: 'texts that only a collation takes as equal',
    schema: 'CREATE TABLE log (at TEXT, line TEXT COLLATE NOCASE);',
    rows: `INSERT INTO log VALUES ('a', 'x'), ('a', 'X');`,
    migration: `DELETE FROM log WHERE ${FIRST_OF_EACH};`,
    verdict: 'block',
    unsaid: ['equal one'],
  }),
  gone({
    name: 'rows that a column that is left out tells apart',
    rows: `INSERT INTO log VALUES ('a', 'x'), ('b', 'x');`,
    migration:
      'CREATE TABLE log_new (line TEXT); INSERT INTO log_new SELECT DISTINCT line FROM log; DROP TABLE log; ALTER TABLE log_new RENAME TO log;',
    verdict: 'block',
    silent: [],
    codes: [],
    unsaid: ['equal one'],
  }),
  gone({
    name: 'a payment that another one is like but for its number',
    schema: 'CREATE TABLE payment (id INTEGER PRIMARY KEY, amount INTEGER);',
    rows: 'INSERT INTO payment VALUES (1, 10), (2, 10);',
    migration: 'DELETE FROM payment WHERE id NOT IN (SELECT min(id) FROM payment GROUP BY amount);',
    verdict: 'block',
    unsaid: ['equal one'],
  }),
  gone({
    name: 'one of two with the mail that becomes unique',
    ...MEMBER,
    migration:
      'DELETE FROM member WHERE id NOT IN (SELECT min(id) FROM member GROUP BY mail); CREATE UNIQUE INDEX member_by_mail ON member (mail);',
    verdict: 'block',
    codes: ['DL102', 'MF101'],
    says: ['2 rows of before were duplicates by that'],
    unsaid: [NO_DUPLICATES],
  }),
  gone({
    name: 'one of two that OR IGNORE leaves out of a rebuild',
    ...MEMBER,
    migration:
      'CREATE TABLE member_new (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, name TEXT); INSERT OR IGNORE INTO member_new SELECT * FROM member; DROP TABLE member; ALTER TABLE member_new RENAME TO member;',
    verdict: 'block',
    unsaid: [NO_DUPLICATES],
  }),
  gone({
    name: 'mails that are one once they are in lower case, told apart by a number',
    ...MEMBER,
    rows: `INSERT INTO member VALUES (1, 'a@x.ch', 'A'), (2, 'a@x.ch', 'B');`,
    migration: `UPDATE member SET mail = mail || '.' || id WHERE id = 2; CREATE UNIQUE INDEX member_by_mail ON member (mail);`,
    codes: ['CH101', 'MF101'],
    silent: ['DL102'],
    unsaid: [NO_DUPLICATES],
  }),
]

/** Nothing is there twice, or all of it stays. */
export const DUPLICATES_STAY: Scenario[] = [
  stay({
    name: 'equal rows are all copied',
    migration:
      'CREATE TABLE log_new (at TEXT, line TEXT); INSERT INTO log_new SELECT at, line FROM log; DROP TABLE log; ALTER TABLE log_new RENAME TO log;',
  }),
  stay({
    name: 'a DELETE of duplicates that there are none of',
    rows: `INSERT INTO log VALUES ('a', 'x'), ('b', 'y');`,
    migration: `DELETE FROM log WHERE ${FIRST_OF_EACH};`,
  }),
  stay({
    name: 'equal rows are taken out and put back as often',
    migration:
      'CREATE TABLE hold AS SELECT * FROM log; DELETE FROM log; INSERT INTO log SELECT * FROM hold; DROP TABLE hold;',
  }),
  stay({
    name: 'duplicates that a new unique index does not look at',
    ...MEMBER,
    migration: `CREATE UNIQUE INDEX one_b ON member (mail) WHERE name = 'B';`,
    codes: ['MF101'],
    says: [`Rows of member that meet (name = 'B') must now be unique by mail.`],
  }),
  stay({
    name: 'a unique index beside one of the same column that stays',
    ...MEMBER,
    schema: `${MEMBER.schema} CREATE INDEX by_name ON member (name);`,
    migration: 'CREATE UNIQUE INDEX one_name ON member (name);',
    codes: ['MF101'],
    silent: ['DL102', 'DL103', 'MF102'],
  }),
  stay({
    name: 'mails that are unique already',
    ...MEMBER,
    rows: `INSERT INTO member VALUES (1, 'a@x.ch', 'A'), (2, 'A@x.ch', 'B'), (3, NULL, NULL), (4, NULL, NULL);`,
    migration: 'CREATE UNIQUE INDEX member_by_mail ON member (mail);',
    codes: ['MF101'],
    says: [NO_DUPLICATES],
  }),
  stay({
    name: 'a unique index of an expression: it says what is left',
    ...MEMBER,
    rows: `INSERT INTO member VALUES (1, 'a@x.ch', 'A'), (2, 'b@x.ch', 'B');`,
    migration: 'CREATE UNIQUE INDEX member_by_mail ON member (lower(mail), name);',
    codes: ['MF101'],
    unsaid: [NO_DUPLICATES],
  }),
]
