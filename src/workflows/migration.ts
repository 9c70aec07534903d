import { messageOf } from '../contract/failures.js'
import { ApplicationFailure } from '@temporalio/workflow'
import type { MigrationRequest, RunView } from '../contract/run.js'
import { appliedByThisRun } from './apply.js'
import { close } from './close.js'
import { execute } from './execute.js'
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
import { Run } from './run.js'
import { listen } from './signals.js'
import { withUpdates } from './updates.js'
import { validate, type Expected } from './validate.js'

/** The runbook, from its prerequisites to its documentation updates. One workflow, one migration of one database. */
export async function productionMigration(request: MigrationRequest): Promise<RunView> {
  const run = open(request)
  return run.untilClosed(
    async () => {
      await prerequisites(run)
      await run.gate('team-lead', teamLeadPrompt(run.view, request.files.length))
      await checklist(run)
      await untilWindowOpens(run)
      const expected = await withUpdates(run, () => migrate(run))
      if (expected === null) return
      await monitor(run, expected)
    },
    (ending) => close(run, ending),
  )
}

/** A request that cannot be read ends the run at once: thrown as it is, Temporal would try it for ever. */
function open(request: MigrationRequest): Run {
  try {
    const run = new Run(request)
    listen(run)
    run.begin()
    return run
  } catch (error) {
    throw ApplicationFailure.create({
      type: 'ConfigInvalid',
      message: `The request of this run cannot be read: ${messageOf(error)}`,
      nonRetryable: true,
    })
  }
}

/** Steps 1 to 4, with an update every 15 minutes. Null where there was nothing to migrate. */
async function migrate(run: Run): Promise<Expected | null> {
  await announceStart(run)
  for (;;) {
    await backUp(run)
    const status = await readStatus(run)
    if (status.pending.length === 0) {
      run.say('status', 'nothing is pending: the database has every migration')
      return null
    }
    const plan = await rehearse(run, status)
    if (await execute(run, status, plan)) return validate(run, plan)
  }
}

async function monitor(run: Run, expected: Expected): Promise<void> {
  await run.step(
    'monitor',
    async () => {
      run.view.monitoring = await watchOver(run, expected)
      return run.view.monitoring
    },
    ({ checkpoints, verdicts }) => `${checkpoints.length} checkpoints, ${verdicts.healthy} healthy`,
  )
  run.say('monitor', `${appliedByThisRun(run).length} migrations applied and looked after`)
}
