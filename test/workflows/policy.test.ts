import { randomUUID } from 'node:crypto'
import { plain } from '../../src/contract/command-line.js'
import { describe, expect, it } from 'vitest'
import { decideSignal, submitDecisionUpdate } from '../../src/contract/messages.js'
import type { PlanBound } from '../../src/contract/plan.js'
import type { RollbackStrategy } from '../../src/contract/policy.js'
import type { RunView } from '../../src/contract/run.js'
import { FILES, requestFor } from './request.js'
import {
  ALL_GATES,
  decideAll,
  gateOpen,
  gateState,
  until,
  useSkippingServer,
  type RunHandle,
} from './skipping.js'
import { checkpoint, openWorld, refusal, type World } from './world.js'

const server = useSkippingServer()
const MINUTE = 60_000
const monitoring = (view: RunView): boolean => view.phase === 'monitor' && view.monitoring !== null
const approve = (handle: RunHandle, gate: (typeof ALL_GATES)[number], actor: string) =>
  handle.signal(decideSignal, { gate, decision: 'approve', actor })

describe('the policy of a gate', () => {
  it('two approvals: by two people, neither the requester nor one without the role', async () => {
    const people = ['Ada', 'Bea', 'Cy', 'Eve'].map((name) => ({
      name,
      roles: name === 'Eve' ? ['developer'] : ['lead'],
      publicKeys: [],
    }))
    const rules = { approvals: 2, requesterMayApprove: false, roles: ['lead'] }
    const request = requestFor(randomUUID(), { people, preApproved: true }, { 'team-lead': rules })
    const view = await server.migrate(openWorld(), request, async (handle) => {
      await until(handle, gateOpen('team-lead'))
      for (const actor of ['Ada', 'Bea', ' bea ', 'Eve', 'Mallory']) await approve(handle, 'team-lead', actor)
      const waiting = await until(handle, ({ refused }) => refused.length === 4)
      expect(gateState(waiting, 'team-lead')).toBe('open')
      await approve(handle, 'team-lead', 'Cy')
      return handle.result()
    })
    expect(view.outcome).toBe('completed')
    expect(view.gates[0]?.decisions.map(({ actor }) => actor)).toEqual(['Bea', 'Cy'])
    expect(view.refused.map(({ actor }) => actor.trim())).toEqual(['Ada', 'bea', 'Eve', 'Mallory'])
  })

  it('names a plan where there is none: refused as a signal and as an update, whatever it says, and the gate waits on', async () => {
    const view = await server.migrate(openWorld(), requestFor(randomUUID()), async (handle) => {
      await until(handle, gateOpen('team-lead'))
      const early = { gate: 'team-lead', actor: 'Ada', planHash: 'abc' } as const
      for (const decision of ['approve', 'reject'] as const) {
        await expect(
          handle.executeUpdate(submitDecisionUpdate, { args: [{ ...early, decision }] }),
        ).rejects.toMatchObject({
          cause: { message: 'Refused: the decision names plan abc, and there is no plan' },
        })
        await handle.signal(decideSignal, { ...early, decision })
      }
      const waiting = await until(handle, ({ refused }) => refused.length === 2)
      expect(gateState(waiting, 'team-lead')).toBe('open')
      await decideAll(handle, ALL_GATES)
      return handle.result()
    })
    expect(view.outcome).toBe('completed')
    expect(view.refused.map(({ reason }) => reason)).toEqual([
      'the decision names plan abc, and there is no plan',
      'the decision names plan abc, and there is no plan',
    ])
  })

  it('reminds, names in the last reminder who is told next, and expires', async () => {
    const world = openWorld()
    const rules = {
      deadlineMs: 60 * MINUTE,
      remindersMs: [10 * MINUTE, 30 * MINUTE],
      escalateTo: ['on-call'],
    }
    const request = requestFor(randomUUID(), {}, { 'team-lead': rules })
    const view = await server.migrate(world, request, (handle) => handle.result())
    expect(view.outcome).toBe('expired')
    const reminders = world.told.filter(({ kind }) => kind === 'reminder')
    expect(reminders.map(({ text }) => text.includes('on-call'))).toEqual([false, true])
    const after = reminders.map(({ at }) =>
      Math.round((Date.parse(at) - Date.parse(view.startedAt)) / MINUTE),
    )
    expect(after).toEqual([10, 30])
  })

  it('automatic gates open by themselves, but never the final word in production', async () => {
    const automatic = Object.fromEntries(ALL_GATES.map((gate) => [gate, { automatic: true }]))
    const base = requestFor(randomUUID(), {}, automatic)
    const request = { ...base, target: { ...base.target, production: true } }
    const view = await server.migrate(openWorld(), request, async (handle) => {
      const waiting = await until(handle, gateOpen('final'))
      expect(waiting.gates.filter(({ state }) => state === 'skipped')).toHaveLength(5)
      await approve(handle, 'final', 'Bea')
      return handle.result()
    })
    expect(view.outcome).toBe('completed')
    expect(view.gates.flatMap(({ decisions }) => decisions.map(({ actor }) => actor))).toEqual(['Bea'])
  })

  it('what an agent proposed waits for people at each gate, whatever the policy or the request opens', async () => {
    const automatic = Object.fromEntries(ALL_GATES.map((gate) => [gate, { automatic: true }]))
    const proposal = { preApproved: true, proposedBy: { agent: 'a-client 1.0' } }
    const request = requestFor(randomUUID(), proposal, automatic)
    const view = await server.migrate(openWorld(), request, async (handle) => {
      for (const gate of ALL_GATES) {
        const waiting = await until(handle, gateOpen(gate))
        const { shows, decisions } = waiting.gates.find((one) => one.gate === gate) ?? {}
        expect(decisions).toEqual([])
        const said = 'Proposed by: an agent (a-client 1.0) for Ada'
        expect(shows?.filter((line) => line === said)).toEqual([said])
        await approve(handle, gate, 'Bea')
      }
      return handle.result()
    })
    expect(view).toMatchObject({ outcome: 'completed', proposedBy: { agent: 'a-client 1.0' } })
    const decided = view.gates.flatMap(({ decisions }) => decisions)
    expect(new Set(decided.map(({ actor, by }) => `${actor} ${String(by)}`))).toEqual(
      new Set(['Bea unsigned']),
    )
  })
})

