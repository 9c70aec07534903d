import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { stillAsked } from '../../src/cli/commands/signals.js'
import { answerTo } from '../../src/client/steer.js'
import { plain } from '../../src/contract/command-line.js'
import { decideSignal } from '../../src/contract/messages.js'
import type { RunView } from '../../src/contract/run.js'
import { applied, latch, reallyApplied, SOME_WORK, worldHeldAt } from './held.js'
import { requestFor } from './request.js'
import { gateOpen, until, useRealTimeServer, type RunHandle } from './skipping.js'
import { openWorld, refusal, type World } from './world.js'

const server = useRealTimeServer()
const BACK = ['prepareReverse', 'travelBack', 'restoreFromBackup'] as const

const STOPS = [...SOME_WORK.map((name) => ['abort', name] as const), ['supersede', 'applyMigration'] as const]

async function keep(handle: RunHandle): Promise<void> {
  await until(handle, gateOpen('rollback'))
  await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
}

describe('a run that is stopped', () => {
  it.each(STOPS)(
    'by %s while %s is under way ends, and tells what was and was not applied',
    async (stop, name) => {
      const { world, begun, goOn } = worldHeldAt(name)
      const view = await server.migrate(
        world,
        requestFor(randomUUID(), { preApproved: true }),
        async (handle) => {
          await begun
          await handle.signal(stop, { reason: 'the release is off', actor: 'Bea' })
          goOn()
          if (name === 'applyMigration') await keep(handle)
          return handle.result()
        },
      )
      expect(view).toMatchObject({ outcome: 'aborted', phase: 'closed' })
      expect(applied(view)).toBe(reallyApplied(world))
      expect(view.migrations.filter(({ state }) => state === 'pending')).toEqual([])
      expect(world.told.at(-1)?.text).toContain('the release is off')
      expect(world.reports).toHaveLength(1)
    },
  )
})

describe.each(BACK)('while %s takes the database back', (name) => {
  const strategies = {
    prepareReverse: 'reverse-migration',
    travelBack: 'time-travel',
    restoreFromBackup: 'restore-backup',
  } as const

  async function stopped(world: World, drive: (handle: RunHandle) => Promise<void>): Promise<RunView> {
    const real = { ...world.activities }
    world.activities.createBackup = async (input) => ({
      ...(await real.createBackup(input)),
      bookmark: 'before',
    })
    world.activities.validateMigration = async () => ({ checks: [], passed: false })
    return server.migrate(world, requestFor(randomUUID(), { preApproved: true }), async (handle) => {
      await drive(handle)
      return handle.result()
    })
  }
  const choose = async (handle: RunHandle): Promise<void> => {
    await until(handle, gateOpen('rollback'))
    const strategy = strategies[name]
    await handle.signal(decideSignal, { gate: 'rollback', decision: 'approve', actor: 'Bea', strategy })
  }

  it('an abort tells where that led', async () => {
    const { world, begun, goOn } = worldHeldAt(name)
    const view = await stopped(world, async (handle) => {
      if (name !== 'prepareReverse') await choose(handle)
      await begun
      await handle.signal('abort', { reason: 'enough', actor: 'Bea' })
      await heard(handle)
      goOn()
      if (name === 'prepareReverse') await keep(handle)
    })
    // What changes the database is awaited, so its end is known.
    expect(view.outcome).toBe(name === 'prepareReverse' ? 'aborted' : 'rolled-back')
    if (name === 'prepareReverse') expect(applied(view)).toBe(reallyApplied(world))
  })
})

it('an abort that cuts a rollback short says what was read back', async () => {
  const world = openWorld((it) => ({
    validateMigration: async () => ({ checks: [], passed: false }),
    restoreFromBackup: async () => {
      it.ledger.pop()
      throw refusal('OutcomeUnknown', 'the connection was cut')
    },
  }))
  const real = { ...world.activities }
  const { passed: begun, pass: begin } = latch()
  world.activities.restoreFromBackup = async (input) => {
    const { cancellationSignal, heartbeat } = await import('@temporalio/activity')
    const done = real.restoreFromBackup(input).catch(() => undefined)
    begin()
    await done
    // As the real one: it beats, hears of the abort, and ends as cancelled.
    for (const signal = cancellationSignal(); !signal.aborted; await pause(50)) heartbeat()
    throw cancellationSignal().reason
  }
  const view = await server.migrate(
    world,
    requestFor(randomUUID(), { preApproved: true }),
    async (handle) => {
      await until(handle, gateOpen('rollback'))
      await handle.signal(decideSignal, {
        gate: 'rollback',
        decision: 'approve',
        actor: 'Bea',
        strategy: 'restore-backup',
      })
      await begun
      await handle.signal('abort', { reason: 'enough', actor: 'Bea' })
      await keep(handle)
      return handle.result()
    },
  )
  expect(view.outcome).toBe('aborted')
  expect(applied(view)).toBe(reallyApplied(world))
  expect(view.observations.map(({ note }) => note).join()).toMatch(
    /rollback was stopped.*ends with 0002_second.sql.*neither/,
  )
})

