import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decideSignal } from '../../src/contract/messages.js'
import { waitLines } from '../../src/runbook/freezes.js'
import { parseWindow } from '../../src/runbook/window-input.js'
import { FILES, requestFor } from './request.js'
import { ALL_GATES, decideAll, gateOpen, gateState, until, useSkippingServer } from './skipping.js'
import { openWorld, refusal } from './world.js'

const server = useSkippingServer()
const HOUR = 3_600_000
const DAY = 24 * HOUR

const windowFrom = (opensAt: number, closesAt: number) => ({
  opensAt: new Date(opensAt).toISOString(),
  closesAt: new Date(closesAt).toISOString(),
})

describe('the hours of exports', () => {
  const timeOf = (at: number): string => new Date(at).toISOString().slice(11, 16)
  const remote = (begun: number, way: 'export' | 'auto') => {
    const request = requestFor(randomUUID(), { preApproved: true })
    const hours = { from: timeOf(begun + 5 * HOUR), to: timeOf(begun + 6 * HOUR), timeZone: 'UTC' }
    const database = { ...request.target.database, remote: true }
    const target = { ...request.target, database, backupWay: way, backupExportHours: hours }
    return { ...request, target }
  }

  it.each([
    ['export', 'waits for them before the backup, says until when, and goes on', true],
    ['auto', 'does not wait where it may be read by rows', false],
  ] as const)('a run whose backup goes by %s %s', async (way, _what, waits) => {
    const begun = await server.env.currentTimeMs()
    const backedUpAt: number[] = []
    const world = openWorld()
    const real = { ...world.activities }
    world.activities.createBackup = async (input) => {
      backedUpAt.push(await server.env.currentTimeMs())
      return real.createBackup(input)
    }
    const said: string[] = []
    const view = await server.migrate(world, remote(begun, way), async (handle) => {
      if (waits) {
        const waiting = await until(handle, ({ message }) => message.includes('backup.exportHours'))
        said.push(waiting.message)
      }
      return handle.result()
    })
    expect(view.outcome).toBe('completed')
    const [at = 0] = backedUpAt
    if (!waits) {
      expect(at).toBeLessThan(begun + 4 * HOUR)
      return
    }
    // To the minute, in which the hours are told.
    expect(at).toBeGreaterThanOrEqual(begun + 5 * HOUR - 60_000)
    expect(at).toBeLessThan(begun + 6 * HOUR)
    expect(said[0]).toMatch(
      /^waiting until an export may begin \(backup\.exportHours\), [\d-]{10} \d\d:\d\d UTC$/,
    )
  })
})

