import type { Checkpoint, CheckpointVerdict } from '../../contract/monitoring.js'
import { reasonTexts } from '../../contract/reasons.js'
import { baselineFigures, percent } from '../monitoring/baseline.js'
import { stepDuration } from '../checklist.js'
import { formatDuration } from '../../text/duration.js'
import { RUNBOOK_STEPS, stepTitle } from '../steps.js'
import { completeWhen, considerRollbackWhen, type Criterion } from '../success-criteria.js'
import { text, tableOr, type Block, type Line, type Section, type Tick } from './document.js'
import { RUNBOOK_THRESHOLDS, shownTime, type ReportInput } from './input.js'

/** How the run went: criteria, time, monitoring. */
export function criteriaSection({ view }: ReportInput): Section {
  return {
    id: 'criteria',
    title: 'Success criteria',
    blocks: [
      text([{ strong: 'Migration complete when' }]),
      { kind: 'ticks', items: completeWhen(view).map((one) => tick(one, one.state === 'met')) },
      text([{ strong: 'Consider rollback when' }]),
      { kind: 'ticks', items: considerRollbackWhen(view).map((one) => tick(one, one.state !== 'met')) },
    ],
  }
}

function tick({ title, state, because }: Criterion, good: boolean): Tick {
  const line: Line = [{ strong: title }, ` (${because})`]
  if (state === 'unknown') return { state: 'unknown', tone: 'warn', line }
  return { state: state === 'met' ? 'yes' : 'no', tone: good ? 'good' : 'bad', line }
}

export function timelineSection({ view, timeZone }: ReportInput): Section {
  const rows = view.steps
    .filter(({ state }) => state !== 'waiting')
    .map((step) => {
      const plannedMs = RUNBOOK_STEPS.find((known) => known.step === step.step)?.plannedMs
      const took = stepDuration(step)
      const over = plannedMs !== undefined && took !== undefined && took > plannedMs
      return [
        stepTitle(step.step),
        over ? `${step.state}, overdue` : step.state,
        shownTime(step.startedAt, timeZone),
        took === undefined ? '-' : formatDuration(took),
        step.waitedMs === undefined ? '-' : formatDuration(step.waitedMs),
        plannedMs === undefined ? '-' : formatDuration(plannedMs),
        step.detail ?? '',
      ]
    })
  return {
    id: 'timeline',
    title: 'Timeline',
    blocks: [
      {
        kind: 'figure',
        figure: 'timeline',
        caption:
          'Each step as it ran; the outline is the time that the runbook plans for it. Red: it took longer, or failed.',
      },
      tableOr(
        'No step has begun.',
        ['Step', 'State', 'Began', 'Work', 'Waited for people', 'Planned', 'What it said'],
        rows,
      ),
    ],
  }
}

export function monitoringSection(input: ReportInput): Section {
  const { view, timeZone } = input
  const section = { id: 'monitoring', title: 'Monitoring' }
  const { monitoring } = view
  if (monitoring === null) return { ...section, blocks: [text('Monitoring has not begun.')] }
  const { checkpoints, planned, verdicts, nextAt } = monitoring
  const counts = Object.entries(verdicts)
    .filter(([, number]) => number > 0)
    .map(([verdict, number]) => `${number} ${verdict}`)
  const next = nextAt === undefined ? '' : ` Next: ${shownTime(nextAt, timeZone)}.`
  const notable = checkpoints.filter(({ verdict, late }) => verdict !== 'healthy' || late)
  return {
    ...section,
    blocks: [
      text(`${checkpoints.length} of ${planned} checkpoints: ${counts.join(', ') || 'none yet'}.${next}`),
      {
        kind: 'figure',
        figure: 'latency',
        caption: `Response time at each checkpoint, the median of its answers. ${legend(input)}`,
      },
      {
        kind: 'figure',
        figure: 'error-rate',
        caption: `Error rate at each checkpoint. ${legend(input)}`,
      },
      ...baselineBlocks(input),
      ...(notable.length === 0
        ? []
        : [text([{ strong: 'Not healthy, or late' }]), checkpointTable(notable, timeZone)]),
      ...(checkpoints.length === 0
        ? []
        : [
            {
              kind: 'fold' as const,
              summary: `All ${checkpoints.length} checkpoints`,
              blocks: [checkpointTable(checkpoints, timeZone)],
            },
          ]),
    ],
  }
}

function legend({ timeZone }: ReportInput): string {
  return (
    'Dotted: the baseline. Small points are healthy, large ones degraded or breached; a diamond on the axis ' +
    `had no data. Times in ${timeZone ?? 'UTC'}.`
  )
}

/** What every checkpoint was compared with. */
function baselineBlocks({ baseline, thresholds, timeZone }: ReportInput): Block[] {
  if (baseline === null) return []
  const figures = baselineFigures(baseline, thresholds ?? RUNBOOK_THRESHOLDS)
  if (figures.length === 0) return []
  const rows = figures.map(({ probe, samples, medianMs, limitMs, errorRate }) => [
    { code: probe },
    samples === 0 ? 'no data' : String(samples),
    medianMs === undefined ? '-' : formatDuration(medianMs),
    limitMs === undefined ? '-' : formatDuration(limitMs),
    samples === 0 ? '-' : percent(errorRate),
  ])
  return [
    text([{ strong: 'Baseline' }, `, taken ${shownTime(baseline.takenAt, timeZone)}`]),
    { kind: 'table', head: ['Probe', 'Samples', 'Usual response', 'Limit', 'Errors'], rows },
  ]
}

const VERDICT_MARKS: Record<CheckpointVerdict, string> = {
  healthy: '✓ healthy',
  degraded: '! degraded',
  breached: '✗ breached',
  unknown: '? unknown',
}

function checkpointTable(checkpoints: readonly Checkpoint[], timeZone: string | undefined): Block {
  return {
    kind: 'table',
    head: ['No.', 'At', 'Verdict', 'Response time', 'Error rate', 'Why'],
    rows: checkpoints.map((one) => [
      `${one.number}${one.extra === true ? ' (extra)' : ''}`,
      shownTime(one.at, timeZone),
      `${VERDICT_MARKS[one.verdict]}${one.late ? ', late' : ''}`,
      one.latencyMs === undefined ? '-' : formatDuration(one.latencyMs),
      one.errorRate === undefined ? '-' : percent(one.errorRate),
      [
        ...reasonTexts(one.reasons),
        ...(one.missed === undefined ? [] : [`stands for missed ${one.missed.map(String).join(', ')}`]),
      ].join('; '),
    ]),
  }
}
