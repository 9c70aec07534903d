import { SHOP, SHOP_ROWS, type Scenario } from './scenario.js'

const on = (scenario: Omit<Scenario, 'schema' | 'rows' | 'verdict'> & Partial<Scenario>): Scenario => ({
  schema: SHOP,
  rows: SHOP_ROWS,
  verdict: 'block',
  ...scenario,
})

const ADDRESSES = {
  schema: 'CREATE TABLE address (id INTEGER PRIMARY KEY, zip TEXT, phone TEXT, since TEXT);',
  rows: `INSERT INTO address VALUES (1, '01234', '+41791112233', '2024-01-05'), (2, '8000', '0791112234', '2024-03-01'), (3, '09', NULL, '2025-01-01');`,
}

const rebuiltAddress = (column: string, type: string, expression: string): string => {
  const columns = ['id INTEGER PRIMARY KEY', 'zip TEXT', 'phone TEXT', 'since TEXT'].map((text) =>
    text.startsWith(`${column} `) ? `${column} ${type}` : text,
  )
  const values = ['id', 'zip', 'phone', 'since'].map((name) => (name === column ? expression : name))
  return `CREATE TABLE address_new (${columns.join(', ')});
INSERT INTO address_new SELECT ${values.join(', ')} FROM address;
DROP TABLE address;
ALTER TABLE address_new RENAME TO address;`
}

const TEAM = `CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE player (id INTEGER PRIMARY KEY, team_id INTEGER REFERENCES team (id) ON DELETE CASCADE);`
const TEAM_ROWS = `INSERT INTO team VALUES (1, 'a'), (2, 'b'); INSERT INTO player VALUES (1, 1), (2, 2);`

