import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const FILM = {
  schema:
    'CREATE TABLE genre (id INTEGER PRIMARY KEY, label TEXT NOT NULL); CREATE TABLE film (id INTEGER PRIMARY KEY, title TEXT, genre_id INTEGER);',
  rows: `INSERT INTO genre VALUES (7, 'noir'), (9, 'war'); INSERT INTO film VALUES (1, 'a', 7), (2, 'b', 9), (3, 'c', 7), (4, 'd', NULL);`,
}
const ITEM = {
  schema: 'CREATE TABLE item (id INTEGER PRIMARY KEY, tags TEXT);',
  rows: `INSERT INTO item VALUES (1, 'red,round'), (5, 'red'), (6, NULL), (8, 'blue,big,old');`,
}
const LISTS = {
  schema: 'CREATE TABLE item (id INTEGER PRIMARY KEY, tags TEXT);',
  rows: `INSERT INTO item VALUES (1, '["red","red","round"]'), (5, '["red"]'), (6, NULL);`,
}
const lost = (scenario: Case): Scenario => ({ ...ITEM, verdict: 'block', codes: ['DL103'], ...scenario })
const kept = (scenario: Case): Scenario => ({
  ...ITEM,
  verdict: 'acknowledge',
  codes: ['DS103'],
  silent: ['DL103', 'DL102', 'CH101'],
  ...scenario,
})

const labelled = (value: string): string =>
  `ALTER TABLE film ADD COLUMN genre TEXT; UPDATE film SET genre = ${value}; ALTER TABLE film DROP COLUMN genre_id;`
const LABEL = '(SELECT label FROM genre WHERE genre.id = film.genre_id)'

/** A list taken apart by a recursion, as SQLite without a split function has it. */
const split = (child: string, into = '', piece = `substr(rest, 1, instr(rest, ',') - 1)`): string =>
  `CREATE TABLE item_tag (${child}); WITH RECURSIVE split (item_id, tag, rest) AS (SELECT id, '', tags || ',' FROM item WHERE tags IS NOT NULL UNION ALL SELECT item_id, ${piece}, substr(rest, instr(rest, ',') + 1) FROM split WHERE rest <> '') ${into === '' ? 'INSERT INTO item_tag' : into} SELECT item_id, tag FROM split WHERE tag <> ''; ALTER TABLE item DROP COLUMN tags;`
const listed = (select: string, child = 'item_id INTEGER, tag TEXT', insert = 'INSERT'): string =>
  `CREATE TABLE item_tag (${child}); ${insert} INTO item_tag ${select} FROM item i, json_each(i.tags) j; ALTER TABLE item DROP COLUMN tags;`

const RECURSION = `WITH RECURSIVE split (item_id, tag, rest) AS (SELECT id, '', tags || ',' FROM item WHERE tags IS NOT NULL UNION ALL SELECT item_id, substr(rest, 1, instr(rest, ',') - 1), substr(rest, instr(rest, ',') + 1) FROM split WHERE rest <> '')`
/** Many to many: each piece once, and which items have it. */
const shared = (link: string, join = 's.item_id, t.id', piece = 'tag', choice = `tag <> ''`): string =>
  `CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE); CREATE TABLE item_tag (${link}); ${RECURSION} INSERT OR IGNORE INTO tag (name) SELECT ${piece} FROM split WHERE ${choice}; ${RECURSION} INSERT OR IGNORE INTO item_tag SELECT ${join} FROM split s JOIN tag t ON t.name = ${piece}; ALTER TABLE item DROP COLUMN tags;`

