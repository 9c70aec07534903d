import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const LISTS = 'CREATE TABLE lists (id INTEGER PRIMARY KEY, list TEXT NOT NULL, pos INTEGER NOT NULL);'
const UNIQUE = 'CREATE UNIQUE INDEX lists_order ON lists (list, pos);'
const ITEMS = {
  schema: LISTS + UNIQUE,
  rows: `INSERT INTO lists VALUES (1, 'a', 5), (2, 'b', 12), (3, 'c', 19), (4, 'a', 15), (5, 'b', 22), (6, 'c', 29), (7, 'a', 25), (8, 'b', 32), (9, 'c', 39);`,
}
/** A unique key stands in the way of the numbers unless the old ones step aside first. */
const ASIDE = 'UPDATE lists SET pos = -pos;'
const numbered = (number = 'count(*)'): string =>
  `${ASIDE} UPDATE lists SET pos = (SELECT ${number} FROM lists o WHERE o.list = lists.list AND o.pos >= lists.pos);`
const apart = (scenario: Case): Scenario => ({
  ...ITEMS,
  verdict: 'acknowledge',
  codes: ['CH101'],
  silent: ['DL103'],
  unsaid: ['that were different'],
  ...scenario,
})
const equal = (scenario: Case): Scenario => ({
  ...ITEMS,
  verdict: 'block',
  codes: ['DL103'],
  ...scenario,
})

/** The first of one list is not the first of another: both have their number. */
export const NUMBERED_WITHIN: Scenario[] = [
  apart({ name: 'the positions of each list, from 1 on', migration: numbered() }),
  apart({ name: 'from 0 on', migration: numbered('count(*) - 1') }),
  apart({ name: 'in steps of ten', migration: numbered('count(*) * 10') }),
  apart({ name: 'without a unique key that says so', schema: LISTS, migration: numbered() }),
  apart({
    name: 'of some lists only',
    migration: numbered().replace('-pos;', `-pos WHERE list <> 'c';`).replace(/;$/, ' WHERE pos < 0;'),
  }),
  apart({
    name: 'in the copy of a rebuild',
    migration: `CREATE TABLE n (id INTEGER PRIMARY KEY, list TEXT NOT NULL, pos INTEGER NOT NULL, UNIQUE (list, pos)); INSERT INTO n SELECT id, list, row_number() OVER (PARTITION BY list ORDER BY pos) FROM lists; DROP TABLE lists; ALTER TABLE n RENAME TO lists;`,
  }),
]

/** In a group itself they are equal now, or no numbers of its rows. */
export const EQUAL_WITHIN: Scenario[] = [
  equal({
    name: 'two of one list had one position, and it counts both',
    schema: LISTS,
    rows: ITEMS.rows.replace(/;$/, `, (10, 'a', 5);`),
    migration: numbered(),
  }),
  equal({
    name: 'the list goes as well',
    schema: LISTS,
    migration: `${numbered()} UPDATE lists SET list = 'a';`,
  }),
  equal({ name: 'a calculation that halves', migration: `${ASIDE} UPDATE lists SET pos = -(pos / 2);` }),
  equal({
    name: 'hours of a day, each once in its list',
    schema:
      'CREATE TABLE lists (id INTEGER PRIMARY KEY, list TEXT NOT NULL, pos TEXT NOT NULL, UNIQUE (list, pos));',
    rows: `INSERT INTO lists VALUES (1, 'a', '2024-05-01 10:01'), (2, 'b', '2024-05-01 10:02'), (3, 'a', '2024-05-01 11:03'), (4, 'b', '2024-05-01 11:07');`,
    migration: 'UPDATE lists SET pos = substr(pos, 1, 13);',
    says: ['become equal'],
  }),
  equal({
    name: 'words, each once in its list, that give way to numbers',
    schema:
      'CREATE TABLE lists (id INTEGER PRIMARY KEY, list TEXT NOT NULL, pos TEXT NOT NULL, UNIQUE (list, pos));',
    rows: `INSERT INTO lists VALUES (1, 'a', 'tea'), (2, 'b', 'rye'), (3, 'a', 'oil'), (4, 'b', 'fig');`,
    migration: `UPDATE lists SET pos = '-' || pos; CREATE TABLE n (id INTEGER PRIMARY KEY, list TEXT NOT NULL, pos INTEGER NOT NULL, UNIQUE (list, pos)); INSERT INTO n SELECT id, list, (SELECT count(*) FROM lists o WHERE o.list = lists.list AND o.pos <= lists.pos) FROM lists; DROP TABLE lists; ALTER TABLE n RENAME TO lists;`,
    says: ['become equal'],
  }),
  equal({
    name: 'one position for every two rows of a list',
    schema: LISTS,
    migration: `${ASIDE} UPDATE lists SET pos = (SELECT (count(*) + 1) / 2 FROM lists o WHERE o.list = lists.list AND o.pos >= lists.pos);`,
    says: ['become equal'],
  }),
]
