import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { rehearseNatively } from '../../../src/analysis/rehearse/on-sqlite.js'
import { rehearseWayBack } from '../../../src/analysis/reverse/rehearsal.js'
import type { LossNow } from '../../../src/contract/rollback.js'
import { ledgerSql } from '../../../src/d1/schema/ledger.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { migrationFile } from '../scenario-run.js'

const SCHEMA = `
CREATE TABLE people (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, name TEXT NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people (id) ON DELETE CASCADE, sum REAL);
CREATE TABLE notes (id INTEGER PRIMARY KEY, code TEXT NOT NULL DEFAULT 'none', rank INTEGER, note TEXT);
CREATE TABLE tags (note INTEGER, tag TEXT, PRIMARY KEY (note, tag));
CREATE TABLE logs (line TEXT NOT NULL); INSERT INTO logs VALUES ('x'), ('y');
INSERT INTO people VALUES (1, 'a@x', 'Ada'), (2, 'b@x', 'Bob'), (3, 'c@x', 'Cid');
INSERT INTO orders VALUES (10, 1, 1.5), (11, 3, 2.5), (12, 3, 4);
INSERT INTO notes VALUES (1, 'k', 1, 'first'), (2, 'l', 2, 'second');
INSERT INTO tags VALUES (1, 'red'), (2, 'blue');
`

/** What the way back costs of a database that others wrote to: `between` before the forward files, `since` after them. */
async function lossesOf({ forward, between = '', since = '' }: Case): Promise<LossNow[] | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'd1-runbook-now-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const [prior, main, present] = ['prior', 'main', 'present'].map((name) =>
    join(folder, `${name}.sqlite`),
  ) as [string, string, string]
  const run = (file: string, sql: string): void => {
    const database = openSqlite(file)
    database.exec(`PRAGMA foreign_keys = ON; ${sql}`)
    database.close()
  }
  run(prior, `${ledgerSql('d1_migrations')}; ${SCHEMA}`)
  copyFileSync(prior, main)
  copyFileSync(prior, present)
  run(present, between)
  run(present, `BEGIN; PRAGMA defer_foreign_keys = ON; ${forward} COMMIT;`)
  run(present, since)
  const native = await rehearseNatively(
    { migrationsTable: 'd1_migrations', database: { name: 'live', id: 'live', remote: false } },
    { prior, main },
    [migrationFile('0002.sql', forward)],
  )
  expect(native.evidence.failures).toEqual([])
  const { available, price, now, sql } = await rehearseWayBack({
    ...{ prior, main, present, folder, migrationsTable: 'd1_migrations', evidence: native.evidence },
  })
  expect({ available, price, sql }).toMatchObject({ available: true })
  return now
}

interface Case {
  forward: string
  between?: string
  since?: string
}

const NULLABLE = `CREATE TABLE n2 (id INTEGER PRIMARY KEY, code TEXT, rank INTEGER, note TEXT);
INSERT INTO n2 SELECT * FROM notes; DROP TABLE notes; ALTER TABLE n2 RENAME TO notes;`
const LOOSE_TYPE = `CREATE TABLE n2 (id INTEGER PRIMARY KEY, code TEXT NOT NULL DEFAULT 'none', rank TEXT, note TEXT);
INSERT INTO n2 SELECT * FROM notes; DROP TABLE notes; ALTER TABLE n2 RENAME TO notes;`
const NO_NOTE = 'ALTER TABLE notes DROP COLUMN note;'
const HALVED = `CREATE TABLE p2 (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, name TEXT NOT NULL);
INSERT OR IGNORE INTO p2 SELECT * FROM people WHERE id < 3; DROP TABLE people; ALTER TABLE p2 RENAME TO people;`

