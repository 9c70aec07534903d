import { defined } from '../../contract/defined.js'
import { Option, type Command } from 'commander'
import { RunbookError } from '../../contract/failures.js'
import type { MigrationRequest, RunView } from '../../contract/run.js'
import { differenceLine } from '../../runbook/charter/differences.js'
import type { App } from '../terminal/app.js'
import { openContext, readProjectFiles, type Context } from '../../config/context.js'
import { interruptible } from '../terminal/interrupt.js'
import { ATTESTATIONS } from '../../contract/attestations.js'
import { helpParagraph } from '../terminal/help-text.js'
import type { Output } from '../terminal/output.js'
import { positiveNumber } from '../terminal/positive-number.js'
import { SIGN_KEY_HELP } from '../terminal/sign-key.js'
import { withSession, type Session } from '../../client/session.js'
import { runLink } from '../../client/run-link.js'
import { refuseSecondStart, startRun, type StartedRun } from '../../client/start.js'
import { databaseLine } from '../terminal/target-text.js'
import { at, command, words, type Words } from '../../contract/next-command.js'
import { leftUnfinished } from './left-unfinished.js'

interface StartOptions {
  wait?: boolean
  detach?: boolean
  until?: 'validated' | 'closed'
  yes?: boolean
  window?: string
  requester?: string
  signKey?: string
  timeScale?: number
  attest?: string[]
  skip?: string[]
}

/** Runbook step 3: `migrate:prod`. Starts the workflow; with `--wait` stays with it and asks the prompts. */
export function startCommand(app: App, summary: string): Command {
  return app
    .command('start', summary, [
      'start --env production --wait',
      'start --env production --window "2026-03-08T22:00/2h" --requester "Ada Lovelace"',
      'start --yes --wait --until validated --json   # the requester approves what policy lets them decide alone',
    ])
    .option('--wait', 'stay with the run, ask the prompts in a terminal, end with its exit code')
    .addOption(new Option('--detach', 'start and return (the default)').conflicts('wait'))
    .addOption(
      new Option('--until <moment>', 'when --wait returns')
        .choices(['validated', 'closed'])
        .implies({ wait: true }),
    )
    .option('--yes', "record the requester's approval wherever the policy lets them decide alone")
    .option('--window <a/b>', 'apply only inside this window, such as 2026-03-08T22:00/2h')
    .option(
      '--requester <name>',
      "who asks for it (default: git's user name, else the account of this machine)",
    )
    .option('--sign-key <file>', SIGN_KEY_HELP)
    .option('--time-scale <n>', 'compress the monitoring schedule n times, for rehearsals', positiveNumber)
    .option(
      '--attest <line>',
      `answer for a line of the checklist; may be repeated: ${Object.keys(ATTESTATIONS).join(', ')}`,
      repeated,
    )
    .option(
      '--skip <line=reason>',
      'leave out a line that the policy asks for, with the reason that the report shows; may be repeated',
      repeated,
    )
    .addHelpText(
      'after',
      helpParagraph(
        'A wait that is ended from outside leaves the run going: exit 143 by SIGTERM, 130 by Ctrl-C without a terminal.',
      ),
    )
    .action(
      app.action<StartOptions>(async ({ options, output }) => {
        const context = await openContext(options)
        const { actorOf } = await import('./decide.js')
        const { buildRequest, demandReadable } = await import('../../client/request.js')
        const { requireWorker } = await import('../../client/worker-presence.js')
        const { untilAdmitted } = await import('../../client/admission.js')
        const requester = await actorOf({
          project: options.project,
          ...defined({ actor: options.requester }),
        })
        const typed = {
          requester,
          window: options.window,
          ...defined({ attested: options.attest, skipped: options.skip }),
        }
        demandReadable(context, typed)
        const { stayWithRun } = await import('./stay.js')
        const { askChecklist } = await import('../terminal/prompts.js')
        const { taskQueue } = context.project
        return withSession(options.project, async (session) => {
          output.note(`Temporal: ${session.address}, namespace ${session.namespace}`)
          await refuseSecondStart(session, context.target)
          await requireWorker(session, taskQueue)
          const asks = output.interactive && options.yes !== true
          const idle = options.yes !== true && !output.json && (await nothingPending(context))
          const left = idle ? await leftUnfinished(context) : undefined
          if (asks && idle) {
            output.line(
              words`Nothing is pending: ${context.target.database.name} has every migration. Nothing was started.`,
            )
            if (left !== undefined) output.line(left)
            return 0
          }
          const request = await interruptible((signal) =>
            buildRequest(context, {
              ...typed,
              preApproved: options.yes === true,
              timeScale: options.timeScale,
              ask: asks ? askChecklist : undefined,
              signal,
              onProgress: output.note,
            }),
          )
          const started = await startRun(session, taskQueue, request)
          const admitted = await untilAdmitted(session, started)
          sayDifferences(output, admitted)
          if (options.wait !== true)
            return sayStarted(output, session, request, { started, admitted, idle, left })
          const signing = { key: options.signKey, folder: options.project }
          const until = options.until ?? 'closed'
          return stayWithRun({ session, ...started, output, actor: requester, request, until, signing })
        })
      }),
    )
}

