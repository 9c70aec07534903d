import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { plain } from '../../src/contract/command-line.js'
import { decideSignal, submitDecisionUpdate } from '../../src/contract/messages.js'
import { WORK_BEFORE } from './held.js'
import { ALL_LOOKS, FILES, requestFor } from './request.js'
import { ALL_GATES, decideAll, gateOpen, gateState, until, useSkippingServer } from './skipping.js'
import { openWorld, refusal } from './world.js'

const server = useSkippingServer()

describe('a migration that goes well', () => {
  it('walks the runbook in its order, applies each pending file once and looks for 24 hours', async () => {
    const world = openWorld()
    const request = requestFor(randomUUID())
    request.monitoring.offsetsMs = ALL_LOOKS
    const view = await server.migrate(world, request, async (handle) => {
      await decideAll(handle, ALL_GATES)
      return handle.result()
    })
    expect(view).toMatchObject({ success: true, outcome: 'completed', phase: 'closed', failure: null })
    expect(world.ledger).toEqual(FILES.map(({ name }) => name))
    expect(view.migrations.map(({ state }) => state)).toEqual(['applied', 'applied'])
    expect(view.monitoring?.checkpoints).toHaveLength(34)
    expect(view.monitoring?.verdicts).toMatchObject({ healthy: 34 })
    const order = [
      'checkPrerequisites',
      'runChecklist',
      'createBackup',
      'rehearse',
      'applyMigration',
      'validateMigration',
    ]
    const first = order.map((name) => world.calls.indexOf(name))
    expect(first).toEqual([...first].sort((a, b) => a - b))
    expect(world.told.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['start', 'complete']))
    expect(Date.parse(view.closedAt ?? '') - Date.parse(view.startedAt)).toBeGreaterThanOrEqual(
      24 * 3_600_000,
    )
  })

  it('asks nobody where the start gave every approval, and says whose it was', async () => {
    const view = await server.migrate(
      openWorld(),
      requestFor(randomUUID(), { preApproved: true }),
      (handle) => handle.result(),
    )
    expect(view.outcome).toBe('completed')
    expect(view.gates.flatMap(({ decisions }) => decisions.map(({ actor }) => actor))).toEqual(
      ALL_GATES.map(() => 'Ada'),
    )
  })

  it('has nothing to do, and asks nothing more, where nothing is pending', async () => {
    const world = openWorld((it) => {
      it.ledger = FILES.map(({ name }) => name)
      return {}
    })
    const view = await server.migrate(world, requestFor(randomUUID(), { preApproved: true }), (handle) =>
      handle.result(),
    )
    expect(view).toMatchObject({ outcome: 'completed', migrations: [], monitoring: null })
    expect(world.calls).not.toContain('applyMigration')
  })

  it('asks nobody and exports nothing where nothing is pending', async () => {
    const world = openWorld((it) => {
      it.ledger = FILES.map(({ name }) => name)
      return {}
    })
    const view = await server.migrate(world, requestFor(randomUUID()), (handle) => handle.result())
    expect(view).toMatchObject({
      outcome: 'completed',
      message: expect.stringMatching(/^nothing is pending/),
    })
    expect(view.gates.every(({ state }) => state === 'waiting')).toBe(true)
    expect(world.calls).not.toContain('createBackup')
    expect(world.told.map(({ text }) => text).join()).not.toContain('Starting')
  })

  it('leaves people their time at a compressed time scale, and does not call a local run production', async () => {
    const world = openWorld()
    const request = requestFor(randomUUID(), {}, { final: { deadlineMs: 3_600_000 } })
    request.monitoring = { ...request.monitoring, timeScale: 3600 }
    const view = await server.migrate(world, request, async (handle) => {
      await decideAll(handle, ALL_GATES.slice(0, -2))
      return handle.result()
    })
    const final = view.gates.find(({ gate }) => gate === 'final')
    expect(Date.parse(final?.expiresAt ?? '') - Date.parse(final?.openedAt ?? '')).toBe(3_600_000)
    const shown = view.gates.filter(({ openedAt }) => openedAt !== undefined)
    expect(shown.length).toBeGreaterThan(5)
    for (const { shows } of shown)
      expect(shows.map((line) => plain(line)).join('\n')).toContain('of monitoring planned in')
    expect(view.outcome).toBe('expired')
    const told = world.told.map(({ text }) => text).join('\n')
    expect(told).toContain('🚀 Migration (local) Starting')
    expect(told).not.toContain('Production')
  })
})

