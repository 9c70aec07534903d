import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const MEMBERS = {
  schema: 'CREATE TABLE member (id INTEGER PRIMARY KEY, address TEXT, age INTEGER, joined TEXT);',
  rows: `INSERT INTO member VALUES (1, 'ann@lake.ch', 31, '2024-01-05T10:00:00Z'), (2, 'bobby@hill.org', 42, '2024-03-01T08:30:00Z'), (5, 'cleopatra@nile.eg', 69, '2025-01-01T00:00:00Z');`,
}

const lost = (scenario: Case): Scenario => ({ ...MEMBERS, verdict: 'block', codes: ['DL103'], ...scenario })
const kept = (scenario: Case): Scenario => ({
  ...MEMBERS,
  verdict: 'acknowledge',
  codes: ['DS103'],
  silent: ['DL103', 'DL102'],
  ...scenario,
})

const instead = (column: string, definition: string, value: string, old = 'address'): string =>
  `ALTER TABLE member ADD COLUMN ${definition}; UPDATE member SET ${column} = ${value}; ALTER TABLE member DROP COLUMN ${old};`

/** A column goes, and what is left instead of it does not give its values back. */
export const VALUES_LOST: Scenario[] = [
  lost({ name: 'a length differs for each value', migration: instead('n', 'n INTEGER', 'length(address)') }),
  lost({
    name: 'a rank differs for each value',
    migration: instead('n', 'n INTEGER', '(SELECT count(*) FROM member m WHERE m.address <= member.address)'),
  }),
  lost({
    name: 'a random id differs for each value',
    migration: instead('token', 'token TEXT', `hex(randomblob(8)) || length(address)`),
  }),
  lost({
    name: 'a class of each value happens to differ',
    migration: instead(
      'class',
      'class TEXT',
      `CASE WHEN age > 60 THEN 'old' WHEN age > 40 THEN 'mid' ELSE 'young' END`,
      'age',
    ),
  }),
  lost({
    name: 'the first letters happen to differ',
    migration: instead('initial', 'initial TEXT', 'substr(address, 1, 3)'),
  }),
  lost({
    name: 'only the part behind the separator is kept',
    migration: instead('domain', 'domain TEXT', `substr(address, instr(address, '@') + 1)`),
  }),
  lost({
    name: 'the time of day is cut off',
    migration: instead('day', 'day TEXT', 'date(joined)', 'joined'),
  }),
  lost({
    name: 'values go to a table that nothing links to their rows',
    migration: `CREATE TABLE address (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO address (text) SELECT address FROM member; ALTER TABLE member DROP COLUMN address;`,
  }),
  lost({
    name: 'values go to a table in another order: its own keys are a rank',
    rows: `INSERT INTO member (id, address) VALUES (1, 'zoe@z.ch'), (2, 'ann@a.ch');`,
    migration: `CREATE TABLE address (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO address (text) SELECT address FROM member ORDER BY address; ALTER TABLE member DROP COLUMN address;`,
  }),
  lost({
    name: 'the table that they go to holds other values under these keys already',
    schema: `${MEMBERS.schema} CREATE TABLE contact (member_id INTEGER PRIMARY KEY, address TEXT);`,
    rows: `${MEMBERS.rows} INSERT INTO contact VALUES (1, 'old@lake.ch'), (2, 'ann@lake.ch'), (9, 'bobby@hill.org'), (10, 'cleopatra@nile.eg');`,
    migration: `INSERT OR IGNORE INTO contact (member_id, address) SELECT id, address FROM member; ALTER TABLE member DROP COLUMN address;`,
  }),
  lost({
    name: 'two columns are put together with a separator that one of them holds',
    schema: 'CREATE TABLE person (id INTEGER PRIMARY KEY, first TEXT, last TEXT);',
    rows: `INSERT INTO person VALUES (1, 'Mary Jo', 'Lee'), (2, 'Ann', 'van Ray');`,
    migration: `ALTER TABLE person ADD COLUMN name TEXT; UPDATE person SET name = first || ' ' || last; ALTER TABLE person DROP COLUMN first; ALTER TABLE person DROP COLUMN last;`,
  }),
  lost({
    name: 'two of three numbers are added up',
    schema: 'CREATE TABLE line (id INTEGER PRIMARY KEY, net INTEGER, tax INTEGER);',
    rows: 'INSERT INTO line VALUES (1, 10, 2), (2, 20, 4), (3, 30, 5);',
    migration: `ALTER TABLE line ADD COLUMN gross INTEGER; UPDATE line SET gross = net + tax; ALTER TABLE line DROP COLUMN tax; ALTER TABLE line DROP COLUMN net;`,
  }),
  lost({
    name: 'a price is rounded into its new unit',
    schema: 'CREATE TABLE line (id INTEGER PRIMARY KEY, price REAL);',
    rows: 'INSERT INTO line VALUES (1, 1.255), (2, 3.5);',
    migration: `ALTER TABLE line ADD COLUMN cents INTEGER; UPDATE line SET cents = CAST(round(price * 100) AS INTEGER); ALTER TABLE line DROP COLUMN price;`,
  }),
  lost({
    name: 'JSON of which two keys with equal values share one column',
    schema: 'CREATE TABLE box (id INTEGER PRIMARY KEY, size TEXT);',
    rows: `INSERT INTO box VALUES (1, '{"w":3,"h":3}'), (2, '{"w":4,"h":4}');`,
    migration: `ALTER TABLE box ADD COLUMN w INTEGER; UPDATE box SET w = json_extract(size, '$.w'); ALTER TABLE box DROP COLUMN size;`,
  }),
  lost({
    name: 'a JSON list becomes rows of the wrong owners',
    schema: 'CREATE TABLE item (id INTEGER PRIMARY KEY, labels TEXT);',
    rows: `INSERT INTO item VALUES (1, '["red","round"]'), (2, '["blue"]');`,
    migration: `CREATE TABLE label (item_id INTEGER, label TEXT); INSERT INTO label SELECT 3 - i.id, j.value FROM item i, json_each(i.labels) j; ALTER TABLE item DROP COLUMN labels;`,
  }),
  lost({
    name: 'a lookup table takes the values and the rows no reference',
    migration: `CREATE TABLE place (id INTEGER PRIMARY KEY, name TEXT UNIQUE); INSERT INTO place (name) SELECT DISTINCT address FROM member; ALTER TABLE member DROP COLUMN address;`,
  }),
  lost({
    name: 'the reference to the lookup table misses one spelling',
    schema: `${MEMBERS.schema} CREATE TABLE country (id INTEGER PRIMARY KEY, name TEXT);`,
    rows: `INSERT INTO member (id, address) VALUES (1, 'ch'), (2, 'de'), (3, 'Switzerland'); INSERT INTO country VALUES (7, 'ch'), (8, 'de');`,
    migration: `ALTER TABLE member ADD COLUMN country_id INTEGER REFERENCES country (id); UPDATE member SET country_id = (SELECT id FROM country WHERE name = member.address); ALTER TABLE member DROP COLUMN address;`,
  }),
  lost({
    name: 'a nickname yields to a name that is there already',
    schema: 'CREATE TABLE person (id INTEGER PRIMARY KEY, nick TEXT, shown TEXT);',
    rows: `INSERT INTO person VALUES (1, 'an', NULL), (2, 'bo', 'Bob'), (3, 'cy', NULL);`,
    migration: `UPDATE person SET shown = nick WHERE shown IS NULL; ALTER TABLE person DROP COLUMN nick;`,
  }),
  lost({
    name: 'a state that the CASE does not spell shares a number with others',
    schema: 'CREATE TABLE job (id INTEGER PRIMARY KEY, status TEXT);',
    rows: `INSERT INTO job VALUES (1, 'new'), (2, 'done'), (3, 'new');`,
    migration: `ALTER TABLE job ADD COLUMN state INTEGER; UPDATE job SET state = CASE status WHEN 'new' THEN 0 ELSE 1 END; ALTER TABLE job DROP COLUMN status;`,
  }),
]

