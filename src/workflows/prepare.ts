import { defined } from '../contract/defined.js'
import { ApplicationFailure, patched, sleep } from '@temporalio/workflow'
import type { Baseline } from '../contract/monitoring.js'
import type { Plan } from '../contract/plan.js'
import type { BackupRecord } from '../contract/backup.js'
import type { Check, MigrationRequest, RunView } from '../contract/run.js'
import type { Status } from '../contract/status.js'
import { untilExportMs } from '../contract/until-export.js'
import type { MigrationRef, Target } from '../contract/target.js'
import { errorRateCheck, unaskedHealth } from '../runbook/gaps.js'
import { noteMessage, startMessage } from '../runbook/messages.js'
import { queryBaselines } from '../runbook/monitoring/query-shifts.js'
import { EXPECTED_DURATION_MS, type StepName } from '../runbook/steps.js'
import { plural } from '../text/plural.js'
import { waitingText } from '../runbook/freezes.js'
import { windowState, type WindowState } from '../runbook/window.js'
import { now } from './clock.js'
import { read, slow } from './activities.js'
import { atArchive } from './archive-place.js'
import { detailsOf, GateExpired } from './endings.js'
import { checkCounts } from './prompts.js'
import { askedBy, demandBoundProposer } from './proposer.js'
import type { Run } from './run.js'
import { keptBackup } from './safety-copy.js'
import { stepOf } from './state.js'
import { updatePause } from './updates.js'
import { zonedDateTime } from '../text/clock.js'
import { command, placeOf, words, wordsAt } from '../contract/next-command.js'

export async function prerequisites(run: Run): Promise<void> {
  const { target, channels, dashboardUrl, monitoring } = run.request
  const { probes } = monitoring
  const input = { target, channels, probes, ...defined({ dashboardUrl }) }
  await run.step('prerequisites', async () => {
    const asked = run.audited(
      read.checkPrerequisites.executeWithOptions({ summary: 'Tools, access, target' }, [input]),
    )
    recordChecks(run, 'prerequisites', await seenAlsoWhenFailed(run, 'prerequisites', asked))
  })
}

export async function checklist(run: Run): Promise<void> {
  const { target, files, bundle, evidence, recentBackupMs, stagingEnvironment } = run.request
  const staging = stagingEnvironment === undefined ? {} : { stagingEnvironment }
  await run.step(
    'checklist',
    async () => {
      const { checksums } = requestedHistory(run)
      const known = checksums === undefined ? {} : { checksums }
      const input = { target, files, bundle, evidence, recentBackupMs, ...known, ...staging }
      const asked = run.audited(
        slow.runChecklist.executeWithOptions({ summary: 'Pre-migration checklist' }, [input]),
      )
      const seen = await seenAlsoWhenFailed(run, 'checklist', asked)
      const { probes } = run.request.monitoring
      const health = unaskedHealth(probes)
      const checks = [...seen.checks, errorRateCheck(probes), ...(health === undefined ? [] : [health])]
      recordChecks(run, 'checklist', { ...seen, checks })
      return checks
    },
    checkCounts,
  )
}

type Seen = { checks: Check[]; pending?: MigrationRef[] }

/** What a list of checks saw stands in the run and its report also when one of them stops it. */
async function seenAlsoWhenFailed<T extends Seen>(run: Run, step: StepName, asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    const { checks, pending } = detailsOf(error) as Partial<Seen>
    recordChecks(run, step, {
      checks: Array.isArray(checks) ? checks : [],
      ...(Array.isArray(pending) ? { pending } : {}),
    })
    throw error
  }
}

/** Keeps what was seen; the commands of its advice say which database they are for. */
export function recordChecks({ view }: Run, step: StepName, { checks, pending }: Seen): void {
  for (const { advice, ...check } of checks)
    view.checks.push({
      ...check,
      step,
      ...(advice === undefined ? {} : { advice: wordsAt(placeOf(view), advice) }),
    })
  if (pending !== undefined)
    view.migrations = pending.map((file) => ({ ...file, state: 'pending', durationMs: null }))
}