describe.each(ALL_GATES)('the gate %s', (gate) => {
  const before = ALL_GATES.slice(0, ALL_GATES.indexOf(gate))
  const applied = gate === 'team-confirmation'

  it('ends the run as people decline it, and never applies against them', async () => {
    const world = openWorld()
    const view = await server.migrate(world, requestFor(randomUUID()), async (handle) => {
      await decideAll(handle, before)
      await until(handle, gateOpen(gate))
      await handle.signal(decideSignal, { gate, decision: 'reject', actor: 'Cy', comment: 'not today' })
      if (applied) {
        await until(handle, gateOpen('rollback'))
        await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Cy' })
      }
      return handle.result()
    })
    expect(view.success).toBe(false)
    expect(view.outcome).toBe(applied ? 'failed' : 'declined')
    expect(world.calls.includes('applyMigration')).toBe(applied)
  })

  it('expires at its deadline, which is never an approval', async () => {
    const world = openWorld()
    const request = requestFor(
      randomUUID(),
      {},
      { [gate]: { deadlineMs: 3_500_000, remindersMs: [600_000] } },
    )
    const view = await server.migrate(world, request, async (handle) => {
      await decideAll(handle, before)
      if (applied) {
        await until(handle, gateOpen(gate))
        await server.env.sleep('1 hour')
        await until(handle, gateOpen('rollback'))
        await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Cy' })
      }
      return handle.result()
    })
    expect(gateState(view, gate)).toBe('expired')
    expect(view.outcome).toBe('expired')
    expect(world.calls.includes('applyMigration')).toBe(applied)
    expect(world.told.some(({ kind }) => kind === 'reminder')).toBe(true)
  })
})

describe('decisions', () => {
  it('count neither before their gate, nor twice, nor late, nor at an unknown gate', async () => {
    const view = await server.migrate(openWorld(), requestFor(randomUUID()), async (handle) => {
      await until(handle, gateOpen('team-lead'))
      await handle.signal(decideSignal, { gate: 'final', decision: 'approve', actor: 'Eve' })
      await handle.signal('decide', { gate: 'no-such-gate', decision: 'approve', actor: 'Eve' })
      await handle.signal('decide', 'approve everything')
      await handle.signal('decide', { gate: 'team-lead', decision: 'approve', actor: '   ' })
      const once = { gate: 'team-lead', decision: 'approve', actor: 'Bea', decisionId: 'one' } as const
      await handle.signal(decideSignal, once)
      await handle.signal(decideSignal, once)
      await decideAll(handle, ['environment'])
      await until(handle, gateOpen('connectivity'))
      await handle.signal(decideSignal, { gate: 'environment', decision: 'reject', actor: 'late' })
      await handle.signal(decideSignal, {
        gate: 'connectivity',
        decision: 'approve',
        actor: 'Bea',
        planHash: 'f'.repeat(64),
      })
      const seen = await until(handle, ({ refused }) => refused.length === 7)
      await handle.signal('abort', { reason: 'seen enough', actor: 'Bea' })
      await handle.result()
      return seen
    })
    expect(gateState(view, 'final')).toBe('waiting')
    expect(gateState(view, 'connectivity')).toBe('open')
    expect(view.gates.find(({ gate }) => gate === 'team-lead')?.decisions).toHaveLength(1)
    expect(view.gates.find(({ gate }) => gate === 'environment')?.state).toBe('approved')
    expect(view.refused.map(({ reason }) => reason).join('\n')).toMatch(/final[\s\S]*no-such-gate[\s\S]*plan/)
  })

  it('are refused at once by the update, with the reason', async () => {
    await server.migrate(openWorld(), requestFor(randomUUID()), async (handle) => {
      await until(handle, gateOpen('team-lead'))
      const decide = (body: object) => handle.executeUpdate(submitDecisionUpdate, { args: [body as never] })
      await expect(decide({ gate: 'plan', decision: 'approve', actor: 'Bea' })).rejects.toMatchObject({
        cause: { type: 'DecisionRefused', message: expect.stringMatching(/not open.*'team-lead'/) },
      })
      await expect(decide({ gate: 'moon', decision: 'approve', actor: 'Bea' })).rejects.toMatchObject({
        cause: { type: 'DecisionRefused', message: expect.stringContaining('moon') },
      })
      await expect(decide({ gate: 'team-lead', decision: 'approve', actor: '' })).rejects.toThrow()
      await expect(decide({ gate: 'team-lead', decision: 'approve', actor: 'Bea' })).resolves.toEqual({
        state: 'approved',
        approvalsMissing: 0,
      })
      await until(handle, gateOpen('environment'))
      await handle.signal('abort', { reason: 'seen enough', actor: 'Bea' })
      await handle.result()
    })
  })
})

