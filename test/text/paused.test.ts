import { expect, test } from 'vitest'
import { interventionText, pauseOf } from '../../src/text/paused.js'

const by = (command: 'pause' | 'resume' | 'abort', actor: string) =>
  ({ command, actor, at: '2026-03-08T03:00:00.000Z' }) as const
const run = { outcome: null, paused: true, interventions: [by('pause', 'Ada')] }

test('who paused a run that is paused is the last who asked for it', () => {
  expect(pauseOf(run)?.actor).toBe('Ada')
  const again = [by('pause', 'Ada'), by('resume', 'Bo'), by('pause', 'Cy'), by('abort', 'Di')]
  expect(pauseOf({ ...run, interventions: again })?.actor).toBe('Cy')
})

test.each([
  ['a run that goes on', { ...run, paused: false }],
  ['one that is over', { ...run, outcome: 'failed' as const }],
  ['one that refused credentials hold', { ...run, interventions: [by('pause', 'Ada'), by('resume', 'Ada')] }],
  ['one of an earlier version, which keeps nobody', { outcome: null, paused: true }],
])('%s names nobody', (_what, view) => {
  expect(pauseOf(view)).toBeUndefined()
})

test('an intervention says who, why, and that nobody proved to be it', () => {
  expect(interventionText({ ...by('pause', 'Ada'), reason: 'lunch', unsigned: true })).toBe(
    'pause by Ada (unsigned): lunch',
  )
  expect(interventionText(by('resume', 'Ada'))).toBe('resume by Ada')
})
