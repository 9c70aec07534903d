import { messageOf } from '../contract/failures.js'
import { ApplicationFailure, patched } from '@temporalio/workflow'
import type { Plan } from '../contract/plan.js'
import type { MigrationRequest, RunView } from '../contract/run.js'
import type { Status } from '../contract/status.js'
import { read } from './activities.js'
import { admit } from './admit.js'
import { adopt } from './adopt.js'
import { isArchiveAway } from './archive-place.js'
import { appliedByThisRun } from './apply.js'
import { close } from './close.js'
import { goOnFromLostRun } from './lost-run.js'
import { archiveLost, execute } from './execute.js'
import { watchOver } from './monitor.js'
import {
  announceStart,
  backUp,
  checklist,
  prerequisites,
  readStatus,
  rehearse,
  untilWindowOpens,
} from './prepare.js'
import { teamLeadPrompt } from './prompts.js'
import { endedHealthy, lastLook, verdictCounts } from '../runbook/monitoring/end.js'
import { monitoredText } from '../runbook/monitoring/compressed.js'
import { LEFT_UNFINISHED } from '../runbook/unfinished-run.js'
import { plural } from '../text/plural.js'
import { keepNeeds } from './needs.js'
import { Run, type Completed } from './run.js'
import { listen } from './signals.js'
import { neverLeftTouched } from './touched.js'
import { withUpdates } from './updates.js'
import { validate, type Expected } from './validate.js'

/** The runbook, from its prerequisites to its documentation updates. One workflow, one migration of one database. */
export async function productionMigration(request: MigrationRequest): Promise<RunView> {
  const run = open(request)
  return run.untilClosed(
    async () => {
      await admit(run)
      await prerequisites(run)
      if (run.request.adopt !== undefined) return adopt(run)
      const expected =
        run.request.lostRun === undefined ? await throughSteps(run) : await goOnFromLostRun(run)
      return expected === null ? 'completed' : neverLeftTouched(run, () => monitor(run, expected))
    },
    // What was refused is not written about either: a request that no charter serves says where to.
    (ending) => (run.nothingDone ? Promise.resolve() : close(run, ending)),
  )
}

/** A request that cannot be read ends the run at once: thrown as it is, Temporal would try it for ever. */
function open(request: MigrationRequest): Run {
  try {
    const run = new Run(request, keepNeeds)
    listen(run)
    run.begin()
    return run
  } catch (error) {
    throw ApplicationFailure.create({
      type: 'ConfigInvalid',
      message: `The request of this run cannot be read: ${whatIsMissing(request) ?? messageOf(error)}`,
      nonRetryable: true,
    })
  }
}

/** What the error of the engine would call a property of undefined. */
function whatIsMissing(request: unknown): string | undefined {
  if (typeof request !== 'object' || request === null) return 'none came with it'
  const missing = NEEDED.filter((name) => !(name in request))
  return missing.length === 0 ? undefined : `it has no ${missing.join(', ')}`
}

/** Without one of these there is nothing to begin with. */
const NEEDED = ['target', 'requester', 'timeZone', 'policy', 'people'] satisfies (keyof MigrationRequest)[]

/** Nobody is asked, and nothing exported, for a database that has every migration. */
async function nothingToDo(run: Run): Promise<boolean> {
  if (!patched('nothing-pending-is-said-first')) return false
  const { target, files } = run.request
  const { pending } = await run.audited(
    read.readStatus.executeWithOptions({ summary: 'Is anything pending?' }, [{ target, files }]),
  )
  if (pending.length > 0) return false
  const left = run.view.checks.find(({ name }) => name === LEFT_UNFINISHED)
  const also = left === undefined ? '' : `; unfinished: ${left.message}`
  run.say('status', nothingPending(run.request.overlooked?.length ?? 0) + also)
  return true
}

/** All that comes before the monitoring. Null where there was nothing to migrate. */
async function throughSteps(run: Run): Promise<Expected | null> {
  if (await nothingToDo(run)) return null
  await run.gate('team-lead', teamLeadPrompt(run.view, run.request))
  await checklist(run)
  await untilWindowOpens(run)
  return withUpdates(run, () => neverLeftTouched(run, () => migrate(run)))
}

/** Steps 1 to 4, with an update every 15 minutes. Null where there was nothing to migrate. */
async function migrate(run: Run): Promise<Expected | null> {
  await announceStart(run)
  for (;;) {
    await backUp(run)
    const status = await readStatus(run)
    if (status.pending.length === 0) {
      run.say('status', nothingPending(run.request.overlooked?.length ?? 0))
      return null
    }
    const plan = await planned(run, status)
    if (plan !== null && (await execute(run, status, plan))) return validate(run, plan)
  }
}

/** Null where the archive cannot be had any more: another backup is needed. */
async function planned(run: Run, status: Status): Promise<Plan | null> {
  try {
    return await rehearse(run, status)
  } catch (error) {
    if (!isArchiveAway(error)) throw error
    archiveLost(run, error)
    return null
  }
}

function nothingPending(overlooked: number): string {
  if (overlooked === 0) return 'nothing is pending: the database has every migration'
  return `nothing is pending of the files that Wrangler reads; ${plural(overlooked, '.sql file')} below migrations_dir it passes over: see SQ109 of the command status`
}

/** Applied is not yet completed: the last look says whether the database and its application are well. */
async function monitor(run: Run, expected: Expected): Promise<Completed> {
  const monitoring = await run.step('monitor', () => watchOver(run, expected), verdictCounts)
  run.view.monitoring = monitoring
  const found = run.request.lostRun === undefined ? '' : 'found '
  const applied = `${plural(appliedByThisRun(run).length, 'migration')} ${found}applied`
  if (endedHealthy(monitoring)) {
    run.say('monitor', `${applied} and ${monitoredText(run.view)}; ${verdictCounts(monitoring)}`)
    return 'completed'
  }
  const hurried = run.view.compressed === undefined ? '' : `; ${monitoredText(run.view)}`
  run.say(
    'monitor',
    `${applied}, but not healthy: ${lastLook(monitoring, run.request.timeZone)} (${verdictCounts(monitoring)})${hurried}`,
  )
  return 'completed-unhealthy'
}
