import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { rehearseInOwnProcess } from '../../../src/analysis/rehearse/in-own-process.js'
import { rehearseMigrations, type RehearseInput } from '../../../src/analysis/rehearse/rehearse.js'
import { migrationFile } from '../../../src/d1/migrations/migration-files.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { useBuiltProcesses } from '../own-process.js'

/** Each row of one table against each of the other, which no index helps: hours on a big table. */
const ENDLESS = `ALTER TABLE a ADD COLUMN y TEXT;
UPDATE a SET y = (SELECT max(b.v || '') FROM b WHERE b.k || '' = a.x || '');
`
let folder: string

useBuiltProcesses()
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'd1 rünbook apart '))
  vi.stubEnv('TMPDIR', folder)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

function inputFor(sql: string): RehearseInput {
  const databaseFile = join(folder, 'database.sqlite')
  const database = openSqlite(databaseFile)
  database.exec(`CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT); CREATE TABLE b (k TEXT, v TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) INSERT INTO a SELECT i, i FROM n;
    INSERT INTO b SELECT x, x FROM a;`)
  database.close()
  return {
    databaseFile,
    files: [migrationFile('0001_change.sql', Buffer.from(sql))],
    applied: [],
    environment: 'staging',
    database: { name: 'art', id: 'art', remote: true },
  }
}

it('makes the same plan as in this process, and tells how far it is', async () => {
  const input = inputFor(`DELETE FROM b WHERE v < '2';`)
  const told: string[] = []
  const apart = await rehearseInOwnProcess({ ...input, onProgress: (message) => told.push(message) })
  const { planHash, findings } = await rehearseMigrations(input)
  expect(apart).toMatchObject({ planHash, findings, verdict: 'block' })
  expect(told).toContain('Rehearsing 0001_change.sql')
  expect(readdirSync(folder)).toEqual(['database.sqlite'])
})

it('gives up on a statement that does not end, names it, and is not held up', async () => {
  let beats = 0
  const heart = setInterval(() => (beats += 1), 100)
  const { verdict, findings } = await rehearseInOwnProcess({
    ...inputFor(ENDLESS),
    statementLimitMs: 1_500,
  })
  clearInterval(heart)
  expect(verdict).toBe('block')
  expect(findings).toContainEqual(
    expect.objectContaining({ code: 'RH102', migration: '0001_change.sql', line: 2, severity: 'error' }),
  )
  expect(beats).toBeGreaterThan(5)
})

it.skipIf(process.platform === 'win32')(
  'ends itself at a statement that takes all memory, names it, and judges the others',
  async () => {
    const { verdict, findings } = await rehearseInOwnProcess({
      ...inputFor(
        `ALTER TABLE a ADD COLUMN y TEXT;\nINSERT INTO b (k) VALUES (length(hex(zeroblob(450000000))));\n`,
      ),
      memoryLimit: 700_000_000,
    })
    expect(verdict).toBe('block')
    expect(findings).toContainEqual(
      expect.objectContaining({
        ...{ code: 'RH102', migration: '0001_change.sql', line: 2, severity: 'error' },
        message: expect.stringContaining('more than 700 MB of memory'),
      }),
    )
  },
)

it('ends at once when it is cancelled, and leaves nothing behind', async () => {
  const controller = new AbortController()
  const reason = new Error('no longer wanted')
  const plan = rehearseInOwnProcess({
    ...inputFor(ENDLESS),
    signal: controller.signal,
    onProgress: () => setTimeout(() => controller.abort(reason), 500),
  })
  await expect(plan).rejects.toBe(reason)
  expect(readdirSync(folder)).toEqual(['database.sqlite'])
})