describe('a worker of an earlier version', () => {
  const bound: PlanBound = {
    ...{ version: 2, content: 'c', charterHash: 'f'.repeat(64), requester: 'Ada', environment: 'local' },
    ...{ databaseId: 'id', migrations: [], ledger: [], backupSha256: 'b' },
  }
  const automatic = Object.fromEntries(ALL_GATES.map((gate) => [gate, { automatic: true }]))
  const proposed = () => requestFor(randomUUID(), { proposedBy: { agent: 'a-client 1.0' } }, automatic)
  const dropped = {
    outcome: 'failed',
    failure: {
      type: 'NotAdmitted',
      message: "The run was begun as proposed by an agent (a-client 1.0), and a worker made it a person's.",
    },
  }

  it('that admits a proposal as a run of a person ends it before anybody is asked', async () => {
    const world = openWorld(() => ({
      admit: async (input) => {
        const admitted = await openWorld().activities.admit(input)
        const { proposedBy: _unknownThen, ...effective } = admitted.effective
        return { ...admitted, effective }
      },
    }))
    const view = await server.migrate(world, proposed(), (handle) => handle.result())
    expect(view).toMatchObject({ ...dropped, proposedBy: { agent: 'a-client 1.0' } })
    expect(world.calls).not.toContain('checkPrerequisites')
    expect(view.gates.every(({ state }) => state === 'waiting')).toBe(true)
  })

  it.each(['kept', 'dropped'] as const)('has the proposal %s in what its plan binds', async (how) => {
    const asked: unknown[] = []
    const world = openWorld(() => ({
      rehearse: async (input) => {
        asked.push(input.proposedBy)
        const plan = await openWorld().activities.rehearse(input)
        const kept = how === 'kept' && input.proposedBy !== undefined
        return { ...plan, bound: kept ? { ...bound, proposedBy: input.proposedBy } : bound }
      },
    }))
    const view = await server.migrate(world, proposed(), async (handle) => {
      await until(handle, gateOpen('team-lead'))
      await approve(handle, 'team-lead', 'Bea')
      const seen = await until(handle, (now) => gateOpen('environment')(now) || now.outcome !== null)
      if (seen.outcome === null)
        await handle.signal(decideSignal, { gate: 'environment', decision: 'reject', actor: 'Bea' })
      return handle.result()
    })
    expect(asked).toEqual([{ agent: 'a-client 1.0' }])
    expect(view).toMatchObject(how === 'kept' ? { outcome: 'declined' } : dropped)
  })
})

