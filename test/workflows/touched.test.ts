import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decideSignal } from '../../src/contract/messages.js'
import type { RollbackStrategy } from '../../src/contract/policy.js'
import type { MigrationRequest, RunView } from '../../src/contract/run.js'
import { latch } from './held.js'
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
import { openWorld, refusal, type World } from './world.js'

const server = useSkippingServer()
const approved = (): MigrationRequest => requestFor(randomUUID(), { preApproved: true })
const [FIRST = '', SECOND = '', THIRD = ''] = FILES.map(({ name }) => name)
const states = ({ migrations }: RunView) => migrations.map(({ state }) => state)
const alerts = ({ told }: World) =>
  told.filter(({ text }) => text.startsWith('🚨 Migration Issue Detected')).map(({ text }) => text)

async function decideRollback(handle: RunHandle, strategy: RollbackStrategy = 'none'): Promise<RunView> {
  const asked = await until(handle, gateOpen('rollback'))
  await handle.signal(decideSignal, { gate: 'rollback', decision: 'approve', actor: 'Bea', strategy })
  return asked
}

/** What a fresh world reads, but for the schema. */
const statusOf = (it: World) => (input: never) => {
  const same = openWorld((other) => {
    other.ledger = it.ledger
    return {}
  })
  return same.activities.readStatus(input)
}

describe('what was or may have been touched opens the gate rollback', () => {
  it('a first file whose row is there and whose schema is not as rehearsed', async () => {
    const world = openWorld((it) => ({
      applyMigration: async ({ migration }) => {
        it.ledger.push(migration.name)
        throw refusal('ApplyPartial', 'neither applied nor absent')
      },
      readStatus: async (input) => {
        const status = await statusOf(it)(input as never)
        return it.ledger.includes(SECOND) ? { ...status, schemaFingerprint: 'half' } : status
      },
    }))
    const view = await server.migrate(world, approved(), async (handle) => {
      const asked = await decideRollback(handle, 'restore-backup')
      expect(states(asked)).toEqual(['partial', 'absent'])
      const shows = asked.gates
        .find(({ gate }) => gate === 'rollback')
        ?.shows.map(String)
        .join('\n')
      expect(shows).toContain(`Reverse migration: not possible, ${SECOND} is not known`)
      return handle.result()
    })
    expect(view.outcome).toBe('rolled-back')
    expect(view.migrations[0]?.takenBackBy).toMatchObject({ strategy: 'restore-backup' })
    expect(world.calls).not.toContain('prepareReverse')
    expect(alerts(world)).toHaveLength(1)
    expect(alerts(world)[0]).toContain(
      `- Impact: 0 of 2 migrations applied; ${SECOND} is neither applied nor absent; read back: the ledger ends with ${SECOND}`,
    )
    expect(alerts(world)[0]).toContain('stopped; the gate rollback opens next')
  })

  it('a first file after which nothing can be read is unknown, never partial', async () => {
    let broken = false
    const world = openWorld((it) => ({
      applyMigration: async ({ migration }) => {
        it.ledger.push(migration.name)
        broken = true
        throw refusal('SqlRefused', 'the answer was cut off')
      },
      readStatus: async (input) => {
        if (broken) throw refusal('WrongTarget', 'no such database')
        return statusOf(it)(input as never)
      },
    }))
    const view = await server.migrate(world, approved(), async (handle) => {
      expect(states(await decideRollback(handle))).toEqual(['unknown', 'not-executed'])
      return handle.result()
    })
    expect(view.outcome).toBe('failed')
    expect(alerts(world)[0]).toContain(
      `${SECOND} may have changed the database; the database could not be read back`,
    )
    expect(alerts(world)[0]).not.toContain('as it was')
    expect(world.told.map(({ text }) => text).join()).toContain(`${SECOND}: unknown: it may have changed`)
  })

  it('a schema that is neither that of before nor that of after the first file', async () => {
    let applied = false
    const world = openWorld((it) => ({
      applyMigration: async () => {
        applied = true
        throw refusal('SqlRefused', 'statement 2')
      },
      readStatus: async (input) => {
        const status = await statusOf(it)(input as never)
        return applied ? { ...status, schemaFingerprint: 'another' } : status
      },
    }))
    await server.migrate(world, approved(), async (handle) => {
      expect(states(await decideRollback(handle))).toEqual(['unknown', 'not-executed'])
      return handle.result()
    })
    expect(alerts(world)[0]).toContain('neither that of before nor that of after')
  })

  it('a second file in doubt leaves the first one applied, as it was proven', async () => {
    let applied = 0
    const world = openWorld((it) => ({
      applyMigration: async ({ migration }) => {
        applied += 1
        if (applied === 2) throw refusal('ApplyPartial', 'half')
        it.ledger.push(migration.name)
        return { ...migration, state: 'applied' as const }
      },
      readStatus: async (input) => {
        const status = await statusOf(it)(input as never)
        return applied === 2
          ? { ...status, schemaFingerprint: `schema after ${FIRST}, ${SECOND}, ${THIRD}` }
          : status
      },
    }))
    await server.migrate(world, approved(), async (handle) => {
      expect(states(await decideRollback(handle))).toEqual(['applied', 'partial'])
      return handle.result()
    })
  })

  it('a validation that cannot be done', async () => {
    const world = openWorld(() => ({
      validateMigration: () => Promise.reject(refusal('WrongTarget', 'another database answers')),
    }))
    const view = await server.migrate(world, approved(), async (handle) => {
      await decideRollback(handle, 'reverse-migration')
      return handle.result()
    })
    expect(view.outcome).toBe('rolled-back')
    expect(alerts(world)[0]).toContain('another database answers')
  })

  it('a team that nobody answers for', async () => {
    const rules = { deadlineMs: 3_500_000 }
    const request = requestFor(randomUUID(), {}, { 'team-confirmation': rules })
    const world = openWorld()
    const view = await server.migrate(world, request, async (handle) => {
      await decideAll(handle, ALL_GATES.slice(0, -1))
      await until(handle, gateOpen('team-confirmation'))
      await server.env.sleep('1 hour')
      await decideRollback(handle)
      return handle.result()
    })
    expect(view.outcome).toBe('expired')
    expect(alerts(world)).toHaveLength(1)
  })
})

