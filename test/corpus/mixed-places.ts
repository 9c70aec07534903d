import type { Scenario } from './scenario.js'

const LISTS = {
  schema: 'CREATE TABLE p (id INTEGER PRIMARY KEY, tags TEXT, labels TEXT);',
  rows: `INSERT INTO p VALUES (1, '["a","b"]', '["c"]'), (2, '["d"]', '["e","f"]'), (3, NULL, '["g"]');`,
}
const PHONES = {
  schema: `CREATE TABLE home_phone (id INTEGER PRIMARY KEY, person INTEGER, number TEXT); CREATE TABLE work_phone (id INTEGER PRIMARY KEY, person INTEGER, number TEXT);`,
  rows: `INSERT INTO home_phone VALUES (1, 1, '11'), (2, 2, '22'); INSERT INTO work_phone VALUES (1, 1, '33'), (2, 3, '44');`,
}
const NUMBERS = {
  schema: 'CREATE TABLE p (id INTEGER PRIMARY KEY, home TEXT, work TEXT);',
  rows: `INSERT INTO p VALUES (1, '11', NULL), (2, '22', NULL), (3, NULL, '44');`,
}
const MEMBERS = {
  schema:
    'CREATE TABLE admins (u INTEGER, g INTEGER, PRIMARY KEY (u, g)); CREATE TABLE guests (u INTEGER, g INTEGER, PRIMARY KEY (u, g));',
  rows: 'INSERT INTO admins VALUES (1, 1), (2, 1); INSERT INTO guests VALUES (3, 1), (4, 2);',
}
const DROP_LISTS = 'ALTER TABLE p DROP COLUMN tags; ALTER TABLE p DROP COLUMN labels;'
const DROP_NUMBERS = 'ALTER TABLE p DROP COLUMN home; ALTER TABLE p DROP COLUMN work;'
const DROP_PHONES = 'DROP TABLE home_phone; DROP TABLE work_phone;'
const words = (column: string, kind = ''): string =>
  `SELECT p.id, j.value${kind} FROM p, json_each(p.${column}) j WHERE p.${column} IS NOT NULL`
const pieces = (column: string): string =>
  `INSERT INTO word SELECT p.id, j.value FROM p, json_each('["' || replace(p.${column}, ',', '","') || '"]') j WHERE p.${column} IS NOT NULL;`

/** The pieces of texts, by a recursion that starts from these SELECTs of an owner, its word and the text. */
const recursion = (starts: string, kind = ''): string =>
  `WITH RECURSIVE s(id, kind, word, rest) AS (${starts} UNION ALL SELECT id, kind, substr(rest, 1, instr(rest, ',') - 1), substr(rest, instr(rest, ',') + 1) FROM s WHERE rest <> '') SELECT id, word${kind} FROM s WHERE word <> ''`
const start = (text: string, kind = 'NULL'): string => `SELECT id, ${kind}, '', ${text} FROM p`
const TEXTS = `INSERT INTO p VALUES (1, 'a,b', 'c'), (2, 'd', 'e,f'), (3, NULL, 'g');`
const BOTH_LOST = ['2 values of p.tags go with the column', '3 values of p.labels go with the column']

const lost = (scenario: Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>): Scenario => ({
  ...{ ...LISTS, verdict: 'block', codes: ['DL103'], unsaid: ['its values are in'] },
  ...scenario,
})
const there = (scenario: Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>): Scenario => ({
  ...{ ...LISTS, verdict: 'acknowledge', codes: [], silent: ['DL102', 'DL103'] },
  ...scenario,
})

