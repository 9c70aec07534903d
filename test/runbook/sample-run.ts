import type { Baseline, Checkpoint } from '../../src/contract/monitoring.js'
import { GATES } from '../../src/contract/names.js'
import { noData } from '../../src/contract/reasons.js'
import type { Plan } from '../../src/contract/plan.js'
import type { RunView } from '../../src/contract/run.js'
import { checkpointOffsets } from '../../src/runbook/monitoring/schedule.js'

/** A believable finished run, for the tests of everything that shows one. */
export const STARTED = Date.UTC(2026, 2, 8, 3, 0, 0)
const MINUTE = 60_000
const PLAN_HASH = 'ab12'.repeat(16)

export function isoAfter(minutes: number): string {
  return new Date(STARTED + minutes * MINUTE).toISOString()
}

export function sampleBaseline(): Baseline {
  const latenciesMs = Array.from({ length: 20 }, (_, index) => 180 + ((index * 37) % 60))
  return {
    takenAt: isoAfter(14),
    probes: {
      health: { latenciesMs, errorRate: 0, samples: 20 },
      traffic: { latenciesMs: [], errorRate: 0.01, samples: 20 },
    },
  }
}

export function sampleCheckpoints(): Checkpoint[] {
  return checkpointOffsets().map((offset, index) => {
    const at = new Date(STARTED + 40 * MINUTE + offset).toISOString()
    const latencyMs = 190 + ((index * 53) % 70) + (index === 9 ? 260 : 0)
    const errorRate = 0.01 + ((index * 7) % 5) / 500
    const degraded = index === 9
    return {
      number: index + 1,
      plannedAt: at,
      at,
      late: index === 15,
      verdict: index === 20 ? ('unknown' as const) : degraded ? ('degraded' as const) : ('healthy' as const),
      reasons: degraded
        ? [
            {
              criterion: 'response-time' as const,
              probe: 'health',
              verdict: 'degraded' as const,
              measured: 463,
              limit: 410,
              text: 'health: response time 463 ms, baseline 205 ms, limit 410 ms',
            },
          ]
        : index === 20
          ? [noData('health', 'health: no data, no answer in 10 s')]
          : [],
      ...(index === 20 ? {} : { latencyMs, errorRate }),
      results: [
        {
          probe: 'health',
          kind: 'http',
          critical: true,
          ok: index === 20 ? null : true,
          ...(index === 20 ? {} : { latencyMs }),
          message: 'status 200',
        },
        {
          probe: 'connection',
          kind: 'connectivity',
          critical: false,
          ok: true,
          latencyMs: 12,
          message: 'the database answers',
        },
        { probe: 'traffic', kind: 'json-metric', critical: false, ok: true, errorRate, message: 'ok' },
      ],
    }
  })
}

export function samplePlan(): Plan {
  return {
    planHash: PLAN_HASH,
    verdict: 'acknowledge',
    environment: 'production',
    database: { name: 'art-archive', id: '7d9b6a52-0f6e-4a3c-9d58-1f2f3a4b5c6d', remote: true },
    migrations: [
      {
        name: '0009_add_tags.sql',
        sha256: '1'.repeat(64),
        statements: 3,
        durationMs: 12,
        fingerprintBefore: 'f0',
        fingerprintAfter: 'f1',
      },
      {
        name: '0010_fill_tags.sql',
        sha256: '2'.repeat(64),
        statements: 1,
        durationMs: 340,
        fingerprintBefore: 'f1',
        fingerprintAfter: 'f1',
      },
    ],
    findings: [
      {
        code: 'DL102',
        severity: 'error',
        migration: '0010_fill_tags.sql',
        line: 4,
        table: 'list_items',
        message: '12 rows of "list_items" are lost.',
        advice: 'Keep them in a table of their own first.',
        before: 40,
        after: 28,
        accepted: 'old lists are retired on purpose',
      },
    ],
    ledger: ['0001_init.sql'],
    schemaFingerprint: 'c'.repeat(64),
    predictedFingerprint: 'd'.repeat(64),
    rows: [
      { table: 'artworks', before: 4200, after: 4200 },
      { table: 'list_items', before: 40, after: 28 },
      { table: 'tags', before: null, after: 310 },
    ],
    rollback: {
      available: true,
      sql: 'DROP TABLE tags;',
      rehearsed: true,
      price: ['12 rows of list_items stay lost'],
    },
    schemaChanges: [
      {
        change: 'added',
        type: 'table',
        name: 'tags',
        after: 'CREATE TABLE tags(id INTEGER PRIMARY KEY,label TEXT NOT NULL,weight NUMERIC(4,2))',
      },
      {
        change: 'changed',
        type: 'view',
        name: 'recent',
        before: 'CREATE VIEW recent AS SELECT id FROM artworks',
        after: 'CREATE VIEW recent AS SELECT id,title FROM artworks',
      },
    ],
  }
}

