import { expect, test } from 'vitest'
import type { SafetyCopy } from '../../src/contract/run.js'
import { safetyCopyText } from '../../src/runbook/migration-state.js'

const AT = '2026-03-08T12:13:04.000Z'
const EARLIER = '2026-03-08T12:12:11.000Z'
const LATER = '2026-03-08T12:13:06.000Z'
const SHOWN = '2026-03-08 12:13:04 UTC'

test.each<[string, Omit<SafetyCopy, 'at'>, string]>([
  ['a bookmark alone', { bookmark: 'b' }, `the bookmark b of ${SHOWN}`],
  ['a file alone', { file: 'x.zip' }, `x.zip of ${SHOWN}`],
  [
    'both of one moment',
    { bookmark: 'b', file: 'x.zip' },
    `the bookmark b of ${SHOWN}, and x.zip of ${SHOWN}`,
  ],
  [
    'an archive from before the bookmark',
    { bookmark: 'b', file: 'x.zip', fileAt: EARLIER },
    `the bookmark b of ${SHOWN}, and x.zip of 2026-03-08 12:12:11 UTC, which may lack what was written between the two`,
  ],
  [
    'an archive from after the bookmark',
    { bookmark: 'b', file: 'x.zip', fileAt: LATER },
    `the bookmark b of ${SHOWN}, and x.zip of 2026-03-08 12:13:06 UTC, which alone holds what was written between the two`,
  ],
])('of the state that a restore replaces is said what holds it: %s', (_, copy, expected) => {
  expect(safetyCopyText({ at: AT, ...copy })).toBe(`The state of before is saved: ${expected}`)
})
