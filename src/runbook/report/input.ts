import type { Baseline, Thresholds } from '../../contract/monitoring.js'
import type { Plan } from '../../contract/plan.js'
import type { RunView } from '../../contract/run.js'
import { zonedSeconds } from '../../text/clock.js'

/** All that a report is made from: the workflow's own state, so it can be made at any time, during the run too. */
export interface ReportInput {
  view: RunView
  plan: Plan | null
  baseline: Baseline | null
  /** For the threshold lines; the runbook's own where absent. */
  thresholds?: Pick<Thresholds, 'responseTimeFactor' | 'responseTimeFloorMs' | 'errorRateIncrease'>
  /** When the state was read, of a run that goes on. ISO 8601. */
  asOf?: string
  /** IANA zone of the times shown. UTC where absent. */
  timeZone?: string
}

/** The runbook's "Consider Rollback When". */
export const RUNBOOK_THRESHOLDS = {
  responseTimeFactor: 2,
  responseTimeFloorMs: 250,
  errorRateIncrease: 0.05,
} as const

/** ISO 8601 as a time for people; `-` where there is none. */
export function shownTime(iso: string | undefined, timeZone: string | undefined): string {
  return iso === undefined ? '-' : zonedSeconds(Date.parse(iso), timeZone ?? 'UTC')
}
