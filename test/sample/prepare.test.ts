import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadProject } from '../../src/config/project.js'
import { resolveTarget } from '../../src/config/target.js'
import { CATALOG_SQL, catalogOf, type Catalog } from '../../src/d1/schema/catalog.js'
import { openSqlite, quoteName, type Row } from '../../src/d1/sqlite/sqlite.js'
import { demandSuccess, runWrangler } from '../../src/d1/wrangler/wrangler.js'
import { writeSampleConfig } from '../../sample/config.js'
import { prepareRemoteSample, prepareSample, type PreparedSample } from '../../sample/prepare.js'
import { sampleRoot } from '../../sample/project.js'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sample é '))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** Columns whose values no pending migration may change. */
const KEPT = [
  'users',
  'artists',
  'artworks',
  'artwork_artists',
  'submissions',
  'lists',
  'list_items',
  'tags',
  'artwork_tags',
  'moderation_decisions',
  'audit_log',
] as const

interface State {
  catalog: Catalog
  rows: Map<string, Row[]>
  sequences: Row[]
}

function stateOf(file: string, columns?: Map<string, string[]>): State & { columns: Map<string, string[]> } {
  const database = openSqlite(file, { readOnly: true })
  try {
    const named = columns ?? new Map(KEPT.map((table) => [table, columnsOf(database, table)]))
    return {
      columns: named,
      catalog: catalogOf(database.prepare(CATALOG_SQL).all()),
      rows: new Map([...named].map(([table, names]) => [table, rowsOf(database, table, names)])),
      sequences: database
        .prepare(`SELECT name, seq FROM sqlite_sequence WHERE name <> 'd1_migrations' ORDER BY name`)
        .all(),
    }
  } finally {
    database.close()
  }
}

function columnsOf(database: DatabaseSync, table: string): string[] {
  return database
    .prepare(`SELECT name FROM pragma_table_info(?)`)
    .all(table)
    .map(({ name }) => String(name))
}

function rowsOf(database: DatabaseSync, table: string, columns: string[]): Row[] {
  const names = columns.map(quoteName).join(', ')
  return database.prepare(`SELECT ${names} FROM ${quoteName(table)} ORDER BY 1, 2`).all()
}

function namesOf(catalog: Catalog, type: string): string[] {
  return catalog.filter((object) => object.type === type).map(({ name }) => name)
}

async function applyAll(projectDir: string): Promise<void> {
  const target = resolveTarget(await loadProject({ projectDir }), 'local')
  const args = ['d1', 'migrations', 'apply', target.database.name]
  demandSuccess(
    await runWrangler({ target, args, config: target.wranglerConfig }),
    'Applying the pending files',
  )
}

describe('the prepared sample, through real Wrangler', () => {
  let sample: PreparedSample
  const told: string[] = []

  beforeAll(async () => {
    sample = await prepareSample({
      to: path.join(folder, 'demo copy'),
      onProgress: (line) => told.push(line),
    })
  })

  it('leaves exactly the last three files pending', () => {
    const database = openSqlite(sample.databaseFile, { readOnly: true })
    const ledger = database
      .prepare('SELECT name FROM d1_migrations ORDER BY id')
      .all()
      .map(({ name }) => name)
    database.close()
    expect(sample.pending).toHaveLength(3)
    expect(ledger).toEqual(sample.applied)
    expect(ledger.length).toBeGreaterThanOrEqual(5)
    expect(told.at(-1)).toContain('3 migrations are pending')
  })

  it('holds thousands of rows with the values that real archives hold', () => {
    const database = openSqlite(sample.databaseFile, { readOnly: true })
    const one = (sql: string) => database.prepare(sql).get()?.['n']
    expect(sample.rows).toMatchObject({ artworks: 1_200, artists: 300, users: 400, submissions: 2_000 })
    expect(sample.rows).toMatchObject({ lists: 600, list_items: 5_000 })
    expect(one('SELECT count(*) AS n FROM artworks WHERE description IS NULL')).toBeGreaterThan(100)
    expect(one(`SELECT count(*) AS n FROM artworks WHERE typeof(blur_hash) = 'blob'`)).toBeGreaterThan(100)
    expect(one(`SELECT count(*) AS n FROM artists WHERE name LIKE '%草%'`)).toBeGreaterThan(0)
    expect(one('SELECT count(*) AS n FROM lists WHERE item_count = 0')).toBeGreaterThan(0)
    expect(one('SELECT count(*) AS n FROM pragma_foreign_key_check')).toBe(0)
    database.close()
  })

  it('refuses a folder that already holds a project', async () => {
    await expect(prepareSample({ to: sample.projectDir })).rejects.toMatchObject({ type: 'ConfigInvalid' })
  })

  it('migrates without losing a row, a value, an index, a trigger, a view or a foreign key', async () => {
    const before = stateOf(sample.databaseFile)
    await applyAll(sample.projectDir)
    const after = stateOf(sample.databaseFile, before.columns)

    for (const table of KEPT) expect(after.rows.get(table), table).toEqual(before.rows.get(table))
    expect(after.sequences).toEqual(before.sequences)
    expect(namesOf(after.catalog, 'trigger')).toEqual(namesOf(before.catalog, 'trigger'))
    expect(namesOf(after.catalog, 'view')).toEqual(namesOf(before.catalog, 'view'))
    expect(namesOf(after.catalog, 'index')).toEqual(expect.arrayContaining(namesOf(before.catalog, 'index')))
    expect(namesOf(after.catalog, 'table')).toEqual(
      [...namesOf(before.catalog, 'table'), 'artwork_photos'].sort(),
    )
    expectWorkingArchive(sample.databaseFile)
  })

  it('exports a dump that restores into an empty database with foreign keys on', async () => {
    const target = resolveTarget(await loadProject({ projectDir: sample.projectDir }), 'local')
    const dump = path.join(folder, 'dump.sql')
    const args = ['d1', 'export', target.database.name, '--output', dump]
    demandSuccess(await runWrangler({ target, args, config: target.wranglerConfig }), 'Exporting')
    const restored = path.join(folder, 'restored.sqlite')
    const database = openSqlite(restored)
    // One transaction, as any restore should: without it SQLite syncs the disk after each of thousands of rows.
    database.exec(`BEGIN; ${await readFile(dump, 'utf8')}; COMMIT`)
    database.close()
    expect(stateOf(restored).rows).toEqual(stateOf(sample.databaseFile).rows)
    expectWorkingArchive(restored)
  })
})