/** Values of several columns, or rows of several tables, stand in one place, and nothing says which is which. */
export const MIXED: Scenario[] = [
  lost({
    name: 'two lists become rows of one table',
    migration: `CREATE TABLE word (p_id INTEGER, word TEXT); INSERT INTO word ${words('tags')}; INSERT INTO word ${words('labels')}; ${DROP_LISTS}`,
    says: ['2 values of p.tags go with the column', '3 values of p.labels go with the column'],
  }),
  lost({
    name: 'two lists become rows of one table by UNION ALL',
    migration: `CREATE TABLE word (p_id INTEGER, word TEXT); INSERT INTO word ${words('tags')} UNION ALL ${words('labels')}; ${DROP_LISTS}`,
  }),
  lost({
    name: 'two texts of pieces become rows of one table',
    rows: `INSERT INTO p VALUES (1, 'a,b', 'c'), (2, 'd', 'e,f'), (3, NULL, 'g');`,
    migration: `CREATE TABLE word (p_id INTEGER, word TEXT); ${pieces('tags')} ${pieces('labels')} ${DROP_LISTS}`,
  }),
  lost({
    name: 'a recursion that starts from two texts',
    rows: TEXTS,
    migration: `CREATE TABLE word (p_id INTEGER, word TEXT); INSERT INTO word ${recursion(`${start(`tags || ','`)} UNION ALL ${start(`labels || ','`)}`)}; ${DROP_LISTS}`,
    says: BOTH_LOST,
  }),
  lost({
    name: 'a recursion through two texts, one behind the other',
    rows: TEXTS,
    migration: `CREATE TABLE word (p_id INTEGER, word TEXT); INSERT INTO word ${recursion(start(`coalesce(tags || ',', '') || labels || ','`))}; ${DROP_LISTS}`,
    says: BOTH_LOST,
  }),
  lost({
    name: 'the pieces of two texts, one behind the other',
    rows: TEXTS,
    migration: `CREATE TABLE word (p_id INTEGER, word TEXT); INSERT INTO word SELECT p.id, j.value FROM p, json_each('["' || replace(coalesce(tags || ',', '') || labels, ',', '","') || '"]') j; ${DROP_LISTS}`,
    says: BOTH_LOST,
  }),
  lost({
    name: 'two recursions in one statement',
    rows: TEXTS,
    migration: `CREATE TABLE word (p_id INTEGER, word TEXT); INSERT INTO word SELECT * FROM (${recursion(start(`tags || ','`))}) UNION ALL SELECT * FROM (${recursion(start(`labels || ','`))}); ${DROP_LISTS}`,
    says: BOTH_LOST,
  }),
  lost({
    name: 'one of the two lists stays where it was',
    migration: `CREATE TABLE word (p_id INTEGER, word TEXT); INSERT INTO word ${words('tags')}; INSERT INTO word ${words('labels')}; ALTER TABLE p DROP COLUMN tags;`,
  }),
  there({
    name: 'lists of different owners',
    rows: `INSERT INTO p VALUES (1, '["a","b"]', NULL), (2, NULL, '["e","f"]'), (3, NULL, '["g"]');`,
    migration: `CREATE TABLE word (p_id INTEGER, word TEXT); INSERT INTO word ${words('tags')}; INSERT INTO word ${words('labels')}; ${DROP_LISTS}`,
    says: [
      'its values are in word.word, as are those of labels: which came from which column is said nowhere.',
    ],
  }),
  there({
    ...NUMBERS,
    name: 'two columns of which each row has one',
    migration: `ALTER TABLE p ADD COLUMN phone TEXT; UPDATE p SET phone = coalesce(home, work); ${DROP_NUMBERS}`,
    says: ['its values are in p.phone, as are those of work: which came from which column is said nowhere.'],
  }),
  there({
    ...PHONES,
    name: 'two tables become one',
    migration: `CREATE TABLE phone (id INTEGER PRIMARY KEY, person INTEGER, number TEXT); INSERT INTO phone (person, number) SELECT person, number FROM home_phone; INSERT INTO phone (person, number) SELECT person, number FROM work_phone; ${DROP_PHONES}`,
    says: ['which rows of phone they are is said nowhere'],
  }),
  there({
    ...MEMBERS,
    name: 'two tables of pairs become one',
    migration:
      'CREATE TABLE member (u INTEGER, g INTEGER, PRIMARY KEY (u, g)); INSERT INTO member SELECT u, g FROM admins; INSERT INTO member SELECT u, g FROM guests; DROP TABLE admins; DROP TABLE guests;',
    says: ['2 rows; they are all in member; which rows of member they are is said nowhere'],
  }),
  there({
    name: 'a table goes into another one that stays',
    schema:
      'CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT);',
    rows: `INSERT INTO users VALUES (1, 'a'), (2, 'b'); INSERT INTO staff VALUES (10, 'x'), (11, 'y');`,
    migration: 'INSERT INTO users SELECT * FROM staff; DROP TABLE staff;',
    says: ['which rows of users they are is said nowhere'],
  }),
]

