import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { localDatabaseFile } from '../../../src/d1/read/local-file.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { projectFolder } from '../../config/project-folder.js'
import { LEDGER_SQL } from '../../d1/local-target.js'
import { runCli, runJson } from '../run-cli.js'

const SCHEMA = `CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT, phone TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id) ON DELETE CASCADE, note TEXT);
CREATE TABLE audit (what TEXT);
CREATE TRIGGER noted AFTER UPDATE ON orders BEGIN INSERT INTO audit VALUES (new.note); END;
CREATE TABLE labels (name TEXT PRIMARY KEY);
`

function project(migration: string): string {
  return projectFolder({
    'wrangler.toml': '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\n',
    'migrations/0001_base.sql': SCHEMA,
    'migrations/0002_change.sql': migration,
  })
}

const ARGS = ['create-rollback', '--of', '0002_change.sql', '--env', 'local']

function rollbackFiles(folder: string): string[] {
  return readdirSync(path.join(folder, 'migrations')).filter((name) => name.startsWith('0003'))
}

test('values that were moved away: the file holds the schema, and what it does not bring back is said', async () => {
  const folder = project(`CREATE TABLE addresses (customer_id INTEGER PRIMARY KEY, town TEXT, phone TEXT);
INSERT INTO addresses SELECT id, city, phone FROM customers;
ALTER TABLE customers DROP COLUMN city; ALTER TABLE customers DROP COLUMN phone;`)
  const { code, stdout, stderr } = await runCli(ARGS, folder)
  expect(code).toBe(0)
  expect(stdout).toContain('which reverses the schema of 0002_change.sql only')
  expect(stdout + stderr).toContain('The values of customers.city, customers.phone do not come back')
  expect(stdout + stderr).toContain('or by a backup from before it')
  const [file = ''] = rollbackFiles(folder)
  expect(readFileSync(path.join(folder, 'migrations', file), 'utf8')).toContain('phone TEXT')
})

const CHECKED = `CREATE TABLE labels_new (name TEXT PRIMARY KEY CHECK (length(name) > 1), colour TEXT);
INSERT INTO labels_new (name) SELECT name FROM labels; DROP TABLE labels; ALTER TABLE labels_new RENAME TO labels;`
const ACCEPTS = '-- d1-runbook: accept CT101 labels.name: REASON'

describe('a file says what its own plan is blocked by', () => {
  test('and what accepts it', async () => {
    const { code, stdout, stderr } = await runCli(ARGS, project(CHECKED))
    expect(code).toBe(0)
    expect(stdout + stderr).toContain('blocks it by CT101: The rebuild of labels loses CHECK')
    expect(stdout + stderr).toContain(ACCEPTS)
  })

  test.each([
    ['a CHECK and a column', CHECKED, [{ code: 'CT101', table: 'labels' }]],
    ['an index', 'CREATE INDEX by_city ON customers (city);', []],
  ])('in JSON, where %s goes again', async (_, change, blockedBy) => {
    const { json } = await runJson([...ARGS, '--print'], project(change))
    expect(json).toMatchObject({ blockedBy })
  })
})

describe('where the migration changes only rows, create-rollback writes no file', () => {
  test('and says which rows, and what gives them back', async () => {
    const folder = project(`UPDATE customers SET city = 'Oslo' WHERE city = 'oslo'; DELETE FROM labels;`)
    const { code, stdout, stderr } = await runCli(ARGS, folder)
    expect({ code, files: rollbackFiles(folder) }).toEqual({ code: 1, files: [] })
    expect(stdout + stderr).toContain('no file is written')
    expect(stdout + stderr).toContain('Rows of customers stay as the migration leaves them')
    expect(stdout + stderr).toContain('Rows of labels stay as the migration leaves them')
    expect(stdout + stderr).toContain('d1-runbook backup restore ZIP --to FOLDER')
  })

  test('in JSON too, with the next command as a value', async () => {
    const { code, json } = await runJson([...ARGS, '--print'], project('DELETE FROM labels;'))
    expect(code).toBe(1)
    expect(json).toMatchObject({
      error: {
        message: expect.stringContaining('Rows of labels stay') as string,
        next: [{ command: 'backup restore' }],
      },
    })
  })
})

