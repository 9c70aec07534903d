import { randomUUID } from 'node:crypto'
import { defined } from '../../contract/defined.js'
import { submitDecision, type DecisionAnswer } from '../../client/decide.js'
import type { Command } from 'commander'
import { didYouMean } from '../../config/closest.js'
import type { Decision } from '../../contract/decision.js'
import { RunbookError } from '../../contract/failures.js'
import { visibleIn } from '../../text/visible.js'
import { GATES, isGate, type Gate } from '../../contract/names.js'
import type { GateView, RunView } from '../../contract/run.js'
import { howToRollBack } from '../../runbook/possible-ways.js'
import { gateCommands } from '../../runbook/gate-commands.js'
import { samePerson } from '../../runbook/people/people.js'
import { whoLines } from '../../runbook/who-decides.js'
import type { App, CommonOptions } from '../terminal/app.js'
import type { Output } from '../terminal/output.js'
import { openGates } from '../terminal/run-text.js'
import { SIGN_KEY_HELP } from '../terminal/sign-key.js'
import { configuredZone } from '../jobs/zone.js'
import { silenceText } from '../terminal/silence-text.js'
import { patiently, type Silence } from '../../client/patience.js'
import { withRun } from '../../client/run-id.js'
import { readRun } from '../../client/runs.js'
import type { Session } from '../../client/session.js'
import {
  at,
  command,
  placeOf,
  words,
  wordsAt,
  type NextCommand,
  type Words,
} from '../../contract/next-command.js'

export interface DecideOptions {
  id?: string
  actor?: string
  comment?: string
  planHash?: string
  signKey?: string
  wait?: boolean
}

export function approveCommand(app: App, summary: string): Command {
  return decisionOptions(
    app.command('approve <gate>', summary, [
      'approve team-lead --env production',
      'approve final --env production --actor "Ada Lovelace" --comment "seen the plan"',
      'approve plan --wait            # waits until the gate opens',
    ]),
  ).action(app.action<DecideOptions>((input) => decide('approve', input)))
}

export function rejectCommand(app: App, summary: string): Command {
  return decisionOptions(
    app.command('reject <gate>', summary, ['reject plan --env production --comment "the index is missing"']),
  ).action(app.action<DecideOptions>((input) => decide('reject', input)))
}

export function decisionOptions(command: Command): Command {
  return command
    .option('--id <workflow>', 'run to decide, where it is not the one of --env')
    .option('--actor <name>', "who decides (default: git's user name, else the account of this machine)")
    .option('--comment <text>', 'kept with the decision')
    .option(
      '--plan-hash <hash>',
      'the plan of this run that you have seen in it; refused when it is another one by now (`plan` shows a hash of its own)',
    )
    .option('--sign-key <file>', SIGN_KEY_HELP)
    .option('--wait', 'wait until the gate opens')
}

async function decide(
  decision: 'approve' | 'reject',
  { options, args, output }: { options: CommonOptions & DecideOptions; args: string[]; output: Output },
): Promise<number> {
  const gate = gateOf(args[0] ?? '')
  if (gate === 'rollback' && decision === 'approve') {
    throw await wayBackMissing(options)
  }
  return sendDecision({ options, output, decision: { gate, decision } })
}

/** Without a way back nothing is approved; what may be typed instead depends on the run. */
async function wayBackMissing(options: CommonOptions & DecideOptions): Promise<RunbookError> {
  const advice = await withRun(options, options.id, async (session, run, runId) =>
    wordsAt({ run }, howToRollBack(await readRun(session, run, runId))),
  ).catch(() => words`Which ways there are, and what each one costs: ${command('show')}`)
  return new RunbookError('DecisionRefused', 'The gate rollback needs a way back to be chosen.', { advice })
}

/**
 * Sends the decision and prints whether it counted. Shared by `approve`, `reject` and `rollback`. Whoever does not answer is
 * waited for: the decision has one ID, and counts once however often it is sent.
 */
