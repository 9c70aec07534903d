import { randomUUID } from 'node:crypto'
import { createColors } from 'picocolors'
import { expect, it } from 'vitest'
import { monitoringLines } from '../../src/cli/terminal/run-text.js'
import { plain } from '../../src/contract/command-line.js'
import { renderChecklist } from '../../src/runbook/checklist.js'
import { checkNowSignal, decideSignal, monitoringQuery } from '../../src/contract/messages.js'
import { requestFor } from './request.js'
import { gateOpen, gateState, until, useSkippingServer, type RunHandle } from './skipping.js'
import { checkpoint, openWorld } from './world.js'

const server = useSkippingServer()

/** Asks for a look and waits, without moving the clock, until it is done. */
async function checkNow(handle: RunHandle): Promise<void> {
  const child = server.env.client.workflow.getHandle(`${handle.workflowId}/monitoring`)
  const extras = async (): Promise<number> =>
    (await child.query(monitoringQuery)).checkpoints.filter(({ extra }) => extra).length
  const seen = await extras()
  await child.signal(checkNowSignal)
  await expect.poll(extras, { interval: 25 }).toBe(seen + 1)
}

it('takes impatient looks for what they are: the schedule alone makes two breaches in a row', async () => {
  const world = openWorld(() => ({
    runCheckpoint: async ({ number, plannedAt, late }) => checkpoint(number, plannedAt, late, 'breached'),
  }))
  const view = await server.migrate(
    world,
    requestFor(randomUUID(), { preApproved: true }),
    async (handle) => {
      await until(handle, ({ monitoring }) => monitoring !== null)
      await checkNow(handle)
      await checkNow(handle)
      await server.env.sleep('5 minutes')
      await checkNow(handle)
      const calm = await until(handle, ({ phase }) => phase === 'monitor')
      expect(gateState(calm, 'rollback')).not.toBe('open')
      expect(world.told.filter(({ kind }) => kind === 'emergency')).toEqual([])
      await server.env.sleep('5 minutes')
      const asked = await until(handle, gateOpen('rollback'))
      expect(asked.monitoring).toMatchObject({ checkpoints: [], onDemand: 3 })
      expect(renderChecklist(asked)).toMatch(
        /Checkpoints as of [^:]+:[^:]+: 2 of 5 and 3 looks on demand \(5 breached\)/,
      )
      expect(plain(monitoringLines(asked, createColors(false))[0] ?? '')).toMatch(
        /^2 of 5 checkpoints and 3 looks on demand as of .* UTC: 5 breached; what each of them saw, /,
      )
      await handle.signal(decideSignal, {
        gate: 'rollback',
        decision: 'approve',
        strategy: 'reverse-migration',
        actor: 'Bea',
      })
      // Waiting for the result would let the clock run, and the third look come before the decision.
      return until(handle, ({ outcome }) => outcome !== null)
    },
  )
  expect(view.outcome).toBe('rolled-back')
  expect(
    view.monitoring?.checkpoints.map(({ number, extra }) => (extra === true ? 'extra' : number)),
  ).toEqual(['extra', 'extra', 1, 'extra', 2])
})
