import type { WorkflowHandle } from '@temporalio/client'
import { Option, type Command } from 'commander'
import {
  abortSignal,
  observeSignal,
  pauseSignal,
  reportIssueSignal,
  resumeSignal,
  supersedeSignal,
} from '../contract/messages.js'
import type { IssueReport } from '../contract/decision.js'
import { RunbookError } from '../contract/failures.js'
import type { App, CommonOptions } from './app.js'
import { actorOf } from './decide.js'
import type { Output } from './output.js'
import { signalRun, workflowIdOf } from './runs.js'
import { withSession } from './session.js'

interface SignalOptions {
  id?: string
  actor?: string
  reason?: string
  severity?: IssueReport['severity']
}

export function abortCommand(app: App, summary: string): Command {
  return stopOptions(
    app.command('abort', summary, ['abort --env production --reason "the release is off"']),
  ).action(
    app.action<SignalOptions>((input) =>
      send(input, 'abort', (handle, actor) =>
        handle.signal(abortSignal, { reason: reasonOf(input.options), actor }),
      ),
    ),
  )
}

export function supersedeCommand(app: App, summary: string): Command {
  return stopOptions(
    app.command('supersede', summary, ['supersede --reason "a fourth migration was added"']),
  ).action(
    app.action<SignalOptions>((input) =>
      send(input, 'supersede', (handle, actor) =>
        handle.signal(supersedeSignal, { reason: reasonOf(input.options), actor }),
      ),
    ),
  )
}

export function pauseCommand(app: App, summary: string): Command {
  return runOption(app.command('pause', summary, ['pause --env production'])).action(
    app.action<SignalOptions>((input) => send(input, 'pause', (handle) => handle.signal(pauseSignal))),
  )
}

export function resumeCommand(app: App, summary: string): Command {
  return runOption(app.command('resume', summary, ['resume --env production'])).action(
    app.action<SignalOptions>((input) => send(input, 'resume', (handle) => handle.signal(resumeSignal))),
  )
}

export function reportIssueCommand(app: App, summary: string): Command {
  return actorOption(
    runOption(
      app.command('report-issue <description>', summary, [
        'report-issue "lists are empty" --severity major --env production',
      ]),
    ),
  )
    .addOption(
      new Option('--severity <level>', 'how bad it is')
        .choices(['minor', 'major', 'critical'])
        .default('major'),
    )
    .action(
      app.action<SignalOptions>((input) =>
        send(input, 'reportIssue', (handle, actor) =>
          handle.signal(reportIssueSignal, {
            severity: input.options.severity ?? 'major',
            description: input.args[0] ?? '',
            actor,
          }),
        ),
      ),
    )
}

export function observeCommand(app: App, summary: string): Command {
  return actorOption(
    runOption(app.command('observe <note>', summary, ['observe "the backup took longer than last time"'])),
  ).action(
    app.action<SignalOptions>((input) =>
      send(input, 'observe', (handle, actor) =>
        handle.signal(observeSignal, { note: input.args[0] ?? '', actor }),
      ),
    ),
  )
}

async function send(
  { options, args, output }: { options: CommonOptions & SignalOptions; args: string[]; output: Output },
  signal: string,
  deliver: (handle: WorkflowHandle, actor: string) => Promise<void>,
): Promise<number> {
  refuseEmpty(args)
  const actor = await actorOf(options)
  const workflowId = await workflowIdOf(options, options.id)
  await withSession(options.project, (session) =>
    signalRun(session, workflowId, (handle) => deliver(handle, actor)),
  )
  output.document({ success: true, workflowId, signal, actor })
  if (!output.json) output.line(`Sent ${signal} to ${workflowId}. See what it does: d1-runbook show`)
  return 0
}

/** The workflow would refuse it where nobody looks. */
function refuseEmpty(args: string[]): void {
  if (!args.some((arg) => arg.trim() === '')) return
  throw new RunbookError('ConfigInvalid', 'The text is empty.', {
    advice: 'Say in a few words what you saw.',
  })
}

function reasonOf({ reason }: SignalOptions): string {
  return reason === undefined || reason.trim() === '' ? 'no reason given' : reason
}

function runOption(command: Command): Command {
  return command.option('--id <workflow>', 'run that is meant, where it is not the one of --env')
}

function actorOption(command: Command): Command {
  return command.option(
    '--actor <name>',
    "who says it (default: git's user name, else the account of this machine)",
  )
}

function stopOptions(command: Command): Command {
  return actorOption(runOption(command)).option('--reason <text>', 'why; kept in the report')
}
