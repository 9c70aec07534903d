import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { submitDecisionUpdate } from '../../src/contract/messages.js'
import type { MigrationRequest, RunView } from '../../src/contract/run.js'
import { buildReport } from '../../src/runbook/report/build.js'
import { requestFor } from './request.js'
import { decideAll, gateOpen, until, useRealTimeServer } from './skipping.js'
import { ADOPTION_BOUND, openWorld, refusal } from './world.js'

const server = useRealTimeServer()

const BEFORE = ['team-lead', 'environment', 'connectivity', 'preflight', 'plan'] as const

function request(overrides: Partial<MigrationRequest> = {}): MigrationRequest {
  return requestFor(randomUUID(), { adopt: {}, ...overrides })
}

const ledgerRows = ['0001_first.sql', '0002_second.sql']

it('an adoption passes the gates of an apply, is proven before and after them, and runs no migration', async () => {
  const world = openWorld()
  const view = await server.migrate(world, request(), async (handle) => {
    await decideAll(handle, BEFORE)
    await until(handle, gateOpen('final'))
    // Nothing is written before the last word.
    expect(world.ledger).toEqual(['0001_first.sql'])
    await decideAll(handle, ['final'])
    return handle.result()
  })
  expect(view).toMatchObject({
    ...{ success: true, outcome: 'completed', adopted: ['0002_second.sql'], migrations: [] },
    notProven: [{ name: '0003_third.sql', why: 'it is not there' }],
  })
  expect(world.ledger).toEqual(ledgerRows)
  expect(world.calls).not.toContain('applyMigration')
  expect(world.calls.filter((name) => name === 'proveAdoption')).toHaveLength(2)
  expect(world.calls.filter((name) => name === 'createBackup')).toHaveLength(2)
  expect(world.calls.indexOf('recordAdoption')).toBeGreaterThan(world.calls.lastIndexOf('proveAdoption'))
  const shown = JSON.stringify(view.gates.map(({ shows }) => shows))
  expect(shown).toContain('They will never run here')
  expect(shown).toContain('Not proven, and not recorded: 0003_third.sql')
  expect(world.told.at(-1)?.text).toContain('Recorded in the ledger, and not run: 0002_second.sql')
  const report = JSON.stringify(buildReport({ view, plan: null, baseline: null }))
  expect(report).toContain('Recorded in the ledger as held already, not run: ')
  expect(report).not.toContain('taken for applied')
})

it('what changed while people decided voids every approval, and is decided anew', async () => {
  const world = openWorld()
  const view = await server.migrate(world, request(), async (handle) => {
    await decideAll(handle, BEFORE)
    await until(handle, gateOpen('final'))
    world.ledger.push('0002_second.sql')
    await decideAll(handle, ['final'])
    const asked = await until(handle, gateOpen('environment'))
    expect(asked.gates.find(({ gate }) => gate === 'plan')).toMatchObject({ state: 'waiting', decisions: [] })
    expect(world.calls).not.toContain('recordAdoption')
    await decideAll(handle, ['environment', 'connectivity', 'preflight', 'plan', 'final'])
    return handle.result()
  })
  expect(view).toMatchObject({ outcome: 'completed', adopted: ['0003_third.sql'], notProven: [] })
})

it('an approval given in advance has nobody to look at a change: the run stops', async () => {
  const world = openWorld((it) => {
    let proofs = 0
    const real = openWorld().activities
    return {
      proveAdoption: async (input) => {
        proofs += 1
        return { ...(await real.proveAdoption(input)), planHash: String(proofs).repeat(64) }
      },
      recordAdoption: async () => {
        it.ledger.push('0002_second.sql')
        return { adopted: [] }
      },
    }
  })
  const view = await server.migrate(world, request({ preApproved: true }), (handle) => handle.result())
  expect(view).toMatchObject({ outcome: 'drifted', adopted: [] })
  expect(world.ledger).toEqual(['0001_first.sql'])
})

it.each(['team-lead', 'plan', 'final'] as const)(
  'a no at the gate %s leaves the ledger as it is',
  async (gate) => {
    const world = openWorld()
    const view = await server.migrate(world, request(), async (handle) => {
      const gates = [...BEFORE, 'final'] as const
      await decideAll(handle, gates.slice(0, gates.indexOf(gate)))
      await until(handle, gateOpen(gate))
      const no = { gate, decision: 'reject' as const, actor: 'Bea' }
      await handle.executeUpdate(submitDecisionUpdate, { args: [no] })
      return handle.result()
    })
    expect(view.outcome).toBe('declined')
    expect(world.ledger).toEqual(['0001_first.sql'])
    expect(world.calls).not.toContain('recordAdoption')
  },
)

it('where nothing is proven, nobody is asked beyond the first gate, and the first reason is said', async () => {
  const world = openWorld(() => ({
    proveAdoption: async () => ({
      adoption: {
        ...{ proven: [], extra: [], edited: [], ledger: ['0001_first.sql'], schemaFingerprint: 'x' },
        notProven: [{ name: '0002_second.sql', why: 'Table t is missing.', differences: [] }],
      },
      planHash: 'e'.repeat(64),
      bound: ADOPTION_BOUND,
    }),
  }))
  const view = await server.migrate(world, request({ preApproved: true }), (handle) => handle.result())
  expect(view).toMatchObject({ outcome: 'failed', adopted: [], failure: { type: 'ChecksFailed' } })
  expect(view.message).toContain('0002_second.sql: Table t is missing.')
})

const written = async (
  fails: 'before' | 'after',
  unreadable = false,
  type = 'SqlRefused',
): Promise<RunView> => {
  let broken = false
  const world = openWorld((it) => {
    const real = openWorld().activities
    return {
      recordAdoption: async ({ names }) => {
        if (fails === 'after') it.ledger.push(...names)
        broken = true
        throw refusal(type, 'the answer was lost')
      },
      readStatus: async (input) => {
        if (broken && unreadable) throw refusal('NotAuthenticated', 'the token is gone')
        const applied = it.ledger.map((name, index) => ({ id: index, name, appliedAt: '2026-01-01' }))
        return { ...(await real.readStatus(input)), applied }
      },
    }
  })
  return server.migrate(world, request({ preApproved: true }), (handle) => handle.result())
}

it('a write that failed is read back: none of it, all of it, or not known', async () => {
  expect(await written('before')).toMatchObject({ outcome: 'failed', adopted: [] })
  expect(await written('before', false, 'Frozen')).toMatchObject({ outcome: 'expired', adopted: [] })
  expect(await written('after')).toMatchObject({ outcome: 'completed', adopted: ['0002_second.sql'] })
  const unknown = await written('after', true)
  expect(unknown).toMatchObject({ outcome: 'failed' })
  expect(unknown.adopted).toBeUndefined()
  expect(JSON.stringify(unknown.announcements)).toContain('Whether the ledger was written is not known')
})
