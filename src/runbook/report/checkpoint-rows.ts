import type { Checkpoint, CheckpointVerdict } from '../../contract/monitoring.js'
import { reasonTexts } from '../../contract/reasons.js'
import { calendarDay, zonedDateTime, zonedTime } from '../../text/clock.js'
import { formatDuration } from '../../text/duration.js'
import { percent } from '../monitoring/baseline.js'
import type { Block, Line } from './document.js'
import { shownTime } from './input.js'

const VERDICT_MARKS: Record<CheckpointVerdict, string> = {
  healthy: '✓ healthy',
  degraded: '! degraded',
  breached: '✗ breached',
  unknown: '? unknown',
}

/** Checkpoints in their order; those that say the same one after the other are one row, with the span of what they measured. */
export function checkpointTable(checkpoints: readonly Checkpoint[], timeZone: string | undefined): Block {
  return {
    kind: 'table',
    head: [
      { number: 'No.' },
      { whole: 'At' },
      { whole: 'Verdict' },
      { number: 'Response time' },
      { number: 'Error rate' },
      'Why',
    ],
    rows: runsOfEqual(checkpoints).map((run) => row(run, timeZone)),
  }
}

/** At least one each. */
type EqualRun = [Checkpoint, ...Checkpoint[]]

export function runsOfEqual(checkpoints: readonly Checkpoint[]): EqualRun[] {
  const runs: EqualRun[] = []
  for (const one of checkpoints) {
    const last = runs.at(-1)
    if (last !== undefined && saysTheSame(last[last.length - 1] ?? last[0], one)) last.push(one)
    else runs.push([one])
  }
  return runs
}

/** The same verdict for the same reasons, whatever was measured, and nothing in between that is not shown. */
function saysTheSame(a: Checkpoint, b: Checkpoint): boolean {
  return key(a) === key(b) && (a.extra === true || b.extra === true || b.number === a.number + 1)
}

function key({ verdict, late, extra, missed, reasons }: Checkpoint): string {
  const why = reasons.map(({ criterion, probe, verdict: own, text, measured }) => [
    ...[criterion, probe, own],
    // What was not measured is told apart by its words.
    measured === null ? text : '',
  ])
  return JSON.stringify([verdict, late, extra === true, missed ?? [], why])
}

function row(run: EqualRun, timeZone: string | undefined): Line[] {
  const [first] = run
  const last = run[run.length - 1] ?? first
  const { verdict, late, extra, missed } = first
  const numbers = first.number === last.number ? `${first.number}` : `${first.number}–${last.number}`
  return [
    `${numbers}${extra === true ? ' (extra)' : ''}`,
    run.length === 1 ? shownTime(first.at, timeZone) : timeSpan(first.at, last.at, timeZone ?? 'UTC'),
    `${VERDICT_MARKS[verdict]}${late ? ', late' : ''}`,
    span(
      run.map(({ latencyMs }) => latencyMs),
      formatDuration,
    ),
    span(
      run.map(({ errorRate }) => errorRate),
      percent,
    ),
    [
      ...(last.reasons.length === 0
        ? []
        : [`${run.length > 1 ? `the last of ${run.length}: ` : ''}${reasonTexts(last.reasons).join('; ')}`]),
      ...(missed === undefined ? [] : [`stands for missed ${missed.map(String).join(', ')}`]),
    ].join('; '),
  ]
}

/** To the minute; the second day only where it is another one. */
function timeSpan(from: string, to: string, timeZone: string): string {
  const [first, last] = [Date.parse(from), Date.parse(to)]
  const sameDay = calendarDay(first, timeZone) === calendarDay(last, timeZone)
  const began = zonedDateTime(first, timeZone)
  if (began === zonedDateTime(last, timeZone)) return began
  return `${began} to ${sameDay ? zonedTime(last, timeZone) : zonedDateTime(last, timeZone)}`
}

function span(values: readonly (number | undefined)[], write: (value: number) => string): string {
  const known = values.filter((value) => value !== undefined)
  if (known.length === 0) return '-'
  const [low, high] = [write(Math.min(...known)), write(Math.max(...known))]
  return low === high ? low : `${low} to ${high}`
}
