import { randomUUID } from 'node:crypto'
import { Option, type Command } from 'commander'
import type { IssueReport } from '../../contract/decision.js'
import { defined } from '../../contract/defined.js'
import { RunbookError } from '../../contract/failures.js'
import { observeSignal } from '../../contract/messages.js'
import type { RunView } from '../../contract/run.js'
import type { App, CommonOptions } from '../terminal/app.js'
import { howToRollBack } from '../../runbook/possible-ways.js'
import { actorOf } from './decide.js'
import { SIGN_KEY_HELP } from '../terminal/sign-key.js'
import type { Output } from '../terminal/output.js'
import { withRun } from '../../client/run-id.js'
import { readRun, signalRun } from '../../client/runs.js'
import type { Session } from '../../client/session.js'
import { answerTo, steerRun, type SteeringOrder } from '../../client/steer.js'
import { at, command, words, type Words } from '../../contract/next-command.js'

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
      send(input, 'observe', async (session, run, actor) => {
        await signalRun(session, run, (handle) =>
          handle.signal(observeSignal, { note: input.args[0] ?? '', actor }),
        )
        return {}
      }),
    ),
  )
}

/** What was said of an order beside that it was sent. */
interface Heard {
  /** Why it changed nothing. */
  unchanged?: string
  /** What it waits for. */
  waits?: Words
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
    send(input, signal, async (session, run, actor) => {
      const signing = { key: input.options.signKey, folder: input.options.project }
      const order = orderOf({ ...input, actor })
      const commandId = randomUUID()
      const before = holds(order) ? await seen(session, run) : undefined
      await steerRun(session, run, order, signing, commandId)
      const after = holds(order) && before === undefined ? undefined : await seen(session, run)
      const answer = after === undefined ? undefined : answerTo(order, commandId, after)
      if (typeof answer === 'object') throw notHeeded(order, run, answer.refused)
      return defined({
        unchanged: before === undefined ? undefined : heldAlready(order, before),
        waits: after === undefined ? undefined : stillAsked(order, after),
      })
    }),
  )
}

interface SentTo {
  workflowId: string
  runId: string | undefined
}

/** The run as it can be seen now; a signal reaches it also where nobody answers. */
async function seen(session: Session, { workflowId, runId }: SentTo): Promise<RunView | undefined> {
  return readRun(session, workflowId, runId).catch(() => undefined)
}

function holds(order: SteeringOrder): boolean {
  return order.command === 'pause' || order.command === 'resume'
}

/** What is said of a hold that changed nothing, by the run as it was just before; undefined where it did. */
export function heldAlready(
  order: Pick<SteeringOrder, 'command'>,
  { paused, message }: Pick<RunView, 'paused' | 'message'>,
): string | undefined {
  if (order.command !== 'pause' && order.command !== 'resume') return undefined
  if (paused !== (order.command === 'pause')) return undefined
  return paused
    ? `The run was paused already: ${message}.`
    : `The run was not paused, so nothing was resumed: ${message}.`
}

/** A run that is ended while it asks about a touched database ends with the answer; undefined where nothing is asked. */
export function stillAsked(
  { command: sent }: Pick<SteeringOrder, 'command'>,
  view: Parameters<typeof howToRollBack>[0],
): Words | undefined {
  if (sent !== 'abort' && sent !== 'supersede') return undefined
  if (view.outcome !== null || !view.gates.some(({ gate, state }) => gate === 'rollback' && state === 'open'))
    return undefined
  return words`The database was touched, so the run ends once the gate rollback is decided. ${howToRollBack(view)}`
}

function notHeeded({ command: sent }: SteeringOrder, { workflowId }: SentTo, reason: string): RunbookError {
  return new RunbookError('DecisionRefused', `The run did not heed this ${sent}: ${reason}.`, {
    advice: words`See the run: ${at({ run: workflowId }, command('show'))}`,
  })
}

async function send(
  { options, args, output }: Typed,
  signal: string,
  deliver: (session: Session, run: SentTo, actor: string) => Promise<Heard>,
): Promise<number> {
  refuseEmpty(args)
  const actor = await actorOf(options)
  const { workflowId, ...heard } = await withRun(options, options.id, async (session, found, runId) => ({
    workflowId: found,
    ...(await deliver(session, { workflowId: found, runId }, actor)),
  }))
  output.document({ success: true, workflowId, signal, actor, ...heard })
  if (output.json) return 0
  const look = command('show')
  const { unchanged, waits } = heard
  output.line(
    unchanged === undefined
      ? words`Sent ${signal} to ${workflowId}. See what it does: ${look}`
      : words`${unchanged} See the run: ${look}`,
  )
  if (waits !== undefined) for (const row of output.block(waits)) output.verbatim(row)
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
