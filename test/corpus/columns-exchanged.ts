import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const PLACE = {
  schema: 'CREATE TABLE place (id INTEGER PRIMARY KEY, lat REAL, lng REAL, alt REAL, note TEXT);',
  rows: `INSERT INTO place VALUES (1, 47.1, 8.5, 400.0, 'a'), (2, 46.2, 7.4, 500.0, 'b'), (3, NULL, 7.0, NULL, 'c');`,
}
const COLUMNS = 'id INTEGER PRIMARY KEY, lat REAL, lng REAL, alt REAL, note TEXT'
const LABEL = {
  schema: 'CREATE TABLE label (name TEXT PRIMARY KEY, colour TEXT, n INTEGER);',
  rows: `INSERT INTO label VALUES ('red', '#f00', 1), ('green', '#0f0', 2), ('ash', 'red', 3);`,
}
const KEYED = 'name TEXT PRIMARY KEY, colour TEXT, n INTEGER'

const rebuilt = (table: string, columns: string, into: string, select: string): string =>
  `CREATE TABLE ${table}_new (${columns}); INSERT INTO ${table}_new ${into} SELECT ${select} FROM ${table}; DROP TABLE ${table}; ALTER TABLE ${table}_new RENAME TO ${table};`

const told = (scenario: Case): Scenario => ({
  ...PLACE,
  verdict: 'block',
  codes: ['CH101'],
  silent: ['DL102', 'DL103'],
  ...scenario,
})
const silent = (scenario: Case): Scenario => ({
  ...PLACE,
  verdict: 'ok',
  codes: [],
  silent: ['CH101', 'DL102', 'DL103'],
  ...scenario,
})

/** The rows are all there, and columns hold the values of others. */
export const EXCHANGED: Scenario[] = [
  told({
    name: 'a rebuild exchanges two columns',
    migration: rebuilt('place', COLUMNS, '(id, lat, lng, alt, note)', 'id, lng, lat, alt, note'),
  }),
  told({
    name: 'a rebuild moves three columns on by one',
    migration: rebuilt('place', COLUMNS, '(id, lat, lng, alt, note)', 'id, lng, alt, lat, note'),
  }),
  told({
    name: 'a rebuild exchanges the key with another column',
    ...LABEL,
    migration: rebuilt('label', KEYED, '', 'colour, name, n'),
  }),
  told({
    name: 'a rebuild moves the key and two columns on by one',
    ...LABEL,
    migration: rebuilt('label', KEYED, '(colour, n, name)', 'name, colour, n'),
  }),
  told({
    name: 'a rebuild exchanges the two columns of a key',
    schema:
      'CREATE TABLE part (a INTEGER, b INTEGER, v TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID; CREATE TABLE log (x);',
    rows: `INSERT INTO part VALUES (1, 2, 'x'), (3, 4, 'y'), (4, 3, 'z');`,
    migration: `CREATE TABLE part_new (a INTEGER, b INTEGER, v TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID; INSERT INTO part_new SELECT b, a, v FROM part; DROP TABLE part; ALTER TABLE part_new RENAME TO part;`,
  }),
  told({
    name: 'a rebuild exchanges two columns and gives one of them another name',
    migration: rebuilt(
      'place',
      'id INTEGER PRIMARY KEY, lat REAL, longitude REAL, alt REAL, note TEXT',
      '(id, lat, longitude, alt, note)',
      'id, lng, lat, alt, note',
    ),
    codes: ['CH101', 'DS103'],
  }),
  told({
    name: 'a rebuild exchanges the key with another column and gives it another name',
    ...LABEL,
    migration: rebuilt('label', 'label TEXT PRIMARY KEY, colour TEXT, n INTEGER', '', 'colour, name, n'),
    codes: ['CH101', 'DS103'],
  }),
  told({
    name: 'one of two copies exchanges columns',
    migration: `CREATE TABLE place_new (${COLUMNS}); INSERT INTO place_new SELECT * FROM place WHERE id = 1; INSERT INTO place_new SELECT id, lng, lat, alt, note FROM place WHERE id > 1; DROP TABLE place; ALTER TABLE place_new RENAME TO place;`,
  }),
  told({
    name: 'one of two copies exchanges the key with another column',
    ...LABEL,
    rows: `INSERT INTO label VALUES ('red', '#f00', 1), ('green', '#0f0', 2), ('ash', '#aaa', 3);`,
    migration: `CREATE TABLE label_new (${KEYED}); INSERT INTO label_new SELECT * FROM label WHERE n = 1; INSERT INTO label_new SELECT colour, name, n FROM label WHERE n > 1; DROP TABLE label; ALTER TABLE label_new RENAME TO label;`,
  }),
  told({
    name: 'a rebuild fills a column from its neighbour',
    migration: rebuilt('place', COLUMNS, '(id, lat, lng, alt, note)', 'id, lat, lat, alt, note'),
    silent: ['DL102'],
    codes: [],
  }),
  told({
    name: 'an UPDATE exchanges two columns',
    migration: 'UPDATE place SET lat = lng, lng = lat;',
    verdict: 'acknowledge',
    silent: ['DL102'],
  }),
  told({
    name: 'an UPDATE exchanges the key with another column',
    ...LABEL,
    migration: 'UPDATE label SET name = colour, colour = name;',
    verdict: 'acknowledge',
  }),
]

/** Columns change their place or name, and every value stays in its column. */
export const IN_PLACE: Scenario[] = [
  silent({
    name: 'columns in another order, by name',
    migration: rebuilt(
      'place',
      'note TEXT, id INTEGER PRIMARY KEY, lng REAL, lat REAL, alt REAL',
      '(id, lat, lng, alt, note)',
      'id, lat, lng, alt, note',
    ),
  }),
  silent({
    name: 'exchanged columns that hold the same values',
    rows: `INSERT INTO place VALUES (1, 1.5, 1.5, 3.0, 'a');`,
    migration: rebuilt('place', COLUMNS, '(id, lat, lng, alt, note)', 'id, lng, lat, alt, note'),
  }),
  silent({
    name: 'exchanged columns without a row',
    rows: '',
    migration: rebuilt('place', COLUMNS, '(id, lat, lng, alt, note)', 'id, lng, lat, alt, note'),
  }),
  silent({
    name: 'columns are exchanged twice',
    migration: `UPDATE place SET lat = lng, lng = lat; UPDATE place SET lat = lng, lng = lat;`,
  }),
  silent({
    name: 'a new column gets the values of the key',
    ...LABEL,
    migration: rebuilt('label', `${KEYED}, slug TEXT`, '(name, colour, n, slug)', 'name, colour, n, name'),
  }),
]
