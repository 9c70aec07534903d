import type { WorkflowHandle } from '@temporalio/client'
import { Command } from 'commander'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../../contract/failures.js'
import { checkNowSignal, monitoringQuery } from '../../contract/messages.js'
import type { Checkpoint } from '../../contract/monitoring.js'
import { recordedCheckpoint } from '../../contract/recorded.js'
import { monitoringWorkflowId } from '../../contract/names.js'
import type { App, CommonOptions } from '../terminal/app.js'
import { examplesHelp } from '../terminal/help-text.js'
import type { Output } from '../terminal/output.js'
import { withRun } from '../../client/run-id.js'
import { signalRun, withinDeadline } from '../../client/runs.js'
import type { Session } from '../../client/session.js'
import { explainTemporal } from '../../client/temporal-failure.js'
import { at, command, words } from '../../contract/next-command.js'

interface CheckNowOptions {
  id?: string
}

/** A checkpoint's probes have ten seconds each and run at once; a slow worker may still have to start. */
const ANSWER_WITHIN_MS = 60_000
const ASK_EVERY_MS = 2_000

/** Post-Migration Monitoring: one more look, now, beside the schedule. */
export function monitorCommand(app: App, summary: string): Command {
  const checkNow = app
    .command('check-now', 'run one checkpoint now, beside the schedule, and print what it saw', [
      'monitor check-now --env production',
      'monitor check-now --json | jq .checkpoint.verdict',
    ])
    .option('--id <workflow>', 'run that is meant, where it is not the one of --env')
    .action(app.action<CheckNowOptions>(checkNowAction))
  return new Command('monitor')
    .summary(summary)
    .description('The 24 hours after a migration. To follow them: watch')
    .addHelpText('after', examplesHelp(['monitor check-now --env production', 'watch --env production']))
    .addCommand(checkNow)
}

async function checkNowAction({
  options,
  output,
}: {
  options: CommonOptions & CheckNowOptions
  output: Output
}): Promise<number> {
  const { workflowId, checkpoint } = await withRun(options, options.id, async (session, found, runId) => {
    if (runId !== undefined) await demandUnderWay(session, { workflowId: found, runId })
    return { workflowId: found, checkpoint: await checkNow(session, found) }
  })
  output.document({ success: checkpoint.verdict !== 'breached', workflowId, checkpoint })
  if (!output.json) printCheckpoint(output, checkpoint)
  return checkpoint.verdict === 'breached' ? 1 : 0
}

/** The monitoring has one ID in every run of a database. Throws `RunNotFound`: the run that was named is over. */
async function demandUnderWay(session: Session, run: { workflowId: string; runId: string }): Promise<void> {
  await signalRun(session, run, () => Promise.resolve())
}

/** Throws `RunNotFound` where nothing is monitored, `WorkerMissing` when nobody looks. */
async function checkNow(session: Session, workflowId: string): Promise<Checkpoint> {
  const childId = monitoringWorkflowId(workflowId)
  const child = session.client.workflow.getHandle(childId)
  try {
    const seen = (await extraCheckpoints(session, child)).length
    await child.signal(checkNowSignal)
    for (const end = Date.now() + ANSWER_WITHIN_MS; Date.now() < end;) {
      await sleep(ASK_EVERY_MS)
      const fresh = (await extraCheckpoints(session, child))[seen]
      if (fresh !== undefined) return fresh
    }
  } catch (error) {
    throw explainCheck(error, workflowId)
  }
  throw new RunbookError('WorkerMissing', 'The checkpoint was asked for, but nobody has run it yet.', {
    advice: words`See whether a worker runs: ${command('doctor')}. The result will be in: ${command('show')}`,
  })
}

async function extraCheckpoints(session: Session, child: WorkflowHandle): Promise<Checkpoint[]> {
  const { checkpoints } = await withinDeadline(session, () => child.query(monitoringQuery))
  return checkpoints.filter(({ extra }) => extra === true).map(recordedCheckpoint)
}

function explainCheck(error: unknown, workflowId: string): unknown {
  const known = explainTemporal(error, workflowId)
  if (!(known instanceof RunbookError) || known.type !== 'RunNotFound') return known
  return new RunbookError('RunNotFound', `No monitoring is under way for ${workflowId}.`, {
    advice: words`It begins when the migration is validated: ${at({ run: workflowId }, command('show'))}`,
    cause: error,
  })
}

function printCheckpoint({ line, colors }: Output, { verdict, reasons, results }: Checkpoint): void {
  const paint = {
    healthy: colors.green,
    degraded: colors.yellow,
    unknown: colors.yellow,
    breached: colors.red,
  }
  line(paint[verdict](`${verdict}${reasons.map(({ text }) => `, ${text}`).join('')}`))
  for (const { probe, ok, message } of results) {
    const mark = ok === null ? colors.yellow('?') : ok ? colors.green('✔') : colors.red('✖')
    line(` ${mark} ${probe}: ${message}`)
  }
}
