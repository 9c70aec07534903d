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