describe('a step that fails', () => {
  it.each(WORK_BEFORE)('%s: the run fails before anything is applied, and says why', async (activity) => {
    const world = openWorld(() => ({
      [activity]: () => Promise.reject(refusal('ChecksFailed', `${activity} is broken`)),
    }))
    const view = await server.migrate(world, requestFor(randomUUID(), { preApproved: true }), (handle) =>
      handle.result(),
    )
    expect(view).toMatchObject({ outcome: 'failed', failure: { type: 'ChecksFailed', advice: 'look at it' } })
    expect(view.failure?.message).toContain(activity)
    expect(world.calls).not.toContain('applyMigration')
    expect(world.told.at(-1)?.kind).toBe('emergency')
    expect(world.reports).toHaveLength(1)
  })

  it('the first file: nothing is applied, and nothing is asked', async () => {
    const world = openWorld(() => ({
      applyMigration: () => Promise.reject(refusal('SqlRefused', 'near "TABEL"')),
    }))
    const view = await server.migrate(world, requestFor(randomUUID(), { preApproved: true }), (handle) =>
      handle.result(),
    )
    expect(view).toMatchObject({ outcome: 'failed', failure: { type: 'SqlRefused' } })
    expect(view.migrations.map(({ state }) => state)).toEqual(['absent', 'not-executed'])
    expect(view.artifacts).toContain('migration-failure-state.json')
  })

  it('a database that moved under the run: it stops as drifted', async () => {
    const world = openWorld((it) => ({
      rehearse: async (input) => {
        const plan = await openWorld().activities.rehearse(input)
        it.ledger.push('0002_by_somebody_else.sql')
        return plan
      },
    }))
    const view = await server.migrate(world, requestFor(randomUUID(), { preApproved: true }), (handle) =>
      handle.result(),
    )
    expect(view.outcome).toBe('drifted')
    expect(world.ledger).toEqual([FILES[0]?.name, '0002_by_somebody_else.sql'])
  })

  it('a database that changed while people decided: their approvals are void, and they decide again', async () => {
    const world = openWorld()
    const view = await server.migrate(world, requestFor(randomUUID()), async (handle) => {
      await decideAll(handle, ALL_GATES.slice(0, 5))
      await until(handle, gateOpen('final'))
      world.ledger.push(FILES[1]?.name ?? '')
      await handle.signal(decideSignal, { gate: 'final', decision: 'approve', actor: 'Bea' })
      await decideAll(handle, ALL_GATES.slice(1))
      return handle.result()
    })
    expect(view.outcome).toBe('completed')
    expect(view.gates.find(({ gate }) => gate === 'final')?.earlier).toHaveLength(1)
    expect(view.migrations.map(({ name }) => name)).toEqual([FILES[2]?.name])
    expect(world.told.some(({ text }) => text.includes('Approvals void'))).toBe(true)
    // The second round is timed by itself.
    const again = Date.parse(view.steps.find(({ step }) => step === 'backup')?.startedAt ?? '')
    const approved = view.gates.find(({ gate }) => gate === 'final')?.earlier?.at(-1)?.at ?? ''
    expect(again).toBeGreaterThanOrEqual(Date.parse(approved))
  })

  it('a channel, the report: the migration completes all the same', async () => {
    const broken = () => Promise.reject(refusal('ConfigInvalid', 'no such channel'))
    const world = openWorld(() => ({ announce: broken, writeReport: broken }))
    const view = await server.migrate(world, requestFor(randomUUID(), { preApproved: true }), (handle) =>
      handle.result(),
    )
    expect(view.outcome).toBe('completed')
    expect(view.announcements.every(({ deliveries }) => deliveries.some(({ delivered }) => !delivered))).toBe(
      true,
    )
  })

  it('the second file: the first stays applied until people choose the way back', async () => {
    const world = openWorld((it) => ({
      applyMigration: async ({ migration }) => {
        if (migration.name === FILES[2]?.name) throw refusal('SqlRefused', 'no such column')
        it.ledger.push(migration.name)
        return { ...migration, state: 'applied' }
      },
    }))
    const view = await server.migrate(
      world,
      requestFor(randomUUID(), { preApproved: true }),
      async (handle) => {
        const waiting = await until(handle, gateOpen('rollback'))
        expect(waiting.migrations.map(({ state }) => state)).toEqual(['applied', 'absent'])
        expect(waiting.announcements.some(({ kind }) => kind === 'emergency')).toBe(true)
        await handle.signal(decideSignal, {
          gate: 'rollback',
          decision: 'approve',
          actor: 'Dan',
          strategy: 'reverse-migration',
        })
        return handle.result()
      },
    )
    expect(view.outcome).toBe('rolled-back')
    expect(world.ledger.at(-1)).toBe('0004_rollback_2026_01_02.sql')
  })
})