/** Behaviour, not names: triggers count, cascades and checks bite, the new columns are filled. */
function expectWorkingArchive(file: string): void {
  const database = openSqlite(file)
  const one = (sql: string) => database.prepare(sql).get()?.['n']
  try {
    expect(one('SELECT count(*) AS n FROM pragma_foreign_key_check')).toBe(0)
    expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
    expect(one('SELECT count(*) AS n FROM artworks WHERE photo_count IS NULL')).toBe(0)
    expect(one('SELECT sum(photo_count) AS n FROM artworks')).toBe(
      one('SELECT count(*) AS n FROM artwork_photos'),
    )
    database.exec('BEGIN')
    const count = () => one('SELECT item_count AS n FROM lists WHERE id = 1')
    const items = Number(count())
    database.exec('DELETE FROM list_items WHERE id = (SELECT min(id) FROM list_items WHERE list_id = 1)')
    expect(count()).toBe(items - 1)
    database.exec('DELETE FROM lists WHERE id = 1')
    expect(one('SELECT count(*) AS n FROM list_items WHERE list_id = 1')).toBe(0)
    expect(() => database.exec(`UPDATE lists SET visibility = 'secret'`)).toThrow(/CHECK/)
    database.exec('ROLLBACK')
  } finally {
    database.close()
  }
}

it('applies the whole chain to an empty database', async () => {
  const projectDir = path.join(folder, 'empty')
  for (const name of ['wrangler.jsonc', 'migrations']) {
    await cp(path.join(sampleRoot(), name), path.join(projectDir, name), { recursive: true })
  }
  await applyAll(projectDir)
  const state = path.join(projectDir, '.wrangler', 'state', 'v3', 'd1', 'miniflare-D1DatabaseObject')
  const file =
    (await readdir(state)).find((name) => name.endsWith('.sqlite') && name !== 'metadata.sqlite') ?? ''
  const database = openSqlite(path.join(state, file), { readOnly: true })
  const ledger = database
    .prepare('SELECT name FROM d1_migrations ORDER BY id')
    .all()
    .map(({ name }) => name)
  database.close()
  expect(ledger).toEqual((await readdir(path.join(projectDir, 'migrations'))).sort())
})

describe('the prepared sample of the local Cloudflare API', () => {
  let sample: Awaited<ReturnType<typeof prepareRemoteSample>>

  beforeAll(async () => {
    const to = path.join(folder, 'remote')
    sample = await prepareRemoteSample({ to, dataDir: path.join(folder, 'cloud') })
  })

  it('fills staging and production alike', async () => {
    const project = await loadProject({ projectDir: sample.projectDir })
    for (const { id, name, file } of sample.databases) {
      const environment = name.replace('art-archive-', '')
      expect(resolveTarget(project, environment).database).toEqual({ id, name, remote: true })
      const database = openSqlite(file, { readOnly: true })
      expect(database.prepare('SELECT count(*) AS n FROM d1_migrations').get()).toEqual({
        n: sample.applied.length,
      })
      expect(database.prepare('SELECT count(*) AS n FROM list_items').get()).toEqual({ n: 5_000 })
      database.close()
    }
  })

  it('gets a config that the project loader accepts', async () => {
    await writeSampleConfig({
      projectDir: sample.projectDir,
      healthUrl: 'http://127.0.0.1:1/health',
      environment: 'production',
    })
    const project = await loadProject({ projectDir: sample.projectDir })
    expect(project.environments.get('production')?.settings.healthUrl).toBe('http://127.0.0.1:1/health')
    expect(project.environments.get('production')?.settings.monitoring.probes).toHaveLength(2)
  })
})
