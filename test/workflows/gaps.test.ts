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