/** A label or the rows of a child stand for a value, and do not give it back. */
export const PIECES_LOST: Scenario[] = [
  lost({
    name: 'a label that two rows of the lookup table share',
    ...FILM,
    rows: `${FILM.rows} INSERT INTO genre VALUES (10, 'war');`,
    migration: labelled(LABEL),
  }),
  lost({
    name: 'a reference that the lookup table does not know',
    ...FILM,
    rows: `${FILM.rows} INSERT INTO film VALUES (9, 'z', 99);`,
    migration: labelled(LABEL),
  }),
  lost({
    name: 'a label is assumed for what the lookup table does not know',
    ...FILM,
    rows: `${FILM.rows} INSERT INTO film VALUES (9, 'z', 99);`,
    migration: labelled(`coalesce(${LABEL}, 'war')`),
  }),
  lost({
    name: 'the lookup table goes with the references',
    ...FILM,
    migration: `${labelled(LABEL)} DROP TABLE genre;`,
    codes: ['DL103', 'DL102'],
  }),
  lost({
    name: 'the label is shortened on the way',
    ...FILM,
    migration: labelled('(SELECT substr(label, 1, 1) FROM genre WHERE genre.id = film.genre_id)'),
  }),
  lost({
    name: 'pieces that are equal are kept once',
    rows: `INSERT INTO item VALUES (1, 'red,red'), (5, 'red');`,
    migration: split(
      'item_id INTEGER, tag TEXT, PRIMARY KEY (item_id, tag)',
      'INSERT OR IGNORE INTO item_tag',
    ),
  }),
  lost({
    name: 'only the first piece is kept',
    migration: `CREATE TABLE item_tag (item_id INTEGER, tag TEXT); INSERT INTO item_tag SELECT id, substr(tags || ',', 1, instr(tags || ',', ',') - 1) FROM item WHERE tags IS NOT NULL; ALTER TABLE item DROP COLUMN tags;`,
  }),
  lost({
    name: 'pieces go to the wrong rows',
    migration: `CREATE TABLE item_tag (item_id INTEGER, tag TEXT); INSERT INTO item_tag SELECT 9 - i.id, j.value FROM item i, json_each('["' || replace(i.tags, ',', '","') || '"]') j WHERE i.tags IS NOT NULL; ALTER TABLE item DROP COLUMN tags;`,
  }),
  lost({
    name: 'beside pieces that were there before',
    schema: `${ITEM.schema} CREATE TABLE item_tag (item_id INTEGER, tag TEXT);`,
    rows: `${ITEM.rows} INSERT INTO item_tag VALUES (1, 'green');`,
    migration: `INSERT INTO item_tag SELECT i.id, j.value FROM item i, json_each('["' || replace(i.tags, ',', '","') || '"]') j WHERE i.tags IS NOT NULL; ALTER TABLE item DROP COLUMN tags;`,
    says: [`1 value of item.tags goes with the column, such as 'red,round'; the others are in item_tag.tag`],
  }),
  lost({
    name: 'many to many, and short pieces are left out',
    migration: shared('item_id INTEGER, tag_id INTEGER', undefined, undefined, 'length(tag) > 3'),
  }),
  lost({
    name: 'many to many, in capitals',
    migration: shared('item_id INTEGER, tag_id INTEGER', undefined, 'upper(tag)'),
  }),
  lost({
    name: 'many to many, and equal pieces of one item are one',
    rows: `INSERT INTO item VALUES (1, 'red,red'), (5, 'red');`,
    migration: shared('item_id INTEGER, tag_id INTEGER, PRIMARY KEY (item_id, tag_id)'),
    says: [`1 value of item.tags goes with the column, such as 'red,red'; the others are in tag.name`],
  }),
  lost({
    name: 'many to many, with the items counted down',
    migration: shared('item_id INTEGER, tag_id INTEGER', '9 - s.item_id, t.id'),
  }),
  lost({
    name: 'equal elements of a JSON list are kept once',
    ...LISTS,
    migration: listed('SELECT DISTINCT i.id, j.value'),
  }),
  lost({
    name: 'a key refuses equal elements of a JSON list',
    ...LISTS,
    migration: listed(
      'SELECT i.id, j.value',
      'item_id INTEGER, tag TEXT, PRIMARY KEY (item_id, tag)',
      'INSERT OR IGNORE',
    ),
  }),
]

