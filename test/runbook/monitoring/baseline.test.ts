import { expect, test } from 'vitest'
import { monitoringPlanSchema, type Baseline } from '../../../src/contract/monitoring.js'
import { baselineLines, latencyLimitMs } from '../../../src/runbook/monitoring/baseline.js'

const BASELINE: Baseline = {
  takenAt: '2026-03-08T03:14:00.000Z',
  probes: {
    health: { latenciesMs: [180, 200, 220], errorRate: 0, samples: 20 },
    traffic: { latenciesMs: [3, 3, 3], errorRate: 0.005, samples: 8 },
    errors: { latenciesMs: [], errorRate: 0.01, samples: 20 },
    far: { latenciesMs: [], errorRate: 0, samples: 0 },
  },
}

test('approvers read what is normal, where the limit is, and what cannot be judged', () => {
  const monitoring = monitoringPlanSchema.parse({
    probes: [
      { name: 'health', kind: 'http', url: 'https://example.com/health' },
      { name: 'traffic', kind: 'cloudflare-analytics' },
    ],
    thresholds: {},
    offsetsMs: [1],
  })
  expect(baselineLines(BASELINE, monitoring)).toEqual([
    'health: median 200 ms, limit 400 ms, 0 % errors (20 samples)',
    'traffic: median 3 ms, limit 250 ms, 0.5 % errors (8 windows: now and this hour of past days)',
    'errors: 1 % errors (20 samples)',
    'far: no data, so monitoring cannot judge it',
  ])
})

test('the limit is never below the floor, and there is none without a baseline', () => {
  const thresholds = { responseTimeFactor: 2, responseTimeFloorMs: 250 }
  expect([[], [10], [200]].map((latencies) => latencyLimitMs(latencies, thresholds))).toEqual([
    undefined,
    250,
    400,
  ])
})