describe('with an archive from before the migration', () => {
  const ROWS = `INSERT INTO customers (name, city, phone) VALUES ('Ada', 'Oslo', '1'), ('Bo', 'Bergen', '2');`
  const CHANGE = 'ALTER TABLE customers DROP COLUMN phone; DROP TABLE labels; CREATE TABLE notes (text TEXT);'
  const LABELS = `INSERT INTO labels VALUES ('red'), ('blue');`

  async function migrated(change = CHANGE): Promise<{ folder: string; database: string }> {
    const folder = project(change)
    const database = localDatabaseFile({
      persistTo: path.join(folder, '.wrangler', 'state'),
      databaseId: 'DB',
    })
    mkdirSync(path.dirname(database), { recursive: true })
    run(
      database,
      `${LEDGER_SQL} ${SCHEMA} ${ROWS} ${LABELS} INSERT INTO d1_migrations (name) VALUES ('0001_base.sql');`,
    )
    expect((await runJson(['backup'], folder)).code).toBe(0)
    run(database, `${change} INSERT INTO d1_migrations (name) VALUES ('0002_change.sql');`)
    return { folder, database }
  }

  function run(file: string, sql: string): void {
    const database = openSqlite(file)
    database.exec(sql)
    database.close()
  }

  test('dropped columns and tables come back with their values, and what was written since is counted', async () => {
    const { folder, database } = await migrated()
    run(database, `INSERT INTO notes VALUES ('new'), ('newer');`)
    const { code, json } = await runJson(ARGS, folder)
    expect(code).toBe(0)
    expect(json).toMatchObject({
      rows: true,
      archive: expect.stringContaining('backup-local-') as string,
      rehearsedOn: ['archive', 'database'],
      price: expect.arrayContaining([
        'held against what the migration makes of the backup, notes: 2 added; none of that outlives the table, and whether another one holds any of it is not known',
      ]) as string[],
    })
    run(database, String((json as { sql: string }).sql))
    const now = openSqlite(database, { readOnly: true })
    expect(now.prepare('SELECT name, phone FROM customers ORDER BY id').all()).toMatchObject([
      { name: 'Ada', phone: '1' },
      { name: 'Bo', phone: '2' },
    ])
    expect(now.prepare('SELECT count(*) AS n FROM labels').get()).toMatchObject({ n: 2 })
    now.close()
  })

  test('a table that the migration made: rows that others changed, replaced and added are told each, not as their sum', async () => {
    const { folder, database } = await migrated(
      `CREATE TABLE order_status (order_id INTEGER PRIMARY KEY, status TEXT); INSERT INTO order_status SELECT id, name FROM customers;`,
    )
    run(
      database,
      `UPDATE order_status SET status = 'refunded' WHERE order_id = 1; DELETE FROM order_status WHERE order_id = 2; INSERT INTO order_status VALUES (3002, 'paid');`,
    )
    const { json } = await runJson([...ARGS, '--print'], folder)
    expect(JSON.stringify(json)).toContain(
      'order_status: 1 added and 1 changed and 1 gone; none of that outlives',
    )
  })

  test('what blocks the file on the database as it is now is what its plan says, until the file accepts it', async () => {
    const { folder } = await migrated(CHECKED)
    const { json } = await runJson(ARGS, folder)
    expect(json).toMatchObject({
      rehearsedOn: ['archive', 'database'],
      blockedBy: [{ code: 'CT101', table: 'labels' }],
    })
    const file = path.join(folder, 'migrations', rollbackFiles(folder)[0] ?? '')
    const verdict = async (): Promise<unknown> => (await runJson(['plan', '--env', 'local'], folder)).json
    expect(await verdict()).toMatchObject({ verdict: 'block' })
    writeFileSync(file, `${ACCEPTS}\n${readFileSync(file, 'utf8')}`)
    expect(await verdict()).toMatchObject({ verdict: 'acknowledge' })
  })

  test.each([
    ['a table that goes again', 'CREATE TABLE notes (text TEXT);', 'no rows'],
    ['a column that goes again', 'ALTER TABLE labels ADD COLUMN colour TEXT;', 'no rows'],
    ['an index that goes again', 'CREATE INDEX by_city ON customers (city);', 'no rows'],
    ['a row that comes back', `DELETE FROM labels WHERE name = 'red';`, 'rows'],
    ['a value that comes back', `UPDATE customers SET city = 'Rome' WHERE id = 1;`, 'rows'],
  ])('%s: says whether the file holds rows of the archive', async (_, change, held) => {
    const { folder } = await migrated(change)
    const { code, stderr } = await runCli([...ARGS, '--print'], folder)
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`It holds ${held} of `) as string,
    })
  })

  test('rows that it changed come back too: a file is written where only rows changed', async () => {
    const { folder } = await migrated(`DELETE FROM labels WHERE name = 'red';`)
    const { code, json } = await runJson([...ARGS, '--print'], folder)
    expect({ code, sql: (json as { sql: string }).sql }).toMatchObject({
      code: 0,
      sql: expect.stringContaining('red') as string,
    })
  })

  test('one that was made afterwards gives no rows: named, it is refused', async () => {
    const { folder } = await migrated()
    const { json } = await runJson(['backup'], folder)
    const later = (json as { file: string }).file
    const refused = await runJson([...ARGS, '--backup', later], folder)
    expect(refused).toMatchObject({
      code: 1,
      json: {
        error: {
          type: 'BackupInvalid',
          message: expect.stringContaining('0002_change.sql was applied') as string,
        },
      },
    })
  })
})

test('says which pending files stand before it', async () => {
  const folder = project('ALTER TABLE labels ADD COLUMN colour TEXT;')
  const { stdout, stderr } = await runCli(ARGS, folder)
  expect(stdout + stderr).toContain(
    'Pending, and so applied before it: 0001_base.sql, 0002_change.sql. To take back 0002_change.sql alone',
  )
})

test('a file that takes it back already, as was proven, is named, and no second one is written', async () => {
  const folder = project('CREATE TABLE tags (id INTEGER PRIMARY KEY);')
  writeFileSync(path.join(folder, 'migrations', '0003_away.sql'), 'DROP TABLE tags;\n')
  const { code, json } = await runJson(ARGS, folder)
  expect(code).toBe(0)
  expect(json).toMatchObject({ success: true, of: '0002_change.sql', there: '0003_away.sql' })
  expect(rollbackFiles(folder)).toEqual(['0003_away.sql'])
})
