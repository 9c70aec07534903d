import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { ApplicationFailure } from '@temporalio/common'
import type { CommandRecord } from '../../src/contract/run.js'
import { keepCommands } from '../../src/workflows/audit.js'
import { requestFor } from './request.js'
import { useSkippingServer } from './skipping.js'
import { openWorld } from './world.js'

const server = useSkippingServer()
const command = (text: string): CommandRecord => ({
  command: text,
  at: '',
  durationMs: 1,
  result: 'exit code 0',
})

it('keeps every command that an activity ran, also of one that failed, and out of what is not about them', async () => {
  const world = openWorld((it) => ({
    createBackup: async (input) => ({
      ...(await openWorld().activities.createBackup(input)),
      commands: [command('wrangler d1 export')],
    }),
    applyMigration: async () => {
      expect(it.calls).toContain('createBackup')
      throw ApplicationFailure.create({
        type: 'SqlRefused',
        message: 'no such table',
        nonRetryable: true,
        details: [{ advice: 'mend it', commands: [command('wrangler d1 migrations apply')] }],
      })
    },
  }))
  const view = await server.migrate(world, requestFor(randomUUID(), { preApproved: true }), (handle) =>
    handle.result(),
  )
  expect(view.outcome).toBe('failed')
  expect(view.commands?.map((one) => one.command)).toEqual([
    'wrangler d1 export',
    'wrangler d1 migrations apply',
  ])
  expect(view.backup).not.toHaveProperty('commands')
  expect(view.failure).toMatchObject({ type: 'SqlRefused', advice: 'mend it' })
})

it('is bounded, and its end is the newest command', () => {
  const view = { commands: [] as CommandRecord[] }
  for (let number = 0; number < 400; number += 1) keepCommands(view, [command(String(number))])
  expect(view.commands).toHaveLength(300)
  expect(view.commands.at(-1)?.command).toBe('399')
})
