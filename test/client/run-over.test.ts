import { expect, test } from 'vitest'
import { runOver } from '../../src/client/run-over.js'

const described = (name: string, outcome?: string) => {
  const status = { name, code: 0 } as Parameters<typeof runOver>[0]['status']
  return {
    workflowId: 'migration/local/x',
    status,
    searchAttributes: outcome === undefined ? {} : { RunbookOutcome: [outcome] },
  }
}

test.each([
  ['COMPLETED', 'failed', 'is over: failed.'],
  ['COMPLETED', 'completed-unhealthy', 'is over: completed-unhealthy.'],
  ['COMPLETED', 'completed', 'is over: completed.'],
  ['COMPLETED', undefined, 'is over.'],
  ['TERMINATED', 'completed', 'is over: ended from outside (terminated).'],
  ['TIMED_OUT', undefined, 'is over: ended from outside (timed_out).'],
])('of a workflow that is %s with the outcome %s it is said that it %s', (status, outcome, said) => {
  expect(runOver(described(status, outcome))).toMatchObject({
    type: 'RunNotFound',
    message: `The run migration/local/x ${said}`,
    adviceWords: ['See how it ended: ', { command: 'show', run: 'migration/local/x' }],
  })
})

test('a run under way is not over', () => {
  expect(runOver(described('RUNNING'))).toBeUndefined()
})
