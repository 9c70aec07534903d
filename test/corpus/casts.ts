import type { Scenario } from './scenario.js'

/** A rebuild that declares `v` otherwise and casts it on the way; without `cast` the declared type alone makes the numbers. */
const cast = (
  name: string,
  [was, is]: [string, string],
  values: string,
  says: string[],
  how = `CAST(v AS ${is})`,
): Omit<Scenario, 'verdict' | 'codes'> => ({
  name,
  schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, v ${was});`,
  rows: `INSERT INTO t VALUES ${values};`,
  migration: `CREATE TABLE t_new (id INTEGER PRIMARY KEY, v ${is}); INSERT INTO t_new SELECT id, ${how} FROM t; DROP TABLE t; ALTER TABLE t_new RENAME TO t;`,
  says,
})
const lossy = (...all: Parameters<typeof cast>): Scenario => ({
  ...cast(...all),
  ...{ verdict: 'block', codes: ['DL103'], silent: ['DL102', 'CH101'] },
})
const harmless = (...all: Parameters<typeof cast>): Scenario => ({
  ...cast(...all),
  ...{ verdict: 'ok', codes: [], silent: ['DL102', 'DL103'] },
})
const TO_INTEGER: [string, string] = ['TEXT', 'INTEGER']
const inPlace = (name: string, type: string, values: string, update: string, says: string[]): Scenario => ({
  ...lossy(name, [type, type], values, says),
  migration: update,
})

/** Values of which a CAST leaves less than they said: those are counted and shown, and no others. */
export const CUT: Scenario[] = [
  lossy('a word among numbers becomes 0', TO_INTEGER, `(1, '12'), (2, 'abc'), (3, '7')`, [
    `1 value of t.v becomes a number that does not say what was there, such as 'abc' -> 0.`,
  ]),
  lossy('an empty text becomes 0', TO_INTEGER, `(1, '12'), (2, ''), (3, '0')`, [
    `1 value of t.v`,
    `such as '' -> 0.`,
  ]),
  lossy('one word in all rows becomes 0', TO_INTEGER, `(1, 'abc'), (2, 'abc')`, [
    `2 values of t.v`,
    `such as 'abc' -> 0.`,
  ]),
  lossy('a unit goes', TO_INTEGER, `(1, '12'), (2, '7'), (3, '8'), (4, '9'), (5, '12kg')`, [
    `1 value of t.v`,
    `such as '12kg' -> 12.`,
  ]),
  lossy('decimals of a text go', TO_INTEGER, `(1, '1.9'), (2, '7')`, [`such as '1.9' -> 1.`]),
  lossy('decimals of a number go', ['REAL', 'INTEGER'], '(1, 1.9), (2, 2.5), (3, 7.0)', [
    '2 values of t.v',
    'such as 1.9 -> 1, 2.5 -> 2.',
  ]),
  lossy(
    'a large integer becomes a real',
    ['INTEGER', 'REAL'],
    '(1, 9007199254740993), (2, 5)',
    ['1 value of t.v', 'such as 9007199254740993 -> 9007199254740992.0.'],
    'v',
  ),
  lossy('more digits than a number holds', TO_INTEGER, `(1, '99999999999999999999'), (2, '5')`, [
    '1 value of t.v',
  ]),
  inPlace(
    'decimals go where they lie',
    'REAL',
    '(1, 1.9), (2, 7.0)',
    'UPDATE t SET v = CAST(v AS INTEGER);',
    ['1 value of t.v', 'such as 1.9 -> 1.0.'],
  ),
  inPlace(
    'words become 0 where they lie',
    'TEXT',
    `(1, 'abc'), (2, 'abc')`,
    'UPDATE t SET v = CAST(v AS INTEGER);',
    [`such as 'abc' -> '0'.`],
  ),
  ...[
    ['rounded down', '(1, 3.25), (2, 7.0)', 'round(v)', 'such as 3.25 -> 3.0.'],
    ['rounded up', '(1, 3.75), (2, 7.0)', 'round(v)', 'such as 3.75 -> 4.0.'],
    ['to one digit', '(1, 3.75), (2, 4.5)', 'round(v, 1)', 'such as 3.75 -> 3.8.'],
    ['to the next lower', '(1, -1.5), (2, 2.0)', 'floor(v)', 'such as -1.5 -> -2.0.'],
    ['in another unit', '(1, 3.755), (2, 0.0)', 'round(v * 100)', 'such as 3.755 -> 376.0.'],
    ['as a text', '(1, 3.755), (2, 4.5)', `printf('%.1f', v)`, 'such as 3.755 -> 3.8.'],
    ['without its sign', '(1, -2.5), (2, 4.5)', 'abs(v)', 'such as -2.5 -> 2.5.'],
    ['in one branch', '(1, 3.75), (2, 40.5)', 'CASE WHEN v < 10 THEN round(v) ELSE v END', '3.75 -> 4.0'],
  ].map(([name = '', values = '', how = '', says = '']) =>
    inPlace(`a number ${name}`, 'REAL', values, `UPDATE t SET v = ${how};`, ['1 value of t.v', says]),
  ),
  inPlace('an integer divided', 'INTEGER', '(1, 199), (2, 0)', 'UPDATE t SET v = v / 100;', [
    '1 value of t.v',
    'such as 199 -> 1.',
  ]),
  {
    ...inPlace('a number rounded in a query of its own', 'REAL', '(1, 3.75), (2, 7.0)', '', [
      '1 value of t.v',
      'such as 3.75 -> 4.0.',
    ]),
    migration: `CREATE TABLE t_new (id INTEGER PRIMARY KEY, v REAL); INSERT INTO t_new SELECT * FROM (SELECT id, round(v) AS v FROM t); DROP TABLE t; ALTER TABLE t_new RENAME TO t;`,
  },
  {
    name: 'a word of a table without a key becomes 0',
    schema: 'CREATE TABLE t (v TEXT, w TEXT);',
    rows: `INSERT INTO t VALUES ('12', 'a'), ('abc', 'b'), ('7', 'c');`,
    migration: `CREATE TABLE t_new (v INTEGER, w TEXT); INSERT INTO t_new SELECT CAST(v AS INTEGER), w FROM t; DROP TABLE t; ALTER TABLE t_new RENAME TO t;`,
    verdict: 'block',
    codes: ['DL103'],
    silent: ['DL102', 'CH101'],
    says: [`1 value of t.v`, `such as 'abc'.`],
  },
]

const calculated = (name: string, type: string, values: string, how: string, says: string): Scenario => ({
  ...inPlace(name, type, values, `UPDATE t SET v = ${how};`, [says]),
  ...{ verdict: 'acknowledge', codes: ['CH101'], silent: ['DL103'] },
})

/** Every value says what it said. */
export const CAST_ALIKE: Scenario[] = [
  harmless('digits become integers', TO_INTEGER, `(1, '12'), (2, '7'), (3, NULL)`, []),
  harmless('whole reals become integers', ['REAL', 'INTEGER'], '(1, 12), (2, 7)', []),
  {
    ...harmless('the key becomes a text', ['INTEGER', 'INTEGER'], '(1, 5)', [
      't.id is stored as another type',
    ]),
    migration: `CREATE TABLE t_new (id TEXT PRIMARY KEY, v INTEGER); INSERT INTO t_new SELECT CAST(id AS TEXT), v FROM t; DROP TABLE t; ALTER TABLE t_new RENAME TO t;`,
    ...{ verdict: 'acknowledge', codes: ['CH101'] },
  },
  harmless('decimals become reals', ['TEXT', 'REAL'], `(1, '12.5'), (2, '7'), (3, '1.50')`, []),
  harmless('integers become reals', ['INTEGER', 'REAL'], '(1, 12), (2, -7)', []),
  harmless('numbers become texts', ['INTEGER', 'TEXT'], '(1, 12), (2, 7)', []),
  {
    ...harmless(
      'words that a CASE maps',
      TO_INTEGER,
      `(1, 'yes'), (2, 'no'), (3, 'no')`,
      [`'yes' -> 1; 'no' -> 0`],
      `CASE v WHEN 'yes' THEN 1 ELSE 0 END`,
    ),
    ...{ verdict: 'acknowledge', codes: ['CH101'] },
  },
  {
    ...harmless(
      'an amount in another unit',
      ['REAL', 'INTEGER'],
      '(1, 1.5), (2, 2.25)',
      ['1.5 -> 150'],
      'CAST(round(v * 100) AS INTEGER)',
    ),
    ...{ verdict: 'acknowledge', codes: ['CH101'] },
  },
  calculated(
    'less a quarter, which is what a CAST leaves',
    'REAL',
    '(1, 3.25), (2, 7.0)',
    'v - 0.25',
    '3.25 -> 3.0',
  ),
  calculated(
    'and a quarter, which is what round() makes',
    'REAL',
    '(1, 3.75), (2, 7.0)',
    'v + 0.25',
    '3.75 -> 4.0',
  ),
  calculated('twice as much', 'REAL', '(1, 0.5), (2, 2.5)', 'v * 2', '0.5 -> 1.0'),
  calculated('what reals are off by', 'REAL', '(1, 10.100000000000001), (2, 2.5)', 'round(v, 2)', '-> 10.1'),
  calculated('hundreds divided', 'INTEGER', '(1, 300), (2, 200)', 'v / 100', '300 -> 3'),
  calculated('cents of whole cents', 'REAL', '(1, 1.15), (2, 2.35)', 'round(v * 100)', '1.15 -> 115.0'),
  calculated('a number of another column', 'REAL', '(1, 3.75), (2, 7.0)', 'round(id * 2.5)', '3.75 -> 3.0'),
]
