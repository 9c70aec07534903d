import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startHealthService, type HealthService } from '../../sample/health.js'
import { openSqlite } from '../../src/d1/sqlite/sqlite.js'
import { prepareRemoteSample } from '../../sample/prepare.js'
import { sampleRoot } from '../../sample/project.js'
import { readFile } from 'node:fs/promises'

let folder: string
let databaseFile: string
let pending: string[]
let health: HealthService

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'health é '))
  const sample = await prepareRemoteSample({ to: path.join(folder, 'p'), dataDir: path.join(folder, 'data') })
  databaseFile = sample.databases[0]?.file ?? ''
  pending = sample.pending
})
afterAll(() => rm(folder, { recursive: true, force: true }))
beforeEach(async () => {
  health = await startHealthService({ source: { databaseFile } })
})
afterEach(() => health.close())

async function ask(): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(health.url)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

async function misbehave(body: unknown): Promise<Response> {
  return fetch(new URL('/behaviour', health.url), { method: 'POST', body: JSON.stringify(body) })
}

describe('GET /health', () => {
  it('counts what visitors see, and names the newest migration', async () => {
    const { status, body } = await ask()
    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'ok', schemaVersion: '0008_public_views.sql' })
    expect(body['artworks']).toBeGreaterThan(900)
    expect(body['latencyMs']).toBeGreaterThanOrEqual(0)
  })

  it('lets somebody else write while it answers', async () => {
    const writer = openSqlite(databaseFile)
    writer.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; UPDATE users SET locale = locale')
    const answers = await Promise.all([ask(), ask(), ask()])
    writer.exec('COMMIT')
    writer.close()
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  })

  it('stays healthy through the pending migrations', async () => {
    const writer = openSqlite(databaseFile)
    for (const name of pending) {
      writer.exec(await readFile(path.join(sampleRoot(), 'migrations', name), 'utf8'))
      expect((await ask()).body, name).toMatchObject({ status: 'ok' })
    }
    writer.close()
  })

  it('fails with 503 and the reason when the database cannot be read', async () => {
    const blind = await startHealthService({ source: { databaseFile: path.join(folder, 'nowhere.sqlite') } })
    const response = await fetch(blind.url)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      status: 'failing',
      error: expect.stringContaining('unable to open'),
    })
    await blind.close()
  })

  it('takes another source than a file', async () => {
    const remote = await startHealthService({
      source: { query: () => Promise.resolve({ artworks: 7, schemaVersion: 'x.sql' }) },
    })
    expect(await (await fetch(remote.url)).json()).toMatchObject({ artworks: 7, schemaVersion: 'x.sql' })
    await remote.close()
  })
})

describe('POST /behaviour', () => {
  it('spreads errors evenly: a rate of 0.25 fails every fourth answer', async () => {
    await misbehave({ errorRate: 0.25 })
    const statuses = []
    for (let i = 0; i < 8; i += 1) statuses.push((await ask()).status)
    expect(statuses).toEqual([200, 200, 200, 500, 200, 200, 200, 500])
  })

  it('slows answers down', async () => {
    await misbehave({ delayMs: 60 })
    const { body } = await ask()
    // Timers may fire a moment early.
    expect(body['latencyMs']).toBeGreaterThanOrEqual(55)
  })

  it('drops connections when dead, and comes back', async () => {
    health.setBehaviour({ dead: true })
    await expect(ask()).rejects.toThrow('fetch failed')
    expect((await misbehave({ dead: false })).status).toBe(200)
    expect((await ask()).status).toBe(200)
  })

  it.each([{ errorRate: 2 }, { delayMs: -1 }, { slow: true }, undefined])('refuses %j', async (body) => {
    expect((await misbehave(body)).status).toBe(400)
    expect((await ask()).status).toBe(200)
  })
})