/**
 * Seen before people answer for a checklist that leads nowhere. Where this machine cannot read the database, the run
 * itself finds out, before it asks anybody.
 */
async function nothingPending(context: Context): Promise<boolean> {
  const { readStatus } = await import('../../analysis/status.js')
  const files = await readProjectFiles(context)
  try {
    const { pending } = await readStatus({ target: context.target, files })
    return pending.length === 0
  } catch {
    return false
  }
}

/** An option that may be given several times. */
function repeated(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value]
}

/** The charter of the worker holds, whatever was sent: whoever started the run sees at once what is not as they asked. */
function sayDifferences(output: Output, admitted: RunView | undefined): void {
  const differences = admitted?.admission?.differences ?? []
  if (differences.length === 0) return
  output.note("Not as this project says: the run is held to the worker's charter.")
  for (const difference of differences) output.note(`  ! ${differenceLine(difference)}`)
  output.note(
    words`  This run stays held to that charter. For what this project says: end it (${command('abort')}), start the worker again (or give it what ${command('charter')} writes now), and then start anew.`,
  )
}

function sayStarted(
  output: Output,
  session: Session,
  request: MigrationRequest,
  {
    started,
    admitted,
    idle,
    left,
  }: { started: StartedRun; admitted: RunView | undefined; idle: boolean; left: Words | undefined },
): number {
  const failure = admitted?.failure
  if (failure?.type === 'NotAdmitted' || failure?.type === 'ConfigInvalid') {
    const { type, message, advice } = failure
    throw new RunbookError(type, message, { advice, details: { ...started } })
  }
  const { environment, database, accountId } = request.target
  const link = runLink(session, started)
  const ui = defined({ uiUrl: session.uiUrl, runUrl: link })
  output.document({
    success: true,
    ...started,
    environment,
    database,
    requester: request.requester,
    ...ui,
    ...defined({ admission: admitted?.admission }),
  })
  if (output.json) return 0
  output.line(databaseLine({ environment, database, accountId }, output.colors))
  output.line(`Started ${started.workflowId}  ${output.colors.dim(started.runId)}`)
  if (link !== undefined) output.line(`Temporal UI: ${link}`)
  if (idle)
    output.line(`Nothing is pending: ${database.name} has every migration, and the run ends with that.`)
  if (left !== undefined) output.line(left)
  const next = at.bind(undefined, { environment })
  output.line(
    // `--yes` has approved it with the request, and a run with nothing to do asks nobody.
    request.preApproved || idle
      ? words`Next: ${next(command('watch'))}`
      : words`Next: ${next(command('watch'))}, and ${next(command('approve', 'team-lead', '--wait'))}`,
  )
  return 0
}
