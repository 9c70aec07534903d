import { phrases } from '../text/phrases.js'
import { words, type Words } from '../contract/next-command.js'
import { defined } from '../contract/defined.js'
import {
  CancellationScope,
  condition,
  patched,
  ParentClosePolicy,
  setHandler,
  startChild,
  getExternalWorkflowHandle,
  type ChildWorkflowHandle,
} from '@temporalio/workflow'
import { alertSignal } from '../contract/messages.js'
import type { MonitoringAlert, MonitoringView } from '../contract/monitoring.js'
import { monitoringWorkflowId } from '../contract/names.js'
import { reasonTexts } from '../contract/reasons.js'
import { recordedMonitoring } from '../contract/recorded.js'
import { zonedDateTime, zonedSeconds } from '../text/clock.js'
import { noteMessage } from '../runbook/messages.js'
import { touchedBy } from '../runbook/migration-state.js'
import { seenUntil } from '../runbook/monitoring/end.js'
import { readAlert } from '../runbook/signal-body.js'
import { backupOfNow } from './backup-of-now.js'
import { now } from './clock.js'
import { postMigrationMonitoring, type MonitoringInput } from './monitoring.js'
import { considerRollback, policyWayPossible } from './rollback.js'
import type { Run } from './run.js'
import { monitoringAttributesOf } from './search-attributes.js'
import { actionOf, countedAt, uncounted, waysBack } from './ways.js'

/**
 * Post-Migration Monitoring, seen from the migration: the child looks, this side acts on a breach, on an issue that
 * people report, and on a rollback that they decide. Returns when the last checkpoint is done.
 */
export async function watchOver(run: Run, expected: MonitoringInput['expected']): Promise<MonitoringView> {
  const alerts: MonitoringAlert[] = []
  const atOnce = patched('alerts-told-at-once')
  setHandler(alertSignal, (body: unknown) => {
    const read = readAlert(body)
    if (!read.ok) run.misunderstood('monitoringAlert', read.reason)
    else {
      keepCounts(run, read.body)
      // Only a new breach waits for its turn: the rest is news, also while people decide about an earlier one.
      if (atOnce && read.body.kind !== 'breach') {
        if (!isOurDoing(run, read.body)) tellNews(run, read.body)
      } else alerts.push(read.body)
    }
  })
  const looking = new CancellationScope()
  const child = await looking.run(() => startMonitoring(run, expected))
  const end: End = {}
  child.result().then(
    ({ untold, ...view }) => Object.assign(end, { view: recordedMonitoring(view), untold }),
    (error: unknown) => (end.error = error instanceof Error ? error : new Error(String(error))),
  )
  try {
    return await actUntil(run, alerts, end)
  } finally {
    // Whatever ended it early, what was seen until then belongs to the run.
    await CancellationScope.nonCancellable(async () => {
      looking.cancel()
      const ended = (): boolean => end.view !== undefined || end.error !== undefined
      if (run.view.resetFrom === undefined || !patched('monitoring-of-before-the-reset'))
        await condition(ended)
      else await endOfAnother(run, ended)
      const { takingBackSince: since } = run
      const seen = end.view ?? run.view.monitoring
      run.view.monitoring = seen === null || since === undefined ? seen : seenUntil(seen, since)
    })
  }
}

/** A child that is asked to end looks once at most. Milliseconds. */
const ENDS_WITHIN_MS = 2 * 60_000

/**
 * A monitoring that the run began before it was reset is not its own child for Temporal, which refuses to end it as one, and may not tell its end:
 * it is asked as a stranger, and not waited for without a limit.
 */
async function endOfAnother({ view }: Run, ended: () => boolean): Promise<void> {
  if (ended()) return
  const other = getExternalWorkflowHandle(monitoringWorkflowId(view.workflowId))
  await other.cancel().catch(() => undefined)
  await condition(ended, ENDS_WITHIN_MS, { summary: 'The monitoring ends' })
}