export async function sendDecision(input: {
  options: CommonOptions & DecideOptions
  output: Output
  decision: Pick<Decision, 'gate' | 'decision' | 'strategy'>
}): Promise<number> {
  const { options, output } = input
  const actor = await actorOf(options)
  const decisionId = randomUUID()
  const onSilence = saySilence(output.note, await configuredZone(options))
  const answer = await withRun(options, options.id, async (session, workflowId, named) => {
    if (options.wait === true)
      await waitForGate(session, { workflowId, runId: named }, input.decision.gate, { output, onSilence })
    const run = await answered(session, onSilence, () => readRun(session, workflowId, named))
    refuseLateWayBack(input.decision, run)
    const decision = {
      ...input.decision,
      actor,
      decisionId,
      ...defined({ planHash: wholePlanHash(options.planHash, run.planHash), comment: options.comment }),
    }
    if (!(await priceAccepted(input.decision, run, output))) return { workflowId, declined: true as const }
    const signing = { key: options.signKey, folder: options.project }
    const counted = await answered(session, onSilence, () => submitDecision(session, run, decision, signing))
    return { workflowId, counted, next: output.json ? undefined : await readNext(session, run) }
  })
  const { workflowId } = answer
  if ('declined' in answer) {
    output.line('Nothing was decided.')
    return 3
  }
  const { counted: result, next } = answer
  output.document({ success: true, workflowId, ...input.decision, actor, ...result })
  if (!output.json) {
    output.line(countedText({ ...input.decision, actor }, result))
    if (next !== undefined)
      for (const line of nextLines(next, actor, identityTyped(options))) output.line(line)
  }
  return 0
}

/** Once a run is over no way back of it is open; what it applied is taken back by a file of its own. */
export function refuseLateWayBack(
  { gate, strategy }: Pick<Decision, 'gate' | 'strategy'>,
  run: Parameters<typeof howToRollBack>[0] & Pick<RunView, 'workflowId'>,
): void {
  if (gate !== 'rollback' || run.outcome === null || strategy === undefined || strategy === 'none') return
  throw new RunbookError('RunNotFound', `The run ${run.workflowId} is over: ${run.outcome}.`, {
    advice: howToRollBack(run),
  })
}

/** A way back begins at once: what it costs is said before, and in a terminal asked about. */
async function priceAccepted(
  decision: Pick<Decision, 'gate' | 'decision' | 'strategy'>,
  run: RunView,
  output: Output,
): Promise<boolean> {
  const price = wayPrice(decision, visibleIn(run))
  if (price === undefined) return true
  if (!output.interactive || output.json) {
    for (const line of [`${price.title}:`, ...price.lines.map((line) => `  ${line}`)]) output.note(line)
    return true
  }
  const { askGate } = await import('../terminal/prompts.js')
  const { signal } = new AbortController()
  const answer = await askGate({ title: price.title, shows: price.lines, block: output.block, signal })
  return typeof answer === 'object' && answer.decision === 'approve'
}

/** What the run told last of the way back that a decision chooses; undefined where it chooses none that the run would take. */
export function wayPrice(
  { gate, decision, strategy }: Pick<Decision, 'gate' | 'decision' | 'strategy'>,
  { outcome, rollbackOptions }: Pick<RunView, 'outcome' | 'rollbackOptions'>,
): { title: string; lines: string[] } | undefined {
  if (gate !== 'rollback' || decision !== 'approve' || strategy === undefined || strategy === 'none')
    return undefined
  if (outcome !== null) return undefined
  const way = rollbackOptions?.find((one) => one.strategy === strategy)
  if (way === undefined)
    return {
      title: `What ${strategy} costs`,
      lines: ['it is not counted yet: the run tells it where it asks, at the gate rollback'],
    }
  return way.available
    ? { title: `What ${strategy} costs, as the run told last`, lines: way.price }
    : undefined
}

function countedText(
  { gate, decision, actor }: Pick<Decision, 'gate' | 'decision' | 'actor'>,
  { state, approvalsMissing }: DecisionAnswer,
): string {
  const missing = approvalsMissing > 0 ? `; ${approvalsMissing} more needed` : ''
  const said = decision === 'approve' ? 'approved' : 'declined'
  return `${gate}: ${said} by ${actor}; the gate is ${state}${missing}`
}

/** The answer, however long it takes: Ctrl-C ends the command. Says who is silent. */
async function answered<T>(session: Session, onSilence: OnSilence, ask: () => Promise<T>): Promise<T> {
  const { signal } = new AbortController()
  const answer = await patiently({ signal, onSilence, session }, ask)
  if (answer === undefined) throw new Error('nobody ends this waiting but Ctrl-C')
  return answer
}

type OnSilence = (silence: Silence | undefined) => void

function saySilence(note: Output['note'], timeZone: string): OnSilence {
  return (silence) => note(silence === undefined ? 'It answers again.' : silenceText(silence, timeZone))
}

