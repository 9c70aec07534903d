import type { Checkpoint } from '../../src/contract/monitoring.js'
import type { RunView } from '../../src/contract/run.js'
import type { ReportInput } from '../../src/runbook/report/input.js'
import { rollbackOptions } from '../../src/runbook/rollback-options.js'
import { words } from '../../src/contract/next-command.js'
import { isoAfter, sampleBaseline, sampleCheckpoints, samplePlan, sampleRun } from './sample-run.js'

const TIME_ZONE = 'America/New_York'

/** The four kinds of report that people read: an open breach, a run that was taken back, a failed one, a completed one. */
export function fourRuns(): Record<'breach' | 'taken-back' | 'failed' | 'completed', ReportInput> {
  const about = (view: RunView): ReportInput => ({
    view,
    plan: samplePlan(),
    baseline: sampleBaseline(),
    timeZone: TIME_ZONE,
  })
  return {
    breach: { ...about(breach()), asOf: isoAfter(225) },
    'taken-back': about(takenBack()),
    failed: about(failed()),
    completed: about(sampleRun()),
  }
}

const ISSUE = 'Checkpoint 12 of 34 is breached: health: response time 857 ms, baseline 205 ms, limit 410 ms'

function breach(): RunView {
  const { closedAt: _closed, ...view } = sampleRun({
    success: false,
    outcome: null,
    phase: 'rollback',
    message: `waiting for the rollback decision: ${ISSUE}`,
  })
  const { backup, environment } = view
  const ways = rollbackOptions({ environment, plan: samplePlan(), backup, timeZone: TIME_ZONE })
  return {
    ...view,
    monitoring: slow(),
    steps: view.steps.flatMap((step) => {
      if (step.step === 'close') return [{ step: 'close', state: 'waiting' as const }]
      if (step.step !== 'monitor') return [step]
      return [{ step: 'monitor', state: 'running' as const, startedAt: isoAfter(40) }]
    }),
    gates: view.gates.map((gate) =>
      gate.gate === 'rollback'
        ? {
            ...gate,
            state: 'open' as const,
            openedAt: isoAfter(161),
            shows: [
              ISSUE,
              ...ways.map(({ title, price, command }) => words`${title}: ${price.join('; ')}. ${command}`),
            ],
          }
        : gate,
    ),
  }
}

/** Ten healthy checkpoints, then three that are breached; people were asked after the second. */
function slow(): NonNullable<RunView['monitoring']> {
  const seen = sampleCheckpoints().slice(0, 13)
  const checkpoints = seen.map((one, at): Checkpoint => {
    if (at < 10) return { ...one, verdict: 'healthy', reasons: [] }
    const latencyMs = 780 + at * 7
    const text = `health: response time ${latencyMs} ms, baseline 205 ms, limit 410 ms`
    return {
      ...one,
      latencyMs,
      verdict: 'breached',
      reasons: [
        {
          ...{ criterion: 'response-time', probe: 'health', verdict: 'breached' },
          ...{ measured: latencyMs, limit: 410, text },
        },
      ],
    }
  })
  return {
    workflowId: 'migration/production/7d9b/monitoring',
    checkpoints,
    verdicts: { healthy: 10, degraded: 0, breached: 3, unknown: 0 },
    planned: 34,
    nextAt: isoAfter(280),
  }
}

function takenBack(): RunView {
  const view = breach()
  const file = '0011_rollback_2026_03_08.sql'
  const [first, ...more] = view.migrations
  const taken = [first, ...more].flatMap((one) =>
    one === undefined
      ? []
      : [
          {
            ...one,
            state: 'taken-back' as const,
            takenBackBy: { strategy: 'reverse-migration' as const, file },
          },
        ],
  )
  return {
    ...view,
    outcome: 'rolled-back',
    phase: 'closed',
    message: `${ISSUE}; the reverse migration ${file} was applied`,
    closedAt: isoAfter(241),
    migrations: [...taken, { name: file, sha256: '3'.repeat(64), state: 'applied', durationMs: 900 }],
    ledger: {
      readAt: isoAfter(240),
      applied: ['0001_init.sql', '0009_add_tags.sql', '0010_fill_tags.sql', file],
      pending: [],
      schemaFingerprint: 'c'.repeat(64),
      schema: 'as-before',
    },
    rollback: { strategy: 'reverse-migration', issue: ISSUE, price: ['12 rows of list_items stay lost'] },
    steps: [
      ...view.steps.map((step) =>
        step.step === 'monitor'
          ? { ...step, state: 'done' as const, endedAt: isoAfter(240) }
          : step.step === 'close'
            ? { step: 'close', state: 'running' as const, startedAt: isoAfter(241) }
            : step,
      ),
      { step: 'rollback', state: 'done', startedAt: isoAfter(230), endedAt: isoAfter(240) },
    ],
    gates: view.gates.map((gate) =>
      gate.gate === 'rollback'
        ? {
            ...gate,
            state: 'approved' as const,
            decisions: [
              {
                ...{ actor: 'Bo Lind', decision: 'approve' as const, at: isoAfter(230) },
                ...{
                  decisionId: 'back',
                  strategy: 'reverse-migration' as const,
                  comment: 'four times too slow',
                },
              },
            ],
          }
        : gate,
    ),
  }
}

function failed(): RunView {
  const view = sampleRun()
  return {
    ...view,
    success: false,
    outcome: 'failed',
    message: '0010_fill_tags.sql failed: no such column: labell',
    closedAt: isoAfter(70),
    monitoring: null,
    migrations: view.migrations.map((one, at) =>
      at === 1
        ? {
            ...one,
            ...{ state: 'absent' as const, durationMs: null },
            error: 'no such column: labell at offset 12: SQLITE_ERROR',
          }
        : one,
    ),
    failure: {
      type: 'SqlRefused',
      message: 'D1 refused the SQL of 0010_fill_tags.sql',
      advice: words`Mend the file, then: ${{ command: 'validate', args: [] }}`,
    },
    ledger: {
      readAt: isoAfter(37),
      applied: ['0001_init.sql', '0009_add_tags.sql'],
      pending: ['0010_fill_tags.sql'],
      schemaFingerprint: 'f1'.repeat(32),
      schema: 'other',
    },
    steps: view.steps.flatMap((step) => {
      if (step.step === 'execute') return [{ ...step, state: 'failed' as const }]
      if (step.step === 'validate' || step.step === 'monitor') return []
      if (step.step !== 'close') return [step]
      return [{ step: 'close', state: 'running' as const, startedAt: isoAfter(69) }]
    }),
    issues: [
      {
        severity: 'critical',
        description: 'the search page answers 500',
        actor: 'Bo Lind',
        at: isoAfter(38),
      },
    ],
  }
}
