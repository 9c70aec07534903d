import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const TAGS = {
  schema:
    'CREATE TABLE posts (id INTEGER PRIMARY KEY, t TEXT); CREATE TABLE tags (id INTEGER PRIMARY KEY, post_id INTEGER NOT NULL REFERENCES posts (id) ON DELETE CASCADE, name TEXT NOT NULL);',
  rows: `INSERT INTO posts VALUES (1, 'p'), (2, 'q'), (3, 'r'); INSERT INTO tags VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 3, 'x'), (4, 3, 'X');`,
}
const NOTED = {
  schema: TAGS.schema.replace('name TEXT NOT NULL)', 'name TEXT NOT NULL, note TEXT)'),
  rows: `INSERT INTO posts VALUES (1, 'p'), (2, 'q'), (3, 'r'); INSERT INTO tags VALUES (1, 1, 'x', 'mine'), (2, 1, 'y', NULL), (3, 3, 'x', NULL);`,
}
const VISITS = {
  schema: 'CREATE TABLE hits (id INTEGER PRIMARY KEY, url TEXT NOT NULL, at INTEGER NOT NULL);',
  rows: `INSERT INTO hits VALUES (1, '/a', 5), (2, '/a', 6), (3, '/b', 6);`,
}
const LINK =
  'CREATE TABLE post_tags (post_id INTEGER NOT NULL REFERENCES posts (id) ON DELETE CASCADE, tag_id INTEGER NOT NULL REFERENCES tag (id), PRIMARY KEY (post_id, tag_id));'
const normalised = ({
  type = 'TEXT NOT NULL UNIQUE',
  words = 'INSERT INTO tag (name) SELECT DISTINCT name FROM tags;',
  on = 'tag.name = t.name',
  where = '',
} = {}): string =>
  `CREATE TABLE tag (id INTEGER PRIMARY KEY, name ${type}); ${words} ${LINK} INSERT OR IGNORE INTO post_tags SELECT t.post_id, tag.id FROM tags t JOIN tag ON ${on}${where}; DROP TABLE tags;`

const kept = (scenario: Case): Scenario => ({
  ...TAGS,
  ...{ verdict: 'acknowledge', codes: ['DS102'], silent: ['DL102', 'DL103', 'BC101'] },
  ...scenario,
})
const lost = (scenario: Case): Scenario => ({
  ...TAGS,
  ...{ verdict: 'block', codes: ['DL102'], silent: ['BC101', 'DS103'] },
  ...scenario,
})

/** A table becomes one of its words and one that points to them, which give every row back but for its number. */
export const LINKED: Scenario[] = [
  kept({
    name: 'each word once, and a table of links',
    migration: normalised(),
    says: ['Table tags is dropped with 4 rows; their values are in post_tags, tag, under other keys'],
  }),
  kept({
    name: 'words that are ignored the second time',
    migration: normalised({ words: 'INSERT OR IGNORE INTO tag (name) SELECT name FROM tags;' }),
  }),
  kept({
    ...NOTED,
    name: 'a column of each row goes to the table of links',
    migration: `CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE); INSERT INTO tag (name) SELECT DISTINCT name FROM tags; ${LINK.replace('tag (id), ', 'tag (id), note TEXT, ')} INSERT INTO post_tags SELECT t.post_id, tag.id, t.note FROM tags t JOIN tag ON tag.name = t.name; DROP TABLE tags;`,
  }),
  kept({
    ...VISITS,
    name: 'addresses of visits, which get numbers anew',
    migration:
      'CREATE TABLE page (id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE); INSERT INTO page (url) SELECT DISTINCT url FROM hits; CREATE TABLE visit (id INTEGER PRIMARY KEY, page_id INTEGER NOT NULL REFERENCES page (id), at INTEGER NOT NULL); INSERT INTO visit (page_id, at) SELECT p.id, h.at FROM hits h JOIN page p ON p.url = h.url; DROP TABLE hits;',
  }),
  kept({
    ...VISITS,
    name: 'links that no foreign key declares',
    migration:
      'CREATE TABLE page (id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE); INSERT INTO page (url) SELECT DISTINCT url FROM hits; CREATE TABLE visit (page_id INTEGER NOT NULL, seen INTEGER NOT NULL); INSERT INTO visit SELECT p.id, h.at FROM hits h JOIN page p ON p.url = h.url; DROP TABLE hits;',
  }),
]

export const NOT_LINKED: Scenario[] = [
  lost({
    name: 'two words that a collation takes for one',
    migration: normalised({
      type: 'TEXT NOT NULL UNIQUE COLLATE NOCASE',
      words: 'INSERT OR IGNORE INTO tag (name) SELECT name FROM tags;',
    }),
    says: [
      '1 row of tags is lost with the table, which is dropped; the values of 3 of 4 are in post_tags, tag',
    ],
  }),
  lost({
    name: 'a word has no link',
    migration: normalised({ where: ` WHERE t.name <> 'y'` }),
    says: ['1 row of tags is lost'],
  }),
  lost({
    name: 'a post has the same word twice',
    rows: `${TAGS.rows} INSERT INTO tags VALUES (9, 1, 'x');`,
    migration: normalised(),
  }),
  lost({
    name: 'words in lower case',
    migration: normalised({
      words: 'INSERT INTO tag (name) SELECT DISTINCT lower(name) FROM tags;',
      on: 'tag.name = lower(t.name)',
    }),
    says: ['4 rows of tags are lost'],
  }),
  lost({ ...NOTED, name: 'a column of each row is left behind', migration: normalised() }),
  lost({
    name: 'another table has the numbers of the rows',
    schema: `${TAGS.schema} CREATE TABLE seen (id INTEGER PRIMARY KEY, tags_id INTEGER);`,
    rows: `${TAGS.rows} INSERT INTO seen VALUES (1, 2);`,
    migration: normalised(),
  }),
]
