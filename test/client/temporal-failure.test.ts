import { ServiceError } from '@temporalio/client'
import { expect, test } from 'vitest'
import { isOtherCode, isStuck } from '../../src/client/temporal-failure.js'

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
