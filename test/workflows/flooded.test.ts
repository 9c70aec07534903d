import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { submitDecisionUpdate } from '../../src/contract/messages.js'
import { latch } from './held.js'
import { requestFor } from './request.js'
import { gateOpen, until, useRealTimeServer } from './skipping.js'
import { checkpoint, openWorld } from './world.js'

/** Ten thousand on a server that nobody configured. */
const MOST_SIGNALS = 40
const server = useRealTimeServer([
  '--dynamic-config-value',
  `history.maximumSignalsPerExecution=${MOST_SIGNALS}`,
])

it('a breach reaches people although somebody has used up all signals of the run', async () => {
  const { passed: usedUp, pass: isUsedUp } = latch()
  const world = openWorld(() => ({
    runCheckpoint: async ({ number, plannedAt, late }) => {
      await usedUp
      return checkpoint(number, plannedAt, late, 'breached')
    },
  }))
  const request = requestFor(randomUUID(), { preApproved: true })
  const soon = {
    ...request,
    monitoring: { ...request.monitoring, offsetsMs: [1_000, 2_000, 3_000, 600_000] },
  }
  const view = await server.migrate(world, soon, async (handle) => {
    await until(handle, ({ monitoring }) => monitoring !== null)
    const flood = async (): Promise<void> => {
      for (;;) await handle.signal('observe', { note: 'x', actor: 'Mallory' })
    }
    await expect(flood()).rejects.toThrow('Failed to signal Workflow')
    isUsedUp()
    await until(handle, gateOpen('rollback'))
    await handle.executeUpdate(submitDecisionUpdate, {
      args: [{ gate: 'rollback', decision: 'reject', actor: 'Bea' }],
    })
    return handle.result()
  })
  expect(view.outcome).toBe('completed-unhealthy')
  expect(view.monitoring?.verdicts).toMatchObject({ breached: 2 })
  const heads = world.told.map(({ text }) => text.split('\n')[0] ?? '')
  expect(heads.join('\n')).toContain('so many signals that the server takes no more')
  expect(heads.filter((head) => head.includes('Migration Issue Detected'))).toHaveLength(1)
})
