import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { expect, test } from 'vitest'
import { warningLine } from '../../../src/cli/commands/worker-log.js'

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
