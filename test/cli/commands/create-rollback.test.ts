import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectFolder } from '../../config/project-folder.js'
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