/** Migrations that SQLite runs without a word, and that do something else than they say. Every one must be stopped. */
export const STEALTHY: Scenario[] = [
  on({
    ...ADDRESSES,
    name: 'a numeric type eats leading zeros, by affinity alone',
    migration: rebuiltAddress('zip', 'INTEGER', 'zip'),
    codes: ['DL103'],
    silent: ['CH101', 'DL102'],
  }),
  on({
    ...ADDRESSES,
    name: 'a date cast to a number is a year',
    migration: rebuiltAddress('since', 'INTEGER', 'CAST(since AS INTEGER)'),
    codes: ['DL103'],
  }),
  on({
    name: 'more digits than a number holds',
    schema: 'CREATE TABLE invoice (id INTEGER PRIMARY KEY, reference TEXT);',
    rows: `INSERT INTO invoice VALUES (1, '210000000003139471430009017'), (2, '12');`,
    migration: `CREATE TABLE invoice_new (id INTEGER PRIMARY KEY, reference INTEGER); INSERT INTO invoice_new SELECT * FROM invoice; DROP TABLE invoice; ALTER TABLE invoice_new RENAME TO invoice;`,
    codes: ['DL103'],
  }),
  on({
    name: 'a text that is no number becomes 0',
    schema: 'CREATE TABLE product (id INTEGER PRIMARY KEY, price TEXT);',
    rows: `INSERT INTO product VALUES (1, '1.50'), (2, '12.00'), (3, 'on request');`,
    migration: `CREATE TABLE product_new (id INTEGER PRIMARY KEY, price REAL); INSERT INTO product_new SELECT id, CAST(price AS REAL) FROM product; DROP TABLE product; ALTER TABLE product_new RENAME TO product;`,
    codes: ['DL103'],
  }),
  on({
    name: 'a key of digits loses its zeros',
    schema: 'CREATE TABLE badge (code TEXT PRIMARY KEY, owner TEXT);',
    rows: `INSERT INTO badge VALUES ('0012', 'a'), ('13', 'b');`,
    migration: `CREATE TABLE badge_new (code INTEGER PRIMARY KEY, owner TEXT); INSERT INTO badge_new SELECT code, owner FROM badge; DROP TABLE badge; ALTER TABLE badge_new RENAME TO badge;`,
    codes: ['DL103'],
  }),
  on({
    name: 'a column is dropped and added again, empty',
    migration: `ALTER TABLE tags DROP COLUMN position; ALTER TABLE tags ADD COLUMN position TEXT;`,
    codes: ['DL103'],
  }),
  on({
    name: 'one key of a JSON object is taken out, the column with all others dropped',
    schema: 'CREATE TABLE item (id INTEGER PRIMARY KEY, attributes TEXT);',
    rows: `INSERT INTO item VALUES (1, '{"weight":1,"color":"red"}'), (2, '{"weight":2,"color":"blue"}');`,
    migration: `ALTER TABLE item ADD COLUMN weight INTEGER; UPDATE item SET weight = json_extract(attributes, '$.weight'); ALTER TABLE item DROP COLUMN attributes;`,
    codes: ['DL103'],
  }),
  on({
    name: 'UPDATE WHERE 1 = 1 is one without WHERE',
    migration: `UPDATE tokens SET state = 'revoked' WHERE 1 = 1;`,
    codes: ['DL104'],
  }),
  on({
    name: 'CREATE TABLE IF NOT EXISTS meets a table without the new columns',
    migration: `CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT, scope TEXT NOT NULL DEFAULT 'all');`,
    codes: ['NX101'],
  }),
  on({
    name: 'CREATE INDEX IF NOT EXISTS meets an index of other columns',
    migration: `CREATE INDEX IF NOT EXISTS posts_by_user ON posts (user_id, title);`,
    codes: ['NX101'],
  }),
  on({
    name: 'an index made IF NOT EXISTS is still on the renamed table',
    schema: `CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT); CREATE INDEX note_body ON note (body);`,
    rows: `INSERT INTO note VALUES (1, 'x');`,
    migration: `ALTER TABLE note RENAME TO note_old; CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, pinned INTEGER); INSERT INTO note (id, body) SELECT id, body FROM note_old; CREATE INDEX IF NOT EXISTS note_body ON note (body); DROP TABLE note_old;`,
    codes: ['NX101', 'IX101'],
  }),
  on({
    name: 'trigger and view stay with the renamed table',
    schema: `CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT); CREATE TABLE feed (id INTEGER);
CREATE TRIGGER note_feed AFTER INSERT ON note BEGIN INSERT INTO feed VALUES (new.id); END; CREATE VIEW bodies AS SELECT body FROM note;`,
    rows: `INSERT INTO note VALUES (1, 'x');`,
    migration: `ALTER TABLE note RENAME TO note_v1; CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, pinned INTEGER); INSERT INTO note (id, body) SELECT id, body FROM note_v1;`,
    codes: ['TR101'],
  }),
  on({
    name: 'children follow the renamed parent, which stays',
    schema: TEAM,
    rows: TEAM_ROWS,
    migration: `ALTER TABLE team RENAME TO team_old; CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT); INSERT INTO team (id, name) SELECT id, name FROM team_old;`,
    codes: ['CD101'],
    silent: ['FK101'],
  }),
  on({
    name: 'a generated rebuild of a parent with refusing and with cascading children',
    schema: `${TEAM} CREATE TABLE fixture (id INTEGER PRIMARY KEY, home INTEGER NOT NULL REFERENCES team (id));`,
    rows: `${TEAM_ROWS} INSERT INTO fixture VALUES (1, 1);`,
    migration: `PRAGMA foreign_keys=OFF;
CREATE TABLE __new_team (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO __new_team ("id", "name") SELECT "id", "name" FROM team;
DROP TABLE team;
ALTER TABLE __new_team RENAME TO team;
PRAGMA foreign_keys=ON;`,
    codes: ['RH101'],
  }),
  on({
    name: 'a rebuild forgets COLLATE NOCASE of a key',
    schema: 'CREATE TABLE account (id INTEGER PRIMARY KEY, handle TEXT NOT NULL COLLATE NOCASE UNIQUE);',
    rows: `INSERT INTO account VALUES (1, 'Ann'), (2, 'ben');`,
    migration: `CREATE TABLE account_new (id INTEGER PRIMARY KEY, handle TEXT NOT NULL UNIQUE, bio TEXT); INSERT INTO account_new (id, handle) SELECT id, handle FROM account; DROP TABLE account; ALTER TABLE account_new RENAME TO account;`,
    codes: ['CT101'],
  }),
  on({
    name: 'a rebuild freezes a computed column',
    schema: `CREATE TABLE line (id INTEGER PRIMARY KEY, qty INTEGER, price INTEGER, total INTEGER GENERATED ALWAYS AS (qty * price) VIRTUAL);`,
    rows: `INSERT INTO line (id, qty, price) VALUES (1, 2, 3), (2, 4, 5);`,
    migration: `CREATE TABLE line_new (id INTEGER PRIMARY KEY, qty INTEGER, price INTEGER, total INTEGER, note TEXT); INSERT INTO line_new (id, qty, price, total) SELECT id, qty, price, total FROM line; DROP TABLE line; ALTER TABLE line_new RENAME TO line;`,
    codes: ['CT101'],
  }),
  on({
    name: 'a name is taken out of the ledger',
    migration: `DELETE FROM d1_migrations WHERE name LIKE '0001%';`,
    codes: ['LG101'],
  }),
  on({
    name: 'a backup holds only some of the rows that are dropped',
    migration: `CREATE TABLE tokens_backup AS SELECT * FROM tokens WHERE state = 'active'; DROP TABLE tokens;`,
    codes: ['DL102'],
  }),
  on({
    name: 'a lookup table is dropped with a value that nothing took over',
    schema: `CREATE TABLE genre (id INTEGER PRIMARY KEY, label TEXT); CREATE TABLE film (id INTEGER PRIMARY KEY, genre_id INTEGER);`,
    rows: `INSERT INTO genre VALUES (1, 'x'), (2, 'unused'); INSERT INTO film VALUES (1, 1), (2, 1);`,
    migration: `ALTER TABLE film ADD COLUMN genre TEXT; UPDATE film SET genre = (SELECT label FROM genre WHERE genre.id = film.genre_id); DROP TABLE genre;`,
    codes: ['DL102'],
  }),
  on({
    name: 'a dropped reference is not held by keys that happen to have its numbers',
    schema: 'CREATE TABLE visit (id INTEGER PRIMARY KEY, guest INTEGER, note TEXT);',
    rows: `INSERT INTO visit VALUES (1, 2, 'a'), (2, 1, 'b'), (3, 2, 'c');`,
    migration: `CREATE TABLE visit_new (id INTEGER PRIMARY KEY, note TEXT); INSERT INTO visit_new SELECT id, note FROM visit; DROP TABLE visit; ALTER TABLE visit_new RENAME TO visit;`,
    codes: ['DL103'],
  }),
  on({
    name: 'a JSON list becomes rows that leave out a field',
    schema: 'CREATE TABLE cart (id INTEGER PRIMARY KEY, lines TEXT);',
    rows: `INSERT INTO cart VALUES (1, '[{"sku":"A","qty":20},{"sku":"B","qty":10}]'), (2, '[{"sku":"C","qty":50}]');`,
    migration: `CREATE TABLE line (id INTEGER PRIMARY KEY, cart_id INTEGER NOT NULL REFERENCES cart (id), sku TEXT NOT NULL);
INSERT INTO line (cart_id, sku) SELECT c.id, json_extract(j.value, '$.sku') FROM cart c, json_each(c.lines) j; ALTER TABLE cart DROP COLUMN lines;`,
    codes: ['DL103'],
  }),
  on({
    name: 'deferred keys fail at the end of the file',
    schema: `CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id));`,
    rows: `INSERT INTO a VALUES (1, 'x'); INSERT INTO b VALUES (1, 1);`,
    migration: `PRAGMA defer_foreign_keys = ON; CREATE TABLE a2 (id INTEGER PRIMARY KEY, x TEXT, y TEXT); INSERT INTO a2 (id, x) SELECT id, x FROM a; DROP TABLE a; ALTER TABLE a2 RENAME TO a;`,
    codes: ['RH101'],
  }),
  on({
    name: 'JSON objects are written over by a template',
    schema: 'CREATE TABLE work (id INTEGER PRIMARY KEY, tags TEXT);',
    rows: `INSERT INTO work VALUES (1, '{"material":"bronze","height":3}'), (2, '{"material":"stone"}'), (3, NULL);`,
    migration: `UPDATE work SET tags = json_object('version', '1.0', 'tags', json_object()) WHERE tags IS NOT NULL;`,
    codes: ['DL103', 'CH101'],
  }),
]