describe('a maintenance window', () => {
  it('days ahead: waits for it, looks at everything again, and applies inside', async () => {
    const begun = await server.env.currentTimeMs()
    const window = windowFrom(begun + 3 * DAY, begun + 3 * DAY + 2 * HOUR)
    const appliedAt: number[] = []
    const world = openWorld((it) => ({
      applyMigration: async ({ migration }) => {
        appliedAt.push(await server.env.currentTimeMs())
        it.ledger.push(migration.name)
        return { ...migration, state: 'applied' }
      },
    }))
    const request = requestFor(randomUUID(), { preApproved: true, window })
    const view = await server.migrate(world, request, (handle) => handle.result())
    expect(view.outcome).toBe('completed')
    expect(world.ledger).toEqual(FILES.map(({ name }) => name))
    const [wait, ...others] = view.waits ?? []
    expect(others).toEqual([])
    expect(wait?.for).toMatch(/^Waiting for the maintenance window, which opens /)
    expect(Date.parse(wait?.until ?? '')).toBeGreaterThanOrEqual(Date.parse(window.opensAt))
    const told = waitLines(view, { timeZone: 'UTC', now: Date.now() })
    expect(told).toEqual([expect.stringMatching(/: since .* UTC, went on after .*, which were no work$/)])
    expect(world.told.filter(({ text }) => text.startsWith('⏳ Waiting for the maintenance'))).toHaveLength(1)
    expect(world.calls.filter((name) => name === 'checkPrerequisites')).toHaveLength(2)
    expect(world.calls.filter((name) => name === 'runChecklist')).toHaveLength(2)
    for (const at of appliedAt) {
      expect(at).toBeGreaterThanOrEqual(Date.parse(window.opensAt))
      expect(at).toBeLessThan(Date.parse(window.closesAt))
    }
  })

  it('what is not met any more when it opens stops the run before anything is touched', async () => {
    const begun = await server.env.currentTimeMs()
    let looks = 0
    const world = openWorld(() => ({
      checkPrerequisites: async () => {
        looks += 1
        if (looks > 1) throw new Error('the token has expired')
        return { checks: [] }
      },
    }))
    const window = windowFrom(begun + DAY, begun + DAY + HOUR)
    const view = await server.migrate(
      world,
      requestFor(randomUUID(), { preApproved: true, window }),
      (handle) => handle.result(),
    )
    expect(view).toMatchObject({ outcome: 'failed', message: 'the token has expired' })
    expect(world.calls).not.toContain('createBackup')
  })

  it.each(['team-lead', 'plan', 'final'] as const)(
    'that ends while %s is open expires the run',
    async (gate) => {
      const begun = await server.env.currentTimeMs()
      const world = openWorld()
      const request = requestFor(
        randomUUID(),
        { window: windowFrom(begun - HOUR, begun + HOUR) },
        { [gate]: { remindersMs: [600_000, 5 * HOUR] } },
      )
      const view = await server.migrate(world, request, async (handle) => {
        await decideAll(handle, ALL_GATES.slice(0, ALL_GATES.indexOf(gate)))
        return handle.result()
      })
      expect(view).toMatchObject({ outcome: 'expired', message: expect.stringContaining('window') })
      expect(gateState(view, gate)).toBe('expired')
      expect(Date.parse(view.closedAt ?? '')).toBeLessThan(begun + 2 * HOUR)
      expect(world.calls).not.toContain('applyMigration')
    },
  )

  it('that ends while the team looks does not end their confirmation', async () => {
    const begun = await server.env.currentTimeMs()
    const world = openWorld()
    const request = requestFor(randomUUID(), { window: windowFrom(begun - HOUR, begun + HOUR) })
    const view = await server.migrate(world, request, async (handle) => {
      await decideAll(handle, ALL_GATES.slice(0, -1))
      await until(handle, gateOpen('team-confirmation'))
      await server.env.sleep(2 * HOUR)
      await handle.signal(decideSignal, { gate: 'team-confirmation', decision: 'approve', actor: 'Bea' })
      return handle.result()
    })
    expect(view.outcome).toBe('completed')
  })

  it('into which the second file no longer fits leaves it alone, and says so', async () => {
    const begun = await server.env.currentTimeMs()
    const world = openWorld(() => ({
      rehearse: async (input) => {
        const plan = await openWorld().activities.rehearse(input)
        const [first, ...others] = plan.migrations
        if (first === undefined) throw new Error('nothing is pending')
        return { ...plan, migrations: [first, ...others.map((one) => ({ ...one, durationMs: 2 * HOUR }))] }
      },
    }))
    const window = windowFrom(begun - HOUR, begun + HOUR)
    const view = await server.migrate(
      world,
      requestFor(randomUUID(), { preApproved: true, window }),
      async (handle) => {
        await until(handle, gateOpen('rollback'))
        await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
        return handle.result()
      },
    )
    expect(view.outcome).toBe('expired')
    expect(view.message).toMatch(
      /open for .* more, and 0003_third.sql took 2 h at the rehearsal: stopped before it, 1 of 2 migrations applied/,
    )
    expect(view.migrations.map(({ state }) => state)).toEqual(['applied', 'absent'])
    expect(world.ledger).toHaveLength(2)
  })

  it('over the change to summer time is as long as the clocks say, and no hour longer', async () => {
    const begun = await server.env.currentTimeMs()
    // The next last Sunday of March, when Paris goes from 02:00 to 03:00.
    const year = new Date(begun).getUTCFullYear() + 1
    const lastOfMarch = new Date(Date.UTC(year, 2, 31))
    const sunday = new Date(Date.UTC(year, 2, 31 - lastOfMarch.getUTCDay())).toISOString().slice(0, 10)
    const window = parseWindow({
      text: `${sunday}T01:30/${sunday}T03:30`,
      timeZone: 'Europe/Paris',
      now: begun,
    })
    expect(Date.parse(window.closesAt) - Date.parse(window.opensAt)).toBe(HOUR)
    const world = openWorld()
    const view = await server.migrate(world, requestFor(randomUUID(), { window }), async (handle) => {
      await decideAll(handle, ['team-lead'])
      return handle.result()
    })
    expect(view).toMatchObject({ outcome: 'expired', message: expect.stringContaining('window') })
    expect(Math.abs(Date.parse(view.closedAt ?? '') - Date.parse(window.closesAt))).toBeLessThan(10 * 60_000)
  })
})

