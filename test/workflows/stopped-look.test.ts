import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { requestFor } from './request.js'
import { until, useSkippingServer } from './skipping.js'
import { checkpoint, openWorld } from './world.js'

// A file, and so a server, of its own: an activity that outlives its workflow holds that server's clock for good.
const server = useSkippingServer()

it('counts no checkpoint whose look was cut short by an abort', async () => {
  let letGo = (): void => undefined
  const looking = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const world = openWorld(() => ({
    runCheckpoint: async ({ number, plannedAt, late }) => {
      if (number === 2) await looking
      return checkpoint(number, plannedAt, late, 'healthy')
    },
  }))
  const view = await server.migrate(
    world,
    requestFor(randomUUID(), { preApproved: true }),
    async (handle) => {
      await until(handle, ({ monitoring }) => monitoring !== null)
      // Never awaited: the clock stands still while the second checkpoint looks.
      server.env.sleep('11 minutes').catch(() => undefined)
      await until(handle, () => world.calls.filter((name) => name === 'runCheckpoint').length === 2)
      await handle.signal('abort', { reason: 'seen enough', actor: 'Bea' })
      const closed = await until(handle, ({ phase }) => phase === 'closed')
      letGo()
      return closed
    },
  )
  expect(view.outcome).toBe('aborted')
  expect(view.monitoring?.checkpoints.map(({ verdict }) => verdict)).toEqual(['healthy'])
})
