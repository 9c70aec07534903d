import { expect, test } from 'vitest'
import { answerTo } from '../../src/client/steer.js'
import type { RunView } from '../../src/contract/run.js'

const AT = '2026-03-01T12:00:00.000Z'
const taken = (commandId: string) =>
  ({ command: 'abort', actor: 'Ada', at: AT, commandId }) as NonNullable<RunView['interventions']>[number]
const refusal = (gate: string, actor: string, reason: string) => ({
  gate,
  actor,
  decision: gate,
  at: AT,
  reason,
})
const order = { command: 'abort', actor: 'Ada' } as const
const ENDED = refusal('abort', 'Ada', 'the run is being ended already')

test('a command that the run kept has counted, whatever was refused before', () => {
  expect(answerTo(order, '1', { interventions: [taken('1')], refused: [ENDED] })).toBe('counted')
})

test('one that it did not keep was refused, for the last reason that it gave this person', () => {
  const refused = [refusal('abort', 'Ada', 'unsigned'), ENDED, refusal('supersede', 'Ada', 'x')]
  expect(answerTo(order, '2', { interventions: [taken('1')], refused })).toEqual({
    refused: 'the run is being ended already',
  })
})

test.each<[string, Parameters<typeof answerTo>[2]]>([
  ['nothing of it', { interventions: [], refused: [] }],
  ['only what it refused to somebody else', { interventions: [], refused: [{ ...ENDED, actor: 'Bo' }] }],
  ['only what it refused of another command', { interventions: [], refused: [{ ...ENDED, gate: 'pause' }] }],
  ['no interventions, as earlier versions', { refused: [ENDED] }],
])('what became of it is not known where the run keeps %s', (_what, view) => {
  expect(answerTo(order, '2', view)).toBeUndefined()
})

test('an issue past the limit is kept nowhere: nothing is said of it', () => {
  const view = { interventions: [], refused: [refusal('report-issue', 'Ada', 'unsigned')] }
  expect(answerTo({ command: 'report-issue', actor: 'Ada' }, '2', view)).toBeUndefined()
})
