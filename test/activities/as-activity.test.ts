import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, test } from 'vitest'
import { asActivity } from '../../src/activities/as-activity.js'
import { RunbookError } from '../../src/contract/failures.js'
import type { CommandRecord } from '../../src/contract/run.js'
import { recordCommand } from '../../src/d1/wrangler/command-log.js'

const ran = (...words: string[]): void => {
  recordCommand({ words, at: '2026-01-02T03:04:05.000Z', durationMs: 1.4, result: 'exit code 0' })
}
const record = (command: string): CommandRecord => ({
  command,
  at: '2026-01-02T03:04:05.000Z',
  durationMs: 1,
  result: 'exit code 0',
})

test('every command travels with the answer, without secrets, as it could be typed', async () => {
  const answer = await new MockActivityEnvironment().run(() =>
    asActivity(async () => {
      ran('wrangler', 'd1', 'export', 'art archive', '--header', `Bearer ${'x'.repeat(40)}`)
      return { file: 'a.zip' }
    }),
  )
  expect(answer).toEqual({
    file: 'a.zip',
    commands: [record('wrangler d1 export "art archive" --header "Bearer [secret]"')],
  })
})

test('an activity that ran no command answers as it did', async () => {
  expect(await new MockActivityEnvironment().run(() => asActivity(async () => ['a']))).toEqual(['a'])
})

test('a failure carries its commands beside its advice', async () => {
  const failed = new MockActivityEnvironment().run(() =>
    asActivity(async () => {
      ran('wrangler', 'whoami')
      throw new RunbookError('NotAuthenticated', 'Nobody is logged in.', { advice: 'wrangler login' })
    }),
  )
  await expect(failed).rejects.toSatisfy(
    (error) =>
      error instanceof ApplicationFailure &&
      JSON.stringify(error.details) ===
        JSON.stringify([{ advice: 'wrangler login', commands: [record('wrangler whoami')] }]),
  )
})

test('a second attempt also tells what the first one ran', async () => {
  const beats: unknown[] = []
  const first = new MockActivityEnvironment()
  first.on('heartbeat', (details: unknown) => beats.push(details))
  await expect(
    first.run(() =>
      asActivity(async () => {
        ran('wrangler', 'd1', 'export')
        throw new Error('the line dropped')
      }),
    ),
  ).rejects.toThrow('the line dropped')
  const second = new MockActivityEnvironment({ attempt: 2, heartbeatDetails: beats.at(-1) })
  const answer = await second.run(() =>
    asActivity(async () => {
      ran('wrangler', 'd1', 'info')
      return {}
    }),
  )
  expect(answer).toEqual({ commands: [record('wrangler d1 export'), record('wrangler d1 info')] })
})

test('what was told last is told again by each beat, and to the attempt after it', async () => {
  const beats: unknown[] = []
  const first = new MockActivityEnvironment()
  first.on('heartbeat', (details: unknown) => beats.push(details))
  await first.run(() =>
    asActivity(async (_signal, beat) => {
      beat({ departure: 'a' })
      beat()
      return {}
    }),
  )
  expect(beats).toEqual([
    { commands: [], progress: { departure: 'a' } },
    { commands: [], progress: { departure: 'a' } },
  ])
  const second = new MockActivityEnvironment({ attempt: 2, heartbeatDetails: beats.at(-1) })
  expect(await second.run(() => asActivity(async (_signal, _beat, before) => ({ before })))).toEqual({
    before: { departure: 'a' },
  })
})

test('a cancelled activity stays cancelled, and tells what it ran', async () => {
  const env = new MockActivityEnvironment()
  const cancelled = env.run(() =>
    asActivity(async (signal) => {
      ran('wrangler', 'd1', 'migrations', 'apply')
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))))
    }),
  )
  setImmediate(() => env.cancel())
  await expect(cancelled).rejects.toSatisfy(
    (error) =>
      error instanceof CancelledFailure &&
      JSON.stringify(error.details) ===
        JSON.stringify([{ commands: [record('wrangler d1 migrations apply')] }]),
  )
})
