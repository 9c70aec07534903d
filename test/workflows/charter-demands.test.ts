import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Check, MigrationRequest, RunView } from '../../src/contract/run.js'
import type { Policy } from '../../src/contract/policy.js'
import { plain } from '../../src/contract/command-line.js'
import { requestFor } from './request.js'
import { useSkippingServer } from './skipping.js'
import { openWorld, type World } from './world.js'

const server = useSkippingServer()
const line = (name: string, rest: Partial<Check>): Check => ({
  ...{ name, title: name, state: 'attested', message: '' },
  ...rest,
})

/** A worker whose charter says this, whatever the request says. */
function chartered(change: (sent: MigrationRequest) => Partial<MigrationRequest>): World {
  return openWorld(() => ({
    admit: async ({ request }) => {
      const sent = request as MigrationRequest
      return { charterHash: 'f'.repeat(64), differences: [], effective: { ...sent, ...change(sent) } }
    },
  }))
}
const demanding = (attestations: Policy['attestations'], more: Partial<MigrationRequest> = {}) =>
  chartered(({ policy }) => ({ policy: { ...policy, ...(attestations && { attestations }) }, ...more }))
const run = (world: World, evidence: Check[] = []): Promise<RunView> =>
  server.migrate(world, requestFor(randomUUID(), { preApproved: true, evidence }), (handle) =>
    handle.result(),
  )

describe('what the charter asks for is asked of a request that was made by another configuration', () => {
  it.each<[string, World, Check[], string]>([
    ['no answer at all', demanding(['team-notified']), [], 'Team notified of maintenance window'],
    [
      'a line that the client calls unanswered',
      demanding(['team-notified']),
      [line('team-notified', { state: 'warned' })],
      'Team notified',
    ],
    [
      'an answer for another line',
      demanding(['team-notified', 'plan-documented']),
      [line('plan-documented', {})],
      'Team notified',
    ],
    [
      'a line left out by nobody',
      demanding(['team-notified']),
      [line('team-notified', { state: 'skipped' })],
      'Team notified',
    ],
    ['a staging that no charter names', demanding(['staging-tested']), [], 'tested in staging'],
    [
      'signatures of nobody',
      chartered(({ policy }) => ({ policy: { ...policy, requireSignatures: true } })),
      [],
      'Nobody could approve every gate',
    ],
  ])('%s ends the run, and nothing is done', async (_what, world, evidence, missing) => {
    const view = await run(world, evidence)
    expect(view).toMatchObject({ outcome: 'failed', success: false, failure: { type: 'ConfigInvalid' } })
    expect(view.failure?.message).toContain(missing)
    expect(world.calls).toEqual(['admit'])
    expect(view.gates.flatMap(({ decisions }) => decisions)).toEqual([])
  })

  it('the refusal names what to type', async () => {
    const view = await run(demanding(['team-notified', 'plan-documented']))
    const advice = plain(view.failure?.advice ?? '')
    expect(advice).toContain('start --attest team-notified --attest plan-documented --env local')
    expect(advice).toContain('--skip "team-notified=REASON"')
  })

  it.each<[string, World, Check[]]>([
    ['attested', demanding(['team-notified']), [line('team-notified', {})]],
    [
      'left out by somebody',
      demanding(['team-notified']),
      [line('team-notified', { state: 'skipped', actor: 'Ada', message: 'alone' })],
    ],
    [
      'proven by a command',
      demanding(['pull-request-reviewed']),
      [line('pull-request-reviewed', { state: 'passed' })],
    ],
    ['proven by this worker', demanding(['staging-tested'], { stagingEnvironment: 'staging' }), []],
    ['answered with the plan', demanding(['rollback-plan-reviewed']), []],
    ['not asked for', demanding([]), []],
    ['not asked for by name', demanding(undefined), []],
  ])('%s is enough', async (_what, world, evidence) => {
    expect(await run(world, evidence)).toMatchObject({ outcome: 'completed', failure: null })
  })

  it('what production expects, and nobody demands, stands in the checklist as a gap', async () => {
    const given: Check[] = []
    const world = openWorld(() => ({
      admit: async ({ request }) => {
        const sent = request as MigrationRequest
        const effective = { ...sent, target: { ...sent.target, production: true } }
        return { charterHash: 'f'.repeat(64), differences: [], effective }
      },
      runChecklist: async ({ evidence }) => {
        given.push(...evidence)
        return { checks: evidence, findings: [] }
      },
    }))
    await run(world, [line('plan-documented', {})])
    expect(given.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'plan-documented attested',
      'pull-request-reviewed warned',
      'staging-tested warned',
      'team-notified warned',
    ])
  })
})