describe('after the migration', () => {
  const breached = () =>
    openWorld(() => ({
      runCheckpoint: async ({ number, plannedAt, late }) => checkpoint(number, plannedAt, late, 'breached'),
    }))
  const withAutomatic = () => {
    const request = requestFor(randomUUID(), { preApproved: true })
    return { ...request, policy: { ...request.policy, automaticRollback: true } }
  }

  it('a breach rolls back by itself where the policy says so, after an immediate backup', async () => {
    const world = breached()
    const view = await server.migrate(world, withAutomatic(), (handle) => handle.result())
    expect(view.outcome).toBe('rolled-back')
    expect(view.gates.find(({ gate }) => gate === 'rollback')?.decisions).toEqual([])
    expect(world.calls.filter((name) => name === 'createBackup')).toHaveLength(2)
    expect(world.calls.lastIndexOf('createBackup')).toBeLessThan(world.calls.indexOf('prepareReverse'))
    expect(view.artifacts).toContain('0004_rollback_2026_01_02.sql')
  })

  it('a way of the policy that is not possible is not tried: people are asked, with one alert', async () => {
    let looks = 0
    // Seen again at once, and gone by the next look: nobody is asked twice.
    const world = openWorld(() => ({
      runCheckpoint: async ({ number, plannedAt, late }) =>
        checkpoint(number, plannedAt, late, looks++ === 0 ? 'breached' : 'healthy'),
    }))
    const request = withAutomatic()
    request.policy.automaticRollbackStrategy = 'time-travel'
    await server.migrate(world, request, async (handle) => {
      await until(handle, monitoring)
      await handle.signal('monitoringAlert', {
        kind: 'breach',
        message: '2 checkpoints in a row breached',
        checkpoint: checkpoint(1, new Date().toISOString(), false, 'breached'),
      })
      await until(handle, gateOpen('rollback'))
      await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
      return handle.result()
    })
    const alerts = world.told.filter(({ text }) => text.includes('Migration Issue Detected'))
    expect(alerts).toHaveLength(1)
    expect(alerts[0]?.text).toContain('an immediate backup is being made; the gate rollback opens next')
    expect(alerts[0]?.text).not.toContain('taken back by time-travel')
    expect(world.calls).not.toContain('travelBack')
  })

  it('an alert that anybody could have sent is no evidence: looking again decides, then people do', async () => {
    const world = openWorld()
    const request = withAutomatic()
    const view = await server.migrate(world, request, async (handle) => {
      await until(handle, monitoring)
      await handle.signal('monitoringAlert', {
        kind: 'breach',
        message: '2 checkpoints in a row breached',
        checkpoint: checkpoint(1, new Date().toISOString(), false, 'breached'),
      })
      const asked = await until(handle, gateOpen('rollback'))
      expect(asked.observations.map(({ note }) => note).join()).toContain('No automatic rollback')
      await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
      return handle.result()
    })
    expect(view.outcome).toBe('completed')
    expect(world.ledger).toHaveLength(FILES.length)
  })

  it.each([
    ['and the backup of now, however long it takes, behind it', false, []],
    ['also where that backup then fails, which is told', true, ['The immediate backup failed']],
  ])('people hear of a breach at once, %s', async (_, fails, told) => {
    const texts = (start: string): string[] =>
      world.told.map(({ text }) => text).filter((text) => text.includes(start))
    let heard = (): void => undefined
    const alarm = new Promise<void>((done) => (heard = done))
    const known = openWorld().activities
    let backups = 0
    const world: World = openWorld((it) => ({
      announce: async (input) => {
        const text = plain(input.message.text)
        it.told.push({ ...input.message, text })
        if (text.includes('Migration Issue Detected')) heard()
        return []
      },
      createBackup: async (input) => {
        backups += 1
        if (backups === 1) return known.createBackup(input)
        await alarm
        if (fails) throw refusal('BackupUnfaithful', 'it cannot be exported')
        return { ...(await known.createBackup(input)), file: 'now.zip' }
      },
    }))
    const view = await server.migrate(
      world,
      requestFor(randomUUID(), { preApproved: true }),
      async (handle) => {
        await until(handle, monitoring)
        await handle.signal('reportIssue', { severity: 'critical', description: 'slow', actor: 'Eve' })
        await until(handle, gateOpen('rollback'))
        await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
        return handle.result()
      },
    )
    expect(texts('Migration Issue Detected')).toHaveLength(1)
    expect(texts('Migration Issue Detected')[0]).toContain(
      'an immediate backup is being made; the gate rollback',
    )
    expect(texts('The immediate backup failed')).toHaveLength(told.length)
    expect(view.artifacts.includes('now.zip')).toBe(!fails)
  })

  it('what somebody reports is never an automatic rollback: people decide', async () => {
    const view = await server.migrate(openWorld(), withAutomatic(), async (handle) => {
      await until(handle, monitoring)
      await handle.signal('reportIssue', {
        severity: 'critical',
        description: 'lists are empty',
        actor: 'Eve',
      })
      await until(handle, gateOpen('rollback'))
      await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
      return handle.result()
    })
    expect(view.outcome).toBe('completed')
  })

  it('a major issue opens the gate after an immediate backup; a minor one is only written down', async () => {
    const world: World = openWorld(() => ({
      prepareReverse: async (input) => {
        const prepared = await openWorld().activities.prepareReverse(input)
        return { ...prepared, price: [`${input.current === undefined ? 'no' : 'a'} copy of now was asked`] }
      },
    }))
    const view = await server.migrate(
      world,
      requestFor(randomUUID(), { preApproved: true, stagingEnvironment: 'staging' }),
      async (handle) => {
        await until(handle, monitoring)
        await handle.signal('reportIssue', { severity: 'minor', description: 'a typo', actor: 'Eve' })
        const minor = await until(handle, ({ issues }) => issues.length === 1)
        expect(gateState(minor, 'rollback')).toBe('waiting')
        expect(world.calls.filter((name) => name === 'createBackup')).toHaveLength(1)
        await handle.signal('reportIssue', {
          severity: 'major',
          description: 'lists are empty',
          actor: 'Eve',
        })
        const asked = await until(handle, gateOpen('rollback'))
        expect(world.calls.filter((name) => name === 'createBackup')).toHaveLength(2)
        const gate = asked.gates.find((one) => one.gate === 'rollback')
        const shows = (gate?.shows ?? []).map((line) => plain(line))
        expect(shows.join('\n')).toContain('Reverse migration: a copy of now was asked')
        expect(shows.join('\n')).toContain('to read before you decide: runs/1/0004_rollback_2026_01_02.sql')
        expect(shows.join('\n')).toContain('d1-runbook start --env staging')
        await handle.signal(decideSignal, {
          gate: 'rollback',
          decision: 'approve',
          actor: 'Bea',
          strategy: 'restore-backup',
        })
        return handle.result()
      },
    )
    expect(view).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringContaining('lists are empty'),
    })
    expect(world.told.some(({ kind }) => kind === 'emergency')).toBe(true)
  })

  it.each<[RollbackStrategy, string | null, RunView['outcome']]>([
    ['reverse-migration', 'prepareReverse', 'rolled-back'],
    ['time-travel', 'travelBack', 'rolled-back'],
    ['restore-backup', 'restoreFromBackup', 'rolled-back'],
    ['none', null, 'completed'],
  ])('people choose %s, and it is what is done', async (strategy, activity, outcome) => {
    const world = openWorld(() => ({
      createBackup: async (input) => ({
        ...(await openWorld().activities.createBackup(input)),
        bookmark: 'bookmark-1',
      }),
    }))
    const view = await server.migrate(
      world,
      requestFor(randomUUID(), { preApproved: true }),
      async (handle) => {
        await until(handle, monitoring)
        await handle.signal(decideSignal, { gate: 'rollback', decision: 'approve', actor: 'Bea', strategy })
        return handle.result()
      },
    )
    expect(view.outcome).toBe(outcome)
    const done = ['prepareReverse', 'travelBack', 'restoreFromBackup'].filter((name) =>
      world.calls.includes(name),
    )
    expect(done).toEqual(activity === null ? [] : [activity])
  })
})