describe('a freeze', () => {
  const freezeFrom = (from: number, until: number) => ({
    from: new Date(from).toISOString(),
    until: new Date(until).toISOString(),
    reason: 'year end',
  })

  it('that holds at the start is told and waited for; everything is looked at again, and applied behind it', async () => {
    const begun = await server.env.currentTimeMs()
    const freeze = freezeFrom(begun - DAY, begun + 3 * DAY)
    const appliedAt: number[] = []
    const world = openWorld((it) => ({
      applyMigration: async ({ migration }) => {
        appliedAt.push(await server.env.currentTimeMs())
        it.ledger.push(migration.name)
        return { ...migration, state: 'applied' }
      },
    }))
    const request = requestFor(randomUUID(), { freezes: [freeze] })
    const view = await server.migrate(world, request, async (handle) => {
      const asked = await until(handle, gateOpen('team-lead'))
      const { shows, expiresAt } = asked.gates[0] ?? {}
      expect(shows).toContainEqual(expect.stringMatching(/^Freeze: year end, .* to /))
      expect(expiresAt).toBeUndefined()
      await decideAll(handle, ['team-lead'])
      await until(handle, ({ message }) => message.startsWith('waiting for the end of a freeze (year end), '))
      await server.env.sleep(3 * DAY)
      await decideAll(handle, ALL_GATES.slice(1))
      return handle.result()
    })
    expect(view.outcome).toBe('completed')
    expect(world.calls.filter((name) => name === 'checkPrerequisites')).toHaveLength(2)
    expect(appliedAt.length).toBe(FILES.length - 1)
    for (const at of appliedAt) expect(at).toBeGreaterThanOrEqual(begun + 3 * DAY)
  })

  it('that begins while people decide ends the run before anything is touched, and says why', async () => {
    const begun = await server.env.currentTimeMs()
    const world = openWorld()
    const request = requestFor(randomUUID(), { freezes: [freezeFrom(begun + DAY, begun + 9 * DAY)] })
    const view = await server.migrate(world, request, async (handle) => {
      await decideAll(handle, ALL_GATES.slice(0, ALL_GATES.indexOf('final')))
      const asked = await until(handle, gateOpen('final'))
      const final = asked.gates.find(({ gate }) => gate === 'final')
      expect(Date.parse(final?.expiresAt ?? '')).toBe(begun + DAY)
      return handle.result()
    })
    expect(view).toMatchObject({
      outcome: 'expired',
      message: 'a freeze (year end) began before the migrations were applied',
    })
    expect(world.calls).not.toContain('applyMigration')
  })

  it('that only the worker knows of, from the second file on, ends the run as the end of a window does', async () => {
    const world = openWorld((it) => ({
      applyMigration: async ({ migration }) => {
        if (it.ledger.length > 1) throw refusal('Frozen', 'A freeze holds: it was not begun.')
        it.ledger.push(migration.name)
        return { ...migration, state: 'applied' }
      },
    }))
    const request = requestFor(randomUUID(), { preApproved: true })
    const view = await server.migrate(world, request, async (handle) => {
      await until(handle, gateOpen('rollback'))
      await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
      return handle.result()
    })
    expect(view).toMatchObject({
      ...{ outcome: 'expired', message: 'A freeze holds: it was not begun.', failure: null },
      migrations: [{ state: 'applied' }, { state: 'absent' }],
    })
    expect(view.steps.find(({ step }) => step === 'execute')?.state).toBe('stopped')
    expect(world.calls.filter((name) => name === 'applyMigration')).toHaveLength(2)
  })

  it('into which the second file would run leaves it alone', async () => {
    const begun = await server.env.currentTimeMs()
    const world = openWorld(() => ({
      rehearse: async (input) => {
        const plan = await openWorld().activities.rehearse(input)
        const [first, ...others] = plan.migrations
        if (first === undefined) throw new Error('nothing is pending')
        return { ...plan, migrations: [first, ...others.map((one) => ({ ...one, durationMs: 2 * HOUR }))] }
      },
    }))
    const request = requestFor(randomUUID(), {
      preApproved: true,
      freezes: [freezeFrom(begun + HOUR, begun + DAY)],
    })
    const view = await server.migrate(world, request, async (handle) => {
      await until(handle, gateOpen('rollback'))
      await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
      return handle.result()
    })
    expect(view.outcome).toBe('expired')
    expect(view.message).toMatch(
      /a freeze \(year end\) begins in .*, and 0003_third.sql took 2 h at the rehearsal: stopped before it, 1 of 2/,
    )
    expect(view.migrations.map(({ state }) => state)).toEqual(['applied', 'absent'])
  })

  it('takes no way back from anybody', async () => {
    const begun = await server.env.currentTimeMs()
    const world = openWorld()
    const freezes = [freezeFrom(begun + HOUR, begun + 9 * DAY)]
    const request = requestFor(randomUUID(), { preApproved: true, freezes })
    const view = await server.migrate(world, request, async (handle) => {
      await until(handle, ({ phase, monitoring }) => phase === 'monitor' && monitoring !== null)
      await server.env.sleep(2 * HOUR)
      const back = {
        gate: 'rollback',
        decision: 'approve',
        strategy: 'reverse-migration',
        actor: 'Bea',
      } as const
      await handle.signal(decideSignal, back)
      return handle.result()
    })
    expect(view.outcome).toBe('rolled-back')
  })
})
