import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { plain } from '../../../src/contract/command-line.js'
import { timeScaleSchema } from '../../../src/contract/monitoring.js'
import type { RunView } from '../../../src/contract/run.js'
import { admitRequest } from '../../../src/runbook/charter/admission.js'
import { differenceLine } from '../../../src/runbook/charter/differences.js'
import { serviceOf } from '../../../src/runbook/charter/service.js'
import { endMessage } from '../../../src/runbook/end-message.js'
import { migrationLogLine } from '../../../src/runbook/migration-log.js'
import { compressedOf, compressedText, monitoredText } from '../../../src/runbook/monitoring/compressed.js'
import { completeWhen } from '../../../src/runbook/success-criteria.js'
import { runLines } from '../../../src/cli/terminal/run-text.js'
import { charterFor } from '../../charter-for.js'
import { requestFor } from '../../workflows/request.js'
import { sampleRun } from '../sample-run.js'

const DAY = 86_400_000

describe('a day of monitoring that lasts no day', () => {
  it.each([
    [3_600, '24 hours of monitoring planned in 24 s (compressed 3,600 times)'],
    [1_000_000, '24 hours of monitoring planned in 86 ms (compressed 1,000,000 times)'],
    [0.5, '24 hours of monitoring planned in 2 d (stretched 2 times)'],
  ])('compressed %d times: %s', (timeScale, said) => {
    const of = compressedOf({ monitoring: { ...requestFor('id').monitoring, timeScale, offsetsMs: [DAY] } })
    expect(compressedText(of)).toBe(said)
  })

  it('says nothing in real time, and nothing where nobody looks', () => {
    const { monitoring } = requestFor('id')
    expect(compressedOf({ monitoring })).toEqual({})
    expect(compressedOf({ monitoring: { ...monitoring, timeScale: 60, offsetsMs: [] } })).toEqual({})
    expect(compressedOf({ monitoring: { ...monitoring, timeScale: 60 }, adopt: {} })).toEqual({})
    expect(monitoredText({ steps: [] })).toBe('monitored')
  })

  it.each([0, -1, 1e-300, 1e300, NaN])('is refused %d times: no clock has the time of its looks', (scale) => {
    expect(timeScaleSchema.safeParse(scale).success).toBe(false)
  })
})

describe('wherever a run in compressed time is told, that is said', () => {
  const real = sampleRun()
  const view: RunView = { ...real, compressed: { plannedMs: DAY, timeScale: 1_000_000 } }
  const ways: [string, (of: RunView) => string][] = [
    [
      'show',
      (of) =>
        runLines(of, pc.createColors(false))
          .map((line) => plain(line))
          .join('\n'),
    ],
    ['MIGRATIONS.md', (of) => migrationLogLine({ view: of })],
    [
      'the criteria',
      (of) =>
        completeWhen(of)
          .map(({ because }) => because)
          .join('\n'),
    ],
    [
      'the last message',
      (of) =>
        plain(
          endMessage({ environment: of.environment, database: of.database, view: of, contacts: [] }).text,
        ),
    ],
  ]

  it.each(ways)('%s', (_where, told) => {
    expect(told(view)).toContain('24 hours of monitoring planned in 86 ms (compressed 1,000,000 times)')
    expect(told(real)).not.toContain('compressed')
  })

  it('how long it was is by the clock of the run', () => {
    const steps: RunView['steps'] = [
      {
        step: 'monitor',
        state: 'done',
        startedAt: '2026-01-01T00:00:00.000Z',
        endedAt: '2026-01-01T00:00:06.000Z',
      },
    ]
    expect(monitoredText({ ...view, steps })).toBe('monitored for 6 s (24 hours, compressed 1,000,000 times)')
  })
})

describe('a time scale that the charter does not have', () => {
  const { target, policy, ...rest } = requestFor('id')
  const claim = { ...rest, target, policy, monitoring: { ...rest.monitoring, timeScale: 1_000_000 } }
  const admitted = (requireSignatures: boolean): ReturnType<typeof admitRequest> =>
    admitRequest(
      serviceOf([charterFor(target, { policy: { ...policy, requireSignatures } })]),
      claim,
      `migration/${target.environment}/${target.database.id}`,
    )

  it('nobody asks for a run in the name of the tool', () => {
    const service = serviceOf([charterFor(target)])
    expect(() => admitRequest(service, { ...claim, requester: 'D1 Runbook' }, 'any')).toThrow(
      /the name of the tool itself/,
    )
  })

  it('stands, and is told, where nobody need sign', () => {
    const { effective, differences } = admitted(false)
    expect(effective.monitoring.timeScale).toBe(1_000_000)
    expect(differences.map(differenceLine)).toContainEqual(
      "monitoring.timeScale: this run has its own, 1000000; the worker's charter has 1",
    )
  })

  it("is overruled by the charter's own where signatures are required", () => {
    const { effective, differences } = admitted(true)
    expect(effective.monitoring.timeScale).toBe(1)
    expect(differences).toContainEqual({ path: 'monitoring.timeScale', claimed: '1000000', holds: '1' })
  })
})
