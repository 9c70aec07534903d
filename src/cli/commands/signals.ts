import { Option, type Command } from 'commander'
import type { IssueReport } from '../../contract/decision.js'
import { RunbookError } from '../../contract/failures.js'
import { observeSignal } from '../../contract/messages.js'
import type { App, CommonOptions } from '../terminal/app.js'
import { actorOf } from './decide.js'
import { SIGN_KEY_HELP } from '../terminal/sign-key.js'
import type { Output } from '../terminal/output.js'
import { withRun } from '../../client/run-id.js'
import { signalRun } from '../../client/runs.js'
import type { Session } from '../../client/session.js'
import { steerRun, type SteeringOrder } from '../../client/steer.js'
import { command, words } from '../../contract/next-command.js'

interface SignalOptions {
  id?: string
  actor?: string
  reason?: string
  severity?: IssueReport['severity']
  signKey?: string
}

export function abortCommand(app: App, summary: string): Command {
  return reasonOption(
    steeringOptions(app.command('abort', summary, ['abort --env production --reason "the release is off"'])),
  ).action(
    steering(app, 'abort', ({ options, actor }) => ({ command: 'abort', reason: reasonOf(options), actor })),
  )
}

export function supersedeCommand(app: App, summary: string): Command {
  return reasonOption(
    steeringOptions(app.command('supersede', summary, ['supersede --reason "a fourth migration was added"'])),
  ).action(
    steering(app, 'supersede', ({ options, actor }) => ({
      command: 'supersede',
      reason: reasonOf(options),
      actor,
    })),
  )
}

export function pauseCommand(app: App, summary: string): Command {
  return reasonOption(steeringOptions(app.command('pause', summary, ['pause --env production']))).action(
    steering(app, 'pause', ({ options, actor }) => ({ command: 'pause', actor, ...givenReason(options) })),
  )
}

export function resumeCommand(app: App, summary: string): Command {
  return reasonOption(steeringOptions(app.command('resume', summary, ['resume --env production']))).action(
    steering(app, 'resume', ({ options, actor }) => ({ command: 'resume', actor, ...givenReason(options) })),
  )
}

export function reportIssueCommand(app: App, summary: string): Command {
  return steeringOptions(
    app.command('report-issue <description>', summary, [
      'report-issue "lists are empty" --severity major --env production',
    ]),
  )
    .addOption(
      new Option('--severity <level>', 'how bad it is')
        .choices(['minor', 'major', 'critical'])
        .default('major'),
    )
    .action(
      steering(app, 'reportIssue', ({ options, args, actor }) => ({
        command: 'report-issue',
        severity: options.severity ?? 'major',
        description: (args[0] ?? '').trim(),
        actor,
      })),
    )
}

export function observeCommand(app: App, summary: string): Command {
  return actorOption(
    runOption(app.command('observe <note>', summary, ['observe "the backup took longer than last time"'])),
  ).action(
    app.action<SignalOptions>((input) =>
      send(input, 'observe', (session, workflowId, actor) =>
        signalRun(session, { workflowId }, (handle) =>
          handle.signal(observeSignal, { note: input.args[0] ?? '', actor }),
        ),
      ),
    ),
  )
}

interface Typed {
  options: CommonOptions & SignalOptions
  args: string[]
  output: Output
}

/** The action of a command that steers the run: who gives it, what it says, signed where the run asks for it. */
function steering(
  app: App,
  signal: string,
  orderOf: (input: Typed & { actor: string }) => SteeringOrder,
): ReturnType<App['action']> {
  return app.action<SignalOptions>((input) =>
    send(input, signal, (session, workflowId, actor) => {
      const signing = { key: input.options.signKey, folder: input.options.project }
      return steerRun(session, { workflowId }, orderOf({ ...input, actor }), signing)
    }),
  )
}

async function send(
  { options, args, output }: Typed,
  signal: string,
  deliver: (session: Session, workflowId: string, actor: string) => Promise<void>,
): Promise<number> {
  refuseEmpty(args)
  const actor = await actorOf(options)
  const workflowId = await withRun(options, options.id, async (session, found) => {
    await deliver(session, found, actor)
    return found
  })
  output.document({ success: true, workflowId, signal, actor })
  if (!output.json) output.line(words`Sent ${signal} to ${workflowId}. See what it does: ${command('show')}`)
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
  return reason === undefined || reason.trim() === '' ? 'no reason given' : reason.trim()
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

function givenReason({ reason }: SignalOptions): { reason?: string } {
  return reason === undefined || reason.trim() === '' ? {} : { reason: reason.trim() }
}

function steeringOptions(command: Command): Command {
  return actorOption(runOption(command)).option('--sign-key <file>', SIGN_KEY_HELP)
}

function reasonOption(command: Command): Command {
  return command.option('--reason <text>', 'why; kept in the report')
}
