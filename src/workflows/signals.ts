import { patched, setHandler } from '@temporalio/workflow'
import type { HoldRequest } from '../contract/decision.js'
import {
  abortSignal,
  observeSignal,
  pauseSignal,
  reportIssueSignal,
  resumeSignal,
  statusQuery,
  supersedeSignal,
} from '../contract/messages.js'
import { hasRoom, LIMITS } from '../contract/limits.js'
import { noteMessage } from '../runbook/messages.js'
import { readHoldRequest, readIssueReport, readObservation, readStopRequest } from '../runbook/signal-body.js'
import { now } from './clock.js'
import { keepRefused } from './gates.js'
import type { Run } from './run.js'
import { admit, unsigned } from './steering.js'
import { isOwnName, OWN_NAME_REFUSED } from '../contract/own-name.js'
import { command, words } from '../contract/next-command.js'

/** What reaches a run beside the decisions at its gates. Handlers are synchronous and only change the state. */
export function listen(run: Run): void {
  setHandler(statusQuery, () => run.view)
  setHandler(reportIssueSignal, (body: unknown) => reportIssue(run, body))
  setHandler(observeSignal, (body: unknown) => observe(run, body))
  setHandler(pauseSignal, (body: unknown) => hold(run, 'pause', body))
  setHandler(resumeSignal, (body: unknown) => hold(run, 'resume', body))
  setHandler(abortSignal, (body: unknown) => stop(run, 'abort', body))
  setHandler(supersedeSignal, (body: unknown) => stop(run, 'supersede', body))
}

function reportIssue(run: Run, body: unknown): void {
  const read = readIssueReport(body)
  if (!read.ok) {
    run.misunderstood('reportIssue', read.reason)
    return
  }
  const { severity, description, actor } = read.body
  if (!hasRoom(run.view.issues, LIMITS.issues)) {
    run.view.issuesBeyond = (run.view.issuesBeyond ?? 0) + 1
    return
  }
  if (!admit(run, { command: 'report-issue', ...read.body }, now())) return
  const mark = unsigned(run.request, read.body.signature)
  run.view.issues.push({ severity, description, actor, at: now(), ...mark })
  const monitored = run.view.monitoring !== null
  if (severity === 'minor' || monitored || !patched(`issue-told-${run.view.issues.length}`)) return
  const title = `${actor} reports (${severity}): ${description}`
  const details = [
    'Asked about, with the ways back, once there is something to take back and it is validated',
    ...run.view.migrations.map(({ name, state }) => `${name}: ${state}`),
  ]
  run.announcer.tell('emergency', noteMessage({ ...run.context, icon: '🚨', title, details }))
}

function observe(run: Run, body: unknown): void {
  const read = readObservation(body)
  if (!read.ok) run.misunderstood('observe', read.reason)
  else if (run.refusesOwnName && isOwnName(read.body.actor)) run.misunderstood('observe', OWN_NAME_REFUSED)
  else run.observed({ ...read.body, at: now(), ...unsigned(run.request, undefined) })
}

function hold(run: Run, command: 'pause' | 'resume', body: unknown): void {
  const read = readHoldRequest(body)
  if (!read.ok) run.misunderstood(command, read.reason)
  else if (admit(run, { command, ...read.body }, now())) setPaused(run, command === 'pause', read.body)
  run.refresh()
}

function setPaused(run: Run, paused: boolean, { actor, reason }: HoldRequest): void {
  const { view } = run
  if (view.paused === paused) return
  view.paused = paused
  const why = reason === undefined ? '' : `: ${reason}`
  const title = `${paused ? 'Paused' : 'Resumed'} by ${actor}${why}`
  const details = [
    ...(paused ? [words`Goes on with: ${command('resume')}. What has begun is finished first`] : []),
    ...view.migrations.map(({ name, state }) => `${name}: ${state}`),
  ]
  run.announcer.tell('note', noteMessage({ ...run.context, title, details }))
}

function stop(run: Run, kind: 'abort' | 'supersede', body: unknown): void {
  const read = readStopRequest(body)
  if (!read.ok) run.misunderstood(kind, read.reason)
  else if (run.ending) refuseStop(run, kind, read.body.actor)
  else if (admit(run, { command: kind, ...read.body }, now())) run.end(kind, read.body)
}

/** A second stop changes nothing, and whoever sent it finds out why. */
function refuseStop({ view, request }: Run, kind: 'abort' | 'supersede', actor: string): void {
  const open = view.gates.some(({ gate, state }) => gate === 'rollback' && state === 'open')
  const reason = open
    ? 'the run is being ended already: it waits for the decision at the gate rollback'
    : 'the run is being ended already'
  keepRefused({ view, request }, { gate: kind, actor, decision: kind, at: now(), reason })
}