describe('an abort at the open gate rollback of a touched database', () => {
  const PEOPLE = [
    { name: 'Bea', roles: [], publicKeys: [] },
    { name: 'Cem', roles: [], publicKeys: [] },
  ]
  const failing = (): World =>
    openWorld(() => ({ validateMigration: async () => ({ checks: [], passed: false }) }))
  const aborted = async (world: World, then: (handle: RunHandle) => Promise<void>): Promise<RunView> =>
    server.migrate(world, requestFor(randomUUID(), { preApproved: true, people: PEOPLE }), async (handle) => {
      const { gates } = await until(handle, gateOpen('rollback'))
      await handle.signal('abort', { reason: 'enough', actor: 'Cem', commandId: 'first' })
      const after = await until(handle, ({ interventions = [] }) => interventions.length === 1)
      // It waits as it did: nobody is asked twice, and whoever stopped the run hears what it waits for.
      const shows = ({ gates: all }: RunView): string =>
        plain(
          all
            .find(({ gate }) => gate === 'rollback')
            ?.shows.map((line) => plain(line))
            .join('\n') ?? '',
        )
      expect(shows({ ...after, gates })).toContain('Where it is kept as it is, the run ends')
      const told = await until(handle, (view) => shows(view).includes('aborted'))
      expect(shows(told)).toContain('Cem aborted the run: enough: the run ends with this decision')
      expect(shows(told)).not.toContain('Where it is kept')
      expect(after.gates.map(({ openedAt }) => openedAt)).toEqual(gates.map(({ openedAt }) => openedAt))
      expect(plain(stillAsked({ command: 'abort' }, after) ?? '')).toMatch(
        /ends once the gate rollback is decided\. Choose one of these: .*rollback --strategy none/,
      )
      await then(handle)
      return handle.result()
    })

  it('keeps the offer, says so, refuses a second one with the reason, and still takes back', async () => {
    const world = failing()
    const view = await aborted(world, async (handle) => {
      await handle.signal('abort', { reason: 'now', actor: 'Cem', commandId: 'second' })
      const asked = await until(handle, ({ refused }) => refused.length === 1)
      expect(asked.outcome).toBeNull()
      const reason = asked.refused[0]?.reason
      expect(reason).toContain('waits for the decision at the gate rollback')
      const order = { command: 'abort', actor: 'Cem' } as const
      expect(answerTo(order, 'first', asked)).toBe('counted')
      expect(answerTo(order, 'second', asked)).toEqual({ refused: reason })
      await handle.signal(decideSignal, {
        ...{ gate: 'rollback', decision: 'approve', actor: 'Bea', strategy: 'reverse-migration' },
      })
    })
    expect(view.outcome).toBe('rolled-back')
    const told = world.told.map(({ text }) => text).join('\n')
    expect(told.match(/Approval needed: Rollback decision/g)).toHaveLength(1)
    expect(told).toContain('Cem aborted the run: enough: the way back stays open')
    expect(told).toContain('rollback --strategy none')
  })

  it('ends as aborted once people keep it, and the end says what is left as it is', async () => {
    const world = failing()
    const view = await aborted(world, keep)
    expect(view).toMatchObject({ outcome: 'aborted', phase: 'closed' })
    expect(world.told.at(-1)?.text).toMatch(/Aborted: Cem[^]*0002_second.sql: applied/)
    // Decided is decided, although the gate was opened twice.
    expect(view.gates.find(({ gate }) => gate === 'rollback')?.earlier).toMatchObject([
      { actor: 'Bea', decision: 'reject' },
    ])
  })
})

/** The run has cancelled the work; what follows is what it makes of its end. */
async function heard(handle: RunHandle): Promise<void> {
  const cancelled = async (): Promise<boolean | undefined> =>
    (await handle.fetchHistory()).events?.some((event) => event.activityTaskCancelRequestedEventAttributes)
  await expect.poll(cancelled).toBe(true)
}
