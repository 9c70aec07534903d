import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const OFFERS = {
  schema:
    'CREATE TABLE offer (sku TEXT NOT NULL, code TEXT NOT NULL, price INTEGER, PRIMARY KEY (sku, code));',
  rows: `INSERT INTO offer VALUES ('A1', 'x', 1), ('A1', 'y', 2), ('B2', 'x', 3);`,
}
const NODES = {
  schema: 'CREATE TABLE node (id INTEGER PRIMARY KEY, parent_id INTEGER, name TEXT);',
  rows: `INSERT INTO node VALUES (1, NULL, 'root'), (2, 1, 'a'), (3, 1, 'b'), (4, 2, 'c'), (5, 4, 'd'), (6, 4, 'e');`,
}
const kept = (scenario: Case): Scenario => ({
  ...{ ...OFFERS, verdict: 'acknowledge', codes: ['DS103'], silent: ['DL102', 'DL103'] },
  ...scenario,
})
const lost = (scenario: Case): Scenario => ({ ...OFFERS, verdict: 'block', codes: ['DL103'], ...scenario })
const keyed = (key: string, name = 'id', where = ''): string =>
  `CREATE TABLE offer2 (${name} TEXT PRIMARY KEY NOT NULL, price INTEGER); INSERT INTO offer2 SELECT ${key}, price FROM offer${where}; DROP TABLE offer; ALTER TABLE offer2 RENAME TO offer;`
const path = (first: string, next: string, made = 'path TEXT'): string =>
  `CREATE TABLE node2 (id INTEGER PRIMARY KEY, name TEXT, ${made}); WITH RECURSIVE w (id, name, path) AS (SELECT id, name, ${first} FROM node WHERE parent_id IS NULL UNION ALL SELECT c.id, c.name, ${next} FROM node c JOIN w ON c.parent_id = w.id) INSERT INTO node2 SELECT id, name, path FROM w; DROP TABLE node; ALTER TABLE node2 RENAME TO node;`

const above = (set: string): string =>
  `ALTER TABLE node ADD COLUMN above INTEGER; UPDATE node SET above = ${set}; ALTER TABLE node DROP COLUMN parent_id;`

/** Columns that a new key or a path is made of, and that it gives back. */
export const KEPT_IN_KEYS: Scenario[] = [
  kept({
    name: 'two columns of the key become one',
    migration: keyed(`sku || ':' || code`),
    says: [
      'Column offer.sku is dropped with 3 values; its values are in offer.id',
      'Column offer.code is dropped with 3 values; its values are in offer.id',
    ],
  }),
  kept({
    name: 'two numbers become one text',
    schema: 'CREATE TABLE offer (a INTEGER NOT NULL, b INTEGER NOT NULL, price INTEGER, PRIMARY KEY (a, b));',
    rows: 'INSERT INTO offer VALUES (1, 1, 1), (1, 2, 2), (20, 1, 3);',
    migration: keyed(`a || '-' || b`),
  }),
  kept({
    name: 'the last part never has the separator',
    rows: `INSERT INTO offer VALUES ('A1:x', 'y', 1), ('A1', 'y', 2), ('B2', 'x', 3);`,
    migration: keyed(`sku || ':' || code`),
  }),
  kept({
    name: 'the new key has the name of a part of the old one',
    migration: keyed(`sku || ':' || code`, 'sku'),
    codes: ['DS103', 'CH101'],
  }),
  kept({
    ...{ ...NODES, name: 'a path of the numbers of all parents' },
    migration: path(`'/' || id`, `w.path || '/' || c.id`),
    says: ['Column node.parent_id is dropped with 5 values; its values are in node.path'],
  }),
  kept({
    ...{ ...NODES, name: 'a path that ends with the separator' },
    migration: path(`'/' || id || '/'`, `w.path || c.id || '/'`),
  }),
  kept({
    ...{ ...NODES, name: 'a path of names that is unique' },
    migration: path('name', `w.path || '/' || c.name`, 'path TEXT NOT NULL UNIQUE'),
    says: ['Column node.parent_id is dropped with 5 values; its values are in node.path'],
  }),
  kept({
    name: 'the unique path of the parent',
    schema: 'CREATE TABLE node (id INTEGER PRIMARY KEY, parent_id INTEGER, path TEXT NOT NULL UNIQUE);',
    rows: `INSERT INTO node VALUES (1, NULL, '/a'), (2, 1, '/a/b'), (3, 1, '/a/c'), (4, 2, '/a/b/d');`,
    migration:
      'ALTER TABLE node ADD COLUMN above TEXT; UPDATE node SET above = (SELECT p.path FROM node p WHERE p.id = node.parent_id); ALTER TABLE node DROP COLUMN parent_id;',
    says: ['its values are in node.above'],
  }),
  kept({
    ...NODES,
    name: 'the number that a join finds',
    migration: above('p.id FROM node p WHERE p.id = node.parent_id'),
  }),
  kept({
    ...NODES,
    name: 'the number that a query finds',
    migration: above('(SELECT p.id FROM node p WHERE p.id = node.parent_id)'),
  }),
  kept({
    ...NODES,
    name: 'the number under a condition',
    migration: above('CASE WHEN parent_id > 0 THEN parent_id END'),
  }),
  kept({
    ...{ ...NODES, name: 'the unique name of the parent' },
    schema: 'CREATE TABLE node (id INTEGER PRIMARY KEY, parent_id INTEGER, name TEXT UNIQUE);',
    migration:
      'ALTER TABLE node ADD COLUMN above TEXT; UPDATE node SET above = (SELECT p.name FROM node p WHERE p.id = node.parent_id); ALTER TABLE node DROP COLUMN parent_id;',
  }),
]