describe('a run that is stopped in the middle of an apply', () => {
  /** The first file ends as it may while people stop the run. */
  function stoppedDuringFirst(end: (it: World) => void): {
    world: World
    begun: Promise<void>
    goOn: () => void
  } {
    const { passed: begun, pass: begin } = latch()
    const { passed: released, pass: goOn } = latch()
    const world = openWorld((it) => ({
      applyMigration: async ({ migration }) => {
        if (migration.name === THIRD) throw new Error('another file was begun')
        if (migration.name !== SECOND) {
          it.ledger.push(migration.name)
          return { ...migration, state: 'applied' as const }
        }
        begin()
        await released
        end(it)
        return { ...migration, state: 'applied' as const }
      },
    }))
    return { world, begun, goOn }
  }

  it.each([
    ['abort', 'well', (it: World): void => void it.ledger.push(SECOND)],
    ['supersede', 'well', (it: World): void => void it.ledger.push(SECOND)],
    [
      'abort',
      'with its answer lost',
      (it: World): void => {
        it.ledger.push(SECOND)
        throw refusal('SqlRefused', 'the answer was lost')
      },
    ],
  ] as const)(
    'by %s, the file then ends %s: the alert, the gate, and the way that people choose',
    async (stop, _, end) => {
      const { world, begun, goOn } = stoppedDuringFirst(end)
      const view = await server.migrate(world, approved(), async (handle) => {
        await begun
        await handle.signal(stop, { reason: 'the release is off', actor: 'Bea' })
        await until(handle, ({ interventions = [] }) => interventions.length === 1)
        goOn()
        const asked = await until(handle, gateOpen('rollback'))
        expect(states(asked)).toEqual(['applied', 'absent'])
        expect(world.ledger).toEqual([FIRST, SECOND])
        await decideRollback(handle, 'reverse-migration')
        return handle.result()
      })
      expect(view.outcome).toBe('rolled-back')
      expect(world.ledger.at(-1)).toBe('0004_rollback_2026_01_02.sql')
      expect(alerts(world)[0]).toContain(
        '- Impact: 1 of 2 migrations applied; read back: the ledger ends with 0002',
      )
      expect(alerts(world)[0]).toMatch(/Issue: Bea (aborted|superseded) the run: the release is off/)
    },
  )

  it('which was refused: it is stopped, and nobody is asked', async () => {
    const { world, begun, goOn } = stoppedDuringFirst(() => {
      throw refusal('SqlRefused', 'no such column')
    })
    const view = await server.migrate(world, approved(), async (handle) => {
      await begun
      await handle.signal('abort', { reason: 'the release is off', actor: 'Bea' })
      await until(handle, ({ interventions = [] }) => interventions.length === 1)
      goOn()
      return handle.result()
    })
    expect(view.outcome).toBe('aborted')
    expect(world.ledger).toEqual([FIRST])
    expect(gateState(view, 'rollback')).toBe('waiting')
    expect(alerts(world)).toEqual([])
  })
})

