import { randomUUID } from 'node:crypto'
import { WorkflowFailedError } from '@temporalio/client'
import { expect, it } from 'vitest'
import { ALL_GATES, decideAll, gateOpen, until, useSkippingServer } from './skipping.js'
import { requestFor } from './request.js'
import { openWorld } from './world.js'

const server = useSkippingServer()

const SIGNALS = [
  'decide',
  'reportIssue',
  'observe',
  'pause',
  'abort',
  'supersede',
  'monitoringAlert',
  'checkNow',
  'resume',
  'no-such-signal',
]
const BODIES: unknown[] = [
  undefined,
  null,
  0,
  '',
  'x'.repeat(5000),
  [],
  [null],
  {},
  { kind: 'breach', message: 'x', checkpoint: null },
  { kind: 'breach', message: { toString: 1 }, checkpoint: { reasons: [{}] } },
  { gate: {}, actor: [], decision: null, planHash: 7, signature: {} },
  { gate: '__proto__', actor: 'x', decision: 'approve' },
  { gate: 'constructor', actor: '\u0000', decision: 'approve', decisionId: '' },
  { severity: 'toString', description: {}, actor: 1 },
  { reason: '   ', actor: 'Bea' },
]

it('no body of any signal fails a workflow task, at a gate or in the monitoring', async () => {
  const world = openWorld()
  const flood = async (handle: { signal: (name: string, ...args: [unknown]) => Promise<void> }) => {
    for (const name of SIGNALS) for (const body of BODIES) await handle.signal(name, body)
  }
  const { view, failed } = await server.migrate(world, requestFor(randomUUID()), async (handle) => {
    await until(handle, gateOpen('team-lead'))
    await flood(handle)
    await decideAll(handle, ALL_GATES)
    await until(handle, ({ phase, monitoring }) => phase === 'monitor' && monitoring !== null)
    await flood(handle)
    const child = server.env.client.workflow.getHandle(`${handle.workflowId}/monitoring`)
    await flood(child)
    const result = await handle.result()
    const events = async (one: typeof child) => (await one.fetchHistory()).events ?? []
    const tasks = [...(await events(handle as typeof child)), ...(await events(child))]
    return { view: result, failed: tasks.filter(({ workflowTaskFailedEventAttributes: why }) => why) }
  })
  expect(failed).toEqual([])
  expect(view.outcome).toBe('completed')
  expect(view.gates.flatMap(({ decisions }) => decisions.map(({ actor }) => actor))).toEqual(
    ALL_GATES.map(() => 'Bea'),
  )
  expect(view.refused.length).toBeGreaterThan(BODIES.length)
})

const { target: _left, ...withoutTarget } = requestFor('x')

it.each([
  ['nothing', null, 'none came with it'],
  ['a text', 'migrate', 'none came with it'],
  ['an empty object', {}, 'it has no target, requester, timeZone, policy, people'],
  ['no target', withoutTarget, 'it has no target'],
  ['a time zone that nobody knows', { ...requestFor('x'), timeZone: 'Moon/Base' }, 'Moon/Base'],
])(
  'a request with %s ends at once and says why, instead of being tried for ever',
  async (_, request, why) => {
    const { target } = requestFor(randomUUID())
    // Where it goes is its own target's; what is sent is this.
    const sent = { target, toJSON: () => request }
    await server.migrate(openWorld(), sent as never, async (handle) => {
      const error = await handle.result().catch((caught: unknown) => caught)
      expect(error).toBeInstanceOf(WorkflowFailedError)
      const { cause } = error as WorkflowFailedError
      // The bundle is minimized: a stack names function, file and line all the same.
      expect(cause?.stack).toMatch(/at productionMigration \(\S*src\/workflows\/migration\.[jt]s:\d+:\d+\)/)
      const said = String(cause)
      expect(said).toContain('The request of this run cannot be read: ')
      expect(said).toContain(why)
    })
  },
)
