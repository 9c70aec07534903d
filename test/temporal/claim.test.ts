import { execa } from 'execa'
import { cpSync, mkdirSync, renameSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isAlive, startOf } from '../../src/process/process-identity.js'
import { alreadyRunning, leftBehind } from '../../src/temporal/claim.js'
import type { DevRecord } from '../../src/temporal/dev-record.js'
import { temporaryFolder } from '../temporary-folder.js'

/** A process that looks like a server of `dbFile`: what it is called, and when it began, is real. */
function pretendServer(dbFile: string) {
  const child = execa(process.execPath, ['--eval', 'setInterval(() => {}, 1000)', 'start-dev', dbFile], {
    reject: false,
  })
  started.push(() => child.kill('SIGKILL') && child)
  return child.pid ?? 0
}

const started: (() => unknown)[] = []
let shop: string
let copy: string
let server: number
let record: DevRecord

beforeEach(async () => {
  const folder = temporaryFolder('d1-runbook-claim-')
  shop = path.join(folder, 'shop')
  copy = path.join(folder, 'copy')
  mkdirSync(path.join(shop, '.d1-runbook'), { recursive: true })
  const dbFile = path.join(shop, '.d1-runbook', 'temporal.db')
  server = pretendServer(dbFile)
  const { stdout } = await execa(process.execPath, ['--eval', 'console.log(process.pid)'])
  record = {
    ownerPid: Number(stdout),
    ownerStart: 'gone',
    startedAt: '2026-01-01T00:00:00Z',
    projectDir: shop,
    pid: server,
    start: (await startOf(server)) ?? '',
    dbFile,
  }
})

afterEach(async () => {
  for (const end of started.splice(0)) await end()
})

const livingOwner = async () => ({ ownerPid: process.pid, ownerStart: (await startOf(process.pid)) ?? '' })

describe('a record of a server', () => {
  test('of this project, whose owner is gone, names an orphan', async () => {
    expect(isAlive(server)).toBe(true)
    expect(await leftBehind(record, shop)).toEqual({ orphan: server })
  })

  test('names an orphan too where the project was moved meanwhile', async () => {
    renameSync(shop, copy)
    expect(await leftBehind(record, copy)).toEqual({ orphan: server })
  })

  test('whose owner lives is in use, though the lock was free', async () => {
    expect(await leftBehind({ ...record, ...(await livingOwner()) }, shop)).toBe('owned')
  })

  test.each<[string, (record: DevRecord) => DevRecord | Promise<DevRecord>]>([
    ['in a copy whose original runs', async (one) => ({ ...one, ...(await livingOwner()) })],
    ['in a copy whose original was killed', (one) => one],
  ])('proves nothing %s', async (_, change) => {
    cpSync(shop, copy, { recursive: true })
    expect(await leftBehind(await change(record), copy)).toBe('nothing')
  })

  test.each<[string, (record: DevRecord) => DevRecord]>([
    ['the number is that of a process that began at another time', (one) => ({ ...one, start: 'before' })],
    ['it does not say when the process began', ({ start: _, ...one }) => one],
    ['it does not say for which project', ({ projectDir: _, ...one }) => one],
    ['it names no server yet', ({ pid: _, ...one }) => one],
    ['the process serves another database', (one) => ({ ...one, dbFile: '/elsewhere/temporal.db' })],
    ['the process is gone', (one) => ({ ...one, pid: one.ownerPid })],
  ])('proves nothing where %s', async (_, change) => {
    expect(await leftBehind(change(record), shop)).toBe('nothing')
  })

  test("a living process with the owner's number that began at another time is not the owner", async () => {
    const reused = { ...record, ownerPid: process.pid, ownerStart: 'before' }
    expect(await leftBehind(reused, shop)).toEqual({ orphan: server })
  })
})

test('who runs the server already is told with since when, as a time for people', () => {
  expect(alreadyRunning(record).message).toContain(`(process ${record.ownerPid}, since 2026-01-01 00:00 UTC)`)
})
