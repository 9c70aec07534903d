import { execa } from 'execa'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectClient } from '../../src/temporal/connection.js'
import { devRecordFile, readDevRecord, type DevRecord } from '../../src/temporal/dev-record.js'
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/embedded-server.js'
import { isAlive } from '../../src/process/process-identity.js'
import { missingSearchAttributes } from '../../src/temporal/search-attributes.js'

/** The usual trap of path handling is part of every test: spaces and letters beyond ASCII. */
let projectDir: string
const running: EmbeddedServer[] = []
const listeners: Server[] = []

beforeEach(() => {
  projectDir = mkdtempSync(path.join(tmpdir(), 'd1 runbook é '))
})

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
  for (const listener of listeners.splice(0)) listener.close()
  rmSync(projectDir, { recursive: true, force: true })
})

async function start(onMessage?: (line: string) => void): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer({ projectDir, ...(onMessage === undefined ? {} : { onMessage }) })
  running.push(server)
  return server
}

describe('the embedded server', () => {
  test('answers with its UI and knows our search attributes, and leaves nothing behind when stopped', async () => {
    const server = await start()
    const session = await connectClient({ projectDir })
    expect(session).toMatchObject({ address: server.address, uiUrl: server.uiUrl, namespace: 'default' })
    expect(await missingSearchAttributes(session.client.connection, 'default')).toEqual([])
    expect((await fetch(server.uiUrl)).status).toBe(200)
    await session.close()

    await server.stop()
    expect(isAlive(server.pid)).toBe(false)
    expect(readDevRecord(projectDir)).toBeUndefined()
  })

  test('refuses to start twice for one project, naming the one that runs', async () => {
    const server = await start()
    await expect(start()).rejects.toMatchObject({
      type: 'AlreadyRunning',
      message: expect.stringContaining(server.address) as string,
    })
    await expect(start()).rejects.toThrow(server.uiUrl)
    expect(isAlive(server.pid)).toBe(true)
  })

  test('takes another port when one is busy, and says which', async () => {
    await occupy(7233)
    await occupy(8233)
    const said: string[] = []
    const server = await start((line) => said.push(line))
    expect(server.address).not.toMatch(/:7233$/)
    expect(server.uiUrl).not.toMatch(/:8233$/)
    expect(said.join('\n')).toContain(
      `port 7233 is busy: Temporal listens on ${server.address.split(':')[1]}`,
    )
  })

  test('survives the record of a process that is gone, and one that cannot be read', async () => {
    leaveRecord({ ownerPid: await deadPid(), startedAt: '2026-01-01T00:00:00Z', pid: await deadPid() })
    const server = await start()
    expect(readDevRecord(projectDir)).toMatchObject({ ownerPid: process.pid, pid: server.pid })
    await server.stop()

    writeFileSync(devRecordFile(projectDir), '{"ownerPid":')
    await expect(start()).resolves.toMatchObject({ namespace: 'default' })
  })

  test('ends the server that a killed owner left behind', async () => {
    const owner = execa(
      process.execPath,
      ['--import', 'tsx', path.join(import.meta.dirname, 'owner.ts'), projectDir],
      {
        reject: false,
      },
    )
    const orphan = Number((await once(owner.stdout, 'data'))[0])
    owner.kill('SIGKILL')
    await owner
    expect(isAlive(orphan)).toBe(true)

    const said: string[] = []
    const server = await start((line) => said.push(line))
    expect(isAlive(orphan)).toBe(false)
    expect(isAlive(server.pid)).toBe(true)
    expect(said.join('\n')).toContain(`process ${orphan}`)
  })

  test('never ends a stranger that got the number of a dead server', async () => {
    const stranger = execa(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { reject: false })
    const dbFile = path.join(projectDir, '.d1-runbook', 'temporal.db')
    leaveRecord({
      ownerPid: await deadPid(),
      startedAt: '2026-01-01T00:00:00Z',
      pid: stranger.pid ?? 0,
      dbFile,
    })
    await start()
    expect(isAlive(stranger.pid ?? 0)).toBe(true)
    stranger.kill('SIGKILL')
    await stranger
  })

  test('histories survive a restart, the death of the server, and come from a file that an older version wrote', async () => {
    const dbFile = path.join(projectDir, '.d1-runbook', 'temporal.db')
    /** SQLite's own mark, 2 where writes go to a log. */
    const journal = (): number | undefined => readFileSync(dbFile)[18]
    const leave = async (workflowId: string): Promise<void> => {
      const temporal = await connectClient({ projectDir })
      const handle = await temporal.client.workflow.start('anything', { taskQueue: 'nobody', workflowId })
      await handle.terminate('only its history matters')
      await temporal.close()
    }
    const first = await start()
    await leave('before the stop')
    await first.stop()
    const older = new DatabaseSync(dbFile)
    older.exec('PRAGMA journal_mode = delete')
    older.close()
    expect(journal()).toBe(1)

    const second = await start()
    expect(journal()).toBe(2)
    await leave('before the kill')
    process.kill(second.pid, 'SIGKILL')
    await second.died
    await second.stop()

    await start()
    const after = await connectClient({ projectDir })
    for (const workflowId of ['before the stop', 'before the kill']) {
      const description = await after.client.workflow.getHandle(workflowId).describe()
      expect(description.status.name, workflowId).toBe('TERMINATED')
    }
    await after.close()
  })

  test('a server that cannot start says why, and gives the project free', async () => {
    const dbFile = path.join(projectDir, 'not a database')
    writeFileSync(dbFile, 'x'.repeat(8192))
    await expect(startEmbeddedServer({ projectDir, dbFile })).rejects.toMatchObject({
      type: 'TemporalUnreachable',
      advice: expect.stringContaining('temporal.log') as string,
    })
    expect(readDevRecord(projectDir)).toBeUndefined()
    expect(readFileSync(dbFile, 'utf8')).toHaveLength(8192)
  })
})

function leaveRecord(record: DevRecord): void {
  mkdirSync(path.dirname(devRecordFile(projectDir)), { recursive: true })
  writeFileSync(devRecordFile(projectDir), JSON.stringify(record))
}

/** A number that belonged to a process a moment ago. */
async function deadPid(): Promise<number> {
  return Number((await execa(process.execPath, ['--eval', 'console.log(process.pid)'])).stdout)
}

async function occupy(port: number): Promise<void> {
  const listener = createServer()
  listeners.push(listener)
  // Busy already, by somebody else: all the better.
  await new Promise<void>((resolve) =>
    listener.once('error', () => resolve()).listen(port, '127.0.0.1', resolve),
  )
}
