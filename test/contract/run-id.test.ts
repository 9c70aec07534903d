import { expect, it } from 'vitest'
import { shortRunId } from '../../src/contract/names.js'

it('tells runs of one minute apart: the heads of their IDs are the same', () => {
  // As Temporal made them for two runs within a second.
  const ids = ['01a218f5-5953-7c05-83cf-88780e7c2005', '01a218f5-5f21-7b3e-a1d0-0c9be2f4a911']
  expect(new Set(ids.map((id) => id.slice(0, 8))).size).toBe(1)
  expect(new Set(ids.map(shortRunId)).size).toBe(2)
})
