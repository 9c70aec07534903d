import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'schema' | 'rows' | 'migration' | 'says'> & Partial<Scenario>

/** All but a few values or rows are given back: those few are lost, and counted and shown alone. */
const some = (scenario: Case): Scenario => ({
  verdict: 'block',
  codes: ['DL103'],
  silent: ['DL102'],
  ...scenario,
})
const all = (scenario: Case): Scenario => ({
  verdict: 'acknowledge',
  codes: [],
  silent: ['DL102', 'DL103'],
  ...scenario,
})

const one = (column: string, type: string, values: string[]): Pick<Scenario, 'schema' | 'rows'> => ({
  schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, ${column} ${type});`,
  rows: `INSERT INTO t VALUES ${values.map((value, at) => `(${at + 1}, ${value})`).join(', ')};`,
})
const PREFS = {
  schema: `CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT); CREATE TABLE users (id INTEGER PRIMARY KEY, n TEXT);
CREATE TABLE prefs (user_id INTEGER, k TEXT, v TEXT, PRIMARY KEY (user_id, k)); CREATE TABLE opt (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, value TEXT);`,
  rows: `INSERT INTO settings VALUES ('theme', 'dark'), ('lang', 'en'), ('size', '12'); INSERT INTO users VALUES (1, 'a'), (2, 'b');
INSERT INTO prefs VALUES (1, 'theme', 'dark'), (1, 'lang', 'en'), (2, 'theme', 'light'); INSERT INTO opt VALUES (1, 'theme', 'dark'), (2, 'lang', NULL);`,
}
const CONFIG = 'CREATE TABLE config (id INTEGER PRIMARY KEY, data TEXT NOT NULL);'
const PROFILE = {
  schema:
    'CREATE TABLE u (id INTEGER PRIMARY KEY, n TEXT); CREATE TABLE profile (user_id INTEGER PRIMARY KEY, bio TEXT, site TEXT);',
  migration: `ALTER TABLE u ADD COLUMN bio TEXT; ALTER TABLE u ADD COLUMN site TEXT;
UPDATE u SET bio = (SELECT bio FROM profile WHERE user_id = u.id), site = (SELECT site FROM profile WHERE user_id = u.id); DROP TABLE profile;`,
}
const ADDRESSES = {
  schema: 'CREATE TABLE c (id INTEGER PRIMARY KEY, street TEXT, city TEXT);',
  rows: `INSERT INTO c VALUES (1, 's1', 'x'), (2, 's1', 'x'), (3, 's2', NULL);`,
}
const addressed = (set: string): string =>
  `CREATE TABLE addr (id INTEGER PRIMARY KEY, street TEXT, city TEXT, UNIQUE (street, city)); INSERT INTO addr (street, city) SELECT DISTINCT street, city FROM c;
ALTER TABLE c ADD COLUMN addr_id INTEGER REFERENCES addr (id); ${set} ALTER TABLE c DROP COLUMN street;`
const FLAGS = {
  schema:
    'CREATE TABLE acc (id INTEGER PRIMARY KEY, n INTEGER, vip INTEGER); CREATE TABLE v (id INTEGER PRIMARY KEY, acc INTEGER);',
  rows: 'INSERT INTO acc VALUES (1, 5, 1), (2, 6, 0), (3, 9, 1); INSERT INTO v VALUES (1, 1), (2, 3);',
}
const OBJECTS = {
  schema: 'CREATE TABLE look (user_id TEXT PRIMARY KEY, data TEXT NOT NULL);',
  rows: `INSERT INTO look VALUES ('u1', '{"theme":"dark","lang":"en"}'), ('u2', '{"theme":"light"}');`,
}
const asPairs = (where = ''): string =>
  `CREATE TABLE looks (user_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT, PRIMARY KEY (user_id, key)); INSERT INTO looks SELECT l.user_id, j.key, j.value FROM look l, json_each(l.data) j${where}; DROP TABLE look;`

const POINTS = (...values: string[]): Omit<Case, 'name' | 'says'> => ({
  ...one('pos', 'TEXT', values),
  migration: `ALTER TABLE t ADD COLUMN lat REAL; ALTER TABLE t ADD COLUMN lng REAL;
