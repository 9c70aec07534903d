import { expect, test } from 'vitest'
import { patiently, type Silence } from '../../src/client/patience.js'
import { RunbookError, type FailureType } from '../../src/contract/failures.js'

const away = (type: FailureType, since?: number): RunbookError =>
  new RunbookError(type, type, { advice: 'wait', ...(since === undefined ? {} : { details: { since } }) })

/** What is told of who is silent, where these are the answers. */
async function told(answers: readonly (RunbookError | 'well')[]): Promise<(Silence | undefined)[]> {
  const said: (Silence | undefined)[] = []
  const { signal } = new AbortController()
  const left = [...answers]
  await patiently({ signal, onSilence: (silence) => said.push(silence) }, async () => {
    const answer = left.shift()
    if (answer instanceof RunbookError) throw answer
    return answer
  })
  return said
}

test('of the time in which the server was away no worker is blamed: it could not be heard', async () => {
  const before = Date.now()
  const said = await told([away('TemporalUnreachable'), away('WorkerMissing', 1), 'well'])
  expect(said.map((silence) => silence?.error.type)).toEqual([
    'TemporalUnreachable',
    'WorkerMissing',
    undefined,
  ])
  expect(said[1]?.since).toBeGreaterThanOrEqual(before)
})

test('a worker that stopped while the server answered is silent since its last poll', async () => {
  const said = await told([away('WorkerMissing', 1), 'well'])
  expect(said[0]?.since).toBe(1)
})
