import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { consoleDatabases } from '../../../src/cli/commands/console-databases.js'
import { loadProject } from '../../../src/config/project.js'
import { createLocalProject } from '../../e2e/project.js'

const scratch = mkdtempSync(path.join(os.tmpdir(), 'd1-databases-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const project = createLocalProject({
  folder: path.join(scratch, 'project'),
  databaseId: '00000000-0000-4000-8000-000000000001',
  config: {
    timeZone: 'Europe/Berlin',
    freezes: [{ from: '2026-12-19', to: '2026-12-20', reason: 'year end' }],
    environments: {
      local: { window: { opensAt: '2026-03-08T22:00:00-05:00', closesAt: '2026-03-09T00:00:00-05:00' } },
      // Its database stands nowhere.
      staging: { database: 'NONE', timeZone: 'America/New_York' },
    },
  },
})
const open = async () => consoleDatabases(await loadProject({ projectDir: project.folder }))

test('the databases of the configuration, each with its zone, window and freezes, and one that is none', async () => {
  const { entries } = await open()
  expect(entries).toMatchObject([
    {
      ...{ environment: 'local', timeZone: 'Europe/Berlin' },
      database: { value: { name: 'archive', remote: false } },
      times: {
        value: {
          window: { opensAt: '2026-03-09T03:00:00.000Z' },
          freezes: [{ from: '2026-12-18T23:00:00.000Z', reason: 'year end' }],
        },
      },
    },
    {
      environment: 'staging',
      timeZone: 'America/New_York',
      database: { unknown: expect.stringContaining('NONE') },
    },
  ])
})

test('the ledger is held against the files as they are when somebody looks', async () => {
  const databases = await open()
  const names = async () => (await databases.status('local')).pending.map(({ name }) => name)
  expect(await names()).toEqual(['0002_email.sql', '0003_index.sql'])
  writeFileSync(path.join(project.folder, 'migrations', '0004_later.sql'), 'SELECT 1;\n')
  expect(await names()).toContain('0004_later.sql')
  project.database((db) => db.exec("INSERT INTO d1_migrations (name) VALUES ('0009_gone.sql')"))
  expect((await databases.status('local')).conflicts[0]).toMatchObject({
    code: 'SQ105',
    migration: '0009_gone.sql',
  })
})

test('of archives beside the project, those that are none are no backup', async () => {
  const databases = await open()
  const folder = path.join(project.folder, 'backups')
  expect(await databases.backup('local')).toEqual({ place: folder, shared: true, unreadable: [] })
  mkdirSync(folder)
  for (const name of [
    'backup-local-2026-01-02-030405.zip',
    'backup-staging-2026-01-02-030406.zip',
    'notes.zip',
  ])
    writeFileSync(path.join(folder, name), 'no archive')
  expect(await databases.backup('local')).toEqual({
    ...{ place: folder, shared: true },
    unreadable: ['backup-local-2026-01-02-030405.zip'],
  })
})