/** A start may be days ahead: what was true then is checked again when the window opens, or a freeze is over. */
export async function untilWindowOpens(run: Run): Promise<void> {
  const { window, freezes } = run.request
  const state = windowState({ window, freezes, now: Date.now() })
  if (state.state === 'closed') throw new GateExpired(state.freeze ?? 'window')
  if (state.state === 'open') return
  const { waiting } = waitingText(state, run.request)
  run.say('checklist', waiting)
  await waitUntilOpen(run, state)
  run.view.checks = []
  await prerequisites(run)
  await checklist(run)
}

/** People hear for what and until when, and it stands in the run afterwards. */
export async function waitUntilOpen(
  run: Run,
  state: Extract<WindowState, { state: 'before' }>,
): Promise<void> {
  const { waiting, summary } = waitingText(state, run.request)
  const what = waiting.charAt(0).toUpperCase() + waiting.slice(1)
  const wait: NonNullable<RunView['waits']>[number] = { for: what, since: now() }
  run.view.waits = [...(run.view.waits ?? []), wait]
  if (patched('wait-told')) {
    const details = ['Nothing is applied before that']
    run.announcer.tell('note', noteMessage({ ...run.context, icon: '⏳', title: what, details }))
  }
  await run.sleepLong(Date.now() + state.forMs, summary)
  wait.until = now()
}

export async function announceStart(run: Run): Promise<void> {
  const { window, files } = run.request
  const began = Date.now()
  await run.step('announce', async () => {
    const status = await run.audited(
      read.readStatus.executeWithOptions({ summary: 'Count what is pending' }, [
        { target: run.request.target, files },
      ]),
    )
    const text = startMessage({
      ...run.context,
      window:
        window === undefined
          ? undefined
          : { opensAt: Date.parse(window.opensAt), closesAt: Date.parse(window.closesAt) },
      at: began,
      pending: status.pending.length,
      expectedMs: EXPECTED_DURATION_MS,
      updateEveryMs: updatePause(run),
    })
    run.announcer.tell('start', text)
  })
}

export async function backUp(run: Run): Promise<void> {
  const { target, files } = run.request
  await run.step(
    'backup',
    async () => {
      await untilExportMayBegin(target, (opensAt) =>
        run.say('backup', `waiting until an export may begin (backup.exportHours), ${opensAt}`),
      )
      run.view.backup = await run.audited(
        slow.createBackup.executeWithOptions({ summary: 'Export, restore, compare, archive' }, [
          { target, files, ...keptBackup(run) },
        ]),
      )
      noteBackup(run.view, run.view.backup)
      return run.view.backup
    },
    ({ file, tables }) => `${file}, ${plural(tables.length, 'table')} verified`,
  )
}

/**
 * Only where the database is to be read in no other way: by rows nothing has to be waited for. `onWait` hears when it may begin, in the zone
 * of those hours.
 */
export async function untilExportMayBegin(
  { database, backupWay, backupExportHours: hours }: Target,
  onWait: (opensAt: string) => void,
): Promise<void> {
  if (!database.remote || backupWay !== 'export' || hours === undefined) return
  for (;;) {
    const waitMs = untilExportMs(hours, Date.now())
    if (waitMs === 0) return
    const opensAt = zonedDateTime(Date.now() + waitMs, hours.timeZone)
    onWait(opensAt)
    await sleep(waitMs, { summary: `An export may begin ${opensAt}` })
  }
}

/** The line was looked at before there was this backup: what it said then is no longer true. */
function noteBackup(view: RunView, { file, verified }: BackupRecord): void {
  const line = view.checks.find(({ name }) => name === 'recent-backup')
  if (line === undefined || !verified) return
  const { name, title } = line
  replaceCheck(view, { name, title, state: 'passed', message: `${file}, made and verified by this run` })
}

/** A line of the checklist in its place, at the end where it is new; what the step said of its lines is counted anew. */
export function replaceCheck(view: RunView, check: Check): void {
  const line: Check = { ...check, step: 'checklist' }
  const index = view.checks.findIndex(({ name }) => name === check.name)
  if (index === -1) view.checks.push(line)
  else view.checks[index] = line
  const step = stepOf(view, 'checklist')
  if (step.state === 'done') step.detail = checkCounts(view.checks.filter((one) => one.step === 'checklist'))
}

