import { createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
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

describe('a link that a checkout brings is no way out of it', () => {
  const elsewhere = (): string => path.join(folder, 'elsewhere')
  const checksums = JSON.stringify({ version: 1, files: {} })

  beforeEach(() => {
    mkdirSync(path.join(elsewhere(), 'deep'), { recursive: true })
    writeFileSync(path.join(elsewhere(), 'file'), checksums)
  })

  const link = (to: string, ...parts: string[]): void => {
    const file = path.join(target.projectDir, ...parts)
    mkdirSync(path.dirname(file), { recursive: true })
    rmSync(file, { recursive: true, force: true })
    symlinkSync(path.join(elsewhere(), to), file)
  }
  const update = () => updateDocuments({ target, view: sampleRun(), timeZone: 'UTC' })

  test.each<[string, () => void]>([
    ['MIGRATIONS.md', () => link('file', 'MIGRATIONS.md')],
    ['MIGRATIONS.md, to nowhere', () => link('none', 'MIGRATIONS.md')],
    ['checksums.json', () => link('file', 'migrations', 'checksums.json')],
    ['checksums.json, to nowhere', () => link('none', 'migrations', 'checksums.json')],
    ['the folder of the migrations', () => link('deep', 'migrations')],
    ['metrics.jsonl', () => link('file', '.d1-runbook', 'metrics.jsonl')],
    ['.d1-runbook', () => link('deep', '.d1-runbook')],
    ['.d1-runbook, to nowhere', () => link('none', '.d1-runbook')],
  ])('%s: refused, and the others are written', async (what, make) => {
    make()
    await expect(update()).rejects.toMatchObject({
      type: 'NotPermitted',
      message: expect.stringContaining('is not below'),
    })
    expect(readdirSync(elsewhere(), { recursive: true }).sort()).toEqual(['deep', 'file'])
    expect(readFileSync(path.join(elsewhere(), 'file'), 'utf8')).toBe(checksums)
    if (!what.startsWith('MIGRATIONS.md')) expect(read('MIGRATIONS.md')).toContain('|')
    if (!what.includes('.d1-runbook') && !what.includes('metrics')) read('.d1-runbook', 'metrics.jsonl')
  })

  test.each<[string, () => void]>([
    ['none at all', () => undefined],
    [
      'one within the project',
      () => {
        mkdirSync(path.join(target.projectDir, 'docs'))
        writeFileSync(path.join(target.projectDir, 'docs', 'log.md'), '# Ours\n')
        symlinkSync(
          path.join(target.projectDir, 'docs', 'log.md'),
          path.join(target.projectDir, 'MIGRATIONS.md'),
        )
      },
    ],
    ['one that nothing is written through', () => link('deep', 'vendor')],
    [
      'the project itself is one',
      () => {
        renameSync(target.projectDir, path.join(folder, 'real'))
        symlinkSync(path.join(folder, 'real'), target.projectDir)
      },
    ],
    [
      'migrations that the Wrangler file has elsewhere',
      () => {
        target = { ...target, migrationsDir: elsewhere() }
        writeFileSync(path.join(elsewhere(), 'checksums.json'), checksums)
      },
    ],
  ])('is none that stays inside: %s', async (_what, make) => {
    make()
    await update()
    expect(read('MIGRATIONS.md')).toContain('|')
    if (target.migrationsDir === elsewhere())
      expect(Object.keys((await readChecksums(elsewhere())) ?? {})).not.toEqual([])
  })
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
