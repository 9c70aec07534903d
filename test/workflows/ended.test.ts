import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decideSignal } from '../../src/contract/messages.js'
import type { Checkpoint } from '../../src/contract/monitoring.js'
import type { MigrationRequest, RunView } from '../../src/contract/run.js'
import { ALL_LOOKS, FILES, LOOKS, requestFor } from './request.js'
import { gateOpen, until, useSkippingServer, type RunHandle } from './skipping.js'
import { checkpoint, openWorld, refusal, type World } from './world.js'

const server = useSkippingServer()
const approved = (): MigrationRequest => requestFor(randomUUID(), { preApproved: true })
const lookingAt = (offsetsMs: number[]): MigrationRequest => {
  const request = approved()
  return { ...request, monitoring: { ...request.monitoring, offsetsMs } }
}
const LAST = LOOKS.length

/** A world whose checkpoints say this; nobody automatic takes anything back. */
function seeing(verdictOf: (number: number) => Checkpoint['verdict']): World {
  return openWorld(() => ({
    runCheckpoint: async ({ number, plannedAt, late }) =>
      checkpoint(number, plannedAt, late, verdictOf(number)),
  }))
}

async function keep(handle: RunHandle): Promise<RunView> {
  await until(handle, ({ monitoring }) => monitoring !== null)
  await server.env.sleep('11 minutes')
  await until(handle, gateOpen('rollback'))
  await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
  return handle.result()
}

describe('completed means applied and healthy', () => {
  it('34 of 34 breached and kept: applied, but not healthy', async () => {
    const world = seeing(() => 'breached')
    const view = await server.migrate(world, lookingAt(ALL_LOOKS), keep)
    expect(view).toMatchObject({ success: false, outcome: 'completed-unhealthy', failure: null })
    expect(view.migrations.map(({ state }) => state)).toEqual(['applied', 'applied'])
    expect(view.monitoring?.verdicts).toMatchObject({ breached: 34 })
    expect(view.message).toBe(
      '2 migrations applied, but not healthy: checkpoint 34 is breached: page: slow (34 checkpoints: 34 breached)',
    )
    const heads = world.told.map(({ kind, text }) => `${kind} ${text.split('\n')[0] ?? ''}`)
    expect(heads.filter((head) => head.startsWith('emergency 🚨 Migration Issue Detected'))).toHaveLength(1)
    expect(heads).toContain('note ℹ️ Kept as it is: Bea decided')
    // Told at the second look; then once in the first two hours, and at each hourly look.
    expect(heads.filter((head) => head.startsWith('emergency 🚨 Still not healthy'))).toHaveLength(23)
    expect(heads.at(-1)).toBe('emergency 🚨 Applied, but not healthy')
    const complete = world.told.find(({ kind }) => kind === 'complete')?.text
    expect(complete).toContain('- Status: 1 of 1 check passed')
    expect(complete).toContain('- Monitoring continues for 24 hours')
  })

  it('a recovery is told while people still decide, and the checklist counts what was seen', async () => {
    const world = seeing((number) => (number < 3 ? 'breached' : 'healthy'))
    const view = await server.migrate(world, approved(), async (handle) => {
      await until(handle, ({ monitoring }) => monitoring !== null)
      await server.env.sleep('11 minutes')
      const asked = await until(handle, gateOpen('rollback'))
      expect(asked.monitoring).toMatchObject({ verdicts: { breached: 2 }, asOf: expect.any(String) })
      await server.env.sleep('5 minutes')
      await until(handle, ({ announcements }) =>
        announcements.some(({ text }) => text.includes('checkpoint 3 is healthy again')),
      )
      return keep(handle)
    })
    expect(view.outcome).toBe('completed')
    expect(world.told.at(-1)?.text).toContain('✅ Monitoring ended: healthy')
  })

  it.each<[string, (number: number) => Checkpoint['verdict'], RunView['outcome']]>([
    ['nothing was ever seen', () => 'unknown', 'completed-unhealthy'],
    [
      'the last look saw nothing',
      (number) => (number === LAST ? 'unknown' : 'healthy'),
      'completed-unhealthy',
    ],
    ['the last look breached', (number) => (number === LAST ? 'breached' : 'healthy'), 'completed-unhealthy'],
    ['one breach on the way', (number) => (number === LAST - 1 ? 'breached' : 'healthy'), 'completed'],
    ['blind for a while, then well', (number) => (number < LAST ? 'unknown' : 'healthy'), 'completed'],
    ['degraded at the end', (number) => (number === LAST ? 'degraded' : 'healthy'), 'completed'],
  ])('%s', async (_, verdictOf, outcome) => {
    const view = await server.migrate(seeing(verdictOf), approved(), (handle) => handle.result())
    expect(view).toMatchObject({ outcome, success: outcome === 'completed' })
  })

  it('a monitoring without a single look is not known to be healthy', async () => {
    const view = await server.migrate(openWorld(), lookingAt([]), (handle) => handle.result())
    expect(view).toMatchObject({ outcome: 'completed-unhealthy' })
    expect(view.message).toContain('nothing was looked at')
  })
})

