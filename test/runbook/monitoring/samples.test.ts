import { fc } from '../../fast-check.js'
import { describe, expect, test } from 'vitest'
import type { ProbeResult } from '../../../src/contract/monitoring.js'
import { resultOfSamples } from '../../../src/runbook/monitoring/samples.js'

function answer(ok: ProbeResult['ok'], latencyMs?: number): ProbeResult {
  const message = ok === null ? 'no answer' : ok ? 'status 200' : 'status 503'
  return {
    probe: 'health',
    kind: 'http',
    critical: true,
    ok,
    message,
    ...(latencyMs === undefined ? {} : { latencyMs }),
  }
}

describe('several answers of one probe', () => {
  test('a single slow one does not move the figure', () => {
    const said = resultOfSamples([answer(true, 190), answer(true, 9_000), answer(true, 210)])
    expect(said).toEqual({ ...answer(true, 210), samples: 3 })
  })

  test('a single failure is told, and is no failure of the service', () => {
    const said = resultOfSamples([answer(true, 190), answer(false), answer(true, 210)])
    expect(said).toMatchObject({ ok: true, latencyMs: 200, samples: 2 })
    expect(said.message).toBe('status 200; 1 of 3 answers differed: status 503')
  })

  test.each([
    ['most failed', [false, true, false], false],
    ['as many failed as went well: fail closed', [true, false, null], false],
    ['most are unknown', [null, true, null], null],
    ['one is unknown', [true, null, true], true],
    ['all are unknown', [null, null, null], null],
  ] as const)('%s', (_what, oks, expected) => {
    expect(resultOfSamples(oks.map((ok) => answer(ok))).ok).toBe(expected)
  })

  test('one answer stands for itself', () => {
    expect(resultOfSamples([answer(false, 12)])).toEqual(answer(false, 12))
  })

  test('their order does not matter to verdict and figure', () => {
    const one = fc.tuple(fc.constantFrom(true, false, null), fc.integer({ min: 0, max: 10_000 }))
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), (answers) => {
        const figures = (list: typeof answers): unknown => {
          const { ok, latencyMs } = resultOfSamples(list.map(([good, ms]) => answer(good, ms)))
          return [ok, latencyMs]
        }
        expect(figures([...answers].reverse())).toEqual(figures(answers))
      }),
    )
  })
})
