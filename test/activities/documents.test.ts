import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keepReverseMigration, updateDocuments } from '../../src/activities/documents.js'
import { defaultHome, contextFor } from '../../src/activities/worker-place.js'
import { readChecksums, writeChecksums } from '../../src/d1/migrations/checksums.js'
import type { Target } from '../../src/contract/target.js'
import { artifactFolder } from '../../src/d1/migrations/artifacts.js'
import { packBundle } from '../../src/d1/migrations/bundle.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../d1/local-target.js'
import { productionTarget } from './production-target.js'
import { sampleRun } from '../runbook/sample-run.js'

let folder = ''
let target: Target
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'd1 dökumente-'))
  target = productionTarget(path.join(folder, 'project'))
  mkdirSync(target.migrationsDir, { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const read = (...parts: string[]): string => readFileSync(path.join(target.projectDir, ...parts), 'utf8')
const place = () => defaultHome({ home: path.join(folder, 'home'), env: {}, print: () => undefined })

test('one run is one line of MIGRATIONS.md and one of metrics, however often the activity runs', async () => {
  writeFileSync(path.join(target.projectDir, 'MIGRATIONS.md'), '# Ours\n')
  const view = sampleRun()
  const { files } = await updateDocuments({ target, view, timeZone: 'UTC' })
  await updateDocuments({ target, view, timeZone: 'UTC' })
  expect(files.map((file) => path.basename(file))).toEqual(['MIGRATIONS.md', 'metrics.jsonl'])
  expect(read('MIGRATIONS.md').split('\n')).toHaveLength(3)
  const [line, ...more] = read('.d1-runbook', 'metrics.jsonl').trimEnd().split('\n')
  expect(more).toEqual([])
  expect(JSON.parse(line ?? '')).toMatchObject({
    runId: view.runId,
    outcome: 'completed',
    durationMs: Date.parse(view.closedAt ?? '') - Date.parse(view.startedAt),
    migrations: view.migrations.map(({ name, state }) => ({ name, state })),
    checkpoints: view.monitoring?.verdicts,
  })
})

test('checksums grow by what was applied, and only where the project has them', async () => {
  const view = sampleRun()
  await updateDocuments({ target, view, timeZone: 'UTC' })
  expect(readdirSync(target.migrationsDir)).toEqual([])
  await writeChecksums(target.migrationsDir, [{ name: '0001_old.sql', sha256: 'a'.repeat(64) }])
  const [first, ...others] = view.migrations
  if (first === undefined) throw new Error('the sample run has migrations')
  const partly = {
    ...view,
    migrations: [first, ...others.map((one) => ({ ...one, state: 'absent' as const }))],
  }
  await updateDocuments({ target, view: partly, timeZone: 'UTC' })
  expect(await readChecksums(target.migrationsDir)).toEqual({
    '0001_old.sql': 'a'.repeat(64),
    [first.name]: first.sha256,
  })
})

test('checksums grow by what an adoption recorded, as it was read back', async () => {
  await writeChecksums(target.migrationsDir, [])
  const refs = ['0001_here.sql', '0002_not.sql'].map((name) => ({ name, sha256: 'b'.repeat(64) }))
  const view = { ...sampleRun(), migrations: [], adopted: ['0001_here.sql'] }
  await updateDocuments({ target, view, timeZone: 'UTC', adopted: refs })
  expect(await readChecksums(target.migrationsDir)).toEqual({ '0001_here.sql': 'b'.repeat(64) })
})

test('a worker without the project writes nothing there', async () => {
  rmSync(target.projectDir, { recursive: true })
  expect(await updateDocuments({ target, view: sampleRun(), timeZone: 'UTC' })).toEqual({ files: [] })
  expect(readdirSync(folder)).toEqual([])
})

describe('the reverse migration of a rollback', () => {
  const sql = 'DROP TABLE tags;\n'
  const migration = {
    name: '0011_rollback_2026_03_08.sql',
    sha256: createHash('sha256').update(sql).digest('hex'),
  }

  async function keep(local: Target): Promise<string[]> {
    const bundle = await packBundle(
      [{ ...migration, sizeBytes: sql.length, sql }],
      artifactFolder(path.join(folder, 'store')),
    )
    const here = contextFor(place(), local)
    return (await keepReverseMigration(here, { runKey: 'run-1', target: here.target, bundle, migration }))
      .files
  }

  function migrated(...names: string[]): Target {
    const local = localTarget()
    mkdirSync(local.migrationsDir, { recursive: true })
    const rows = names.map((name) => `INSERT INTO d1_migrations (name) VALUES ('${name}');`)
    seedLocal(local, [LEDGER_SQL, ...rows].join('\n'))
    return local
  }

  test('gets its file, and overwrites nobody else’s', async () => {
    const local = migrated('0010_tags.sql', migration.name)
    const inProject = path.join(local.migrationsDir, migration.name)
    expect(await keep(local)).toEqual([inProject])
    expect(await keep(local)).toEqual([inProject])
    expect(readFileSync(inProject, 'utf8')).toBe(sql)

    writeFileSync(inProject, '-- by hand')
    const [elsewhere = ''] = await keep(local)
    expect(elsewhere).toContain(path.join('runs', 'run-1', migration.name))
    expect(readFileSync(inProject, 'utf8')).toBe('-- by hand')
    rmSync(local.migrationsDir, { recursive: true })
    expect((await keep(local))[0]).toContain(path.join('runs', 'run-1'))
  })

  test('gets none where it was not applied: the file would be pending', async () => {
    const local = migrated('0010_tags.sql')
    await expect(keep(local)).rejects.toMatchObject({ type: 'NotAdmitted' })
    expect(readdirSync(local.migrationsDir)).toEqual([])
  })
})
