import type { Scenario } from './scenario.js'

const TABLES = {
  schema: `CREATE TABLE comments (id INTEGER PRIMARY KEY, txt TEXT, n INTEGER);
CREATE TABLE prefs (k TEXT PRIMARY KEY, v TEXT);
CREATE TABLE flags (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID;`,
  rows: `INSERT INTO comments VALUES (1, 'c1', 5), (2, 'c2', 5), (3, 'c3', 6), (4, 'c4', 7), (5, 'c5', 7), (6, 'c6', 8);
INSERT INTO prefs VALUES ('lang', 'de'), ('LANG', 'en'), ('theme', 'dark'), ('old', 'x');
INSERT INTO flags VALUES ('lang', 'de'), ('theme', 'dark'), ('old', 'x');`,
}
const copied = (or: string, select: string): string =>
  `CREATE TABLE comments_new (id INTEGER PRIMARY KEY, txt TEXT, n INTEGER); INSERT${or} INTO comments_new ${select}; DROP TABLE comments; ALTER TABLE comments_new RENAME TO comments;`
const folded = (or: string): string =>
  `CREATE TABLE prefs_new (k TEXT PRIMARY KEY COLLATE NOCASE, v TEXT); INSERT${or} INTO prefs_new SELECT k, v FROM prefs; DROP TABLE prefs; ALTER TABLE prefs_new RENAME TO prefs;`

const lost = (name: string, migration: string, says: string[], unsaid: string[] = []): Scenario => ({
  ...TABLES,
  ...{ name, migration, verdict: 'block', codes: ['DL102'], silent: ['DL103', 'RH101'] },
  ...{ says, unsaid: ['comments.txt', 'comments.n', 'prefs.v', 'flags.v', ...unsaid] },
})
const kept = (name: string, migration: string, codes: string[], says: string[] = []): Scenario => ({
  ...TABLES,
  ...{ name, migration, verdict: 'acknowledge', codes, silent: ['DL102', 'DL103'], says },
})

/** A row goes, and another one takes its key: it is lost, whoever answers to its key. */
export const KEYS_TAKEN: Scenario[] = [
  lost(
    'a row is deleted, and another one gets its key',
    'DELETE FROM comments WHERE id = 1; UPDATE comments SET id = 1 WHERE id = 6;',
    ['1 row of comments is lost; 5 of 6 remain.', `(1, 'c1', 5)`, '6 -> 1'],
  ),
  lost(
    'one gets it by a lookup',
    `DELETE FROM comments WHERE id = 1; UPDATE comments SET id = (SELECT 1) WHERE id = 6;`,
    ['1 row of comments is lost; 5 of 6 remain.', `(1, 'c1', 5)`, '6 -> 1'],
  ),
  lost(
    'several get those of several',
    'DELETE FROM comments WHERE id <= 2; UPDATE comments SET id = id - 4 WHERE id > 4;',
    ['2 rows of comments are lost; 4 of 6 remain.', `(1, 'c1', 5), (2, 'c2', 5)`, '5 -> 1; 6 -> 2'],
  ),
  lost('they get other values too', 'DELETE FROM prefs WHERE k <> upper(k); UPDATE prefs SET k = lower(k);', [
    '3 rows of prefs are lost; 1 of 4 remains.',
    `'LANG' -> 'lang'`,
  ]),
  lost(
    'UPDATE OR REPLACE gives several rows one key',
    'UPDATE OR REPLACE comments SET id = 1 WHERE id IN (2, 3, 4);',
    ['3 rows of comments are lost; 3 of 6 remain.', `(1, 'c1', 5), (2, 'c2', 5), (3, 'c3', 6)`],
  ),
  lost(
    'UPDATE OR REPLACE of a text that is the key',
    `UPDATE OR REPLACE prefs SET k = 'theme' WHERE k IN ('lang', 'old');`,
    ['2 rows of prefs are lost; 2 of 4 remain.'],
  ),
  lost(
    'UPDATE OR REPLACE in a table WITHOUT ROWID',
    `UPDATE OR REPLACE flags SET k = 'theme' WHERE k = 'old';`,
    ['1 row of flags is lost; 2 of 3 remain.', `('theme', 'dark')`, `'old' -> 'theme'`],
  ),
  lost(
    'two are deleted, and one key is taken',
    `DELETE FROM flags WHERE k IN ('lang', 'theme'); UPDATE flags SET k = 'theme' WHERE k = 'old';`,
    ['2 rows of flags are lost; 1 of 3 remains.'],
  ),
  lost(
    'a copy with REPLACE calculates one key for two rows',
    copied(' OR REPLACE', 'SELECT (id + 1) / 2, txt, n FROM comments'),
    ['3 rows of comments are lost; 3 of 6 remain.', `(1, 'c1', 5), (3, 'c3', 6), (5, 'c5', 7)`],
  ),
  {
    ...lost(
      'a copy with IGNORE calculates one key for two rows',
      copied(' OR IGNORE', 'SELECT (id + 1) / 2, txt, n FROM comments'),
      ['3 rows of comments are lost; 3 of 6 remain.', `(2, 'c2', 5), (4, 'c4', 7), (6, 'c6', 8)`],
    ),
    silent: ['RH101', 'DL103'],
  },
  lost('capitals tell keys apart no longer, by REPLACE', folded(' OR REPLACE'), [
    '1 row of prefs is lost; 3 of 4 remain.',
    `('lang', 'de')`,
  ]),
  lost('capitals tell keys apart no longer, by IGNORE', folded(' OR IGNORE'), [
    '1 row of prefs is lost; 3 of 4 remain.',
    `('LANG', 'en')`,
  ]),
]

/** Keys change hands, or rows go, and no row is lost but those that are told. */
export const KEYS_NOT_TAKEN: Scenario[] = [
  kept(
    'UPDATE OR REPLACE that meets nobody',
    'UPDATE OR REPLACE comments SET id = 10 WHERE id = 6;',
    ['CH101'],
    ['comments.id changes in 1 row', '6 -> 10'],
  ),
  kept(
    'two rows trade their keys',
    'UPDATE comments SET id = -1 WHERE id = 1; UPDATE comments SET id = 1 WHERE id = 6; UPDATE comments SET id = 6 WHERE id = -1;',
    ['CH101'],
    ['1 -> 6', '6 -> 1'],
  ),
  kept(
    'each gets the key of the next',
    copied('', 'SELECT id + 1, txt, n FROM comments'),
    ['CH101'],
    ['1 -> 2; 2 -> 3; 3 -> 4'],
  ),
  kept(
    'a copy with REPLACE that meets nobody',
    copied(' OR REPLACE', 'SELECT id * 2, txt, n FROM comments'),
    ['CH101'],
    ['1 -> 2; 2 -> 4; 3 -> 6'],
  ),
  {
    ...kept('capitals tell apart no longer what they never did', folded(''), ['CT103']),
    rows: `INSERT INTO prefs VALUES ('lang', 'de'), ('theme', 'dark');`,
    verdict: 'ok',
    silent: ['DL102', 'DL103', 'CH101'],
  },
]