UPDATE t SET lat = CAST(substr(pos, 1, instr(pos, ',') - 1) AS REAL), lng = CAST(substr(pos, instr(pos, ',') + 1) AS REAL); ALTER TABLE t DROP COLUMN pos;`,
})
const WORDS = (cases: string): string =>
  `ALTER TABLE t ADD COLUMN w TEXT; UPDATE t SET w = CASE st ${cases} END; ALTER TABLE t DROP COLUMN st;`

/** Notes of which `comment` takes some: it has others in some rows already. */
const NOTES = (migration: string, column = 'notes'): Omit<Case, 'name' | 'says'> => ({
  schema: `CREATE TABLE orders (id INTEGER PRIMARY KEY, notes TEXT, comment TEXT);`,
  rows: `INSERT INTO orders VALUES (1, 'n1', NULL), (2, 'n2', 'mine'), (3, 'n3', 'other'), (4, 'n4', 'm4'), (5, NULL, 'm5');`,
  migration: `${migration} ALTER TABLE orders DROP COLUMN ${column};`,
})
const GUESTS = (migration: string): Omit<Case, 'name' | 'says'> => ({
  schema: `CREATE TABLE guests (id INTEGER PRIMARY KEY, note TEXT); CREATE TABLE stays (id INTEGER PRIMARY KEY, guest_id INTEGER NOT NULL UNIQUE REFERENCES guests (id), comment TEXT);`,
  rows: `INSERT INTO guests VALUES (1, 'n1'), (2, 'n2'), (3, 'n3'), (4, NULL); INSERT INTO stays VALUES (1, 1, NULL), (2, 2, 'mine'), (3, 3, 'his');`,
  migration: `${migration} ALTER TABLE guests DROP COLUMN note;`,
})
/** Labels of posts that become a list in their post. */
const LABELS = (list: string, more = ''): Omit<Case, 'name' | 'says'> => ({
  schema: `CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT); CREATE TABLE labels (id INTEGER PRIMARY KEY, post_id INTEGER, label TEXT, n INTEGER);`,
  rows: `INSERT INTO posts VALUES (1, 'p'), (2, 'q'), (3, 'r'); INSERT INTO labels VALUES (1, 1, 'x', 5), (2, 1, 'y', NULL), (3, 2, 'z', 7)${more};`,
  migration: `ALTER TABLE posts ADD COLUMN labels TEXT; UPDATE posts SET labels = (SELECT ${list} FROM labels l WHERE l.post_id = posts.id); DROP TABLE labels;`,
})
const AS_OBJECTS = `json_group_array(json_object('id', l.id, 'name', l.label, 'n', n))`
const TAGS = (
  list: string,
  more = '',
  key = ', PRIMARY KEY (post_id, tag)',
): Omit<Case, 'name' | 'says'> => ({
  schema: `CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT); CREATE TABLE tags (post_id INTEGER, tag TEXT${key});`,
  rows: `INSERT INTO posts VALUES (1, 'p'), (2, 'q'), (3, 'r'); INSERT INTO tags VALUES (1, 'x'), (1, 'xx'), (2, 'z')${more};`,
  migration: `ALTER TABLE posts ADD COLUMN tags TEXT; UPDATE posts SET tags = (SELECT ${list} FROM tags WHERE post_id = posts.id); DROP TABLE tags;`,
})
const rowsGone = (scenario: Case): Scenario => some({ ...scenario, codes: ['DL102'], silent: ['DL103'] })
const THREE_LEFT = [
  `3 values of orders.notes go with the column, such as 'n2', 'n3', 'n4'; the others are in orders.comment.`,
]
const TWO_LEFT = [
  `2 values of guests.note go with the column, such as 'n2', 'n3'; the others are in stays.comment.`,
]

/** A column that goes, and another one that gets its name. */
const RENAMED = (migration: string): Omit<Case, 'name' | 'says'> => ({
  schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT NOT NULL DEFAULT 'a', old TEXT);`,
  rows: `INSERT INTO t VALUES (1, 'x', 'p'), (2, 'y', 'q');`,
  migration,
})
const NOT_FILLED = [
  'values of t.s go with the column',
  'the column that has its name now was not filled from it.',
]
const PREFS_OF_USERS = (condition: string): Omit<Case, 'name' | 'says'> => ({
  schema: 'CREATE TABLE u (id INTEGER PRIMARY KEY, settings TEXT);',
  rows: `INSERT INTO u VALUES (1, '{"theme":"dark","lang":"en"}'), (2, '{"theme":"light","size":"12"}'), (3, NULL);`,
  migration: `CREATE TABLE p (u_id INTEGER NOT NULL REFERENCES u (id), k TEXT NOT NULL, v TEXT, PRIMARY KEY (u_id, k)); INSERT INTO p SELECT u.id, j.key, j.value FROM u, json_each(u.settings) j${condition}; ALTER TABLE u DROP COLUMN settings;`,
})

