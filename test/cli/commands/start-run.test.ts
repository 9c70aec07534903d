import { expect, test } from 'vitest'
import { admissionNotes } from '../../../src/cli/commands/start-run.js'
import { plain } from '../../../src/contract/command-line.js'
import { commandsIn } from '../../../src/contract/next-command.js'
import type { RunView } from '../../../src/contract/run.js'

const HELD = { path: 'timeZone', claimed: '"UTC"', holds: '"Europe/Vienna"' }
const OWN = { ...HELD, stands: 'claimed' as const }
const notes = (outcome: RunView['outcome'], differences = [HELD]) =>
  admissionNotes({ outcome, admission: { charterHash: 'a', differences } })
const verbs = (lines: ReturnType<typeof notes>) => lines.flatMap(commandsIn).map((one) => one.command)

test('a run that goes on is to be ended before another is started', () => {
  expect(verbs(notes(null))).toEqual(['abort', 'charter'])
  expect(
    notes(null)
      .map((line) => plain(line))
      .join('\n'),
  ).toContain('This run stays held')
})

test.each(['failed', 'declined', 'aborted', 'expired', 'completed'] as const)(
  'of one that is over (%s) nothing stays, and nothing is to be ended',
  (outcome) => {
    expect(verbs(notes(outcome))).toEqual(['charter'])
    const text = notes(outcome)
      .map((line) => plain(line))
      .join('\n')
    expect(text).toContain('the run was held')
    expect(text).toContain('start the worker again')
    expect(text).not.toContain('stays')
  },
)

test('nothing is said to be ended or restarted where nothing is held otherwise', () => {
  expect(admissionNotes(undefined)).toEqual([])
  expect(admissionNotes({ outcome: null })).toEqual([])
  expect(notes('failed', [])).toEqual([])
  expect(verbs(notes(null, [OWN]))).toEqual([])
})
