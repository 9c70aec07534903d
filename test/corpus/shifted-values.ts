import type { Scenario } from './scenario.js'

const OWNED = {
  schema: `CREATE TABLE p (id INTEGER PRIMARY KEY, owner INTEGER, at INTEGER, hi INTEGER);
CREATE TABLE m (id INTEGER PRIMARY KEY, was INTEGER);`,
  rows: `INSERT INTO p VALUES (1, 1, 1700000000, NULL), (2, 2, 1700000000000, NULL), (3, 101, 1700000060, NULL), (4, 102, 1700000060000, NULL), (5, 7, 5, NULL);
INSERT INTO m VALUES (1, 101), (2, 102);`,
}
const ENDS = (rest: string | null): Pick<Scenario, 'schema' | 'rows'> => ({
  schema: 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, x TEXT);',
  rows: `INSERT INTO t VALUES (1, 'abc', ${rest === null ? 'NULL' : `'${rest}'`}), (2, 'abc-1', NULL), (3, 'xyz-9', NULL);`,
})
const CUT_SOME = 'UPDATE t SET x = substr(v, 4), v = substr(v, 1, 3) WHERE length(v) > 3;'
const LISTS = {
  schema:
    'CREATE TABLE it (id INTEGER PRIMARY KEY, list INTEGER, pos INTEGER, step INTEGER NOT NULL DEFAULT 0);',
  rows: 'INSERT INTO it VALUES (1, 1, 1, 0), (2, 1, 2, 0), (3, 1, 3, 1), (4, 2, 1, 0), (5, 2, 2, 2);',
}
const lost = (name: string, migration: string, says: string[], more: Partial<Scenario> = {}): Scenario => ({
  ...OWNED,
  ...{ name, migration, says, verdict: 'block', codes: ['DL103'], silent: ['CH101'] },
  ...{ unsaid: ['no longer says'], ...more },
})
const told = (name: string, migration: string, says: string[], more: Partial<Scenario> = {}): Scenario => ({
  ...OWNED,
  ...{ name, migration, says, verdict: 'acknowledge', codes: ['CH101'], silent: ['DL103'] },
  ...more,
})

/** Some rows get by a calculation what others have, and nothing in the migrated database says which these are. */
export const SHIFTED_ONTO: Scenario[] = [
  lost('a number is taken from some', 'UPDATE p SET owner = owner - 100 WHERE owner > 100;', [
    '2 values of p.owner become equal to others that were different: 4 different values are 2 now',
  ]),
  lost('a number is added to some', 'UPDATE p SET owner = owner + 5 WHERE owner < 7;', [
    '1 value of p.owner becomes equal to others that were different: 2 different values are one now',
  ]),
  lost('some are doubled', 'UPDATE p SET owner = owner * 2 WHERE owner < 2;', [
    '2 different values are one now',
  ]),
  lost(
    'times of some in another unit, beside others that were in it',
    'UPDATE p SET at = at * 1000 WHERE at < 100000000000;',
    ['4 different values are 2 now'],
  ),
  lost(
    'some by a table of new numbers',
    'UPDATE p SET owner = (SELECT id FROM m WHERE was = owner) WHERE owner > 100;',
    ['4 values that were different are 2 now'],
    { verdict: 'acknowledge', codes: ['CH101'], silent: [] },
  ),
  lost(
    'a flag is turned round in some rows',
    'UPDATE p SET hi = NOT hi WHERE id > 2;',
    ['3 values of p.hi become equal to others that were different, such as'],
    { rows: `${OWNED.rows} UPDATE p SET hi = id IN (2, 4);`, unsaid: ['are 2 now', 'no longer says'] },
  ),
  lost(
    'a flag is turned round in one row',
    'UPDATE p SET hi = NOT hi WHERE id = 4;',
    ['1 value of p.hi becomes equal to others that were different: 2 different values are one now'],
    { rows: `${OWNED.rows} UPDATE p SET hi = id IN (2, 4);` },
  ),
  lost(
    'some of a list are moved onto others of it',
    'UPDATE it SET pos = pos + 1 WHERE list = 1 AND pos < 3;',
    ['1 value of it.pos becomes equal to others that were different: 2 different values are one now'],
    LISTS,
  ),
  lost(
    'the column that says which is set as well',
    'UPDATE it SET pos = pos + 1, list = 9 WHERE list = 2;',
    ['2 values of it.pos become equal to others that were different'],
    { ...LISTS, silent: [] },
  ),
  lost(
    'a calculation that nothing undoes, in one list',
    'UPDATE it SET pos = pos / 2 * 2 WHERE list = 1;',
    ['2 values of it.pos become numbers that do not say what was there'],
    LISTS,
  ),
  lost(
    'the ends of some texts, in a column that says something of the others',
    CUT_SOME,
    ['2 different values are one now', '; it changes in 2 rows of 3'],
    { ...ENDS('rest'), silent: [] },
  ),
]