export async function readStatus(run: Run): Promise<Status> {
  const { target, files } = run.request
  return run.step(
    'status',
    async () => {
      const status = await run.audited(
        read.readStatus.executeWithOptions({ summary: 'Ledger against files' }, [{ target, files }]),
      )
      refuseUnjudged(run, status)
      run.view.migrations = status.pending.map((file) => ({ ...file, state: 'pending', durationMs: null }))
      return status
    },
    ({ applied, pending }) => `${applied.length} applied, ${pending.length} pending`,
  )
}

/**
 * Conflicts are judged with the plan, by the same rules and with what the files accept. Workers before that left the
 * judgement to this step: what they recorded does not say what blocks.
 */
function refuseUnjudged(run: Run, { conflicts }: Status): void {
  const unjudged = conflicts.filter(({ blocking }) => blocking === undefined)
  if (unjudged.length === 0) return
  throw ApplicationFailure.create({
    type: 'ChecksFailed',
    message: `The ledger and the files disagree: ${unjudged.map(({ message }) => message).join('; ')}`,
    nonRetryable: true,
    details: [{ advice: words`look at it: ${command('status')}` }],
  })
}

/** Runs what is pending on the restored backup, and takes the baseline that monitoring will compare with. */
export async function rehearse(run: Run, status: Status): Promise<Plan> {
  return run.step(
    'rehearse',
    async () => {
      const [plan, baseline] = patched('baseline-beside-the-rehearsal')
        ? await both(
            () => rehearsed(run, status),
            () => takeBaseline(run),
          )
        : [await rehearsed(run, status), await takeBaseline(run)]
      run.baseline = { ...baseline, ...defined({ queries: queryBaselines(plan) }) }
      return plan
    },
    ({ planHash, verdict }) => `plan ${planHash.slice(0, 12)}: ${verdict}`,
  )
}

/** @throws PlanBlocked; what was planned stands in the run all the same */
async function rehearsed(run: Run, status: Status): Promise<Plan> {
  const { target, files, bundle } = run.request
  const { backup } = run.view
  if (backup === null) throw new Error('the rehearsal needs the backup')
  const input = { target, files, bundle, backup, status, ...askedBy(run), ...requestedHistory(run) }
  const plan = await run.audited(
    atArchive(run.request, backup, (where) =>
      slow.rehearse.executeWithOptions({ summary: 'Rehearse on the restored backup', ...where }, [input]),
    ),
  )
  demandBoundProposer(run, plan.bound)
  run.plan = plan
  run.view.planHash = plan.planHash
  if (plan.verdict === 'block') throw blocked(run, plan)
  return plan
}

export function takeBaseline({ request: { target, monitoring } }: Run): Promise<Baseline> {
  return slow.takeBaseline.executeWithOptions({ summary: 'Baseline of the probes' }, [{ target, monitoring }])
}

/** Neither needs the other. Where one fails, the other, which only reads, is waited for: nothing is left behind. */
async function both<A, B>(first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
  const running = [first(), second()] as const
  await Promise.allSettled(running)
  return Promise.all(running)
}

/** What `start` brought along from the project for the judgement of its migrations. */
function requestedHistory(run: Run): {
  queries?: NonNullable<MigrationRequest['queries']>
  checksums?: Record<string, string>
  overlooked?: string[]
} {
  const { queries, checksums, overlooked } = run.request
  return { ...defined({ queries, checksums, overlooked }) }
}

function blocked(run: Run, plan: Plan): ApplicationFailure {
  const errors = plan.findings.filter(
    ({ severity, accepted }) => severity === 'error' && accepted === undefined,
  )
  return ApplicationFailure.create({
    type: 'PlanBlocked',
    message: `The plan is blocked by ${errors.map(({ code, migration, message }) => `${code} ${migration}: ${message}`).join('; ')}`,
    nonRetryable: true,
    details: [{ advice: words`read the plan: ${command('plan')}` }],
  })
}
