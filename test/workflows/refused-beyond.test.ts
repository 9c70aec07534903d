import { expect, test } from 'vitest'
import { beyondLines } from '../../src/runbook/beyond.js'
import { keepRefused } from '../../src/workflows/gates.js'
import { sampleRun } from '../runbook/sample-run.js'

test('refused decisions beyond what a run keeps are counted, and told', () => {
  const view = sampleRun({ refused: [] })
  const request = { people: [] }
  const one = {
    gate: 'plan',
    actor: 'Mallory',
    decision: 'approve',
    at: '2026-01-01T00:00:00Z',
    reason: 'no role',
  }
  for (let sent = 0; sent < 200; sent += 1) keepRefused({ view, request }, one)
  expect(view.refused).toHaveLength(200)
  expect(beyondLines(view.refusedBeyond)).toEqual([])
  for (let sent = 0; sent < 3; sent += 1) keepRefused({ view, request }, one)
  expect(view.refused).toHaveLength(200)
  expect(beyondLines(view.refusedBeyond)).toEqual(['… and 3 more, which are not kept'])
})