/** Documents that change where they are. */
const DOCUMENT = (values: string[], migration: string): Omit<Case, 'name' | 'says'> => ({
  ...one('p', 'TEXT', values),
  migration,
})
const SHED = [
  '1 value of t.p loses a member or element that neither it nor a column filled from it holds now',
]
const TWO_LISTS = [`'["a","b"]'`, `'["c"]'`, `'[]'`]
const TWO_OBJECTS = [`'{"theme":"dark","lang":"en"}'`, `'{"lang":"de"}'`]
const OBJECTS_IN_LISTS = [`'[{"n":"x","on":true},{"n":"y","on":false}]'`, `'[{"n":"z","on":true}]'`]

export const PARTLY_HELD: Scenario[] = [
  some({
    name: 'the last element of a list',
    ...DOCUMENT(TWO_LISTS, `UPDATE t SET p = json_remove(p, '$[1]');`),
    says: SHED,
  }),
  some({
    name: 'the first element of a list',
    ...DOCUMENT(TWO_LISTS, `UPDATE t SET p = json_remove(p, '$[0]') WHERE json_array_length(p) > 1;`),
    says: SHED,
  }),
  some({
    name: 'a member of an object',
    ...DOCUMENT(TWO_OBJECTS, `UPDATE t SET p = json_remove(p, '$.theme');`),
    says: SHED,
  }),
  some({
    name: 'a member that a patch takes',
    ...DOCUMENT(TWO_OBJECTS, `UPDATE t SET p = json_patch(p, '{"theme":null}');`),
    says: SHED,
  }),
  some({
    name: 'an object of a list that a filter leaves out',
    ...DOCUMENT(
      OBJECTS_IN_LISTS,
      `UPDATE t SET p = (SELECT json_group_array(json(j.value)) FROM json_each(t.p) j WHERE json_extract(j.value, '$.on'));`,
    ),
    says: SHED,
  }),
  some({
    name: 'a member that a rebuild leaves out',
    ...DOCUMENT(
      TWO_OBJECTS,
      `CREATE TABLE t2 (id INTEGER PRIMARY KEY, p TEXT); INSERT INTO t2 SELECT id, json_remove(p, '$.theme') FROM t; DROP TABLE t; ALTER TABLE t2 RENAME TO t;`,
    ),
    says: SHED,
  }),
  some({
    name: 'a new column of the same name with a default',
    ...RENAMED(
      `ALTER TABLE t ADD COLUMN s2 TEXT NOT NULL DEFAULT 'b'; ALTER TABLE t DROP COLUMN s; ALTER TABLE t RENAME COLUMN s2 TO s;`,
    ),
    says: NOT_FILLED,
  }),
  some({
    name: 'another column that gets the name',
    ...RENAMED('ALTER TABLE t DROP COLUMN s; ALTER TABLE t RENAME COLUMN old TO s;'),
    says: NOT_FILLED,
  }),
  some({
    name: 'settings of which one is no row',
    ...PREFS_OF_USERS(` WHERE j.key <> 'lang'`),
    says: ['values of u.settings go with the column'],
  }),
  rowsGone({
    name: 'labels as objects, and one of no post',
    ...LABELS(AS_OBJECTS, `, (4, 77, 'q', 1)`),
    says: [
      `1 row of labels is lost with the table, which is dropped; 3 of 4 are in posts. Among them: (4, 77, 'q', 1).`,
    ],
  }),
  rowsGone({
    name: 'tags as an array, and one of no post',
    ...TAGS('json_group_array(tag)', `, (77, 'q')`),
    says: [`3 of 4 are in posts. Among them: (77, 'q').`],
  }),
  rowsGone({
    name: 'tags as a text, and one of no post',
    ...TAGS(`group_concat(tag, ';')`, `, (77, 'x')`),
    says: [`3 of 4 are in posts. Among them: (77, 'x').`],
  }),
  rowsGone({
    name: 'tags as a text, and one that has the separator in it',
    ...TAGS(`group_concat(tag)`, `, (2, 'a,b')`),
    says: [`3 of 4 are in posts. Among them: (2, 'a,b').`],
  }),
  rowsGone({
    name: 'equal tags of which one stays',
    ...TAGS('group_concat(DISTINCT tag)', `, (2, 'z')`, ''),
    says: ['4 rows of tags are lost'],
  }),
  rowsGone({
    name: 'labels as objects that lack a column',
    ...LABELS(`json_group_array(json_object('id', id, 'label', label))`),
    says: ['3 rows of labels are lost'],
  }),
  rowsGone({
    name: 'labels as objects with another value',
    ...LABELS(`json_group_array(json_object('id', id, 'label', upper(label), 'n', n))`),
    says: ['3 rows of labels are lost'],
  }),
  rowsGone({
    name: 'tags as an array without some',
    ...TAGS(`json_group_array(tag) FILTER (WHERE tag <> 'xx')`),
    says: [`1 row of tags is lost`, `(1, 'xx')`],
  }),
  some({
    name: 'notes where there is no comment',
    ...NOTES(`UPDATE orders SET comment = notes WHERE comment IS NULL;`),
    says: THREE_LEFT,
  }),
  some({
    name: 'notes behind coalesce',
    ...NOTES(`UPDATE orders SET comment = coalesce(comment, notes);`),
    says: THREE_LEFT,
  }),
  some({
    name: 'notes in a branch of CASE',
    ...NOTES(`UPDATE orders SET comment = CASE WHEN comment IS NULL THEN orders.notes ELSE comment END;`),
    says: THREE_LEFT,
  }),
  some({
    name: 'notes behind coalesce in the copy of a rebuild',
    ...NOTES(''),
    migration: `CREATE TABLE o2 (id INTEGER PRIMARY KEY, comment TEXT); INSERT INTO o2 (id, comment) SELECT id, ifnull(comment, notes) FROM orders; DROP TABLE orders; ALTER TABLE o2 RENAME TO orders;`,
    says: THREE_LEFT,
  }),
  some({
    name: 'notes of guests where their stay has no comment',
    ...GUESTS(
      `UPDATE stays SET comment = (SELECT note FROM guests WHERE guests.id = stays.guest_id) WHERE comment IS NULL;`,
    ),
    says: TWO_LEFT,
  }),
  some({
    name: 'notes of guests behind coalesce',
    ...GUESTS(
      `UPDATE stays SET comment = coalesce(comment, (SELECT g.note FROM guests g WHERE g.id = guest_id));`,
    ),
    says: TWO_LEFT,
  }),
  some({
    name: 'notes of guests by UPDATE … FROM',
    ...GUESTS(
      `UPDATE stays SET comment = g.note FROM guests g WHERE g.id = stays.guest_id AND comment IS NULL;`,
    ),
    says: TWO_LEFT,
  }),
  some({
    name: 'notes into a table that has some of them',
    ...NOTES(
      `CREATE TABLE texts (id INTEGER PRIMARY KEY, t TEXT); INSERT INTO texts VALUES (2, 'x'), (3, 'y'), (4, 'z'); INSERT OR IGNORE INTO texts SELECT id, notes FROM orders WHERE notes IS NOT NULL;`,
    ),
    says: [
      `3 values of orders.notes go with the column, such as 'n2', 'n3', 'n4'; the others are in texts.t.`,
    ],
  }),
  some({
    name: 'an amount with more decimals than cents have',
    ...one('price', 'REAL', ['1.5', '2.25', '0.999', '7']),
    migration:
      'ALTER TABLE t ADD COLUMN cents INTEGER; UPDATE t SET cents = CAST(round(price * 100) AS INTEGER); ALTER TABLE t DROP COLUMN price;',
    says: ['1 value of t.price goes with the column, such as 0.999'],
  }),
  some({
    name: 'a time with fractions of a second, and one that looks the same without',
    ...one('at', 'TEXT', [
      `'2024-01-02T03:04:05Z'`,
      `'2024-02-02T03:04:05Z'`,
      `'2024-02-02T03:04:05.123Z'`,
      `'2024-05-02T03:04:05Z'`,
    ]),
    migration:
      'ALTER TABLE t ADD COLUMN ts INTEGER; UPDATE t SET ts = unixepoch(at); ALTER TABLE t DROP COLUMN at;',
    says: [`2 values of t.at go with the column, such as '2024-02-02T03:04:05Z', '2024-02-02T03:04:05.123Z'`],
  }),
  some({
    name: 'an object with a member that has no column',
    ...one('meta', 'TEXT', [`'{"a":1,"b":2}'`, `'{"a":3,"b":4}'`, `'{"a":5,"b":6,"c":7}'`]),
    migration: `ALTER TABLE t ADD COLUMN a INTEGER; ALTER TABLE t ADD COLUMN b INTEGER; UPDATE t SET a = json_extract(meta, '$.a'), b = json_extract(meta, '$.b'); ALTER TABLE t DROP COLUMN meta;`,
    says: [`1 value of t.meta goes with the column, such as '{"a":5,"b":6,"c":7}'`],
  }),
  some({
    name: 'a list of which an element is left out',
    ...one('tags', 'TEXT', [`'["a","b"]'`, `'["c"]'`, `'["a","x"]'`]),
    migration: `CREATE TABLE tag (t_id INTEGER REFERENCES t (id), v TEXT); INSERT INTO tag SELECT t.id, j.value FROM t, json_each(t.tags) j WHERE j.value <> 'x'; ALTER TABLE t DROP COLUMN tags;`,
    says: [`1 value of t.tags goes with the column, such as '["a","x"]'`],
  }),
  some({
    name: 'a text of pieces of which one is left out',
    ...one('tags', 'TEXT', [`'a,b'`, `'c,d'`, `'a,x'`]),
    migration: `CREATE TABLE tag (t_id INTEGER REFERENCES t (id), v TEXT); INSERT INTO tag SELECT t.id, j.value FROM t, json_each('["' || replace(t.tags, ',', '","') || '"]') j WHERE j.value <> 'x'; ALTER TABLE t DROP COLUMN tags;`,
    says: [`1 value of t.tags goes with the column, such as 'a,x'`],
  }),
  some({
    name: 'two words that become one',
    ...one('st', 'TEXT', [`'new'`, `'open'`, `'done'`, `'done'`]),
    migration: WORDS(`WHEN 'new' THEN 'N' WHEN 'open' THEN 'N' WHEN 'done' THEN 'D'`),
    codes: ['DL103'],
    says: [
      `2 values of t.st go with the column, such as 'new', 'open'; 2 values are written as other words in t.w ('done' -> 'D')`,
    ],
  }),
  some({
    name: 'a word for which there is none',
    ...one('st', 'TEXT', [`'new'`, `'odd'`, `'done'`]),
    migration: WORDS(`WHEN 'new' THEN 'N' WHEN 'done' THEN 'D'`),
    codes: ['DL103'],
    says: [
      `1 value of t.st goes with the column, such as 'odd'; 2 values are`,
      `'new' -> 'N'; 'done' -> 'D'`,
    ],
  }),
  some({
    name: 'a time of deletion for some that were inactive',
    ...one('active', 'INTEGER', ['1', '0', '0', '1']),
    migration: `ALTER TABLE t ADD COLUMN deleted_at TEXT; UPDATE t SET deleted_at = 'now' WHERE active = 0 AND id < 3; ALTER TABLE t DROP COLUMN active;`,
    says: ['4 values of t.active go with the column'],
  }),
  some({
    name: 'days of which one is none',
    ...one('born', 'TEXT', [`'05.01.1990'`, `'spring 88'`, `'31.12.2000'`]),
    migration: `ALTER TABLE t ADD COLUMN birth TEXT; UPDATE t SET birth = substr(born, 7, 4) || '-' || substr(born, 4, 2) || '-' || substr(born, 1, 2); ALTER TABLE t DROP COLUMN born;`,
    says: [`1 value of t.born goes with the column, such as 'spring 88'; the others are in t.birth`],
  }),
  some({
    name: 'an address that is not found again, for its city is NULL',
    ...ADDRESSES,
    migration: addressed(
      'UPDATE c SET addr_id = (SELECT id FROM addr WHERE addr.street = c.street AND addr.city = c.city);',
    ),
    says: [`1 value of c.street goes with the column, such as 's2'; the others are in addr.street`],
  }),
  some({
    name: 'an address that is not found again by UPDATE FROM',
    ...ADDRESSES,
    migration: addressed(
      'UPDATE c SET addr_id = a.id FROM addr a WHERE a.street = c.street AND a.city = c.city;',
    ),
    says: [`1 value of c.street goes with the column, such as 's2'; the others are in addr.street`],
  }),
  some({
    name: 'an address that is not found again, where it was looked for',
    ...ADDRESSES,
    migration: addressed(
      'UPDATE c SET addr_id = (SELECT id FROM addr WHERE addr.street = c.street AND addr.city = c.city) WHERE street IS NOT NULL;',
    ),
    says: [`1 value of c.street goes with the column, such as 's2'; the others are in addr.street`],
  }),
  some({
    name: 'rows that a condition reads, beside keys that are equal by chance',
    ...FLAGS,
    migration: `UPDATE acc SET n = n + 10 WHERE EXISTS (SELECT 1 FROM v WHERE v.acc = acc.id); DROP TABLE v;`,
    ...{ codes: ['DL102'], silent: ['DL103'] },
    says: ['2 rows of v are lost with the table, which is dropped; 0 of 2 remain'],
    unsaid: ['of them is in acc'],
  }),
  some({
    name: 'a value whose row is gone is not among those that are kept',
    ...one('st', 'TEXT', [`'open'`, `'done'`, `'odd'`]),
    migration: `CREATE TABLE s (id INTEGER PRIMARY KEY, w TEXT UNIQUE); INSERT INTO s VALUES (1, 'open'), (2, 'done'); CREATE TABLE t2 (id INTEGER PRIMARY KEY, s_id INTEGER REFERENCES s (id)); INSERT INTO t2 SELECT t.id, s.id FROM t JOIN s ON s.w = t.st; DROP TABLE t; ALTER TABLE t2 RENAME TO t;`,
    ...{ codes: ['DL102', 'DS103'], silent: ['DL103'] },
    says: ['t.st is dropped with 2 values; its values are in s.w; 1 more was in a row that t no longer has'],
  }),
  some({
    name: 'a profile without its user',
    ...PROFILE,
    rows: `INSERT INTO u VALUES (1, 'a'), (2, 'b'); INSERT INTO profile VALUES (1, 'x', 'y'), (2, 'z', 'w'), (9, 'orphan', 'q');`,
    ...{ codes: ['DL102'], silent: ['DL103'] },
    says: [
      `1 row of profile is lost with the table, which is dropped; 2 of 3 are in u. Among them: (9, 'orphan', 'q').`,
    ],
  }),
  some({
    name: 'objects become rows of some of their keys, and their table goes',
    ...OBJECTS,
    migration: asPairs(` WHERE j.key = 'theme'`),
    ...{ codes: ['DL102'], silent: ['DL103', 'BC101'] },
    says: ['1 row of look is lost with the table, which is dropped; 1 of 2 is in looks.'],
  }),
  some({
    name: 'cats and dogs become pets, but for one without a name',
    schema:
      'CREATE TABLE cat (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE dog (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE pet (id INTEGER PRIMARY KEY, kind TEXT, name TEXT);',
    rows: `INSERT INTO cat VALUES (1, 'Mia'), (2, 'Leo'), (3, NULL); INSERT INTO dog VALUES (1, 'Rex');`,
    migration: `INSERT INTO pet (kind, name) SELECT 'cat', name FROM cat WHERE name IS NOT NULL; INSERT INTO pet (kind, name) SELECT 'dog', name FROM dog; DROP TABLE cat; DROP TABLE dog;`,
    ...{ codes: ['DL102', 'DS102'], silent: ['DL103'] },
    says: [
      '1 row of cat is lost with the table, which is dropped; the values of 2 of 3 are in pet, under other keys',
    ],
    unsaid: ['Table cat is dropped'],
  }),
  some({
    name: 'addresses that another table has already are left out',
    schema:
      'CREATE TABLE a (email TEXT PRIMARY KEY, n TEXT); CREATE TABLE b (email TEXT PRIMARY KEY, n TEXT);',
    rows: `INSERT INTO a VALUES ('x', 'A'), ('y', 'B'); INSERT INTO b VALUES ('x', 'C'), ('z', 'D');`,
    migration: 'INSERT OR IGNORE INTO a SELECT * FROM b; DROP TABLE b;',
    ...{ codes: ['DL102'], silent: ['DL103', 'DS102'] },
    says: [`1 row of b is lost with the table, which is dropped; 1 of 2 is in a. Among them: ('x', 'C').`],
  }),
  some({
    name: 'settings of which one is not folded',
    ...PREFS,
    migration: `${CONFIG} INSERT INTO config SELECT 1, json_group_object(key, value) FROM settings WHERE key <> 'lang'; DROP TABLE settings;`,
    ...{ codes: ['DL102'], silent: ['DL103'] },
    says: [`1 row of settings is lost`, `Among them: ('lang', 'en').`],
  }),
  some({
    name: 'settings of which only the values are folded',
    ...PREFS,
    migration: `${CONFIG} INSERT INTO config SELECT 1, json_group_array(value) FROM settings; DROP TABLE settings;`,
    ...{ codes: ['DL102'], silent: ['DL103'] },
    says: ['3 rows of settings are lost'],
  }),
  some({
    name: 'preferences that are folded for one user',
    ...PREFS,
    migration: `ALTER TABLE users ADD COLUMN prefs TEXT; UPDATE users SET prefs = (SELECT json_group_object(k, v) FROM prefs WHERE user_id = users.id) WHERE id = 1; DROP TABLE prefs;`,
    ...{ codes: ['DL102'], silent: ['DL103'] },
    says: [`1 row of prefs is lost`, `(2, 'theme', 'light')`],
  }),
  some({
    name: 'a point of which one part is no number',
    ...POINTS(`'47.1,8.5'`, `'46,7.4'`, `'x,2.5'`),
    says: [`1 value of t.pos goes with the column, such as 'x,2.5'`],
  }),
]

