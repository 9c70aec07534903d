import { expect, test } from 'vitest'
import { inboxSummary } from '../../../src/cli/commands/list.js'

test.each([
  [0, 0, 'Nothing waits for a decision of Ada.'],
  [
    0,
    2,
    'Nothing that could be read waits for a decision of Ada; 2 runs could not be read: whether they wait for Ada is not known.',
  ],
  [1, 1, '1 run could not be read: whether it waits for Ada is not known.'],
])(
  'the inbox of %i that wait and %i that could not be read claims no more than was read',
  (waiting, unread, said) => {
    expect(inboxSummary('Ada', waiting, unread)).toBe(said)
  },
)
