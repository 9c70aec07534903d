import { describe, expect, test } from 'vitest'
import { unwrittenRows } from '../../../src/analysis/reverse/without-rows.js'
import { rehearsedOn } from './rehearsed.js'

const SCHEMA = `CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT, phone TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id) ON DELETE CASCADE, note TEXT);
CREATE TABLE audit (what TEXT);
CREATE TRIGGER noted AFTER UPDATE ON orders BEGIN INSERT INTO audit VALUES (new.note); END;
CREATE TABLE labels (name TEXT PRIMARY KEY);
`

/** What a migration on empty tables leaves for others to bring back. */
async function left(migration: string): Promise<string[]> {
  const { evidence } = await rehearsedOn(SCHEMA, migration)
  expect(evidence.failures).toEqual([])
  return unwrittenRows(evidence)
}

describe('a reverse that was written without rows names what it does not bring back', () => {
  test.each([
    [
      'values that were moved away',
      `CREATE TABLE addresses (customer_id INTEGER PRIMARY KEY, town TEXT, phone TEXT);
       INSERT INTO addresses SELECT id, city, phone FROM customers;
       ALTER TABLE customers DROP COLUMN city; ALTER TABLE customers DROP COLUMN phone;`,
      'The values of customers.city, customers.phone do not come back',
    ],
    ['a dropped table', 'DROP TABLE labels;', 'The rows of labels do not come back'],
    [
      'rows that a trigger writes',
      `ALTER TABLE labels ADD COLUMN colour TEXT; UPDATE orders SET note = '';`,
      'Rows of audit stay as the migration leaves them: it inserts rows there',
    ],
    [
      'rows that a foreign key deletes',
      'ALTER TABLE labels ADD COLUMN colour TEXT; DELETE FROM customers WHERE id > 3;',
      'Rows of orders stay as the migration leaves them: it deletes rows there',
    ],
    [
      'a table that is made again',
      'CREATE TABLE made (name TEXT PRIMARY KEY, colour TEXT); INSERT INTO made SELECT upper(name), NULL FROM labels; DROP TABLE labels; ALTER TABLE made RENAME TO labels;',
      'Rows and values of labels that the copy into its new table changes',
    ],
  ])('%s', async (_, migration, sentence) => {
    expect((await left(migration)).join('\n')).toContain(sentence)
  })

  test.each([
    ['a new table', 'CREATE TABLE tags (name TEXT PRIMARY KEY);'],
    ['a new table with rows', `CREATE TABLE tags (name TEXT); INSERT INTO tags VALUES ('a');`],
    ['a new column', 'ALTER TABLE labels ADD COLUMN colour TEXT;'],
    ['a new index', 'CREATE INDEX orders_note ON orders (note);'],
    ['another name', 'ALTER TABLE customers RENAME COLUMN city TO town;'],
  ])('and nothing of rows that stay as they are: %s', async (_, migration) => {
    expect(await left(migration)).toEqual([])
  })
})
