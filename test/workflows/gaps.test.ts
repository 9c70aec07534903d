import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { plain } from '../../src/contract/command-line.js'
import { decideSignal } from '../../src/contract/messages.js'
import type { Check, MigrationRequest, RunView } from '../../src/contract/run.js'
import { requestFor } from './request.js'
import { ALL_GATES, decideAll, gateOpen, until, useSkippingServer } from './skipping.js'
import { openWorld, type World } from './world.js'

const server = useSkippingServer()
const LINE = 'rollback-plan-reviewed'
const reviewed = ({ checks }: RunView): Check[] => checks.filter(({ name }) => name === LINE)
const shows = (view: RunView, gate: string): string =>
  (view.gates.find((one) => one.gate === gate)?.shows ?? []).map((line) => plain(line)).join('\n')

/** Where the policy expects that somebody has read the ways back. */
function expecting(overrides: Partial<MigrationRequest> = {}): MigrationRequest {
  const request = requestFor(randomUUID(), overrides)
  return { ...request, policy: { ...request.policy, attestations: [LINE] } }
}

/** A checklist that knows of no backup yet. */
function beforeTheBackup(): World {
  return openWorld(() => ({
    runChecklist: async () => ({
      checks: [
        { name: 'project-tests', title: 'All tests passing', state: 'warned', message: 'no tests were run' },
        {
          name: 'recent-backup',
          title: 'Recent backup verified',
          state: 'warned',
          message: 'there is none yet',
        },
      ],
      findings: [],
    }),
  }))
}

describe('the rollback plan is reviewed by who approves the plan', () => {
  it('which says so, and is asked at no other gate', async () => {
    const view = await server.migrate(openWorld(), expecting(), async (handle) => {
      for (const gate of ALL_GATES.slice(0, 4)) {
        const open = await until(handle, gateOpen(gate))
        expect(shows(open, gate)).not.toContain('Rollback plan reviewed')
        await handle.signal(decideSignal, { gate, decision: 'approve', actor: 'Ada' })
      }
      const plan = await until(handle, gateOpen('plan'))
      expect(shows(plan, 'plan')).toContain('Approving this plan answers for: Rollback plan reviewed')
      expect(reviewed(plan)).toEqual([])
      await decideAll(handle, ALL_GATES.slice(4), 'Bea')
      return handle.result()
    })
    expect(reviewed(view)).toMatchObject([{ state: 'attested', actor: 'Bea' }])
  })

  it('an approval in advance saw no rollback plan: it stands as a gap', async () => {
    const view = await server.migrate(openWorld(), expecting({ preApproved: true }), (handle) =>
      handle.result(),
    )
    expect(reviewed(view)).toMatchObject([
      { state: 'warned', message: expect.stringContaining('in advance') },
    ])
    expect(shows(view, 'final')).toContain('Gap: Rollback plan reviewed: not attested')
  })

  it('what was answered for at the start is asked nobody again', async () => {
    const answer: Check = {
      name: LINE,
      title: 'Rollback plan reviewed',
      state: 'attested',
      message: 'Cy',
      actor: 'Cy',
    }
    const world = openWorld(() => ({
      runChecklist: async ({ evidence }) => ({ checks: evidence, findings: [] }),
    }))
    const request = expecting({ preApproved: true, evidence: [answer] })
    const view = await server.migrate(world, request, (handle) => handle.result())
    expect(reviewed(view)).toEqual([{ ...answer, step: 'checklist' }])
    expect(shows(view, 'plan')).not.toContain('Rollback plan reviewed')
  })

  it('where the policy expects nobody to, nobody is said to have', async () => {
    const request = requestFor(randomUUID(), { preApproved: true })
    const view = await server.migrate(openWorld(), request, (handle) => handle.result())
    expect(reviewed(view)).toEqual([])
  })
})

it('what is missing stands at the gate final, and a backup that was made is not missing', async () => {
  const request = requestFor(randomUUID(), { preApproved: true })
  const view = await server.migrate(beforeTheBackup(), request, (handle) => handle.result())
  expect(shows(view, 'final')).toContain('Gap: All tests passing: no tests were run')
  expect(shows(view, 'final')).toContain('Gap: Error rate is watched after the migration: no probe')
  expect(shows(view, 'final')).not.toContain('backup verified: there is none')
  expect(shows(view, 'preflight')).toMatch(
    /Recent backup verified: backup-\S+\.zip, made and verified by this run/,
  )
  expect(shows(view, 'preflight')).not.toContain('there is none yet')
})

describe('a critical probe that fails after the migration', () => {
  const PROBE = { name: 'totals', kind: 'sql', sql: 'SELECT 0', critical: true, timeoutMs: 1_000 } as const

  async function failing(errorRate: number): Promise<{ world: World; view: RunView }> {
    const check: Check = {
      ...{ name: 'probe totals', title: 'Query: totals', state: 'failed', message: 'is 0' },
      ...{ probeKind: 'sql', critical: true },
    }
    const world = openWorld(() => ({
      takeBaseline: async () => ({
        takenAt: '2026-01-01T00:00:00.000Z',
        probes: { totals: { latenciesMs: [], errorRate, samples: 3 } },
      }),
      validateMigration: async () => ({ checks: [check], passed: false }),
    }))
    const request = requestFor(randomUUID(), { preApproved: true })
    request.monitoring.probes.push(PROBE)
    const view = await server.migrate(world, request, async (handle) => {
      await until(handle, gateOpen('rollback'))
      await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
      return handle.result()
    })
    expect(view).toMatchObject({ outcome: 'failed', failure: { type: 'ValidationFailed' } })
    expect(view.steps.find(({ step }) => step === 'validate')).toMatchObject({
      state: 'failed',
      detail: '1 warned, 1 failed',
    })
    return { world, view }
  }
  const alertOf = ({ told }: World): string =>
    told
      .filter(({ kind }) => kind === 'emergency')
      .map(({ text }) => text)
      .join('\n')

  it('as it did before: a gap at the gates, and said to whoever decides on the rollback', async () => {
    const { world, view } = await failing(1)
    const gap = 'Gap: Broken before: totals: this critical probe failed in all 3 samples of the baseline'
    expect(shows(view, 'preflight')).toContain(gap)
    expect(shows(view, 'final')).toContain(gap)
    expect(alertOf(world)).toContain('is 0 (broken before the migration, too: this critical probe failed in')
    expect(alertOf(world)).not.toContain('is not as it should be')
  })

  it('and did not before: the step has failed, and nothing else is said of before', async () => {
    const { world, view } = await failing(0)
    expect(shows(view, 'final')).not.toContain('Broken before')
    expect(alertOf(world)).not.toContain('broken before')
    expect(alertOf(world)).toContain('is not as it should be')
  })
})
