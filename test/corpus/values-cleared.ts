import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const MEMBER = {
  schema: 'CREATE TABLE member (id INTEGER PRIMARY KEY, contact TEXT, mail TEXT, phone TEXT);',
  rows: `INSERT INTO member VALUES (1, 'a@b.ch', NULL, NULL), (2, '079', NULL, NULL), (3, 'c@d.ch', NULL, '044');`,
}
const lost = (scenario: Case): Scenario => ({ ...MEMBER, verdict: 'block', codes: ['DL103'], ...scenario })
const kept = (scenario: Case): Scenario => ({
  ...MEMBER,
  verdict: 'acknowledge',
  codes: ['CH101'],
  silent: ['DL103', 'DL102'],
  ...scenario,
})
const MAILS = `contact LIKE '%@%'`

/** A column stays and loses values that nothing else holds. */
export const CLEARED_LOST: Scenario[] = [
  lost({
    name: 'more values are cleared than were copied beside them',
    migration: `UPDATE member SET mail = contact WHERE contact LIKE 'a@%'; UPDATE member SET contact = NULL WHERE ${MAILS};`,
  }),
  lost({
    name: 'the column beside them held something else already',
    rows: `INSERT INTO member VALUES (1, 'a@b.ch', 'x@y.ch', NULL), (3, 'c@d.ch', NULL, '044');`,
    migration: `UPDATE member SET mail = coalesce(mail, contact), contact = NULL WHERE ${MAILS};`,
  }),
  lost({
    name: 'they are copied and written over again',
    migration: `UPDATE member SET mail = contact, contact = NULL WHERE ${MAILS}; UPDATE member SET mail = 'unknown' WHERE id = 1;`,
  }),
  lost({
    name: 'they go to a table that names no row',
    migration: `CREATE TABLE address (text TEXT); INSERT INTO address SELECT contact FROM member WHERE ${MAILS}; UPDATE member SET contact = NULL WHERE ${MAILS};`,
  }),
  lost({
    name: 'an equal value beside them that no statement put there',
    rows: `INSERT INTO member VALUES (1, 'a@b.ch', 'a@b.ch', NULL);`,
    migration: `UPDATE member SET contact = NULL WHERE ${MAILS};`,
  }),
  lost({
    name: 'they are cleared while the rows get other keys',
    migration: 'UPDATE member SET contact = NULL, id = id + 50 WHERE id > 0;',
  }),
  lost({
    name: 'they are cleared before the rows get other keys',
    migration: 'UPDATE member SET contact = NULL WHERE id = 3; UPDATE member SET id = id + 100 WHERE id > 0;',
  }),
  lost({
    name: 'two columns are cleared and some rows get other keys',
    migration:
      'UPDATE member SET contact = NULL, phone = NULL; UPDATE member SET id = id + 100 WHERE id > 1;',
  }),
]

/** A column stays, and what it no longer says the migrated database says by the key. */
export const CLEARED_KEPT: Scenario[] = [
  kept({
    name: 'rows get other keys and keep their values',
    migration: 'UPDATE member SET id = id + 50 WHERE id > 0;',
  }),
  kept({
    name: 'rows get other keys and a value is put right',
    migration: `UPDATE member SET contact = 'A@b.ch' WHERE id = 1; UPDATE member SET id = id + 50 WHERE id > 0;`,
  }),
  kept({
    name: 'values move to another column in one UPDATE',
    migration: `UPDATE member SET mail = contact, contact = NULL WHERE ${MAILS};`,
  }),
  kept({
    name: 'values move to another column in two UPDATEs',
    migration: `UPDATE member SET mail = contact WHERE ${MAILS}; UPDATE member SET contact = NULL WHERE ${MAILS};`,
  }),
  kept({
    name: 'values move to a table of their own, with the key of their row',
    migration: `CREATE TABLE address (member_id INTEGER PRIMARY KEY REFERENCES member (id), text TEXT); INSERT INTO address SELECT id, contact FROM member WHERE ${MAILS}; UPDATE member SET contact = NULL WHERE ${MAILS};`,
  }),
  kept({
    name: 'values move to two columns by kind',
    migration: `UPDATE member SET mail = CASE WHEN ${MAILS} THEN contact END, phone = CASE WHEN NOT ${MAILS} THEN contact END; UPDATE member SET contact = '';`,
    rows: `INSERT INTO member VALUES (1, 'a@b.ch', NULL, NULL), (2, '079', NULL, NULL);`,
  }),
  kept({
    name: 'JSON moves to a column of its own and leaves an empty object',
    schema: 'CREATE TABLE member (id INTEGER PRIMARY KEY, data TEXT, prefs TEXT);',
    rows: `INSERT INTO member VALUES (1, '{"theme":"dark"}', NULL), (2, NULL, NULL);`,
    migration: `UPDATE member SET prefs = data, data = '{}' WHERE data IS NOT NULL;`,
  }),
]
