import { fc } from '../fast-check.js'
import { expect, test } from 'vitest'
import { decisionSchema } from '../../src/contract/decision.js'
import {
  readAlert,
  readDecision,
  readIssueReport,
  readObservation,
  readStopRequest,
} from '../../src/runbook/signal-body.js'

test('whatever is sent, nothing throws, and what is read is what the contract says', () => {
  const value = fc.oneof(
    fc.anything(),
    fc.record(
      {
        gate: fc.oneof(fc.constantFrom('plan', 'final'), fc.anything()),
        decision: fc.oneof(fc.constantFrom('approve', 'reject'), fc.anything()),
        actor: fc.oneof(fc.string(), fc.anything()),
        planHash: fc.anything(),
        strategy: fc.anything(),
      },
      { requiredKeys: [] },
    ),
  )
  fc.assert(
    fc.property(value, (body) => {
      for (const read of [readAlert, readIssueReport, readObservation, readStopRequest])
        expect(typeof read(body).ok).toBe('boolean')
      const read = readDecision(body)
      if (!read.ok) expect(read.reason).not.toBe('')
      else expect(decisionSchema.omit({ gate: true }).safeParse(read.body).success).toBe(true)
    }),
    { numRuns: 1000 },
  )
})

test('a good decision is read whole', () => {
  const body = {
    gate: 'rollback',
    decision: 'approve',
    actor: ' Bo ',
    planHash: 'h',
    comment: 'c',
    decisionId: 'd',
    strategy: 'time-travel',
  }
  expect(readDecision(body)).toEqual({ ok: true, body: { ...body, actor: 'Bo' } })
})

test('a way back that does not exist is refused, not ignored', () => {
  expect(
    readDecision({ gate: 'rollback', decision: 'approve', actor: 'Bo', strategy: 'pray' }),
  ).toMatchObject({ ok: false })
})

test('an alert whose reasons are sentences, as earlier versions sent them, is read as the same alert', () => {
  const checkpoint = { number: 3, verdict: 'breached', reasons: ['health: status 500'], results: [] }
  expect(readAlert({ kind: 'breach', message: 'm', checkpoint })).toMatchObject({
    ok: true,
    body: {
      checkpoint: {
        reasons: [{ criterion: 'not-recorded', verdict: 'breached', text: 'health: status 500' }],
      },
    },
  })
  for (const kind of ['breach', 'continues', 'blind', 'recovered'])
    expect(readAlert({ kind, message: 'm', checkpoint }).ok).toBe(true)
  const verdicts = { healthy: 1, degraded: 0, breached: 2, unknown: 0 }
  expect(readAlert({ kind: 'breach', message: 'm', checkpoint, verdicts })).toMatchObject({
    body: { verdicts },
  })
  for (const part of [{ breached: 2 }, { ...verdicts, healthy: 'many' }, { ...verdicts, unknown: -1 }, 7])
    expect(readAlert({ kind: 'breach', message: 'm', checkpoint, verdicts: part })).not.toHaveProperty(
      'body.verdicts',
    )
  const typed = { ...checkpoint, reasons: [{ criterion: 'check', text: 'health: status 500' }] }
  expect(readAlert({ kind: 'breach', message: 'm', checkpoint: typed })).toMatchObject({
    body: { checkpoint: typed },
  })
  for (const reasons of ['x', [{}], [null], undefined])
    expect(readAlert({ kind: 'breach', message: 'm', checkpoint: { ...checkpoint, reasons } }).ok).toBe(false)
})