/** The same, and something says which is which. */
export const TOLD_BY_A_WORD: Scenario[] = [
  there({
    name: 'two lists, by a word for each',
    migration: `CREATE TABLE word (p_id INTEGER, word TEXT, kind TEXT); INSERT INTO word ${words('tags', `, 'tag'`)}; INSERT INTO word ${words('labels', `, 'label'`)}; ${DROP_LISTS}`,
    says: [`its values are in word.word where kind = 'tag'.`, `where kind = 'label'.`],
  }),
  there({
    name: 'a recursion that starts from two texts, by a word for each',
    rows: TEXTS,
    migration: `CREATE TABLE word (p_id INTEGER, word TEXT, kind TEXT); INSERT INTO word ${recursion(`${start(`tags || ','`, `'tag'`)} UNION ALL ${start(`labels || ','`, `'label'`)}`, ', kind')}; ${DROP_LISTS}`,
    says: [`its values are in word.word where kind = 'tag'.`, `where kind = 'label'.`],
  }),
  there({
    name: 'a recursion through one text, beside a column that is copied',
    rows: `INSERT INTO p VALUES (1, 'a,b', 'c'), (2, 'd', 'e');`,
    migration: `CREATE TABLE word (p_id INTEGER, word TEXT, label TEXT); INSERT INTO word ${recursion(start(`tags || ','`, 'labels'), ', kind')}; ALTER TABLE p DROP COLUMN tags;`,
    says: ['its values are in word.word.'],
  }),
  there({
    name: 'two lists, each in a table of its own',
    migration: `CREATE TABLE tag (p_id INTEGER, word TEXT); CREATE TABLE label (p_id INTEGER, word TEXT); INSERT INTO tag ${words('tags')}; INSERT INTO label ${words('labels')}; ${DROP_LISTS}`,
    says: ['its values are in tag.word.', 'its values are in label.word.'],
  }),
  there({
    name: 'one list by several statements',
    rows: `INSERT INTO p VALUES (1, '["a","b"]', NULL), (2, '["d"]', NULL);`,
    migration: `CREATE TABLE word (p_id INTEGER, word TEXT); INSERT INTO word ${words('tags')} AND p.id < 2; INSERT INTO word ${words('tags')} AND p.id >= 2; ${DROP_LISTS}`,
    says: ['its values are in word.word.'],
  }),
  there({
    ...NUMBERS,
    name: 'two columns that are put together',
    rows: `INSERT INTO p VALUES (1, '11', '12'), (2, '22', '23');`,
    migration: `ALTER TABLE p ADD COLUMN phone TEXT; UPDATE p SET phone = home || '/' || work; ${DROP_NUMBERS}`,
    unsaid: ['said nowhere'],
  }),
  there({
    ...PHONES,
    name: 'two tables, by a word for each',
    migration: `CREATE TABLE phone (id INTEGER PRIMARY KEY, person INTEGER, number TEXT, kind TEXT); INSERT INTO phone (person, number, kind) SELECT person, number, 'home' FROM home_phone; INSERT INTO phone (person, number, kind) SELECT person, number, 'work' FROM work_phone; ${DROP_PHONES}`,
    unsaid: ['said nowhere'],
  }),
  there({
    name: 'two tables, by the year that all rows of one say',
    schema:
      'CREATE TABLE e25 (id TEXT PRIMARY KEY, year INTEGER, x TEXT); CREATE TABLE e26 (id TEXT PRIMARY KEY, year INTEGER, x TEXT);',
    rows: `INSERT INTO e25 VALUES ('a', 2025, '1'), ('b', 2025, '2'); INSERT INTO e26 VALUES ('c', 2026, '3'), ('d', 2026, '4');`,
    migration: `CREATE TABLE e (id TEXT PRIMARY KEY, year INTEGER, x TEXT); INSERT INTO e SELECT * FROM e25; INSERT INTO e SELECT * FROM e26; DROP TABLE e25; DROP TABLE e26;`,
    unsaid: ['said nowhere'],
  }),
  there({
    name: 'one table by several statements',
    schema: 'CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT);',
    rows: `INSERT INTO a VALUES (1, 'x'), (2, 'y');`,
    migration:
      'CREATE TABLE b (id INTEGER PRIMARY KEY, name TEXT, more TEXT); INSERT INTO b (id, name) SELECT id, name FROM a WHERE id < 2; INSERT INTO b (id, name) SELECT id, name FROM a WHERE id >= 2; DROP TABLE a;',
    unsaid: ['said nowhere'],
  }),
]