describe.each(['abort', 'supersede'] as const)('%s', (signal) => {
  const stop = { reason: 'the release is off', actor: 'Bea' }
  const waitingAt = [...ALL_GATES, 'rollback' as const, 'monitoring' as const]

  it.each(waitingAt)('at %s ends the run and tells what was applied', async (where) => {
    const world = openWorld()
    const view = await server.migrate(world, requestFor(randomUUID()), async (handle) => {
      const late = where === 'rollback' || where === 'monitoring'
      await decideAll(handle, late ? ALL_GATES : ALL_GATES.slice(0, ALL_GATES.indexOf(where)))
      if (late) await until(handle, monitoring)
      if (where === 'rollback')
        await handle.signal('reportIssue', { severity: 'major', description: 'broken', actor: 'Eve' })
      if (where !== 'monitoring') await until(handle, gateOpen(where))
      await handle.signal('pause')
      await handle.signal(signal, stop)
      // A touched database keeps its offer: the run ends once people have decided there.
      if (where === 'rollback') {
        await until(handle, ({ interventions = [] }) => interventions.some((one) => one.command === signal))
        await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
      }
      return handle.result()
    })
    expect(view).toMatchObject({ outcome: 'aborted', message: expect.stringContaining(stop.reason) })
    const applied = view.migrations.filter(({ state }) => state === 'applied').length
    expect(applied).toBe(world.ledger.length - 1)
    expect(applied).toBe(['team-confirmation', 'rollback', 'monitoring'].includes(where) ? 2 : 0)
    // Messages are under way together: the last to be sent is not always the last to arrive.
    expect(world.told.map(({ text }) => text).join('\n')).toContain(stop.reason)
  })
})