/** A label, or the rows of a child, from which the migrated database gives the value back. */
export const PIECES_KEPT: Scenario[] = [
  kept({ name: 'a label that finds its row', ...FILM, migration: labelled(LABEL) }),
  kept({
    name: 'a label by UPDATE FROM',
    ...FILM,
    migration: `ALTER TABLE film ADD COLUMN genre TEXT; UPDATE film SET genre = g.label FROM genre g WHERE g.id = film.genre_id; ALTER TABLE film DROP COLUMN genre_id;`,
  }),
  kept({
    name: 'a label by the join of a rebuild',
    ...FILM,
    migration: `CREATE TABLE film_new (id INTEGER PRIMARY KEY, title TEXT, genre TEXT); INSERT INTO film_new SELECT f.id, f.title, g.label FROM film f LEFT JOIN genre g ON g.id = f.genre_id; DROP TABLE film; ALTER TABLE film_new RENAME TO film;`,
  }),
  kept({
    name: 'a code gives way to another one of its table',
    schema:
      'CREATE TABLE country (code TEXT PRIMARY KEY, slug TEXT UNIQUE); CREATE TABLE post (id INTEGER PRIMARY KEY, country_code TEXT);',
    rows: `INSERT INTO country VALUES ('CH', 'swiss'), ('FR', 'french'); INSERT INTO post VALUES (1, 'CH'), (2, 'FR');`,
    migration: `ALTER TABLE post ADD COLUMN slug TEXT; UPDATE post SET slug = (SELECT slug FROM country WHERE code = post.country_code); ALTER TABLE post DROP COLUMN country_code;`,
  }),
  kept({
    name: 'pieces by a recursion, with a foreign key',
    migration: split(
      'item_id INTEGER NOT NULL REFERENCES item (id), tag TEXT NOT NULL, PRIMARY KEY (item_id, tag)',
    ),
  }),
  kept({
    name: 'pieces by a recursion, under keys of their own',
    migration: split(
      'id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL REFERENCES item (id), tag TEXT',
      'INSERT INTO item_tag (item_id, tag)',
    ),
  }),
  kept({
    name: 'pieces by a recursion that cuts blanks off',
    rows: `INSERT INTO item VALUES (1, 'red, round'), (5, 'red'), (8, 'blue,big, old');`,
    migration: split('item_id INTEGER, tag TEXT', '', `trim(substr(rest, 1, instr(rest, ',') - 1))`),
  }),
  kept({
    name: 'into a table that held pieces of other rows',
    schema: `${ITEM.schema} CREATE TABLE item_tag (item_id INTEGER, tag TEXT);`,
    rows: `${ITEM.rows} INSERT INTO item_tag VALUES (6, 'green');`,
    migration: `INSERT INTO item_tag SELECT i.id, j.value FROM item i, json_each('["' || replace(i.tags, ',', '","') || '"]') j WHERE i.tags IS NOT NULL; ALTER TABLE item DROP COLUMN tags;`,
    says: ['its values are in item_tag.tag'],
  }),
  kept({
    name: 'into a table that held some of the pieces already',
    schema: `${ITEM.schema} CREATE TABLE item_tag (item_id INTEGER, tag TEXT, PRIMARY KEY (item_id, tag));`,
    rows: `${ITEM.rows} INSERT INTO item_tag VALUES (1, 'red'), (5, 'red');`,
    migration: `INSERT OR IGNORE INTO item_tag SELECT i.id, j.value FROM item i, json_each('["' || replace(i.tags, ',', '","') || '"]') j WHERE i.tags IS NOT NULL; ALTER TABLE item DROP COLUMN tags;`,
    says: ['its values are in item_tag.tag'],
  }),
  kept({
    name: 'many to many, with foreign keys',
    migration: shared(
      'item_id INTEGER REFERENCES item (id), tag_id INTEGER REFERENCES tag (id), PRIMARY KEY (item_id, tag_id)',
    ),
    says: ['its values are in tag.name'],
  }),
  kept({
    name: 'many to many, without foreign keys',
    migration: shared('item_id INTEGER, tag_id INTEGER'),
    says: ['its values are in tag.name'],
  }),
  kept({
    name: 'many to many, in columns that are called after nothing',
    migration: shared('x INTEGER, y INTEGER'),
    says: ['its values are in tag.name'],
  }),
  kept({
    name: 'many to many, the other way round',
    migration: shared('tag_id INTEGER, item_id INTEGER', 't.id, s.item_id'),
    says: ['its values are in tag.name'],
  }),
  kept({
    name: 'pieces by a JSON list that is made of the text',
    migration: `CREATE TABLE item_tag (item_id INTEGER, tag TEXT); INSERT INTO item_tag SELECT i.id, j.value FROM item i, json_each('["' || replace(i.tags, ',', '","') || '"]') j WHERE i.tags IS NOT NULL; ALTER TABLE item DROP COLUMN tags;`,
  }),
  kept({ name: 'equal elements of a JSON list', ...LISTS, migration: listed('SELECT i.id, j.value') }),
  kept({
    name: 'elements of a JSON list with their places',
    ...LISTS,
    migration: listed(
      'SELECT i.id, j.key, j.value',
      'item_id INTEGER, place INTEGER, tag TEXT, PRIMARY KEY (item_id, place)',
    ),
  }),
]

