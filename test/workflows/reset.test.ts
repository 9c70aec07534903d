import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Decision } from '../../src/contract/decision.js'
import { submitDecisionUpdate } from '../../src/contract/messages.js'
import type { Gate } from '../../src/contract/names.js'
import type { RunView } from '../../src/contract/run.js'
import { gapsOf } from '../../src/runbook/gaps.js'
import { decisionText } from '../../src/runbook/people/signature.js'
import { newSshKey } from '../runbook/people/ssh-keys.js'
import { latch } from './held.js'
import { requestFor } from './request.js'
import { gateOpen, gateState, until, useRealTimeServer, type RunHandle } from './skipping.js'
import { openWorld } from './world.js'

const server = useRealTimeServer()
/** Of `EventType` of Temporal's API. */
const [TASK_COMPLETED, CHILD_STARTED] = [7, 31]

/** As `temporal workflow reset --type LastWorkflowTask` does. Returns the run that goes on. */
async function reset(handle: RunHandle): Promise<RunHandle> {
  const { client } = server.env
  const { workflowId } = handle
  const { events = [] } = await handle.fetchHistory()
  const last = events?.findLast(({ eventType }) => Number(eventType) === TASK_COMPLETED)
  const { runId } = await client.workflowService.resetWorkflowExecution({
    namespace: server.env.namespace ?? 'default',
    workflowExecution: { workflowId, runId: (await handle.describe()).runId },
    reason: 'tried',
    workflowTaskFinishEventId: last?.eventId ?? null,
    requestId: randomUUID(),
  })
  return client.workflow.getHandle(workflowId, runId)
}

/** The run has heard of its child, and of nothing since. */
async function watching(handle: RunHandle): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const { events } = await handle.fetchHistory()
    const types = (events ?? []).map(({ eventType }) => Number(eventType))
    if (types.includes(CHILD_STARTED) && types.lastIndexOf(TASK_COMPLETED) > types.indexOf(CHILD_STARTED))
      return
    await pause(100)
  }
  throw new Error('the run never began its monitoring')
}

it('a run that was signed for goes through its past once more when it is reset, and says that it was', async () => {
  const key = newSshKey()
  const people = [{ name: 'Bea', roles: [], publicKeys: [key.publicKey] }]
  const base = requestFor(randomUUID(), { people })
  const request = { ...base, policy: { ...base.policy, requireSignatures: true } }
  const signed = (run: RunView, gate: Gate, decision: 'approve' | 'reject'): Decision => {
    const { planHash } = run
    const plan = planHash === null ? {} : { planHash }
    const said: Decision = { gate, decision, actor: 'Bea', decisionId: randomUUID(), ...plan }
    return { ...said, signature: key.sign(decisionText(run, said)) }
  }
  const { before, after, end } = await server.migrate(openWorld(), request, async (handle) => {
    const first = await until(handle, gateOpen('team-lead'))
    await handle.executeUpdate(submitDecisionUpdate, { args: [signed(first, 'team-lead', 'approve')] })
    const before = await until(handle, gateOpen('environment'))
    const again = await reset(handle)
    const after = await until(again, gateOpen('environment'))
    // What is signed from now on is signed for the run that Temporal names.
    await again.executeUpdate(submitDecisionUpdate, { args: [signed(after, 'environment', 'reject')] })
    return { before, after, end: await again.result() }
  })
  expect(before.resetFrom).toBeUndefined()
  expect(after).toMatchObject({ resetFrom: before.runId, workflowId: before.workflowId })
  expect(after.runId).not.toBe(before.runId)
  expect(gateState(after, 'team-lead')).toBe('approved')
  const [gap] = gapsOf({ ...after, checks: [] })
  expect(gap?.message).toBe(
    `it began as ${before.runId}; no worker applies or takes back anything for what was signed before`,
  )
  expect(gapsOf({ ...before, checks: [] })).toEqual([])
  expect(end).toMatchObject({ outcome: 'declined', refused: [] })
})

const watched = (offsetsMs: number[]) => {
  const request = requestFor(randomUUID(), { preApproved: true })
  return { ...request, monitoring: { ...request.monitoring, offsetsMs } }
}

it('one that is reset in its monitoring can be ended, and its monitoring with it', async () => {
  const view = await server.migrate(openWorld(), watched([1_000, 3_600_000]), async (handle) => {
    await watching(handle)
    const again = await reset(handle)
    await until(again, ({ resetFrom }) => resetFrom !== undefined)
    await again.signal('abort', { reason: 'tried', actor: 'Bea' })
    return again.result()
  })
  expect(view.outcome).not.toBeNull()
  const child = server.env.client.workflow.getHandle(`${view.workflowId}/monitoring`)
  expect((await child.describe()).status.name).not.toBe('RUNNING')
})

it('one that is reset in its monitoring hears of its end', async () => {
  const [world, looks] = [openWorld(), latch()]
  const real = { ...world.activities }
  world.activities.runCheckpoint = async (input) => {
    await looks.passed
    return real.runCheckpoint(input)
  }
  const view = await server.migrate(world, watched([1]), async (handle) => {
    await watching(handle)
    const again = await reset(handle)
    looks.pass()
    return again.result()
  })
  expect(view).toMatchObject({ outcome: 'completed', resetFrom: expect.any(String) as string })
})