describe('people who stop or hold a run', () => {
  it('abort it at a gate, with the reason', async () => {
    const world = openWorld()
    const view = await server.migrate(world, requestFor(randomUUID()), async (handle) => {
      await decideAll(handle, ['team-lead'])
      await until(handle, gateOpen('environment'))
      await handle.signal('abort', { reason: 'release is late', actor: 'Bea' })
      return handle.result()
    })
    expect(view).toMatchObject({ outcome: 'aborted', message: 'Bea aborted the run: release is late' })
    expect(world.calls).not.toContain('applyMigration')
  })

  it('supersede it, and cancel it through Temporal', async () => {
    const superseded = await server.migrate(openWorld(), requestFor(randomUUID()), async (handle) => {
      await until(handle, gateOpen('team-lead'))
      await handle.signal('supersede', { reason: 'a new plan', actor: 'Bea' })
      return handle.result()
    })
    expect(superseded).toMatchObject({ outcome: 'aborted', message: 'Bea superseded the run: a new plan' })
    const cancelled = await server.migrate(openWorld(), requestFor(randomUUID()), async (handle) => {
      await until(handle, gateOpen('team-lead'))
      await handle.cancel()
      return handle.result()
    })
    expect(cancelled.outcome).toBe('aborted')
  })

  it('pause it between two steps, and resume it', async () => {
    const world = openWorld()
    const view = await server.migrate(world, requestFor(randomUUID()), async (handle) => {
      await until(handle, gateOpen('team-lead'))
      await handle.signal('pause')
      await handle.signal(decideSignal, { gate: 'team-lead', decision: 'approve', actor: 'Bea' })
      const paused = await until(handle, (seen) => gateState(seen, 'team-lead') === 'approved')
      expect(paused.paused).toBe(true)
      expect(world.calls).not.toContain('runChecklist')
      await handle.signal('resume')
      await decideAll(handle, ALL_GATES.slice(1))
      return handle.result()
    })
    expect(view.outcome).toBe('completed')
  })
})
