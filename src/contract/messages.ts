import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { Decision, HoldRequest, IssueReport, Observation, StopRequest } from './decision.js'
import type { MonitoringAlert, MonitoringView } from './monitoring.js'
import type { GateView, RunView } from './run.js'

/** How people and tools talk to a running workflow. Names are part of the contract. */
export const decideSignal = defineSignal<[Decision]>('decide')
export const reportIssueSignal = defineSignal<[IssueReport]>('reportIssue')
export const observeSignal = defineSignal<[Observation]>('observe')
export const pauseSignal = defineSignal<[HoldRequest?]>('pause')
export const resumeSignal = defineSignal<[HoldRequest?]>('resume')
export const abortSignal = defineSignal<[StopRequest]>('abort')
export const supersedeSignal = defineSignal<[StopRequest]>('supersede')
/** From the monitoring child to its parent, only when people must act: a breach, or too long without data. */
export const alertSignal = defineSignal<[MonitoringAlert]>('monitoringAlert')
/** To the monitoring child: look now, beside the schedule. */
export const checkNowSignal = defineSignal('checkNow')

/** Answers at once whether the decision counts; refuses what cannot count. */
export const submitDecisionUpdate = defineUpdate<
  { state: GateView['state']; approvalsMissing: number },
  [Decision]
>('submitDecision')

/** On `productionMigration`. */
export const statusQuery = defineQuery<RunView>('status')
/** On the monitoring child: kept there so that 34 checkpoints do not cost 34 signals. `show` joins the two. */
export const monitoringQuery = defineQuery<MonitoringView>('monitoring')