describe('what was not touched asks nobody', () => {
  it('a first file that was refused, and read back as absent', async () => {
    const world = openWorld(() => ({
      applyMigration: () => Promise.reject(refusal('SqlRefused', 'near "TABEL"')),
    }))
    const view = await server.migrate(world, approved(), (handle) => handle.result())
    expect(view.outcome).toBe('failed')
    expect(gateState(view, 'rollback')).toBe('waiting')
    expect(alerts(world)[0]).toContain(
      'stopped; no file of this run is in the ledger, and the schema is that of before',
    )
    // The run is over, and refuses every way back.
    expect(alerts(world)[0]).not.toMatch(/Way back|ETA/)
  })

  it('a window that has no room for the first file', async () => {
    const begun = await server.env.currentTimeMs()
    const world = openWorld(() => ({
      rehearse: async (input) => {
        const plan = await openWorld().activities.rehearse(input)
        return { ...plan, migrations: plan.migrations.map((one) => ({ ...one, durationMs: 7_200_000 })) }
      },
    }))
    const window = {
      opensAt: new Date(begun - 1000).toISOString(),
      closesAt: new Date(begun + 3_600_000).toISOString(),
    }
    const view = await server.migrate(world, { ...approved(), window }, (handle) => handle.result())
    expect(view).toMatchObject({ outcome: 'expired', message: expect.stringContaining('0 of 2') })
    expect(world.calls).not.toContain('applyMigration')
    expect(alerts(world)).toEqual([])
  })
})

describe('a major issue that is reported before the monitoring', () => {
  const report = (handle: RunHandle, severity: string) =>
    handle.signal('reportIssue', { severity, description: 'lists are empty', actor: 'Eve' })
  const named = 'Eve reports (major): lists are empty'

  it.each(['environment', 'final', 'team-confirmation'] as const)(
    'at %s: told at once, asked about once it can be taken back, and named at the end',
    async (gate) => {
      const world = openWorld()
      const view = await server.migrate(world, requestFor(randomUUID()), async (handle) => {
        await decideAll(handle, ALL_GATES.slice(0, ALL_GATES.indexOf(gate)))
        await until(handle, gateOpen(gate))
        await report(handle, 'major')
        await until(handle, ({ issues }) => issues.length === 1)
        expect(world.ledger).toHaveLength(gate === 'team-confirmation' ? 3 : 1)
        await decideAll(handle, ALL_GATES.slice(ALL_GATES.indexOf(gate), -1))
        if (gate === 'team-confirmation') await decideAll(handle, [gate])
        await decideRollback(handle)
        if (gate !== 'team-confirmation') {
          const asked = await until(handle, gateOpen('team-confirmation'))
          const { shows = [] } = asked.gates.find((one) => one.gate === 'team-confirmation') ?? {}
          expect(shows.map(String)).toContain(`! ${named}`)
          await decideAll(handle, ['team-confirmation'])
        }
        return handle.result()
      })
      expect(view.outcome).toBe('completed')
      expect(alerts(world)).toHaveLength(1)
      expect(alerts(world)[0]).toContain(`- Issue: ${named}`)
      expect(world.told.filter(({ text }) => text.startsWith(`🚨 ${named}`))).toHaveLength(1)
      expect(world.told.find(({ kind }) => kind === 'complete')?.text).toContain(`- Issue: ${named}`)
    },
  )

  it('and is taken back where people choose so', async () => {
    const world = openWorld()
    const view = await server.migrate(world, requestFor(randomUUID()), async (handle) => {
      await decideAll(handle, ALL_GATES.slice(0, 5))
      await report(handle, 'critical')
      await decideAll(handle, ['final'])
      await decideRollback(handle, 'reverse-migration')
      return handle.result()
    })
    expect(view.outcome).toBe('rolled-back')
    expect(world.ledger.at(-1)).toBe('0004_rollback_2026_01_02.sql')
  })

  it('a minor one asks nobody', async () => {
    const world = openWorld()
    const view = await server.migrate(world, requestFor(randomUUID()), async (handle) => {
      await decideAll(handle, ALL_GATES.slice(0, 5))
      await report(handle, 'minor')
      await decideAll(handle, ALL_GATES.slice(5))
      return handle.result()
    })
    expect(view.outcome).toBe('completed')
    expect(gateState(view, 'rollback')).toBe('waiting')
    expect(world.told.some(({ kind }) => kind === 'emergency')).toBe(false)
  })
})

