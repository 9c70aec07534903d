import type { RunView, StepView } from '../../contract/run.js'
import { baselineFigures, percent } from '../monitoring/baseline.js'
import { stepTimes, waitedForPeople } from '../step-times.js'
import { formatDuration } from '../../text/duration.js'
import { LOOKS_ELSEWHERE, looksText, verdictsText } from '../../text/looks.js'
import { waitLines } from '../freezes.js'
import { RUNBOOK_STEPS, stepTitle } from '../steps.js'
import { stepWord } from '../standing.js'
import { completeWhen, considerRollbackWhen, type Criterion } from '../success-criteria.js'
import { checkpointTable } from './checkpoint-rows.js'
import { heading, text, tableOr, type Block, type Line, type Section, type Tick } from './document.js'
import { RUNBOOK_THRESHOLDS, shownTime, type ReportInput } from './input.js'

/** How the run went: criteria, time, monitoring. */
export function criteriaSection({ view, thresholds = RUNBOOK_THRESHOLDS }: ReportInput): Section {
  return {
    id: 'criteria',
    title: 'Success criteria',
    blocks: [
      heading('Migration complete when'),
      { kind: 'ticks', items: completeWhen(view).map((one) => tick(one, one.state === 'met')) },
      heading('Consider rollback when'),
      {
        kind: 'ticks',
        items: considerRollbackWhen(view, thresholds).map((one) => tick(one, one.state !== 'met')),
      },
    ],
  }
}

function tick({ title, state, because }: Criterion, good: boolean): Tick {
  const line: Line = [{ strong: title }, ` (${because})`]
  if (state === 'unknown') return { state: 'unknown', tone: 'warn', word: 'unknown', line }
  const word = state === 'met' ? 'met' : 'not met'
  return { state: state === 'met' ? 'yes' : 'no', tone: good ? 'good' : 'bad', word, line }
}

export function timelineSection(input: ReportInput): Section {
  const { view, timeZone } = input
  const until = asOfMoment(input)
  const ahead = view.steps.filter(({ state }) => state === 'waiting').map(({ step }) => stepTitle(step))
  const rows = view.steps
    .filter(({ state }) => state !== 'waiting')
    .map((step) => {
      const plannedMs = RUNBOOK_STEPS.find((known) => known.step === step.step)?.plannedMs
      const took = stepTimes(step)?.workMs
      const waited = waitedForPeople(step, view, until)
      const over = plannedMs !== undefined && took !== undefined && took > plannedMs
      return [
        stepTitle(step.step),
        over ? `${stepState(step, view)}, overdue` : stepState(step, view),
        shownTime(step.startedAt, timeZone),
        took === undefined ? '-' : formatDuration(took),
        waited === undefined ? '-' : formatDuration(waited),
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
          'Each step as it ran; the outline is the time that the runbook plans for it. Red: its work took longer, or it failed; waiting for people is no work.',
      },
      tableOr(
        'No step has begun.',
        [
          'Step',
          'State',
          { whole: 'Began' },
          { number: 'Work' },
          { number: 'Waited for people' },
          { number: 'Planned' },
          'What it said',
        ],
        rows,
      ),
      ...waitLines(view, { timeZone: timeZone ?? 'UTC', now: until }).map((line) => text(line)),
      ...(ahead.length === 0 || view.outcome === null ? [] : [text(`Not reached: ${ahead.join(', ')}.`)]),
    ],
  }
}

/** The report of a run that is over is written by its last step, which is under way then. */
function stepState(step: StepView, view: RunView): string {
  const writes = step.step === 'close' && step.state === 'running' && view.outcome !== null
  return writes ? 'wrote this report' : stepWord(step, view)
}

/** Until when people were waited for, or have been. Epoch milliseconds. */
function asOfMoment({ view, asOf }: ReportInput): number {
  return Date.parse(view.closedAt ?? asOf ?? view.startedAt)
}

export function monitoringSection(input: ReportInput): Section {
  const { view, timeZone } = input
  const section = { id: 'monitoring', title: 'Monitoring' }
  const { monitoring } = view
  if (monitoring === null) {
    const said =
      view.outcome === null ? 'Monitoring has not begun.' : 'The run ended before its monitoring began.'
    return { ...section, blocks: [text(said)] }
  }
  const { checkpoints, nextAt, asOf } = monitoring
  const counts = verdictsText(monitoring) || (view.outcome === null ? 'none yet' : 'none')
  const elsewhere = asOf === undefined ? '' : `; ${LOOKS_ELSEWHERE}`
  const next = nextAt === undefined ? '' : ` Next: ${shownTime(nextAt, timeZone)}.`
  const notable = checkpoints.filter(({ verdict, late }) => verdict !== 'healthy' || late)
  return {
    ...section,
    blocks: [
      text(`${looksText(monitoring, timeZone)}: ${counts}${elsewhere}.${next}`),
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
      ...(notable.length === 0 ? [] : [heading('Not healthy, or late'), checkpointTable(notable, timeZone)]),
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

/** What every checkpoint is compared with. */
export function baselineSection(input: ReportInput): Section {
  return { id: 'baseline', title: 'Baseline', blocks: baselineBlocks(input) }
}

function baselineBlocks({ view, baseline, thresholds, timeZone }: ReportInput): Block[] {
  if (baseline === null) return [text(view.outcome === null ? 'None is taken yet.' : 'None was taken.')]
  const figures = baselineFigures(baseline, thresholds ?? RUNBOOK_THRESHOLDS)
  if (figures.length === 0) return [text('No probe measures anything.')]
  const rows = figures.map(({ probe, samples, medianMs, limitMs, errorRate }) => [
    { code: probe },
    samples === 0 ? 'no data' : String(samples),
    medianMs === undefined ? '-' : formatDuration(medianMs),
    limitMs === undefined ? '-' : formatDuration(limitMs),
    samples === 0 ? '-' : percent(errorRate),
  ])
  return [
    text(`Taken ${shownTime(baseline.takenAt, timeZone)}.`),
    {
      kind: 'table',
      head: [
        'Probe',
        { number: 'Samples' },
        { number: 'Usual response' },
        { number: 'Limit' },
        { number: 'Errors' },
      ],
      rows,
    },
  ]
}