/** How the child ended. */
interface End {
  view?: MonitoringView
  untold?: MonitoringAlert
  error?: Error
}

async function actUntil(run: Run, alerts: MonitoringAlert[], end: End): Promise<MonitoringView> {
  let issuesSeen = run.view.issues.length
  const rollbackAsked = (): boolean =>
    run.gates.of('rollback').decisions.some((one) => one.decision === 'approve')
  run.gates.mayRollBack = true

  for (;;) {
    run.gates.offer(waysBack(run))
    await condition(
      () =>
        end.view !== undefined ||
        end.error !== undefined ||
        alerts.length > 0 ||
        run.view.issues.length > issuesSeen ||
        rollbackAsked(),
    )
    if (rollbackAsked()) await issueAfterwards(run, 'a rollback was asked for')
    const reported = run.view.issues.slice(issuesSeen)
    issuesSeen = run.view.issues.length
    const severe = reported.find(({ severity }) => severity !== 'minor')
    if (severe !== undefined) await issueAfterwards(run, `${severe.actor} reports: ${severe.description}`)
    const alert = alerts.shift()
    if (alert !== undefined) await onAlert(run, alert)
    if (end.error !== undefined) throw end.error
    if (end.untold !== undefined) await onUntold(run, end.untold)
    if (end.view !== undefined) return end.view
    run.say('monitor', 'monitoring continues')
  }
}

async function startMonitoring(
  run: Run,
  expected: MonitoringInput['expected'],
): Promise<ChildWorkflowHandle<typeof postMigrationMonitoring>> {
  const { target, monitoring } = run.request
  const workflowId = monitoringWorkflowId(run.view.workflowId)
  const baseline = run.takenBaseline
  const child = await startChild(postMigrationMonitoring, {
    workflowId,
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    // Given at the start, where they cost no action of their own: the UI finds both by the same filters.
    typedSearchAttributes: monitoringAttributesOf(run.view),
    staticSummary: `Monitoring of ${target.database.name} after its migration`,
    args: [
      {
        target,
        plan: monitoring,
        baseline,
        expected,
        anchorMs: Date.now(),
        parentId: run.view.workflowId,
        timeZone: run.request.timeZone,
        checkpoints: [],
        lastNumber: 0,
        ...defined({ disk: run.view.backup?.disk }),
      },
    ],
  })
  run.view.monitoring = {
    workflowId,
    checkpoints: [],
    verdicts: { healthy: 0, degraded: 0, breached: 0, unknown: 0 },
    planned: monitoring.offsetsMs.length,
    asOf: now(),
  }
  return child
}

/** The run got more signals than the server takes: whoever sent them, what was seen must still reach people. */
async function onUntold(run: Run, alert: MonitoringAlert): Promise<void> {
  keepCounts(run, alert)
  const title =
    'The monitoring ended early: this run has been sent so many signals that the server takes no more'
  run.announcer.tell(
    'emergency',
    noteMessage({ ...run.context, icon: '🚨', title, details: [alert.message] }),
  )
  await onAlert(run, alert)
}

async function onAlert(run: Run, alert: MonitoringAlert): Promise<void> {
  const { kind, message, checkpoint } = alert
  // It is read for hours, at the gate and in the outcome, while the row grows.
  const asOf = zonedSeconds(Date.parse(checkpoint.at), run.request.timeZone)
  if (kind === 'breach') return issueAfterwards(run, `${message} (as of ${asOf})`, { breach: true })
  tellNews(run, alert)
}

function tellNews(run: Run, { kind, message, checkpoint }: MonitoringAlert): void {
  const reasons = reasonTexts(checkpoint.reasons)
  if (kind !== 'continues') {
    run.announcer.tell('note', noteMessage({ ...run.context, title: message, details: reasons }))
    return
  }
  const details = [...reasons, whatIsDone(run), ...waysNow(run)]
  const title = `Still not healthy: ${message}`
  run.announcer.tell('emergency', noteMessage({ ...run.context, icon: '🚨', title, details }))
}

