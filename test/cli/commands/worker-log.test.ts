import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { Runtime } from '@temporalio/worker'
import { expect, onTestFinished, test, vi } from 'vitest'
import { quietLogger, quietWorkerLog, warningLine } from '../../../src/cli/commands/worker-log.js'
import { installRuntime } from '../../../src/observe/runtime.js'

test('a failed try is one line that says what, which try and why', () => {
  const error = new Error('0005_a.sql was not applied: database is locked\n    at somewhere')
  const meta = { activityType: 'applyMigration', attempt: 3, error, taskToken: 'CiQw' }

  expect(warningLine({ message: 'Activity failed', meta })).toBe(
    '! Activity failed: applyMigration, attempt 3: 0005_a.sql was not applied: database is locked',
  )
})

test('a warning that names nothing stays as it is', () => {
  expect(warningLine({ message: 'Worker is slow' })).toBe('! Worker is slow')
})

test('a worker without workflows is what we want, by the words of the SDK that is installed', () => {
  const words = 'No workflows registered, not polling for workflow tasks'
  const sdk = createRequire(import.meta.url).resolve('@temporalio/worker')
  expect(readFileSync(path.join(path.dirname(sdk), 'worker.js'), 'utf8')).toContain(words)
  expect(warningLine({ message: words })).toBeUndefined()
})

test.each<[string, () => unknown]>([
  ['demo', () => quietWorkerLog()],
  ['dev', () => installRuntime({ metrics: undefined, json: false, logger: quietLogger() })],
  ['a worker', () => installRuntime({ metrics: undefined, json: false })],
  ['a worker that logs JSON', () => installRuntime({ metrics: undefined, json: true })],
])(
  '%s: what the native half says never comes to standard output, where one document is',
  async (_, install) => {
    const installed = vi.spyOn(Runtime, 'install').mockReturnValue({} as Runtime)
    onTestFinished(() => installed.mockRestore())
    await install()
    // Then it goes through the logger, and all of ours, as the SDK's own, write to standard error.
    expect(installed.mock.calls[0]?.[0]?.telemetryOptions?.logging).toHaveProperty('forward')
  },
)