/** Some of the values are given back and others are not: what is counted is the others. */
export const PIECES_LEFT_OUT: Scenario[] = [
  {
    name: 'a JSON list becomes rows for some of the owners',
    schema: 'CREATE TABLE item (id INTEGER PRIMARY KEY, labels TEXT);',
    rows: `INSERT INTO item VALUES (1, '["red","round"]'), (2, '["blue"]'), (3, '["x"]');`,
    migration: `CREATE TABLE label (item_id INTEGER, label TEXT); INSERT INTO label SELECT i.id, j.value FROM item i, json_each(i.labels) j WHERE i.id < 3; ALTER TABLE item DROP COLUMN labels;`,
    verdict: 'block',
    codes: ['DL103'],
    says: [`1 value of item.labels goes with the column, such as '["x"]'`],
  },
  {
    name: 'a lookup table has no row for one of the values',
    schema:
      'CREATE TABLE film (id INTEGER PRIMARY KEY, genre TEXT); CREATE TABLE g (id INTEGER PRIMARY KEY, name TEXT);',
    rows: `INSERT INTO film VALUES (1, 'noir'), (2, 'war'), (3, 'noir'), (4, 'odd'); INSERT INTO g VALUES (1, 'noir'), (2, 'war');`,
    migration: `ALTER TABLE film ADD COLUMN g_id INTEGER REFERENCES g (id); UPDATE film SET g_id = (SELECT id FROM g WHERE name = film.genre); ALTER TABLE film DROP COLUMN genre;`,
    verdict: 'block',
    codes: ['DL103'],
    says: [`1 value of film.genre goes with the column, such as 'odd'`],
  },
  {
    name: 'a time that cannot be read has no number',
    schema: 'CREATE TABLE e (id INTEGER PRIMARY KEY, at TEXT);',
    rows: `INSERT INTO e VALUES (1, '2024-01-05 10:00:00'), (2, 'yesterday');`,
    migration: `ALTER TABLE e ADD COLUMN ts INTEGER; UPDATE e SET ts = unixepoch(at); ALTER TABLE e DROP COLUMN at;`,
    verdict: 'block',
    codes: ['DL103'],
    says: [`1 value of e.at goes with the column, such as 'yesterday'`],
  },
  {
    name: 'the first piece only: no row shows which values are whole',
    schema: 'CREATE TABLE item (id INTEGER PRIMARY KEY, labels TEXT);',
    rows: `INSERT INTO item VALUES (1, 'red,round'), (2, 'blue'), (3, 'x,y');`,
    migration: `ALTER TABLE item ADD COLUMN label TEXT; UPDATE item SET label = CASE WHEN instr(labels, ',') THEN substr(labels, 1, instr(labels, ',') - 1) ELSE labels END; ALTER TABLE item DROP COLUMN labels;`,
    verdict: 'block',
    codes: ['DL103'],
    says: ['3 values of item.labels'],
  },
  {
    name: 'equal elements are kept once, and no column counts them',
    schema: 'CREATE TABLE item (id INTEGER PRIMARY KEY, labels TEXT);',
    rows: `INSERT INTO item VALUES (1, '["red","red","round"]'), (2, '["blue"]');`,
    migration: `CREATE TABLE label (item_id INTEGER, label TEXT, PRIMARY KEY (item_id, label)); INSERT OR IGNORE INTO label SELECT i.id, j.value FROM item i, json_each(i.labels) j; ALTER TABLE item DROP COLUMN labels;`,
    verdict: 'block',
    codes: ['DL103'],
  },
  {
    name: 'equal elements are kept once, with their number',
    schema: 'CREATE TABLE item (id INTEGER PRIMARY KEY, labels TEXT);',
    rows: `INSERT INTO item VALUES (1, '["red","red","round"]'), (2, '["blue"]');`,
    migration: `CREATE TABLE label (item_id INTEGER, label TEXT, n INTEGER); INSERT INTO label SELECT i.id, j.value, count(*) FROM item i, json_each(i.labels) j GROUP BY 1, 2; ALTER TABLE item DROP COLUMN labels;`,
    verdict: 'acknowledge',
    codes: ['DS103'],
    silent: ['DL103'],
    says: ['its values are in label.label, label.n'],
  },
]