export function sampleRun(changes: Partial<RunView> = {}): RunView {
  const checkpoints = sampleCheckpoints()
  const step = (name: string, from: number, to: number, detail?: string): RunView['steps'][number] => ({
    step: name,
    state: 'done',
    startedAt: isoAfter(from),
    endedAt: isoAfter(to),
    ...(detail === undefined ? {} : { detail }),
  })
  return {
    success: true,
    workflowId: 'migration/production/7d9b6a52-0f6e-4a3c-9d58-1f2f3a4b5c6d',
    runId: '0190f5a2-7a7e-7c3e-8a55-1c2d3e4f5a6b',
    environment: 'production',
    database: { name: 'art-archive', id: '7d9b6a52-0f6e-4a3c-9d58-1f2f3a4b5c6d', remote: true },
    accountId: 'acc-1',
    requester: 'Ann Noor',
    phase: 'closed',
    outcome: 'completed',
    message: '2 migrations applied, 34 checkpoints looked at.',
    paused: false,
    planHash: PLAN_HASH,
    migrations: [
      { name: '0009_add_tags.sql', sha256: '1'.repeat(64), state: 'applied', durationMs: 1800 },
      { name: '0010_fill_tags.sql', sha256: '2'.repeat(64), state: 'applied', durationMs: 2400 },
    ],
    gates: GATES.map((gate) => ({
      gate,
      state: gate === 'rollback' ? ('waiting' as const) : ('approved' as const),
      shows: [],
      decisions:
        gate === 'rollback'
          ? []
          : [
              {
                actor: gate === 'final' ? 'Bo Lind' : 'Ann Noor',
                decision: 'approve' as const,
                at: isoAfter(20),
                decisionId: gate,
                ...(gate === 'team-lead' ? {} : { planHash: PLAN_HASH }),
              },
            ],
    })),
    refused: [
      {
        gate: 'final',
        actor: 'Ann Noor',
        decision: 'approve',
        at: isoAfter(21),
        reason: "'Ann Noor' requested this run and may not approve gate 'final'",
      },
    ],
    steps: [
      step('prerequisites', 0, 1),
      step('checklist', 1, 3),
      step('announce', 3, 3.1),
      step('backup', 3.1, 9, '54 MB, 12 tables'),
      step('status', 9, 9.5, '1 applied, 2 pending'),
      step('rehearse', 9.5, 13),
      step('execute', 14, 36),
      step('validate', 36, 58),
      step('monitor', 40, 1480),
      step('close', 1480, 1481),
    ],
    checks: [
      { name: 'wrangler', title: 'Wrangler CLI v4.33.2 or later', state: 'passed', message: '4.150.0' },
      {
        name: 'review',
        title: 'PR reviewed and approved',
        state: 'attested',
        message: 'pull request 41',
        actor: 'Bo Lind',
        at: isoAfter(0),
      },
      {
        name: 'probe health',
        title: 'Application health: health',
        state: 'passed',
        message: 'status 200',
        probeKind: 'http',
      },
    ],
    backup: {
      file: '/srv/art archive/backups/backup-production-2026-03-08-030310.zip',
      sha256: 'e'.repeat(64),
      sizeBytes: 54_000_000,
      createdAt: isoAfter(8),
      verified: true,
      bookmark: '00000085-0000024c-00004c6d',
      tables: [
        { name: 'artworks', rows: 4200, checksum: 'a1'.repeat(32) },
        { name: 'list_items', rows: 40, checksum: 'b2'.repeat(32) },
      ],
      schemaFingerprint: 'c'.repeat(64),
      durationMs: 354_000,
    },
    monitoring: {
      workflowId: 'migration/production/7d9b/monitoring',
      checkpoints,
      verdicts: { healthy: 32, degraded: 1, breached: 0, unknown: 1 },
      planned: 34,
    },
    announcements: [
      {
        kind: 'start',
        text: '🚀 Production Migration Starting\n- Migrations: 2 pending',
        at: isoAfter(3),
        dedupeId: 'one',
        deliveries: [
          { channel: 'terminal', delivered: true },
          { channel: 'slack', delivered: false, error: 'status 503' },
        ],
      },
    ],
    observations: [{ note: 'p95 of <search> rose at night', actor: 'Bo Lind', at: isoAfter(700) }],
    issues: [],
    artifacts: ['/srv/art archive/.d1-runbook/runs/production-20260308'],
    commands: [
      {
        command: 'wrangler d1 export art-archive --remote',
        at: isoAfter(4),
        durationMs: 4300,
        result: 'restored and compared',
      },
    ],
    failure: null,
    startedAt: isoAfter(0),
    closedAt: isoAfter(1481),
    ...changes,
  }
}
