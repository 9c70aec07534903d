import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { RunView } from '../../src/contract/run.js'
import { applied, reallyApplied, SOME_WORK, worldHeldAt } from './held.js'
import { requestFor } from './request.js'
import { until, useSkippingServer, type RunHandle } from './skipping.js'
import type { World } from './world.js'

const server = useSkippingServer()

describe.each(SOME_WORK)('while %s is under way', (name) => {
  it('a pause lets it end, begins nothing more, and a resume goes on to the end', async () => {
    const { world, begun, goOn } = worldHeldAt(name)
    const view = await server.migrate(
      world,
      requestFor(randomUUID(), { preApproved: true }),
      async (handle) => {
        await begun
        await handle.signal('pause', { actor: 'Bea', reason: 'lunch' })
        await until(handle, ({ paused }) => paused)
        goOn()
        const before = await settled(handle, world)
        // A run that looks at its clock or its people does it without the world.
        await server.env.sleep(3_600_000)
        const after = (await settled(handle, world)).calls
        expect(after).toEqual(before.calls)
        expect(before.view).toMatchObject({ paused: true, outcome: null })
        expect(applied(before.view)).toBe(reallyApplied(world))
        await handle.signal('resume', { actor: 'Bea' })
        return handle.result()
      },
    )
    expect(view.outcome).toBe('completed')
    expect(applied(view)).toBe(2)
    expect(view.interventions?.map(({ command, actor }) => `${command} ${actor}`)).toEqual([
      'pause Bea',
      'resume Bea',
    ])
    expect(world.told.filter(({ text }) => /Paused by Bea: lunch|Resumed by Bea/.test(text))).toHaveLength(2)
  })
})

/** The state and the calls once the run waits: all that it began has ended. Messages are no work. */
async function settled(handle: RunHandle, world: World): Promise<{ view: RunView; calls: string[] }> {
  await expect.poll(() => underWay(handle)).toEqual([])
  const view = await handle.query<RunView, []>('status')
  return { view, calls: world.calls.filter((name) => name !== 'announce') }
}

/** Numbers of the events that scheduled something of which no event tells the end: an activity, or a task of the run itself. */
async function underWay(handle: RunHandle): Promise<string[]> {
  const begun = new Set<string>()
  for (const event of (await handle.fetchHistory()).events ?? []) {
    if (event.activityTaskScheduledEventAttributes || event.workflowTaskScheduledEventAttributes)
      begun.add(String(event.eventId))
    const ended =
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCanceledEventAttributes ??
      event.workflowTaskCompletedEventAttributes ??
      event.workflowTaskFailedEventAttributes ??
      event.workflowTaskTimedOutEventAttributes
    if (ended) begun.delete(String(ended.scheduledEventId))
  }
  return [...begun]
}
