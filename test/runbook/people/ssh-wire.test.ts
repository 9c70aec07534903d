import { expect, test } from 'vitest'
import { fromBase64, toBase64 } from '../../../src/runbook/people/ssh-wire.js'

test.each([0, 1, 2, 3, 4, 32, 255])('%i bytes are read back, with padding and without', (length) => {
  const bytes = Uint8Array.from({ length }, (_, at) => (at * 37) % 256)
  const text = Buffer.from(bytes).toString('base64')
  expect(toBase64(bytes)).toBe(text.replace(/=+$/, ''))
  expect(fromBase64(text)).toEqual(bytes)
  expect(fromBase64(toBase64(bytes))).toEqual(bytes)
})

test.each([
  ['half a byte', 'A'],
  ['padding inside', 'AA=A'],
  ['too much padding', 'A==='],
  ['a blank', 'AA AA'],
  ['letters of URLs', 'A-_A'],
  ['letters beyond ASCII', 'AAé='],
  // Two texts of one signature could pass for two.
  ['bits that say nothing', 'AB'],
])('%s is no base64', (_, text) => {
  expect(fromBase64(text)).toBeUndefined()
})
