import { SHOP, SHOP_ROWS, type Scenario } from './scenario.js'

const on = (
  scenario: Omit<Scenario, 'schema' | 'rows' | 'verdict' | 'codes'> & Partial<Scenario>,
): Scenario => ({
  schema: SHOP,
  rows: SHOP_ROWS,
  verdict: 'acknowledge',
  codes: [],
  ...scenario,
})

const swap = (table: string, columns: string, select: string): string =>
  `CREATE TABLE ${table}_new (${columns}); INSERT INTO ${table}_new SELECT ${select} FROM ${table}; DROP TABLE ${table}; ALTER TABLE ${table}_new RENAME TO ${table};`

/** Migrations after which every value is somewhere: moved, converted, taken apart, put together. None may block. */
export const MOVES: Scenario[] = [
  on({
    name: 'clean numbers in texts become numbers',
    schema: 'CREATE TABLE product (id INTEGER PRIMARY KEY, price TEXT, stock TEXT);',
    rows: `INSERT INTO product VALUES (1, '1.50', '12'), (2, '-12.00', '0'), (3, NULL, NULL);`,
    migration: swap(
      'product',
      'id INTEGER PRIMARY KEY, price REAL, stock INTEGER',
      'id, CAST(price AS REAL), stock',
    ),
    codes: ['CH101'],
    silent: ['DL103'],
  }),
  on({
    name: 'texts for yes and no become 1 and 0',
    schema: 'CREATE TABLE product (id INTEGER PRIMARY KEY, active TEXT);',
    rows: `INSERT INTO product VALUES (1, 'false'), (2, 'false');`,
    migration: swap(
      'product',
      'id INTEGER PRIMARY KEY, active INTEGER',
      `id, CASE active WHEN 'true' THEN 1 ELSE 0 END`,
    ),
    silent: ['DL103'],
  }),
  on({
    name: 'a JSON list becomes rows',
    schema: 'CREATE TABLE item (id INTEGER PRIMARY KEY, labels TEXT);',
    rows: `INSERT INTO item VALUES (1, '["red","round"]'), (2, '["red"]'), (3, '[]'), (4, NULL);`,
    migration: `CREATE TABLE label (item_id INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE, label TEXT NOT NULL, PRIMARY KEY (item_id, label));
INSERT INTO label SELECT i.id, j.value FROM item i, json_each(i.labels) j; ALTER TABLE item DROP COLUMN labels;`,
    codes: ['DS103'],
    silent: ['DL103'],
  }),
  on({
    name: 'a JSON object becomes columns',
    schema: 'CREATE TABLE item (id INTEGER PRIMARY KEY, attributes TEXT);',
    rows: `INSERT INTO item VALUES (1, '{"weight":1,"color":"red"}'), (2, '{"color":"blue"}'), (3, NULL);`,
    migration: `ALTER TABLE item ADD COLUMN weight INTEGER; ALTER TABLE item ADD COLUMN color TEXT;
UPDATE item SET weight = json_extract(attributes, '$.weight'), color = json_extract(attributes, '$.color'); ALTER TABLE item DROP COLUMN attributes;`,
    silent: ['DL103'],
  }),
  on({
    name: 'two names become one',
    schema: 'CREATE TABLE person (id INTEGER PRIMARY KEY, first TEXT, last TEXT);',
    rows: `INSERT INTO person VALUES (1, 'Ann', 'Lee'), (2, 'Ann', 'Ray'), (3, 'Bo', 'Ray');`,
    migration: `ALTER TABLE person ADD COLUMN name TEXT; UPDATE person SET name = first || ' ' || last; ALTER TABLE person DROP COLUMN first; ALTER TABLE person DROP COLUMN last;`,
    silent: ['DL103'],
  }),
  on({
    name: 'two tables become one',
    schema:
      'CREATE TABLE dog (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE cat (id INTEGER PRIMARY KEY, name TEXT);',
    rows: `INSERT INTO dog VALUES (1, 'rex'), (2, 'bo'); INSERT INTO cat VALUES (1, 'tom'), (2, 'kit');`,
    migration: `CREATE TABLE pet (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, name TEXT); INSERT INTO pet (kind, name) SELECT 'dog', name FROM dog; INSERT INTO pet (kind, name) SELECT 'cat', name FROM cat; DROP TABLE dog; DROP TABLE cat;`,
    codes: ['DS102'],
    silent: ['BC101', 'CH101', 'DL102'],
  }),
  on({
    name: 'a lookup table is written into the rows that used it',
    schema: `CREATE TABLE genre (id INTEGER PRIMARY KEY, label TEXT); CREATE TABLE film (id INTEGER PRIMARY KEY, genre_id INTEGER);`,
    rows: `INSERT INTO genre VALUES (1, 'x'), (2, 'y'); INSERT INTO film VALUES (1, 1), (2, 2), (3, 1);`,
    migration: `ALTER TABLE film ADD COLUMN genre TEXT; UPDATE film SET genre = (SELECT label FROM genre WHERE genre.id = film.genre_id); DROP TABLE genre;`,
    codes: ['DS102'],
    silent: ['DL102'],
  }),
  on({
    name: 'a backup by CREATE TABLE AS, then the drop',
    migration: `CREATE TABLE tags_backup AS SELECT * FROM tags; DROP TABLE tags;`,
    codes: ['DS102'],
    silent: ['CT101', 'IX101', 'DL102', 'BC101'],
  }),
  on({
    name: 'a key of its own is written in another case',
    schema: 'CREATE TABLE tag (name TEXT PRIMARY KEY);',
    rows: `INSERT INTO tag VALUES ('Red'), ('blue');`,
    migration: `UPDATE tag SET name = lower(name);`,
    codes: ['CH101'],
    silent: ['DL102'],
  }),
  on({
    name: 'a key changes and its children follow',
    schema:
      'CREATE TABLE plan (id TEXT PRIMARY KEY); CREATE TABLE client (id INTEGER PRIMARY KEY, plan TEXT REFERENCES plan (id) ON UPDATE CASCADE);',
    rows: `INSERT INTO plan VALUES ('a'), ('b'); INSERT INTO client VALUES (1, 'a');`,
    migration: `UPDATE plan SET id = 'plan-' || id;`,
    silent: ['DL102'],
  }),
  on({
    name: 'a primary key is renamed by a rebuild',
    schema: 'CREATE TABLE flag (key TEXT PRIMARY KEY, state INTEGER);',
    rows: `INSERT INTO flag VALUES ('a', 1), ('b', 0);`,
    migration: `CREATE TABLE flag_new (name TEXT PRIMARY KEY, state INTEGER); INSERT INTO flag_new (name, state) SELECT key, state FROM flag; DROP TABLE flag; ALTER TABLE flag_new RENAME TO flag;`,
    silent: ['DL103', 'DL102'],
  }),
  on({
    name: 'a column makes room for one of its name in another unit',
    schema: 'CREATE TABLE visit (id INTEGER PRIMARY KEY, at TEXT);',
    rows: `INSERT INTO visit VALUES (1, '2024-01-01'), (2, '2024-01-02');`,
    migration: `ALTER TABLE visit RENAME COLUMN at TO at_text; ALTER TABLE visit ADD COLUMN at INTEGER; UPDATE visit SET at = unixepoch(at_text); ALTER TABLE visit DROP COLUMN at_text;`,
    verdict: 'ok',
    silent: ['DL103', 'BC102'],
  }),
  on({
    name: 'IF NOT EXISTS of equals, spelt otherwise',
    migration: `create table if not exists "settings" ("key" text not null primary key, "value" text); CREATE INDEX IF NOT EXISTS \`posts_by_user\` ON \`posts\` (\`user_id\`);
CREATE VIEW IF NOT EXISTS authors AS SELECT u.id, u.email, count(p.id) AS posts FROM users u LEFT JOIN posts p ON p.user_id = u.id GROUP BY u.id;`,
    verdict: 'ok',
    silent: ['NX101'],
  }),
  on({
    name: 'IF NOT EXISTS, and the column is added beside it',
    migration: `CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT, scope TEXT); ALTER TABLE settings ADD COLUMN scope TEXT;`,
    verdict: 'ok',
    silent: ['NX101'],
  }),
  on({
    name: 'a rebuild forgets which keys were given out',
    schema: 'CREATE TABLE ticket (id INTEGER PRIMARY KEY AUTOINCREMENT, note TEXT);',
    rows: `INSERT INTO ticket (note) VALUES ('a'), ('b'), ('c'); DELETE FROM ticket WHERE id = 3;`,
    migration: `CREATE TABLE ticket_new (id INTEGER PRIMARY KEY AUTOINCREMENT, note TEXT, state TEXT); INSERT INTO ticket_new (id, note) SELECT id, note FROM ticket; DROP TABLE ticket; ALTER TABLE ticket_new RENAME TO ticket;`,
    codes: ['CT101'],
  }),
  on({
    name: 'a rebuild leaves STRICT out',
    schema: 'CREATE TABLE ticket (id INTEGER PRIMARY KEY, note TEXT) STRICT;',
    rows: `INSERT INTO ticket VALUES (1, 'a');`,
    migration: `CREATE TABLE ticket_new (id INTEGER PRIMARY KEY, note TEXT, state TEXT); INSERT INTO ticket_new (id, note) SELECT id, note FROM ticket; DROP TABLE ticket; ALTER TABLE ticket_new RENAME TO ticket;`,
    codes: ['CT101'],
  }),
  on({
    name: 'a lookup table is made anew with the same rows',
    schema: 'CREATE TABLE plan (id TEXT PRIMARY KEY, label TEXT NOT NULL);',
    rows: `INSERT INTO plan VALUES ('free', 'Free'), ('pro', 'Pro');`,
    migration: `DROP TABLE plan; CREATE TABLE plan (id TEXT PRIMARY KEY, label TEXT NOT NULL, price INTEGER NOT NULL DEFAULT 0); INSERT INTO plan VALUES ('free', 'Free', 0), ('pro', 'Pro', 29);`,
    verdict: 'ok',
    silent: ['DL102', 'DS102'],
  }),
  on({
    name: 'rows go to an archive that holds older ones',
    schema:
      'CREATE TABLE event (id INTEGER PRIMARY KEY, kind TEXT, at TEXT); CREATE TABLE event_archive (id INTEGER PRIMARY KEY, kind TEXT, at TEXT);',
    rows: `INSERT INTO event VALUES (1, 'a', '2020'), (2, 'b', '2024'); INSERT INTO event_archive VALUES (9, 'z', '2019');`,
    migration: `INSERT INTO event_archive SELECT * FROM event WHERE at < '2023'; DELETE FROM event WHERE at < '2023';`,
    verdict: 'ok',
    silent: ['DL102'],
  }),
  on({
    name: 'JSON objects are wrapped, renamed inside and given other values',
    schema: 'CREATE TABLE work (id INTEGER PRIMARY KEY, tags TEXT, settings TEXT, labels TEXT);',
    rows: `INSERT INTO work VALUES (1, '{"material":"bronze"}', '{"theme":"dark"}', '["Red"]'), (2, '{"material":"stone"}', '{"theme":"dark","beta":true}', '["a","b"]');`,
    migration: `UPDATE work SET tags = json_object('version', 2, 'tags', json(tags)), settings = json_replace(settings, '$.theme', 'light'), labels = lower(labels);`,
    codes: ['CH101'],
    silent: ['DL103'],
  }),
]