/** No row gets what another one has, or which row had what can be read. */
export const SHIFTED_APART: Scenario[] = [
  told(
    'a number is added to all',
    'UPDATE p SET owner = owner + 9;',
    ['; what it was is owner - 9 in every row.'],
    { unsaid: ['different', 'no longer says'] },
  ),
  told('all are doubled', 'UPDATE p SET owner = owner * 2;', ['; what it was is owner / 2.0 in every row.'], {
    unsaid: ['different'],
  }),
  told(
    'all are taken from a number',
    'UPDATE p SET owner = 200 - owner;',
    ['; what it was is 200 - owner in every row.'],
    {
      unsaid: ['different'],
    },
  ),
  told(
    'a flag is turned round in every row',
    'UPDATE p SET hi = NOT hi;',
    ['; what it was is NOT hi in every row.'],
    { rows: `${OWNED.rows} UPDATE p SET hi = id IN (2, 4);` },
  ),
  told(
    'a number is added to all, then one row gets another',
    'UPDATE p SET owner = owner + 9; UPDATE p SET owner = 3 WHERE id = 5;',
    [],
    {
      unsaid: ['what it was'],
    },
  ),
  told('NULL was a number for some', 'UPDATE p SET hi = coalesce(hi, 0) + 1;', [], {
    rows: `${OWNED.rows} UPDATE p SET hi = id WHERE id > 2;`,
    unsaid: ['what it was'],
  }),
  told('some get numbers that are free', 'UPDATE p SET owner = owner + 1000 WHERE owner > 100;', [], {
    unsaid: ['different', 'no longer says'],
  }),
  told(
    'one list is moved on, beside equal numbers of another',
    'UPDATE it SET pos = pos + 1 WHERE list = 2;',
    ['it.pos changes in 2 rows of 5: 1 -> 2; 2 -> 3'],
    LISTS,
  ),
  told(
    'what is added stands beside',
    'UPDATE it SET pos = pos + step WHERE step > 0;',
    ['it.pos changes in 2 rows of 5: 3 -> 4; 2 -> 4'],
    LISTS,
  ),
  told(
    'one list in another unit, by CASE',
    'UPDATE it SET pos = CASE WHEN list = 2 THEN pos * 3 ELSE pos END;',
    ['it.pos changes in 2 rows of 5: 1 -> 3; 2 -> 6'],
    LISTS,
  ),
  told(
    'the old ones of some in a column beside',
    'UPDATE p SET hi = owner, owner = owner - 100 WHERE owner > 100;',
    ['what it no longer says is in p.hi'],
  ),
  told(
    'the ends of all texts in a column beside',
    'UPDATE t SET x = substr(v, 4), v = substr(v, 1, 3);',
    ['what it no longer says is in t.v, t.x'],
    ENDS(null),
  ),
  told(
    'the ends of some texts, in a column that was empty',
    CUT_SOME,
    ['what it no longer says is in t.v, t.x'],
    ENDS(null),
  ),
  told(
    'the old ones of some in a new table',
    'CREATE TABLE was (p_id INTEGER PRIMARY KEY, owner INTEGER); INSERT INTO was SELECT id, owner FROM p WHERE owner > 100; UPDATE p SET owner = owner - 100 WHERE owner > 100;',
    ['what it no longer says is in was.owner'],
  ),
  told(
    'a part of a key of two, by a query, and a DELETE that finds nothing',
    `UPDATE r SET b = (SELECT min(o.id) FROM g o WHERE o.n = (SELECT n FROM g WHERE g.id = r.b)); DELETE FROM r WHERE b NOT IN (SELECT min(id) FROM g GROUP BY n);`,
    ['r.b changes in 2 rows of 4: 3 -> 1'],
    {
      schema: `CREATE TABLE g (id INTEGER PRIMARY KEY, n TEXT); CREATE TABLE r (a INTEGER, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;`,
      rows: `INSERT INTO g VALUES (1, 'x'), (2, 'y'), (3, 'x'); INSERT INTO r VALUES (11, 1), (12, 2), (13, 3), (14, 3);`,
      silent: ['DL102', 'DL103'],
      unsaid: ['r.a '],
    },
  ),
]