export const WHOLLY_HELD: Scenario[] = [
  all({
    name: 'objects become rows of keys and values, and their table goes',
    ...OBJECTS,
    migration: asPairs(),
    codes: ['DS102'],
    silent: ['DL102', 'DL103', 'BC101'],
    says: ['Table look is dropped with 2 rows; they are all in looks'],
  }),
  all({
    name: 'a member that becomes a column',
    ...DOCUMENT(
      TWO_OBJECTS,
      `ALTER TABLE t ADD COLUMN theme TEXT; UPDATE t SET theme = json_extract(p, '$.theme'), p = json_remove(p, '$.theme');`,
    ),
    says: ['t.p changes in 1 row'],
  }),
  all({
    name: 'a member under another name',
    ...DOCUMENT(
      TWO_OBJECTS,
      `UPDATE t SET p = json_remove(json_set(p, '$.look', json_extract(p, '$.theme')), '$.theme') WHERE json_extract(p, '$.theme') IS NOT NULL;`,
    ),
    says: ['t.p changes in 1 row'],
  }),
  all({
    name: 'an element that was there twice',
    ...DOCUMENT(
      [`'["a","a","b"]'`],
      `UPDATE t SET p = (SELECT json_group_array(DISTINCT j.value) FROM json_each(t.p) j);`,
    ),
    says: ['t.p changes in 1 row'],
  }),
  all({
    name: 'a member with another value',
    ...DOCUMENT(TWO_OBJECTS, `UPDATE t SET p = json_set(p, '$.lang', 'fr');`),
    says: ['t.p changes in 2 rows'],
  }),
  all({
    name: 'members that become rows of another table',
    ...DOCUMENT(
      [`'{"tags":["a","b"],"k":1}'`, `'{"tags":["z"],"k":2}'`],
      `CREATE TABLE tt (t_id INTEGER, tag TEXT); INSERT INTO tt SELECT t.id, j.value FROM t, json_each(t.p, '$.tags') j; UPDATE t SET p = json_remove(p, '$.tags');`,
    ),
    says: ['t.p changes in 2 rows'],
  }),
  all({
    name: 'a column of another default that gets the values and the name',
    ...RENAMED(
      `ALTER TABLE t ADD COLUMN s2 TEXT NOT NULL DEFAULT 'b'; UPDATE t SET s2 = s; ALTER TABLE t DROP COLUMN s; ALTER TABLE t RENAME COLUMN s2 TO s;`,
    ),
    codes: ['CT102'],
    silent: ['BC102', 'DL103'],
    says: [],
  }),
  all({ name: 'settings that become rows', ...PREFS_OF_USERS(''), says: ['its values are in p.k, p.v'] }),
  all({
    name: 'a flag that becomes a word beside the default',
    ...one('gone', 'INTEGER NOT NULL DEFAULT 0', ['1', '0', '0']),
    migration: `ALTER TABLE t ADD COLUMN state TEXT NOT NULL DEFAULT 'active'; UPDATE t SET state = 'gone' WHERE gone = 1; ALTER TABLE t DROP COLUMN gone;`,
    says: [`1 -> 'gone'; 0 -> 'active'`],
  }),
  all({ name: 'labels as objects of their post', ...LABELS(AS_OBJECTS), says: ['they are all in posts'] }),
  all({
    name: 'labels as objects, but for a number that nothing refers to',
    ...LABELS(`json_group_array(json_object('label', label, 'n', n))`),
    says: ['they are all in posts'],
  }),
  all({
    name: 'tags as an array of their post',
    ...TAGS('json_group_array(tag)'),
    says: ['they are all in posts'],
  }),
  all({
    name: 'equal tags as an array of their post',
    ...TAGS('json_group_array(tag)', `, (2, 'z'), (2, 'z')`, ''),
    says: ['they are all in posts'],
  }),
  all({
    name: 'tags as a text of their post',
    ...TAGS(`group_concat(tag, '; ')`),
    says: ['they are all in posts'],
  }),
  all({
    name: 'notes behind the comments that are there',
    ...NOTES(
      `UPDATE orders SET comment = CASE WHEN comment IS NULL THEN notes WHEN notes IS NULL THEN comment ELSE comment || char(10) || notes END;`,
    ),
    says: ['its values are in orders.comment'],
  }),
  all({
    name: 'notes where no comment is in the way',
    ...NOTES(`UPDATE orders SET comment = notes WHERE comment IS NULL;`),
    rows: `INSERT INTO orders VALUES (1, 'n1', NULL), (2, NULL, 'mine'), (3, 'n3', NULL), (4, 'same', 'same');`,
    says: ['its values are in orders.comment'],
  }),
  all({
    name: 'settings that become one object',
    ...PREFS,
    migration: `${CONFIG} INSERT INTO config SELECT 1, json_group_object(key, value) FROM settings; DROP TABLE settings;`,
    says: ['they are all in config'],
  }),
  all({
    name: 'preferences that become an object for each user',
    ...PREFS,
    migration: `ALTER TABLE users ADD COLUMN prefs TEXT; UPDATE users SET prefs = (SELECT json_group_object(k, v) FROM prefs WHERE user_id = users.id); DROP TABLE prefs;`,
    says: ['they are all in users'],
  }),
  all({
    name: 'options with a number of their own that become one object',
    ...PREFS,
    migration: `${CONFIG} INSERT INTO config SELECT 1, json_group_object(name, value) FROM opt; DROP TABLE opt;`,
    says: ['they are all in config'],
  }),
  all({
    name: 'a time of deletion for all that were inactive',
    ...one('active', 'INTEGER', ['1', '0', '0', '1']),
    migration: `ALTER TABLE t ADD COLUMN deleted_at TEXT; UPDATE t SET deleted_at = 'now' WHERE active = 0; ALTER TABLE t DROP COLUMN active;`,
    codes: ['DS103'],
    says: ['1 -> NULL; 0 -> not NULL'],
  }),
  all({
    name: 'addresses that are found again, NULL or not',
    ...ADDRESSES,
    migration: addressed(
      'UPDATE c SET addr_id = (SELECT id FROM addr WHERE addr.street IS c.street AND addr.city IS c.city);',
    ),
    says: ['its values are in addr.street'],
  }),
  all({
    name: 'days that can be sorted',
    ...one('born', 'TEXT', [`'05.01.1990'`, `'31.12.2000'`, 'NULL']),
    migration: `ALTER TABLE t ADD COLUMN birth TEXT; UPDATE t SET birth = substr(born, 7, 4) || '-' || substr(born, 4, 2) || '-' || substr(born, 1, 2); ALTER TABLE t DROP COLUMN born;`,
    codes: ['DS103'],
    says: ['its values are in t.birth'],
  }),
  all({
    name: 'profiles of users',
    ...PROFILE,
    rows: `INSERT INTO u VALUES (1, 'a'), (2, 'b'); INSERT INTO profile VALUES (1, 'x', 'y'), (2, 'z', NULL);`,
    says: ['they are all in u'],
  }),
  all({ name: 'points with decimals', ...POINTS(`'47.1,8.5'`, `'46.2,7.4'`), says: ['t.lat, t.lng'] }),
  all({
    name: 'points of which some are whole',
    ...POINTS(`'47.1,8.5'`, `'46,7.4'`, `'1.50,-2'`),
    says: ['t.lat, t.lng'],
  }),
]