describe('credentials that are refused in the middle', () => {
  /** The token is revoked just after the first file took effect, for everything, until somebody renews it. */
  function revoked(): { world: World; renew: () => void; tries: () => number } {
    let [good, tries] = [true, 0]
    const world = openWorld((it) => ({
      applyMigration: async ({ migration }) => {
        tries += 1
        if (!good) throw refusal('NotAuthenticated', 'the token is revoked')
        if (!it.ledger.includes(migration.name)) it.ledger.push(migration.name)
        if (tries > 1) return { ...migration, state: 'applied' as const }
        good = false
        throw refusal('NotAuthenticated', 'the token is revoked')
      },
      readStatus: async (input) => {
        if (!good) throw refusal('NotAuthenticated', 'the token is revoked')
        return statusOf(it)(input as never)
      },
    }))
    return { world, renew: () => (good = true), tries: () => tries }
  }

  it('are a pause: renewed and resumed, the run goes on and ends well', async () => {
    const { world, renew, tries } = revoked()
    const view = await server.migrate(world, approved(), async (handle) => {
      const paused = await until(handle, ({ paused }) => paused)
      expect(paused).toMatchObject({
        outcome: null,
        message: expect.stringContaining('the token is revoked'),
      })
      // Resumed too early, it pauses again and says so again.
      await handle.signal('resume', { actor: 'Bea' })
      await until(handle, () => tries() === 2)
      await until(handle, ({ paused }) => paused)
      renew()
      await handle.signal('resume', { actor: 'Bea' })
      return handle.result()
    })
    expect(view.outcome).toBe('completed')
    expect(world.ledger).toEqual([FIRST, SECOND, THIRD])
    const told = world.told.filter(({ text }) => text.startsWith('🚨 Paused, the credentials were refused'))
    expect(told).toHaveLength(2)
    expect(told[0]?.text).toContain('d1-runbook resume --env local')
  })

  it('and a run that is stopped instead: unknown, an alert, and the gate', async () => {
    const { world, renew } = revoked()
    const view = await server.migrate(world, approved(), async (handle) => {
      await until(handle, ({ paused }) => paused)
      await handle.signal('abort', { reason: 'enough', actor: 'Bea' })
      const asked = await until(handle, gateOpen('rollback'))
      expect(states(asked)).toEqual(['unknown', 'not-executed'])
      renew()
      await decideRollback(handle, 'restore-backup')
      return handle.result()
    })
    expect(view.outcome).toBe('rolled-back')
    expect(alerts(world)[0]).toContain('- Issue: Bea aborted the run: enough')
    expect(alerts(world)[0]).toContain('could not be read back')
  })
})