/** Looks like it, and the key or the path does not say what they were. */
export const LOST_IN_KEYS: Scenario[] = [
  lost({ name: 'nothing stands between the parts', migration: keyed('sku || code') }),
  lost({
    name: 'one part is written otherwise',
    migration: keyed(`lower(sku) || ':' || code`),
    says: ['3 values of offer.sku go with the column'],
    unsaid: ['of offer.code go'],
  }),
  lost({
    name: 'both parts have the separator',
    rows: `INSERT INTO offer VALUES ('A1:x', 'y', 1), ('A1', 'y:z', 2), ('B2', 'x', 3);`,
    migration: keyed(`sku || ':' || code`),
  }),
  lost({
    name: 'a row is left out on the way',
    migration: keyed(`sku || ':' || code`, 'id', ` WHERE sku <> 'B2'`),
    ...{ codes: ['DL102'], silent: ['DL103'] },
    says: [`1 row of offer is lost; 2 of 3 remain. Among them: ('B2', 'x', 3).`],
  }),
  lost({
    ...{ ...NODES, name: 'a path of names' },
    migration: path('name', `w.path || '/' || c.name`),
  }),
  lost({
    ...{ ...NODES, name: 'a unique path of names that have the separator' },
    rows: `INSERT INTO node VALUES (1, NULL, 'root'), (2, 1, 'a/b'), (3, 2, 'c/d');`,
    migration: path('name', `w.path || '/' || c.name`, 'path TEXT NOT NULL UNIQUE'),
  }),
  lost({
    ...{ ...NODES, name: 'the name of the parent, which others may have' },
    migration:
      'ALTER TABLE node ADD COLUMN above TEXT; UPDATE node SET above = (SELECT p.name FROM node p WHERE p.id = node.parent_id); ALTER TABLE node DROP COLUMN parent_id;',
  }),
  lost({
    name: 'how deep a row lies in a chain, where other tables have rows of such numbers',
    schema: `CREATE TABLE page (id INTEGER PRIMARY KEY, slug TEXT, author_id INTEGER); CREATE TABLE node (id INTEGER PRIMARY KEY, page_id INTEGER REFERENCES page (id), parent_id INTEGER, name TEXT);`,
    rows: `INSERT INTO page VALUES (1, 'a', 1), (2, 'b', 2); INSERT INTO node VALUES (1, 1, NULL, 'x'), (2, 1, 1, 'y'), (3, 2, 2, 'z');`,
    migration:
      'ALTER TABLE node ADD COLUMN depth INTEGER; WITH RECURSIVE w (id, d) AS (SELECT id, 0 FROM node WHERE parent_id IS NULL UNION ALL SELECT c.id, w.d + 1 FROM node c JOIN w ON c.parent_id = w.id) UPDATE node SET depth = (SELECT d FROM w WHERE w.id = node.id); ALTER TABLE node DROP COLUMN parent_id;',
  }),
  lost({
    ...{ ...NODES, name: 'how many rows lie above it' },
    rows: `INSERT INTO node VALUES (1, NULL, 'x'), (2, 1, 'y'), (3, 2, 'z');`,
    migration:
      'ALTER TABLE node ADD COLUMN above INTEGER; UPDATE node SET above = (SELECT count(*) FROM node p WHERE p.id <= node.parent_id); ALTER TABLE node DROP COLUMN parent_id;',
  }),
  lost({
    ...{ ...NODES, name: 'how deep it is' },
    migration: path('0', 'w.path + 1', 'depth INTEGER'),
  }),
]