/** A column goes, and the migrated database gives every value of it back by the key of its row. */
export const VALUES_KEPT: Scenario[] = [
  kept({
    name: 'the same values in a new column of the row',
    migration: instead('mail', 'mail TEXT', 'address'),
  }),
  kept({
    name: 'a column is split at its separator',
    migration: `ALTER TABLE member ADD COLUMN box TEXT; ALTER TABLE member ADD COLUMN host TEXT; UPDATE member SET box = substr(address, 1, instr(address, '@') - 1), host = substr(address, instr(address, '@') + 1); ALTER TABLE member DROP COLUMN address;`,
  }),
  kept({
    name: 'names are split, and some have one part only',
    schema: 'CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT);',
    rows: `INSERT INTO person VALUES (1, 'Ann Lee'), (2, 'Cher'), (3, 'Mary Jo Ray'), (4, NULL);`,
    migration: `ALTER TABLE person ADD COLUMN first TEXT; ALTER TABLE person ADD COLUMN last TEXT;
UPDATE person SET first = CASE WHEN instr(name, ' ') > 0 THEN substr(name, 1, instr(name, ' ') - 1) ELSE name END, last = CASE WHEN instr(name, ' ') > 0 THEN substr(name, instr(name, ' ') + 1) END; ALTER TABLE person DROP COLUMN name;`,
  }),
  kept({
    name: 'street and city are put together and can be told apart',
    schema: 'CREATE TABLE shop (id INTEGER PRIMARY KEY, street TEXT, zip TEXT, city TEXT);',
    rows: `INSERT INTO shop VALUES (1, 'Main St 1', '8001', 'Zurich'), (2, 'Side St 22', '3000', 'Bern');`,
    migration: `ALTER TABLE shop ADD COLUMN address TEXT; UPDATE shop SET address = street || ', ' || zip || ', ' || city; ALTER TABLE shop DROP COLUMN street; ALTER TABLE shop DROP COLUMN zip; ALTER TABLE shop DROP COLUMN city;`,
  }),
  kept({
    name: 'texts for points in time become seconds',
    migration: instead('at', 'at INTEGER', 'unixepoch(joined)', 'joined'),
  }),
  kept({
    name: 'seconds become texts for points in time',
    schema: 'CREATE TABLE visit (id INTEGER PRIMARY KEY, at INTEGER);',
    rows: 'INSERT INTO visit VALUES (1, 1700000000), (2, 1710000000), (3, NULL);',
    migration: `ALTER TABLE visit ADD COLUMN seen TEXT; UPDATE visit SET seen = datetime(at, 'unixepoch'); ALTER TABLE visit DROP COLUMN at;`,
  }),
  kept({
    name: 'francs and cents of a sum in cents',
    schema: 'CREATE TABLE line (id INTEGER PRIMARY KEY, sum INTEGER);',
    rows: 'INSERT INTO line VALUES (1, 1255), (2, 99), (3, 100);',
    migration: `ALTER TABLE line ADD COLUMN francs INTEGER; ALTER TABLE line ADD COLUMN cents INTEGER; UPDATE line SET francs = sum / 100, cents = sum % 100; ALTER TABLE line DROP COLUMN sum;`,
  }),
  kept({
    name: 'columns are packed into a JSON object',
    migration: `ALTER TABLE member ADD COLUMN profile TEXT; UPDATE member SET profile = json_object('address', address, 'age', age); ALTER TABLE member DROP COLUMN address; ALTER TABLE member DROP COLUMN age;`,
  }),
  kept({
    name: 'a phone or a mail: one column for each kind',
    schema: 'CREATE TABLE person (id INTEGER PRIMARY KEY, contact TEXT);',
    rows: `INSERT INTO person VALUES (1, 'a@b.ch'), (2, '0791112233'), (3, 'c@d.ch');`,
    migration: `ALTER TABLE person ADD COLUMN mail TEXT; ALTER TABLE person ADD COLUMN phone TEXT; UPDATE person SET mail = CASE WHEN contact LIKE '%@%' THEN contact END, phone = CASE WHEN contact NOT LIKE '%@%' THEN contact END; ALTER TABLE person DROP COLUMN contact;`,
  }),
  kept({
    name: 'values go to a table of their own, with the key of their row',
    migration: `CREATE TABLE address (id INTEGER PRIMARY KEY, member_id INTEGER NOT NULL REFERENCES member (id), text TEXT); INSERT INTO address (member_id, text) SELECT id, address FROM member WHERE address IS NOT NULL; ALTER TABLE member DROP COLUMN address;`,
  }),
  kept({
    name: 'two columns become rows of a table that says which is which',
    schema: 'CREATE TABLE person (id INTEGER PRIMARY KEY, phone TEXT, mail TEXT);',
    rows: `INSERT INTO person VALUES (1, '079', 'a@b.ch'), (2, NULL, 'c@d.ch'), (3, '044', NULL);`,
    migration: `CREATE TABLE contact (person_id INTEGER NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL); INSERT INTO contact SELECT id, 'phone', phone FROM person WHERE phone IS NOT NULL UNION ALL SELECT id, 'mail', mail FROM person WHERE mail IS NOT NULL; ALTER TABLE person DROP COLUMN phone; ALTER TABLE person DROP COLUMN mail;`,
  }),
  kept({
    name: 'a lookup table and a reference to it in every row',
    schema: 'CREATE TABLE film (id INTEGER PRIMARY KEY, genre TEXT);',
    rows: `INSERT INTO film VALUES (1, 'noir'), (2, 'war'), (3, 'noir'), (4, NULL);`,
    migration: `CREATE TABLE genre (id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE); INSERT INTO genre (label) SELECT DISTINCT genre FROM film WHERE genre IS NOT NULL; ALTER TABLE film ADD COLUMN genre_id INTEGER REFERENCES genre (id); UPDATE film SET genre_id = (SELECT id FROM genre WHERE label = film.genre); ALTER TABLE film DROP COLUMN genre;`,
  }),
  kept({
    name: 'a rebuild puts a reference in the place of a text',
    schema: 'CREATE TABLE film (id INTEGER PRIMARY KEY, genre TEXT NOT NULL);',
    rows: `INSERT INTO film VALUES (1, 'noir'), (2, 'war'), (3, 'noir');`,
    migration: `CREATE TABLE genre (id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE); INSERT INTO genre (label) SELECT DISTINCT genre FROM film;
CREATE TABLE film_new (id INTEGER PRIMARY KEY, genre_id INTEGER NOT NULL REFERENCES genre (id)); INSERT INTO film_new (id, genre_id) SELECT f.id, g.id FROM film f JOIN genre g ON g.label = f.genre; DROP TABLE film; ALTER TABLE film_new RENAME TO film;`,
  }),
  kept({
    name: 'a JSON list becomes labels, shared by a table between',
    schema: 'CREATE TABLE item (id INTEGER PRIMARY KEY, labels TEXT);',
    rows: `INSERT INTO item VALUES (1, '["red","round"]'), (2, '["red"]'), (3, NULL);`,
    migration: `CREATE TABLE label (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE); CREATE TABLE item_label (item_id INTEGER NOT NULL REFERENCES item (id), label_id INTEGER NOT NULL REFERENCES label (id), PRIMARY KEY (item_id, label_id));
INSERT INTO label (name) SELECT DISTINCT j.value FROM item i, json_each(i.labels) j; INSERT INTO item_label SELECT i.id, l.id FROM item i, json_each(i.labels) j JOIN label l ON l.name = j.value; ALTER TABLE item DROP COLUMN labels;`,
  }),
  kept({
    name: 'a JSON list of objects becomes rows with all of their fields',
    schema: 'CREATE TABLE cart (id INTEGER PRIMARY KEY, lines TEXT);',
    rows: `INSERT INTO cart VALUES (1, '[{"sku":"A","qty":2},{"sku":"B","qty":1}]'), (2, '[{"sku":"A","qty":2}]');`,
    migration: `CREATE TABLE line (id INTEGER PRIMARY KEY, cart_id INTEGER NOT NULL REFERENCES cart (id), sku TEXT NOT NULL, qty INTEGER NOT NULL);
INSERT INTO line (cart_id, sku, qty) SELECT c.id, json_extract(j.value, '$.sku'), json_extract(j.value, '$.qty') FROM cart c, json_each(c.lines) j; ALTER TABLE cart DROP COLUMN lines;`,
  }),
  kept({
    name: 'a parent hands a value down to all of its children',
    schema:
      'CREATE TABLE shop (id INTEGER PRIMARY KEY, currency TEXT); CREATE TABLE bill (id INTEGER PRIMARY KEY, shop_id INTEGER NOT NULL REFERENCES shop (id));',
    rows: `INSERT INTO shop VALUES (1, 'CHF'), (2, 'EUR'); INSERT INTO bill VALUES (1, 1), (2, 1), (3, 2);`,
    migration: `ALTER TABLE bill ADD COLUMN currency TEXT; UPDATE bill SET currency = (SELECT currency FROM shop WHERE shop.id = bill.shop_id); ALTER TABLE shop DROP COLUMN currency;`,
  }),
  kept({
    name: 'a column is renamed by the copy of a rebuild',
    codes: ['BC102'],
    migration: `CREATE TABLE member_new (id INTEGER PRIMARY KEY, mail TEXT, age INTEGER, joined TEXT); INSERT INTO member_new (id, mail, age, joined) SELECT id, address, age, joined FROM member; DROP TABLE member; ALTER TABLE member_new RENAME TO member;`,
  }),
  kept({
    name: 'each state gets a number that the migration spells',
    schema: 'CREATE TABLE job (id INTEGER PRIMARY KEY, status TEXT);',
    rows: `INSERT INTO job VALUES (1, 'new'), (2, 'done'), (3, 'new');`,
    migration: `ALTER TABLE job ADD COLUMN state INTEGER; UPDATE job SET state = CASE status WHEN 'new' THEN 0 WHEN 'done' THEN 1 END; ALTER TABLE job DROP COLUMN status;`,
    codes: ['DS103'],
    silent: ['CH101'],
  }),
  kept({
    name: 'a flag is turned round',
    schema: 'CREATE TABLE job (id INTEGER PRIMARY KEY, active INTEGER);',
    rows: 'INSERT INTO job VALUES (1, 1), (2, 0), (3, 1);',
    migration: `ALTER TABLE job ADD COLUMN disabled INTEGER; UPDATE job SET disabled = CASE WHEN active = 1 THEN 0 ELSE 1 END; ALTER TABLE job DROP COLUMN active;`,
  }),
  kept({
    name: 'values go to a table that names their row by its mail',
    schema: 'CREATE TABLE account (id INTEGER PRIMARY KEY, mail TEXT NOT NULL UNIQUE, bio TEXT);',
    rows: `INSERT INTO account VALUES (1, 'a@x.ch', 'p'), (2, 'b@x.ch', 'q');`,
    migration: `CREATE TABLE bio (mail TEXT PRIMARY KEY, text TEXT); INSERT INTO bio SELECT mail, bio FROM account; ALTER TABLE account DROP COLUMN bio;`,
  }),
]
