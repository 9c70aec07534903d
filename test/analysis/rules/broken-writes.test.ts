import { describe, expect, test } from 'vitest'
import { validateMigrations } from '../../../src/analysis/validate/validate.js'
import { judgeScenario, migrationFile } from '../scenario-run.js'

const ORDERS = `CREATE TABLE customers (id INTEGER PRIMARY KEY);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id) ON DELETE CASCADE, status TEXT, note TEXT);
CREATE TABLE audit (id INTEGER PRIMARY KEY, what TEXT);
CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT);
CREATE TRIGGER orders_audit AFTER UPDATE OF status ON orders BEGIN INSERT INTO audit (what) VALUES (new.status); END;`

type Said = { code: string; message: string; line?: number | undefined }
const told = (found: Said[]): string[] =>
  found
    .filter(({ code }) => /^(?:TR101|FK10[12])$/.test(code))
    .map(({ code, line, message }) => `${code} ${line ?? '-'} ${message}`)
    .sort()

/** By the files and on a copy: the same is said. */
async function saidOf(more: string, migration: string): Promise<string[]> {
  const schema = `${ORDERS}\n${more}`
  const scenario = { name: '', schema, rows: '', migration, verdict: 'ok' as const, codes: [] }
  const files = [migrationFile('0001_start.sql', schema), migrationFile('0002_change.sql', migration)]
  const { findings } = await validateMigrations({ files, applied: ['0001_start.sql'] })
  const onCopy = told(await judgeScenario(scenario))
  expect(told(findings)).toEqual(onCopy)
  return onCopy
}

const NO_AUDIT = 'because of the trigger orders_audit: no such table: main.audit.'

describe('writes that fail are told by kind, with the trigger that is to blame', () => {
  test('only the UPDATE that fires it', async () => {
    expect(await saidOf('', 'SELECT 1;\nDROP TABLE audit;')).toEqual([
      `TR101 2 UPDATE of status on orders fails ${NO_AUDIT}`,
    ])
  })

  test('UPDATE as a whole where every column fires it', async () => {
    const trigger = 'CREATE TRIGGER l AFTER UPDATE ON orders BEGIN DELETE FROM log; END;'
    expect(await saidOf(trigger, 'DROP TABLE log;')).toEqual([
      'TR101 1 UPDATE on orders fails because of the trigger l: no such table: main.log.',
    ])
  })

  test('a delete that cascades to the table fails too', async () => {
    const trigger = 'CREATE TRIGGER l AFTER DELETE ON orders BEGIN DELETE FROM log; END;'
    expect(await saidOf(trigger, 'DROP TABLE log;')).toEqual([
      'TR101 1 DELETE on customers fails because of the trigger l: no such table: main.log.',
      'TR101 1 DELETE on orders fails because of the trigger l: no such table: main.log.',
    ])
  })

  test('two triggers of one table are told apart', async () => {
    const trigger = 'CREATE TRIGGER l BEFORE INSERT ON orders BEGIN DELETE FROM log; END;'
    expect(await saidOf(trigger, 'DROP TABLE log;\nDROP TABLE audit;')).toEqual([
      'TR101 1 INSERT on orders fails because of the trigger l: no such table: main.log.',
      `TR101 2 UPDATE of status on orders fails ${NO_AUDIT}`,
    ])
  })

  test('a trigger that is reached through another one is blamed, not the one before it', async () => {
    const trigger = `CREATE TRIGGER c AFTER INSERT ON customers BEGIN UPDATE orders SET status = 'x'; END;`
    expect(await saidOf(trigger, 'DROP TABLE audit;')).toEqual([
      `TR101 1 INSERT on customers fails ${NO_AUDIT}`,
      `TR101 1 UPDATE of status on orders fails ${NO_AUDIT}`,
    ])
  })

  test('a trigger that names a column the rebuilt table lacks', async () => {
    const migration = 'SELECT 1;\nDROP TABLE audit;\nCREATE TABLE audit (id INTEGER PRIMARY KEY, text TEXT);'
    const [said, ...more] = await saidOf('', migration)
    expect(said).toMatch(/^TR101 2 UPDATE of status on orders fails because of the trigger orders_audit: /)
    expect(more).toEqual([])
  })
})

describe('no trigger is blamed where none is the cause', () => {
  test('a key to a column that is no unique key', async () => {
    const migration = 'CREATE TABLE shipments (id INTEGER PRIMARY KEY, o INTEGER REFERENCES orders (nr));'
    const [said, ...more] = await saidOf('', migration)
    expect(said).toBe(
      'FK102 1 shipments (o) references orders (nr), which is no unique key: writing it fails with "foreign key mismatch"; so does DELETE on customers and UPDATE of customer_id, DELETE on orders.',
    )
    expect(more).toEqual([])
  })

  test.each([
    ['the trigger goes with what it wrote', 'DROP TRIGGER orders_audit; DROP TABLE audit;'],
    ['the table it wrote is renamed', 'ALTER TABLE audit RENAME TO history;'],
    [
      'the table it wrote is rebuilt',
      'DROP TABLE audit; CREATE TABLE audit (id INTEGER PRIMARY KEY, what TEXT, at TEXT);',
    ],
    ['another table goes', 'DROP TABLE log;'],
  ])('%s', async (_, migration) => {
    expect((await saidOf('', migration)).filter((said) => / fails? /.test(said))).toEqual([])
  })

  test('a trigger that failed before is not news', async () => {
    expect(await saidOf('DROP TABLE audit;', 'CREATE TABLE x (y);')).toEqual([])
  })
})
