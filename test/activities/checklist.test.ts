import { expect, test } from 'vitest'
import { oncePerLine, validatedText } from '../../src/activities/checklist.js'
import type { Finding } from '../../src/contract/finding.js'
import type { Check } from '../../src/contract/run.js'

const STAGING = 'Migration tested in staging environment'
const says = (state: Check['state'], message: string, actor?: string): Check => ({
  name: `${state} ${message}`,
  title: STAGING,
  state,
  message,
  ...(actor === undefined ? {} : { actor }),
})
const unproven = says('skipped', 'no stagingEnvironment is configured')
const proven = says('passed', 'same files completed in staging')
const failed = says('failed', 'no completed run was found')
const attested = says('attested', 'attested by Ada', 'Ada')
const leftOut = says('skipped', 'skipped by Ada: a hot fix', 'Ada')
const open = says('warned', 'not attested')

test.each([
  ['a person where nothing proves it', [attested, unproven], 'attested', 'attested by Ada'],
  ['nobody, where nothing proves it', [open, unproven], 'warned', 'not attested'],
  ['a person who leaves it out', [leftOut, unproven], 'skipped', 'skipped by Ada: a hot fix'],
  ['the proof, and a person beside it', [attested, proven], 'passed', `${proven.message}; attested by Ada`],
  ['a proof that fails, whoever attests', [attested, failed], 'failed', `${failed.message}; attested by Ada`],
  [
    'a proof that fails, whoever leaves it out',
    [leftOut, failed],
    'failed',
    `${failed.message}; ${leftOut.message}`,
  ],
  ['the proof alone', [proven], 'passed', proven.message],
  ['nobody at all', [unproven], 'skipped', unproven.message],
])('a line of the runbook stands once: %s', (_who, checks, state, message) => {
  expect(oncePerLine(checks)).toEqual([expect.objectContaining({ title: STAGING, state, message })])
})

test('lines of other titles keep their order and their own words', () => {
  const other = { ...proven, title: 'Recent backup verified' }
  expect(oncePerLine([other, proven])).toEqual([other, proven])
})

test('files are counted as `validate` counts them, and said to be the pending ones', () => {
  const finding = (severity: Finding['severity'], accepted?: string): Finding => ({
    ...{ code: 'DL102', severity, migration: '0002.sql', message: '', advice: '' },
    ...(accepted === undefined ? {} : { accepted }),
  })
  expect(
    validatedText(2, [
      finding('warning'),
      finding('info'),
      finding('error', 'meant'),
      finding('warning', 'so'),
    ]),
  ).toBe('2 pending files: 0 errors, 1 warning; applied files are not judged again')
})
