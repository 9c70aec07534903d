import type { Worker } from '@temporalio/worker'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { patiently } from '../../src/client/patience.js'
import { RunbookError } from '../../src/contract/failures.js'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/embedded-server.js'
import type { ServerAddress } from '../../src/temporal/server-address.js'
import { runWorkersUntilSignal } from '../../src/temporal/worker.js'
import { claimServer, demandOwnServer, keepToOwnServer } from '../../src/temporal/server-owner.js'

let root: string
let mine: string
let server: EmbeddedServer
let session: TemporalClient

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'd1 runbook é '))
  mine = path.join(root, 'mine')
  mkdirSync(mine)
  mkdirSync(path.join(root, 'other'))
  server = await startEmbeddedServer({ projectDir: mine })
  session = await connectClient({ projectDir: mine })
})

afterAll(async () => {
  await session.close()
  await server.stop()
  rmSync(root, { recursive: true, force: true })
})

function demand(folder: string, source: ServerAddress['source']): Promise<void> {
  const found = { address: server.address, namespace: 'default', source }
  return demandOwnServer(session.client.connection, found, path.join(root, folder))
}

describe('a server that nobody named', () => {
  test.each(['default', 'embedded'] as const)(
    'is refused to another project (%s), which hears whose it is',
    async (source) => {
      await expect(demand('other', source)).rejects.toMatchObject({
        type: 'TemporalUnreachable',
        message: expect.stringContaining(`belongs to the project ${mine}`),
        advice: expect.stringContaining(`TEMPORAL_ADDRESS=${server.address}`),
      })
      await expect(demand('mine/below', source)).rejects.toMatchObject({ type: 'TemporalUnreachable' })
    },
  )

  test('serves its own project, by whichever path that is reached', async () => {
    symlinkSync(mine, path.join(root, 'link'))
    await demand('mine', 'default')
    await demand('link', 'default')
    await demand('mine', 'embedded')
  })
})

test.each(['named', 'configuration'] as const)(
  'a server that somebody named is shared on purpose (%s)',
  async (source) => {
    await demand('other', source)
  },
)

test('of a project that names an address, the same server answers', async () => {
  const other = await connectClient({ projectDir: path.join(root, 'other'), address: server.address })
  expect(other.address).toBe(server.address)
  await other.close()
})

test('after a silence, the server of another project on the same port is named, and asked nothing', async () => {
  const { connection } = session.client
  await session.follow()
  const other = path.join(root, 'other')
  await claimServer(connection, 'default', other)
  try {
    const elsewhere = expect.stringContaining(`belongs to the project ${other}`)
    await expect(session.follow()).rejects.toMatchObject({ type: 'TemporalUnreachable', message: elsewhere })
    const leaving = new AbortController()
    const told: (string | undefined)[] = []
    let asked = 0
    const onSilence = (silence: { error: RunbookError } | undefined): void => {
      told.push(silence?.error.message)
      if (told.length === 2) leaving.abort()
    }
    await patiently({ signal: leaving.signal, onSilence, session }, () => {
      asked += 1
      return Promise.reject(new RunbookError('TemporalUnreachable', 'It is away.', { advice: 'Wait.' }))
    })
    expect(told).toEqual(['It is away.', elsewhere])
    expect(asked).toBe(1)
  } finally {
    await claimServer(connection, 'default', mine)
  }
  await session.follow()
})

test('a worker whose server gives place to that of another project ends, and says whose that is', async () => {
  const { connection } = session.client
  const { workflowService } = connection
  const other = path.join(root, 'other')
  const found = { address: server.address, namespace: 'default' }
  const leaving = new AbortController()
  const kept = { projectDir: mine, signal: leaving.signal, everyMs: 20 }
  let looks = 0
  const breaking = {
    workflowService: {
      async describeNamespace(request: Parameters<typeof workflowService.describeNamespace>[0]) {
        looks += 1
        if (looks === 1) throw new Error('away')
        if (looks === 3) await claimServer(connection, 'default', other)
        return workflowService.describeNamespace(request)
      },
    } as typeof workflowService,
  }
  const shared = keepToOwnServer(connection, { ...found, source: 'configuration' }, kept)
  try {
    const elsewhere = keepToOwnServer(breaking, { ...found, source: 'default' }, kept)
    const worker = { runUntil: (ending: Promise<unknown>) => ending } as Worker
    await expect(runWorkersUntilSignal([worker], elsewhere)).rejects.toMatchObject({
      type: 'TemporalUnreachable',
      message: expect.stringContaining(`belongs to the project ${other}`),
    })
    expect(looks).toBe(3)
  } finally {
    leaving.abort()
    await claimServer(connection, 'default', mine)
  }
  await shared
})
