import { ServiceError } from '@temporalio/client'
import { expect, test } from 'vitest'
import { plain } from '../../src/contract/command-line.js'
import type { RunbookError } from '../../src/contract/failures.js'
import { explainTemporal, isStuck, saysOtherCode } from '../../src/client/temporal-failure.js'

const FAILED_PRECONDITION = 9
const refused = (details: string): ServiceError =>
  new ServiceError('Failed to query Workflow', {
    cause: Object.assign(new Error(`9 FAILED_PRECONDITION: ${details}`), { code: FAILED_PRECONDITION }),
  })

test.each([
  'Unable to query workflow due to Workflow Task in failed state.',
  'Workflow task is not scheduled yet.',
])('a query that the server refuses with "%s" shows no other code', (details) => {
  const error = refused(details)
  expect(isStuck(error)).toBe(true)
  expect(saysOtherCode(error.message)).toBe(false)
  expect(saysOtherCode(details)).toBe(false)
})

test.each([
  ['[TMPRL1100] Nondeterminism error: Timer machine does not handle this event', true],
  ['Workflow did not register a handler for run. Registered queries: [a]', true],
  ['Failed to query Workflow', false],
  ['4 DEADLINE_EXCEEDED: context deadline exceeded', false],
  ['1 CANCELLED: Cancelled on client', false],
  ['Cannot read properties of undefined', false],
])('a failure "%s" shows other code: %s', (failure, otherCode) => {
  expect(saysOtherCode(failure)).toBe(otherCode)
})

test('of a server that is silent it is not said that the run goes on without it', () => {
  const silent = new ServiceError('no answer', {
    cause: Object.assign(new Error('14 UNAVAILABLE'), { code: 14 }),
  })
  const { adviceWords } = explainTemporal(silent, 'x') as RunbookError
  expect(plain(adviceWords)).not.toContain('by itself')
  expect(plain(adviceWords)).toContain('wherever its server and its worker run')
})

const INVALID_ARGUMENT = 3
const invalid = (details: string): ServiceError =>
  new ServiceError('Failed to describe workflow', {
    cause: Object.assign(new Error(`3 INVALID_ARGUMENT: ${details}`), { code: INVALID_ARGUMENT }),
  })

test.each(['Invalid RunId.', 'RunId is not set on request.', 'WorkflowId length exceeds limit.'])(
  'an ID that is none ("%s") names no run',
  (details) => {
    const said = explainTemporal(invalid(details), 'migration/production/x', 'y')
    expect(said).toMatchObject({
      type: 'RunNotFound',
      message: 'There is no run y of migration/production/x.',
    })
  },
)

test.each(['Invalid query.', 'Namespace is not set.', 'Invalid TaskQueue.'])(
  'another argument that is refused ("%s") says nothing of a run',
  (details) => {
    const error = invalid(details)
    expect(explainTemporal(error, 'migration/production/x')).toBe(error)
  },
)
