import type { Scenario } from './scenario.js'

const ITEM = {
  schema: `CREATE TABLE item (id INTEGER PRIMARY KEY, n TEXT, total INTEGER);
CREATE TABLE moved (was INTEGER, now INTEGER);
CREATE TABLE tag (k TEXT PRIMARY KEY, n TEXT);`,
  rows: `INSERT INTO item VALUES (1, 'a', 5), (2, 'b', 6), (3, 'c', NULL), (4, 'd', 8);
INSERT INTO moved VALUES (1, 71), (2, 95), (3, 88), (4, 62); INSERT INTO tag VALUES ('x', 'a'), ('y', 'b'), ('z', NULL);`,
}
const COLUMNS = 'id INTEGER PRIMARY KEY, n TEXT, total INTEGER'
const copy = (select: string): string =>
  `CREATE TABLE item_new (${COLUMNS}); INSERT INTO item_new ${select}; DROP TABLE item; ALTER TABLE item_new RENAME TO item;`

const lost = (name: string, migration: string, says: string[], more: Partial<Scenario> = {}): Scenario => ({
  ...ITEM,
  ...{
    name,
    migration,
    verdict: 'block',
    codes: ['DL102'],
    silent: ['DL103', 'DL104'],
    says,
    unsaid: ['0 of 4', '0 of 3'],
  },
  ...more,
})
const kept = (name: string, migration: string, says: string[], more: Partial<Scenario> = {}): Scenario => ({
  ...ITEM,
  ...{ name, migration, verdict: 'acknowledge', codes: ['CH101'], silent: ['DL102', 'DL103'], says },
  ...more,
})
/** A parent and its children, which both get new keys by a rebuild. */
const PAIR = {
  schema:
    'CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT); CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER NOT NULL REFERENCES p (id), t TEXT);',
  rows: `INSERT INTO p VALUES (1, 'a'), (2, 'b'); INSERT INTO c VALUES (1, 1, 'x'), (2, 2, 'y'), (3, 2, 'z');`,
}
const pair = (of: (id: string, prefix: string) => string, type: string, where = ''): string =>
  `PRAGMA defer_foreign_keys = ON; CREATE TABLE p2 (id ${type} PRIMARY KEY NOT NULL, n TEXT); INSERT INTO p2 SELECT ${of('id', 'p')}, n FROM p; CREATE TABLE c2 (id ${type} PRIMARY KEY NOT NULL, p_id ${type} NOT NULL REFERENCES p2 (id), t TEXT); INSERT INTO c2 SELECT ${of('id', 'c')}, ${of('p_id', 'p')}, t FROM c${where}; DROP TABLE c; DROP TABLE p; ALTER TABLE p2 RENAME TO p; ALTER TABLE c2 RENAME TO c;`
const prefixed = (id: string, prefix: string): string => `'${prefix}_' || ${id}`
const ONE = '1 row of item is lost; 3 of 4 remain.'

/** Rows get other keys, and some of them go: those and no others are lost. */
export const REKEYED_LOST: Scenario[] = [
  lost(
    'children get a prefix by a rebuild, but for one',
    pair(prefixed, 'TEXT', ` WHERE t <> 'z'`),
    [`1 row of c is lost; 2 of 3 remain. Among them: (3, 2, 'z').`],
    PAIR,
  ),
  lost(
    'keys are calculated, then a row is deleted',
    'UPDATE item SET id = id + 100; DELETE FROM item WHERE id = 103;',
    [ONE, `(3, 'c', NULL)`, '1 -> 101'],
  ),
  lost(
    'a row is deleted, then keys are calculated',
    'DELETE FROM item WHERE id = 3; UPDATE item SET id = id + 100;',
    [ONE, `(3, 'c', NULL)`],
  ),
  lost(
    'some keys are calculated, and a row is deleted',
    `UPDATE item SET id = id + 100 WHERE total > 5; DELETE FROM item WHERE n = 'c';`,
    [ONE, '2 -> 102'],
  ),
  lost(
    'a copy calculates keys that others had, and leaves a row out',
    copy(`SELECT id + 1, n, total FROM item WHERE n <> 'c'`),
    [ONE, `(3, 'c', NULL)`, '1 -> 2; 2 -> 3; 4 -> 5'],
  ),
  lost(
    'keys come from a lookup, and a row is deleted',
    'UPDATE item SET id = (SELECT now FROM moved WHERE was = item.id); DELETE FROM item WHERE id = 88;',
    [ONE, '1 -> 71'],
  ),
  lost(
    'a copy takes keys from a join, and leaves a row out',
    copy('SELECT m.now, i.n, i.total FROM item i JOIN moved m ON m.was = i.id WHERE m.now <> 88'),
    [ONE, `'c'`],
  ),
  lost(
    'words that are keys get another form, and a row is deleted',
    `UPDATE tag SET k = 'tag-' || k; DELETE FROM tag WHERE n IS NULL;`,
    ['1 row of tag is lost; 2 of 3 remain.', `'x' -> 'tag-x'`],
  ),
  lost(
    'keys are calculated, and values cleared on the way',
    copy('SELECT id + 100, n, NULL FROM item'),
    ['3 values of item.total become NULL or empty, such as 5, 6, 8', '1 -> 101'],
    { codes: ['DL103', 'CH101'], silent: ['DL102'] },
  ),
  lost(
    'all rows are replaced by others',
    `DELETE FROM item; INSERT INTO item VALUES (101, 'x', 1);`,
    ['4 rows of item are lost by a DELETE without WHERE; 0 of 4 remain'],
    { silent: [], unsaid: [] },
  ),
]

/** Rows get other keys, and all are there. */
export const REKEYED: Scenario[] = [
  kept(
    'children and their parents get a prefix by rebuilds',
    pair(prefixed, 'TEXT'),
    [`c.id changes in 3 rows of 3: 1 -> 'c_1'`, `c.p_id changes in 3 rows of 3: 1 -> 'p_1'`],
    PAIR,
  ),
  kept(
    'children and their parents are numbered from a thousand on by rebuilds',
    pair((id) => `${id} + 1000`, 'INTEGER'),
    ['c.id changes in 3 rows of 3: 1 -> 1001'],
    PAIR,
  ),
  kept('keys are calculated', 'UPDATE item SET id = id + 100;', ['item.id changes in 4 rows of 4: 1 -> 101']),
  kept('a copy calculates keys', copy('SELECT id * 10, n, total FROM item'), ['1 -> 10; 2 -> 20; 3 -> 30']),
  kept(
    'a copy calculates keys that others had',
    copy('SELECT id + 1, n, total FROM item'),
    ['1 -> 2; 2 -> 3; 3 -> 4'],
    { unsaid: ['item.n', 'item.total'] },
  ),
  kept('a copy calculates keys and another column', copy('SELECT id + 100, n, total * 100 FROM item'), [
    'item.total changes in 3 rows of 3 with a value: 5 -> 500',
    '1 -> 101',
  ]),
  kept('keys are calculated for some rows', 'UPDATE item SET id = CASE WHEN id = 4 THEN 40 ELSE id END;', [
    'item.id changes in 1 row of 4: 4 -> 40',
  ]),
  kept('keys come from a lookup', 'UPDATE item SET id = (SELECT now FROM moved WHERE was = item.id);', [
    '1 -> 71',
  ]),
]
