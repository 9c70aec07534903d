import { randomUUID } from 'node:crypto'
import { ApplicationFailure } from '@temporalio/common'
import { expect, it } from 'vitest'
import { FILES, requestFor } from './request.js'
import { useSkippingServer } from './skipping.js'
import { openWorld } from './world.js'

const server = useSkippingServer()

it('a checklist that stops the run leaves in it what was seen, and which files were never tried', async () => {
  const seen = { name: 'validated', title: 'All migration files validated', message: 'SY101' }
  const world = openWorld(() => ({
    runChecklist: () =>
      Promise.reject(
        ApplicationFailure.create({
          type: 'ChecksFailed',
          message: 'The pre-migration checklist is not met',
          nonRetryable: true,
          details: [
            {
              advice: 'd1-runbook validate',
              checks: [{ ...seen, state: 'failed' }],
              pending: FILES.slice(1),
            },
          ],
        }),
      ),
  }))
  const view = await server.migrate(world, requestFor(randomUUID(), { preApproved: true }), (handle) =>
    handle.result(),
  )
  expect(view).toMatchObject({ outcome: 'failed', failure: { type: 'ChecksFailed' } })
  expect(view.checks).toContainEqual({ ...seen, state: 'failed', step: 'checklist' })
  expect(view.migrations.map(({ name, state }) => `${name} ${state}`)).toEqual([
    `${FILES[1]?.name ?? ''} not-executed`,
    `${FILES[2]?.name ?? ''} not-executed`,
  ])
  expect(world.reports[0]?.checks).toContainEqual({ ...seen, state: 'failed', step: 'checklist' })
})