/** What is being done about a breach that was told: who decided, or who is waited for. */
function whatIsDone(run: Run): string {
  if (run.keptBecause !== undefined) return `It is kept as it is: ${run.keptBecause}`
  const { state, decisions } = run.gates.of('rollback')
  if (state !== 'open') return `Action: ${nextAction(run, true)}`
  const failed = run.view.rollbackTries?.at(-1)
  if (decisions.length === 0 && failed !== undefined) {
    const when = zonedDateTime(Date.parse(failed.at), run.request.timeZone)
    return `The gate rollback is open, and waits for a decision: ${failed.strategy} was tried, and failed ${when}`
  }
  if (decisions.length === 0) return 'Nobody has decided yet: the gate rollback is open'
  return `The gate rollback is open, approved so far by ${decisions.map(({ actor }) => actor).join(', ')}`
}

/** The ways back as they were counted last; before they were, as they were planned. A database that was not touched has none. */
function waysNow(run: Run): Words[] {
  if (touchedBy(run.view.migrations).length === 0) return []
  const ways = run.view.rollbackOptions ?? waysBack(run, undefined, uncounted(run))
  const open = ways.filter(({ available }) => available)
  if (open.length === 0)
    return ways.map(({ title, price }) => `No way back: ${title} is not possible: ${phrases(price)}`)
  return [
    ...countedAt(run, ways),
    ...open.map(
      ({ title, price, command: way }) => words`Way back: ${title}. Price: ${phrases(price)}. ${way}`,
    ),
  ]
}

/** News of a look that met our own way back: it says nothing of the migrated database, whether it went on or is well again. */
function isOurDoing({ takingBackSince }: Run, { kind }: MonitoringAlert): boolean {
  if (takingBackSince === undefined) return false
  return patched(kind === 'continues' ? 'no-news-of-the-way-back' : 'nor-good-news-of-it')
}

/**
 * The migration keeps no checkpoints while its monitoring runs; with an alert come the counts of that moment. A look that met our own way
 * back says nothing of the migrated database, and is not counted.
 */
function keepCounts(run: Run, { verdicts, onDemand, late, checkpoint }: MonitoringAlert): void {
  if (verdicts === undefined || run.view.monitoring === null) return
  const { takingBackSince: since } = run
  if (since !== undefined && Date.parse(checkpoint.at) >= Date.parse(since)) return
  run.view.monitoring = {
    ...{ ...run.view.monitoring, verdicts, asOf: checkpoint.at },
    ...defined({ onDemand, late }),
  }
  run.refresh()
}

/** Scenario 2: people are told, then a backup of now, so that nothing written since the migration is lost to whatever follows. */
async function issueAfterwards(
  run: Run,
  issue: string,
  seen: { breach: boolean } = { breach: false },
): Promise<void> {
  run.keptBecause = undefined
  run.say('rollback', issue)
  const backup = await backupOfNow(run)
  await considerRollback(run, {
    issue,
    kept: 'goes-on',
    impact: 'the migrated database may not serve its users as before',
    action: `${backup.said}; ${nextAction(run, seen.breach)}`,
    ...backup.made,
    ...seen,
  })
}

/** People are not asked where they have decided, nor where the policy answers a breach by itself, once it is seen again. */
function nextAction(run: Run, breach: boolean): string {
  const { automaticRollback, automaticRollbackStrategy: strategy } = run.request.policy
  const decided = run.gates.of('rollback').decisions.length > 0
  if (decided || !breach || !automaticRollback || !policyWayPossible(run, waysBack(run))) return actionOf(run)
  const then = strategy === 'none' ? 'it is kept as it is' : `it is taken back by ${strategy}`
  return `looking again: if it is still breached, ${then} without a decision of people, as the policy says`
}
