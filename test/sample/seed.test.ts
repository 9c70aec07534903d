import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomUuid, seededRandom } from '../../sample/random.js'
import { sampleMigrations, sampleRoot } from '../../sample/project.js'
import { seedSample } from '../../sample/seed.js'
import { openSqlite, quoteName } from '../../src/d1/sqlite/sqlite.js'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'seed '))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function emptyArchive(name: string): Promise<string> {
  const file = path.join(folder, name)
  const database = openSqlite(file)
  const { applied } = await sampleMigrations(sampleRoot())
  for (const migration of applied) {
    database.exec(await readFile(path.join(sampleRoot(), 'migrations', migration), 'utf8'))
  }
  database.close()
  return file
}

function contentOf(file: string, tables: string[]): string {
  const database = openSqlite(file, { readOnly: true })
  const content = tables.map((table) => database.prepare(`SELECT * FROM ${quoteName(table)}`).all())
  database.close()
  return JSON.stringify(content)
}

describe('seeding', () => {
  it('writes the same rows for the same seed, and others for another', async () => {
    const [one, two, other] = [await emptyArchive('1'), await emptyArchive('2'), await emptyArchive('3')]
    const tables = Object.keys(seedSample({ file: one }).rows)
    seedSample({ file: two })
    seedSample({ file: other, seed: 7 })
    expect(contentOf(two, tables)).toBe(contentOf(one, tables))
    expect(contentOf(other, tables)).not.toBe(contentOf(one, tables))
  })

  it('writes nothing when it cannot write everything', async () => {
    const file = await emptyArchive('4')
    const database = openSqlite(file)
    database.exec('DROP TABLE audit_log')
    expect(() => seedSample({ file })).toThrow(/audit_log/)
    expect(database.prepare('SELECT count(*) AS n FROM users').get()).toEqual({ n: 0 })
    database.close()
  })
})

describe('the seeded source of numbers', () => {
  it('keeps its sequence for ever: the demo database depends on it', () => {
    const random = seededRandom(1)
    expect([random.between(0, 999), random.between(0, 999), randomUuid(random)]).toMatchInlineSnapshot(`
      [
        627,
        2,
        "87fbf747-9cb8-4dfe-b47d-23673f277d11",
      ]
    `)
  })

  it('stays within its bounds', () => {
    const random = seededRandom(2)
    const drawn = Array.from({ length: 10_000 }, () => random.between(3, 6))
    expect([...new Set(drawn)].sort()).toEqual([3, 4, 5, 6])
    expect(randomUuid(random)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
  })
})
