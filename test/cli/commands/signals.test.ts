import { expect, test } from 'vitest'
import { heldAlready } from '../../../src/cli/commands/signals.js'

const message = 'waiting for the decision at the gate plan'

test.each([
  ['pause', false, undefined],
  ['resume', true, undefined],
  ['pause', true, `The run was paused already: ${message}.`],
  ['resume', false, `The run was not paused, so nothing was resumed: ${message}.`],
  ['abort', false, undefined],
] as const)('%s of a run that is paused (%s) says what it changed nothing of', (command, paused, said) => {
  expect(heldAlready({ command }, { paused, message })).toBe(said)
})
