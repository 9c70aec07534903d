import type { Scenario } from './scenario.js'

/** `a` tells the rows apart by itself. */
const ALONE = `INSERT INTO r (a, b) VALUES (11, 1), (12, 2), (13, 3), (14, 3);`
/** Only both do. */
const TOGETHER = `INSERT INTO r (a, b) VALUES (11, 2), (11, 6), (12, 3), (12, 8), (13, 1), (14, 9);`
const scenario = (
  name: string,
  migration: string,
  says: string[],
  more: Partial<Scenario> = {},
): Scenario => ({
  schema: `CREATE TABLE r (a INTEGER, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID; CREATE TABLE m (was INTEGER, now INTEGER);`,
  ...{ name, migration, says, verdict: 'acknowledge', codes: ['CH101'], silent: ['DL102', 'DL103'] },
  ...{ unsaid: ['r.a ', 'row of r ', 'rows of r '] },
  ...more,
  rows: `INSERT INTO m VALUES (1, 2), (2, 3), (3, 1); ${more.rows ?? ALONE}`,
})
const LOOKED_UP = 'UPDATE r SET b = (SELECT now FROM m WHERE was = b)'
const LOST: Partial<Scenario> = { verdict: 'block', codes: ['DL103'], silent: ['DL102'], rows: TOGETHER }

/** One part of a key of two gets other values: of that part it is told, and in how many rows. */
export const KEY_PARTS: Scenario[] = [
  scenario('values change places, by a lookup', `${LOOKED_UP};`, [
    'r.b changes in 4 rows of 4: 1 -> 2; 2 -> 3; 3 -> 1',
  ]),
  scenario('values change places in some rows', `${LOOKED_UP} WHERE a < 14;`, ['r.b changes in 3 rows of 4']),
  scenario(
    'values change places, by CASE',
    'UPDATE r SET b = CASE b WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE b END;',
    ['r.b changes in 2 rows of 4: 1 -> 2; 2 -> 1'],
  ),
  scenario('values change places, and a row comes', `${LOOKED_UP}; INSERT INTO r VALUES (15, 1);`, [
    'r.b changes in 4 rows of 4',
  ]),
  scenario(
    'the first part, by a lookup',
    'UPDATE r SET a = a + (SELECT max(now) FROM m);',
    ['r.a changes in 4 rows of 4'],
    {
      unsaid: ['r.b '],
      rows: 'INSERT INTO r (a, b) VALUES (11, 1), (12, 2), (13, 3);',
      says: ['r.a changes in 3 rows of 3: 11 -> 14'],
    },
  ),
  scenario(
    'values of rows that only both parts tell apart',
    `UPDATE r SET b = (SELECT now FROM m WHERE was = b) WHERE b < 4;`,
    ['r.b changes in 3 rows'],
    {
      rows: TOGETHER,
    },
  ),
  scenario(
    'two calculations undo each other',
    'UPDATE r SET b = b + 5; UPDATE r SET b = b - 5 WHERE a > 11;',
    ['r.b changes in 1 row of 4: 1 -> 6'],
    {},
  ),
]

/** A part of a key is calculated, and what it said is lost. */
export const KEY_PARTS_LOST: Scenario[] = [
  scenario('a half', 'UPDATE r SET b = b / 2;', ['3 values of r.b become numbers'], LOST),
  scenario(
    'a half, by two statements',
    'UPDATE r SET b = b / 2 WHERE a = 11; UPDATE r SET b = b / 2 WHERE a > 11;',
    ['3 values of r.b become numbers'],
    LOST,
  ),
  scenario(
    'a half, one calculation behind the other',
    'UPDATE r SET b = b + 1; UPDATE r SET b = (b - 1) / 2;',
    ['3 values of r.b become numbers'],
    LOST,
  ),
  scenario(
    'some get what others have',
    'UPDATE r SET b = b - 7 WHERE b > 8; UPDATE r SET b = b - 7 WHERE b = 8;',
    ['2 values of r.b become equal to others that were different'],
    LOST,
  ),
  scenario(
    'some get what others have, by a query',
    'UPDATE r SET b = b - (SELECT max(was) FROM m WHERE was < 3) WHERE b > 2;',
    ['2 values of r.b become equal to others that were different'],
    { ...LOST, rows: ALONE },
  ),
]
