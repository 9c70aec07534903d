import { ServiceError } from '@temporalio/client'
import { expect, test } from 'vitest'
import { plain } from '../../src/contract/command-line.js'
import type { RunbookError } from '../../src/contract/failures.js'
import { explainTemporal, isOtherCode, isStuck } from '../../src/client/temporal-failure.js'

const FAILED_PRECONDITION = 9
const refused = (details: string): ServiceError =>
  new ServiceError('Failed to query Workflow', {
    cause: Object.assign(new Error(`9 FAILED_PRECONDITION: ${details}`), { code: FAILED_PRECONDITION }),
  })

test.each([
  ['Cannot query workflow due to Workflow Task in failed state.', true],
  ['Workflow task is not scheduled yet.', false],
])('a query that is refused with "%s" shows code of another version: %s', (details, otherCode) => {
  const error = refused(details)
  expect(isStuck(error)).toBe(true)
  expect(isOtherCode(error)).toBe(otherCode)
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
