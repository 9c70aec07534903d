import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { decideSignal, pauseSignal, resumeSignal } from '../../src/contract/messages.js'
import type { MigrationRequest } from '../../src/contract/run.js'
import { LONGEST_HOLD_MS } from '../../src/store/store.js'
import { requestFor } from './request.js'
import { gateOpen, until, useSkippingServer, type RunHandle } from './skipping.js'
import { openWorld } from './world.js'

const server = useSkippingServer()
const DAY = 24 * 60 * 60_000
const WAIT = 65 * DAY

const waits: [string, (begun: number) => Partial<MigrationRequest>, (handle: RunHandle) => Promise<void>][] =
  [
    [
      'at its first gate, for its files',
      () => ({}),
      async (handle) => {
        await until(handle, gateOpen('team-lead'))
        await server.env.sleep(WAIT)
        await handle.signal(decideSignal, { gate: 'team-lead', decision: 'reject', actor: 'Bea' })
      },
    ],
    [
      'for its window',
      (begun) => ({
        preApproved: true,
        window: {
          opensAt: new Date(begun + WAIT).toISOString(),
          closesAt: new Date(begun + WAIT + DAY).toISOString(),
        },
      }),
      async () => undefined,
    ],
    [
      'while it is paused',
      () => ({}),
      async (handle) => {
        await until(handle, gateOpen('team-lead'))
        await handle.signal(pauseSignal, { actor: 'Bea' })
        await handle.signal(decideSignal, { gate: 'team-lead', decision: 'approve', actor: 'Bea' })
        await server.env.sleep(WAIT)
        await handle.signal(resumeSignal, { actor: 'Bea' })
        await until(handle, gateOpen('environment'))
        await handle.signal(decideSignal, { gate: 'environment', decision: 'reject', actor: 'Bea' })
      },
    ],
  ]

it.each(waits)('a run that waits for weeks says in time what it needs: %s', async (_what, asked, wait) => {
  const begun = await server.env.currentTimeMs()
  const kept: { at: number; archives: string[]; runKey: string }[] = []
  const world = openWorld()
  world.activities.keepNeeds = async ({ archives, runKey, bundle }) => {
    kept.push({ at: await server.env.currentTimeMs(), archives, runKey })
    expect(bundle.encoding).toBe('gzip-base64')
    // What cannot be kept holds up nobody.
    if (kept.length === 1) throw new Error('the disk is away')
    return { kept: archives.length }
  }
  const request = requestFor(randomUUID(), asked(begun))
  await server.migrate(world, request, async (handle) => {
    await wait(handle)
    return handle.result()
  })
  const times = [begun, ...kept.map(({ at }) => at), begun + WAIT]
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  expect(Math.max(...gaps)).toBeLessThan(LONGEST_HOLD_MS / 2)
  expect(new Set(kept.map(({ runKey }) => runKey)).size).toBe(1)
})

it('an archive that it has named is among them, and a wait of days asks for nothing', async () => {
  const asked: string[][] = []
  const world = openWorld()
  world.activities.keepNeeds = async ({ archives }) => {
    asked.push(archives)
    return { kept: archives.length }
  }
  const request = requestFor(randomUUID())
  await server.migrate(world, request, async (handle) => {
    for (const gate of ['team-lead', 'environment', 'connectivity', 'preflight'] as const) {
      await until(handle, gateOpen(gate))
      await server.env.sleep(gate === 'preflight' ? 8 * DAY : 6 * DAY)
      const decision = gate === 'preflight' ? 'reject' : 'approve'
      await handle.signal(decideSignal, { gate, decision, actor: 'Bea' })
    }
    return handle.result()
  })
  expect(asked).toEqual([['backup-local-2026-01-02-030405.zip']])
})