describe('what this run did is told apart from what is in the ledger', () => {
  const failing = (it: World) => ({
    applyMigration: async ({ migration }: { migration: { name: string; sha256: string } }) => {
      if (migration.name === FILES[2]?.name) throw refusal('SqlRefused', 'no such column')
      it.ledger.push(migration.name)
      return { ...migration, state: 'applied' as const, durationMs: 1 }
    },
    createBackup: async (input: never) => ({
      ...(await openWorld().activities.createBackup(input)),
      bookmark: 'bookmark-1',
    }),
    travelBack: async () => {
      it.ledger = [FILES[0]?.name ?? '']
      return { previousBookmark: 'undo', schemaFingerprint: '' }
    },
    restoreFromBackup: async () => {
      it.ledger = [FILES[0]?.name ?? '']
      return { schemaFingerprint: '' }
    },
  })
  const takenBack = (strategy: 'reverse-migration' | 'time-travel' | 'restore-backup') =>
    server.migrate(openWorld(failing), approved(), async (handle) => {
      const asked = await until(handle, gateOpen('rollback'))
      expect(asked.ledger).toMatchObject({ applied: [FILES[0]?.name, FILES[1]?.name] })
      await handle.signal(decideSignal, { gate: 'rollback', decision: 'approve', strategy, actor: 'Bea' })
      return handle.result()
    })
  const told = ({ migrations }: RunView) =>
    migrations.map(({ name, state, takenBackBy }) => ({ name, state, takenBackBy }))

  it('a reverse migration: taken back by its file, whose row and theirs stay in the ledger', async () => {
    const view = await takenBack('reverse-migration')
    const file = '0004_rollback_2026_01_02.sql'
    expect(view.outcome).toBe('rolled-back')
    expect(told(view)).toEqual([
      { name: FILES[1]?.name, state: 'taken-back', takenBackBy: { strategy: 'reverse-migration', file } },
      { name: FILES[2]?.name, state: 'absent', takenBackBy: undefined },
      { name: file, state: 'applied', takenBackBy: undefined },
    ])
    expect(view.ledger).toMatchObject({
      applied: [FILES[0]?.name, FILES[1]?.name, file],
      pending: [FILES[2]?.name],
    })
  })

  it('each file has its own times, and the step ends when it failed, however long people take', async () => {
    const view = await server.migrate(openWorld(failing), approved(), async (handle) => {
      await until(handle, gateOpen('rollback'))
      await server.env.sleep('1 hour')
      await handle.signal(decideSignal, {
        ...{ gate: 'rollback', decision: 'approve', strategy: 'reverse-migration', actor: 'Bea' },
      })
      return handle.result()
    })
    const step = (name: string) => view.steps.find(({ step: known }) => known === name)
    const [applied, failed, reverse] = view.migrations
    const inOrder = [
      ...[step('execute')?.startedAt, applied?.begunAt, applied?.endedAt, failed?.begunAt, failed?.endedAt],
      ...[step('execute')?.endedAt, step('rollback')?.startedAt, reverse?.begunAt, reverse?.endedAt],
    ].map((at) => Date.parse(at ?? 'never'))
    expect(inOrder).not.toContain(NaN)
    expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b))
    expect((inOrder[6] ?? 0) - (inOrder[5] ?? 0)).toBeGreaterThanOrEqual(3_600_000)
    expect(step('execute')).toMatchObject({ state: 'failed' })
  })

  it.each([
    ['time-travel', { strategy: 'time-travel', bookmark: 'bookmark-1' }],
    ['restore-backup', { strategy: 'restore-backup', archive: 'backup-local-2026-01-02-030405.zip' }],
  ] as const)('%s: taken back by it, gone from the ledger, pending again', async (strategy, takenBackBy) => {
    const view = await takenBack(strategy)
    expect(view.outcome).toBe('rolled-back')
    expect(told(view)).toEqual([
      { name: FILES[1]?.name, state: 'taken-back', takenBackBy },
      { name: FILES[2]?.name, state: 'absent', takenBackBy: undefined },
    ])
    expect(view.ledger).toMatchObject({
      applied: [FILES[0]?.name],
      pending: [FILES[1]?.name, FILES[2]?.name],
      schema: 'as-before',
    })
  })

  it('a database that cannot be read back afterwards: what was proven stays, and nothing else is said', async () => {
    const world = openWorld((it) => ({
      ...failing(it),
      readStatus: async (input) => {
        if (it.calls.includes('travelBack')) throw refusal('NotAuthenticated', 'the token is revoked')
        const same = openWorld((other) => {
          other.ledger = it.ledger
          return {}
        })
        return same.activities.readStatus(input)
      },
    }))
    const view = await server.migrate(world, approved(), async (handle) => {
      await until(handle, gateOpen('rollback'))
      await handle.signal(decideSignal, {
        gate: 'rollback',
        decision: 'approve',
        strategy: 'time-travel',
        actor: 'Bea',
      })
      return handle.result()
    })
    expect(view.outcome).toBe('rolled-back')
    expect(view.migrations[0]).toMatchObject({ state: 'taken-back' })
    expect(view.ledger).toBeUndefined()
    expect(view.observations.map(({ note }) => note).join()).toContain('the token is revoked')
  })
})