/** What is shown of a plan hash, its first twelve digits, names it too; anything else is for the run to refuse. */
export function wholePlanHash(typed: string | undefined, current: string | null): string | undefined {
  const shown = typed !== undefined && /^[0-9a-f]{12,}$/i.test(typed) ? typed.toLowerCase() : undefined
  return shown !== undefined && current?.startsWith(shown) === true ? current : typed
}

/** The run as it is after the decision, which counted whatever this look says. */
async function readNext(
  session: Session,
  { workflowId, runId }: Pick<RunView, 'workflowId' | 'runId'>,
): Promise<RunView | undefined> {
  return readRun(session, workflowId, runId).catch(() => undefined)
}

/** How the person said who they are: they are the same one at the next gate. */
export function identityTyped({ actor, signKey }: Pick<DecideOptions, 'actor' | 'signKey'>): string[] {
  return [
    ...(actor === undefined ? [] : ['--actor', actor]),
    ...(signKey === undefined ? [] : ['--sign-key', signKey]),
  ]
}

/** What the run does now: the gate that waits next, or the work that goes on. */
export function nextLines(view: RunView, actor: string, identity: readonly string[] = []): Words[] {
  const open = openGates(view)
  if (open.length === 0) {
    const state = view.outcome === null ? (view.paused ? 'paused; ' : '') : `${view.outcome}: `
    const look = view.outcome === null ? words` Follow it: ${at(placeOf(view), command('watch'))}` : ''
    return [words`Now: ${state}${view.message}.${look}`]
  }
  return open.flatMap((one) => {
    const { gate, who } = one
    if (!mayApprove(one, actor))
      return [
        `Now: waiting at the gate ${gate}, for somebody else`,
        ...(who === undefined ? [] : whoLines(who).map((line) => `  ${line}`)),
      ]
    return [
      `Now: waiting at the gate ${gate}`,
      ...gateCommands(gate, view, view.rollbackOptions).map(
        ({ label, command: next }) => words`  ${label.toLowerCase()}: ${withArgs(next, identity)}`,
      ),
    ]
  })
}

export function withArgs(next: NextCommand, args: readonly string[]): NextCommand {
  return { ...next, args: [...next.args, ...args] }
}

/** False where the run says already that their approval would not count; it judges the rest itself. */
function mayApprove({ who, decisions }: GateView, actor: string): boolean {
  if (decisions.some((one) => one.decision === 'approve' && samePerson(one.actor, actor))) return false
  const person = who?.people.find(({ name }) => samePerson(name, actor))
  if (person !== undefined) return person.excluded === undefined
  return who === undefined || who.roles.length === 0
}

/** The name as typed behind `option`, trimmed; nobody is no person. */
export async function actorOf(
  options: { actor?: string; project: string },
  { option = '--actor', needs = 'A decision needs the name of the person who takes it.' } = {},
): Promise<string> {
  const { defaultActor } = await import('../../process/programs.js')
  const actor = (options.actor ?? (await defaultActor(options.project))).trim()
  if (actor !== '') return actor
  throw new RunbookError('DecisionRefused', needs, {
    advice: `Give it: ${option} "Your Name"`,
  })
}

function gateOf(name: string): Gate {
  if (isGate(name)) return name
  throw new RunbookError('DecisionRefused', `There is no gate "${name}".${didYouMean(name, GATES)}`, {
    advice: `Gates: ${GATES.join(', ')}`,
  })
}

async function waitForGate(
  session: Session,
  run: { workflowId: string; runId: string | undefined },
  gate: Gate,
  { output, onSilence }: { output: Output; onSilence: OnSilence },
): Promise<void> {
  const { followRun } = await import('../../client/follow.js')
  const signal = new AbortController().signal
  const { workflowId } = run
  let last: RunView | undefined
  for await (const view of followRun({
    session,
    ...run,
    minPauseMs: 1_000,
    signal,
    onSilence,
  })) {
    const state = view.gates.find((each) => each.gate === gate)?.state
    if (state === 'open') return
    if (state !== 'waiting') {
      throw new RunbookError('DecisionRefused', `The gate ${gate} is ${state ?? 'unknown'} already.`, {
        advice: words`See the run: ${at({ run: workflowId }, command('show'))}`,
      })
    }
    if (view.message !== last?.message) output.note(`${gate} is not open yet: ${view.message}`)
    last = view
  }
  const how = last === undefined || last.outcome === null ? '' : ` It is ${last.outcome}: ${last.message}.`
  throw new RunbookError('DecisionRefused', `The run ended before the gate ${gate} opened.${how}`, {
    advice: words`See how: ${at({ run: workflowId }, command('show'))}`,
  })
}