describe('what is lost of the database as it is now is counted', () => {
  test.each<[string, Case, Partial<LossNow>[]]>([
    [
      'a deleted row whose key was given again',
      { forward: 'DELETE FROM people WHERE id = 2;', since: `INSERT INTO people VALUES (2, 'n@x', 'New');` },
      [{ kind: 'row-not-back', table: 'people', rows: 1, samples: [`2, 'b@x', 'Bob'`] }],
    ],
    [
      'a row that a rebuild left out, and its children hang on who has its key',
      { forward: HALVED, since: `INSERT INTO people (mail, name) VALUES ('n@x', 'New');` },
      [
        { kind: 'row-not-back', table: 'people', rows: 1 },
        { kind: 'hanging', table: 'orders', parent: 'people', rows: 2 },
      ],
    ],
    [
      'a deleted row whose unique value was given again',
      { forward: 'DELETE FROM people WHERE id = 2;', since: `INSERT INTO people VALUES (9, 'b@x', 'Bea');` },
      [{ kind: 'row-not-back', table: 'people', rows: 1 }],
    ],
    [
      'children of a deleted row hang on who has its key',
      {
        forward: 'DELETE FROM people WHERE id = 3;',
        since: `INSERT INTO people (mail, name) VALUES ('n@x', 'New');`,
      },
      [
        { kind: 'row-not-back', table: 'people', rows: 1 },
        { kind: 'hanging', table: 'orders', parent: 'people', rows: 2 },
      ],
    ],
    [
      'a changed value of a row that was written since',
      { forward: 'UPDATE orders SET sum = 0;', since: 'UPDATE orders SET sum = 7 WHERE id = 12;' },
      [{ kind: 'value-not-back', table: 'orders', column: 'sum', rows: 1 }],
    ],
    [
      'NULLs in a column that may have none again',
      { forward: NULLABLE, since: `INSERT INTO notes VALUES (5, NULL, 1, 'x'), (6, NULL, 2, 'y');` },
      [{ kind: 'filled', table: 'notes', column: 'code', rows: 2, samples: [`'none'`] }],
    ],
    [
      'a NULL put into a row of before',
      { forward: NULLABLE, since: 'UPDATE notes SET code = NULL WHERE id = 1;' },
      [{ kind: 'filled', table: 'notes', column: 'code', rows: 1, samples: [`'none'`] }],
    ],
    [
      'text that a numeric column makes another',
      { forward: LOOSE_TYPE, since: `INSERT INTO notes VALUES (5, 'c', '007', 'x'), (6, 'c', '8', 'y');` },
      [{ kind: 'changed', table: 'notes', column: 'rank', rows: 1 }],
    ],
    [
      'rows written between the backup and the migration have lost a dropped column',
      { forward: NO_NOTE, between: `INSERT INTO notes VALUES (3, 'm', 3, 'third');` },
      [{ kind: 'no-value', table: 'notes', column: 'note', rows: 1 }],
    ],
    [
      'a row written between the backup and an UPDATE that changed it',
      {
        forward: 'UPDATE notes SET rank = rank * 10;',
        between: `INSERT INTO notes VALUES (3, 'm', 3, 'third');`,
      },
      [{ kind: 'stays', table: 'notes', column: 'rank', rows: 1 }],
    ],
    [
      'a row of before that was written to be what an UPDATE changes',
      {
        forward: 'UPDATE notes SET rank = 90 WHERE id = 1 OR rank = 9;',
        between: 'UPDATE notes SET rank = 9 WHERE id = 2;',
      },
      [{ kind: 'stays', table: 'notes', column: 'rank', rows: 1 }],
    ],
    [
      'a deleted row of a table that lost a column too',
      {
        forward: `DELETE FROM notes WHERE id = 2; ${NO_NOTE}`,
        since: `INSERT INTO notes VALUES (2, 'n', 9);`,
      },
      [
        { kind: 'row-not-back', table: 'notes', rows: 1, samples: [`2, 'l', 2, 'second'`] },
        { kind: 'no-value', table: 'notes', column: 'note', rows: 1, samples: [`2, 'n', 9, NULL`] },
      ],
    ],
    [
      'rows without a key that a rebuild leaves out',
      {
        forward: `CREATE TABLE l2 (line TEXT); INSERT INTO l2 SELECT line FROM logs WHERE line <> 'x'; DROP TABLE logs; ALTER TABLE l2 RENAME TO logs;`,
      },
      [{ kind: 'not-compared', table: 'logs', rows: null }],
    ],
    [
      'rows written on both sides of the migration',
      {
        forward: NO_NOTE,
        between: `INSERT INTO notes VALUES (3, 'm', 3, 'third');`,
        since: `INSERT INTO notes VALUES (4, 'n', 4);`,
      },
      [{ kind: 'no-value', table: 'notes', column: 'note', rows: 2 }],
    ],
  ])('%s', async (_, one, wanted) => {
    expect(await lossesOf(one)).toMatchObject(wanted)
  })
})

describe('nothing is said where nothing is lost', () => {
  test.each<[string, Case]>([
    ['nobody wrote', { forward: 'DELETE FROM people WHERE id = 2; UPDATE orders SET sum = 0;' }],
    [
      'rows have other keys',
      { forward: 'DELETE FROM people WHERE id = 2;', since: `INSERT INTO people VALUES (9, 'n@x', 'New');` },
    ],
    [
      'a row of before changed that the migration left alone',
      { forward: 'DELETE FROM people WHERE id = 2;', since: `UPDATE people SET name = 'Eve' WHERE id = 1;` },
    ],
    [
      'a row of before was deleted since',
      { forward: 'UPDATE orders SET sum = 0 WHERE id = 10;', since: 'DELETE FROM orders WHERE id = 12;' },
    ],
    [
      'the same row was written again',
      { forward: 'DELETE FROM people WHERE id = 2;', since: `INSERT INTO people VALUES (2, 'b@x', 'Bob');` },
    ],
    [
      'a nullable column without a NULL',
      { forward: NULLABLE, since: `INSERT INTO notes VALUES (5, 'q', 1, 'x');` },
    ],
    [
      'a NULL in a column that may have one before too',
      { forward: NULLABLE, since: `INSERT INTO notes VALUES (5, 'q', NULL, NULL);` },
    ],
    [
      'text that is a number as it stands',
      { forward: LOOSE_TYPE, since: `INSERT INTO notes VALUES (6, 'c', '8', 'y');` },
    ],
    [
      'a changed column, and rows written that hold what the backup does',
      { forward: 'UPDATE notes SET rank = rank * 10;', since: 'UPDATE notes SET code = code WHERE id = 1;' },
    ],
    [
      'a changed column, and another one was written',
      { forward: 'UPDATE notes SET rank = rank * 10;', since: `UPDATE notes SET note = 'z' WHERE id = 1;` },
    ],
    [
      'a new row of a table whose values the migration left alone',
      { forward: 'UPDATE orders SET sum = 0;', between: `INSERT INTO notes VALUES (3, 'm', 3, 'third');` },
    ],
    [
      'a dropped column, and no new row',
      { forward: NO_NOTE, since: 'UPDATE notes SET rank = 9 WHERE id = 1;' },
    ],
  ])('%s', async (_, one) => {
    expect(await lossesOf(one)).toEqual([])
  })
})
