import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { Runtime, type Logger } from '@temporalio/worker'
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

/** As the SDK tells of a run that somebody started with such an environment. */
const FAILED = {
  activityType: 'admit',
  attempt: 1,
  workflowId: 'migration/\u{1b}]0;pwn\u{7}/db',
  error: new Error('This worker has no charter for \u{1b}]0;pwn\u{7}\u{9b}31m\u{202e}.\r\n! All is well'),
}

test.each<[string, () => Logger | undefined | Promise<Logger | undefined>]>([
  ['dev', quietLogger],
  [
    'dev with D1_RUNBOOK_DEBUG',
    () => {
      vi.stubEnv('D1_RUNBOOK_DEBUG', '1')
      return quietLogger()
    },
  ],
  ['a worker', () => installedLogger({ json: false })],
  ['a worker that logs JSON', () => installedLogger({ json: true })],
])('%s: what a crafted start names is shown and writes nothing on the terminal', async (_, loggerOf) => {
  onTestFinished(() => void vi.unstubAllEnvs())
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => written.mockRestore())
  const logger = await loggerOf()
  logger?.warn('Activity failed', FAILED)
  const said = written.mock.calls.map(([text]) => String(text)).join('')
  expect(said).toContain('This worker has no charter for ')
  expect(said).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
  expect(said).not.toMatch(/^! All/m)
})

async function installedLogger({ json }: { json: boolean }): Promise<Logger | undefined> {
  const installed = vi.spyOn(Runtime, 'install').mockReturnValue({} as Runtime)
  onTestFinished(() => installed.mockRestore())
  await installRuntime({ metrics: undefined, json })
  return installed.mock.calls[0]?.[0]?.logger
}

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
