import { randomUUID } from 'node:crypto'
import { visibleIn } from '../../text/visible.js'
import { submitDecision } from '../../client/decide.js'
import type { Decision } from '../../contract/decision.js'
import type { Gate } from '../../contract/names.js'
import type { GateView, MigrationRequest, RunView } from '../../contract/run.js'
import { judgeDecision } from '../../runbook/policy.js'
import { gateTitle } from '../../runbook/steps.js'
import { RunbookError } from '../../contract/failures.js'
import { followRun } from '../../client/follow.js'
import { patiently } from '../../client/patience.js'
import { readRun } from '../../client/runs.js'
import type { Signing } from '../../client/sign.js'
import type { Output } from '../terminal/output.js'
import { Progress } from '../terminal/progress.js'
import {
  askGate,
  askInterrupt,
  askWayBack,
  type GateAnswer,
  type WayBackAnswer,
} from '../terminal/prompts.js'
import { openGateLines, openGates, shownLines, whoAndUntil } from '../terminal/run-text.js'
import type { Session } from '../../client/session.js'
import { at, command, placeOf, words, type Words } from '../../contract/next-command.js'

export interface DriveOptions {
  session: Session
  workflowId: string
  runId: string
  output: Output
  /** Who answers the prompts. */
  actor: string
  /** Tells which gates the actor may decide; the workflow judges again. */
  request: Pick<MigrationRequest, 'target' | 'policy' | 'people' | 'requester' | 'preApproved'>
  until: 'validated' | 'closed'
  signing: Signing
  /** Given what says a line where it tears no question apart. */
  onReady?: (say: (text: Words) => void) => void
}

/** `leftBy`: the wait ended, by a person's choice or by a signal, and the run goes on. */
export interface Driven {
  view: RunView
  leftBy: 'choice' | 'SIGINT' | 'SIGTERM' | undefined
  /** An abort was sent from here: where the wait ended before the run did, nobody here knows what it made of it. */
  abortSent: boolean
}

/**
 * Stays with a run: shows what happens, asks the open gates in a terminal, says elsewhere how to decide them. Ctrl-C asks
 * whether to detach or to abort; without a terminal it detaches.
 */
export async function driveRun(options: DriveOptions): Promise<Driven> {
  const drive = new Drive(options)
  try {
    return await drive.untilDone()
  } finally {
    drive.close()
  }
}

/** The decision did not count, could not be signed, or came when the run was over: what is followed says how it goes on. */
const NOT_COUNTED: ReadonlySet<string> = new Set([
  'DecisionRefused',
  'NotPermitted',
  'ConfigInvalid',
  'RunNotFound',
])

class Drive {
  private readonly options: DriveOptions
  private readonly progress: Progress
  private readonly leaving = new AbortController()
  private readonly asked = new Set<string>()
  /** The question on the screen, until its answer was taken. One at a time: two would fight for the same keys. */
  private prompt: { key: string; gate: Gate; cancel: AbortController; asked: Promise<unknown> } | undefined
  /** What Ctrl-C asks is on the screen: gates wait for it. */
  private menu: AbortController | undefined
  private latest: RunView | undefined
  private aborting = false
  private abortSent = false
  private trouble: { error: unknown } | undefined
  private leftBy: Driven['leftBy']
  private readonly onInterrupt = (): void => {
    void this.interrupt().catch((error: unknown) => this.fail(error))
  }
  /** Whoever ends this process has no time for questions. */
  private readonly onTerminate = (): void => {
    this.leftBy = 'SIGTERM'
    this.leave()
  }

  constructor(options: DriveOptions) {
    this.options = options
    this.progress = new Progress(options.output)
    options.onReady?.((text) => this.progress.line(text))
    process.on('SIGINT', this.onInterrupt)
    process.on('SIGTERM', this.onTerminate)
  }

  async untilDone(): Promise<Driven> {
    const { session, workflowId, runId, until } = this.options
    let last: RunView | undefined
    const views = followRun({
      session,
      workflowId,
      runId,
      minPauseMs: 300,
      signal: this.leaving.signal,
      onSilence: (silence) => this.progress.silence(silence),
    })
    for await (const seen of views) {
      const view = visibleIn(seen)
      last = seen
      this.latest = view
      this.progress.show(view)
      if (until === 'validated' && isValidated(view)) break
      this.meetGates()
      if (this.nobodyLooks(view)) break
    }
    if (this.trouble !== undefined) throw this.trouble.error
    if (last === undefined) throw new Error(`the run ${workflowId} could not be read`)
    // Ctrl-C may come with the end of the run: a run that is over is not left.
    const left = this.leaving.signal.aborted && last.outcome === null
    const leftBy = left ? (this.leftBy ?? 'choice') : undefined
    return { view: last, leftBy, abortSent: this.abortSent }
  }

  close(): void {
    process.off('SIGINT', this.onInterrupt)
    process.off('SIGTERM', this.onTerminate)
    this.prompt?.cancel.abort()
    this.menu?.abort()
    this.progress.stop()
  }

  /** `--yes` without a terminal gave every approval but this one: whoever waits for the command must hear of it. */
  private nobodyLooks(view: RunView): boolean {
    const { output, request } = this.options
    return !output.interactive && request.preApproved && awaitsRollback(view)
  }

  /** Closes a prompt that somebody else has answered, and opens the next one. */
  private meetGates(): void {
    const view = this.latest
    if (view === undefined) return
    const open = openGates(view)
    const { prompt } = this
    if (prompt !== undefined && !open.some((gate) => keyOf(gate) === prompt.key))
      prompt.cancel.abort(whyNotAsked(view, prompt.gate))
    const gate = open[0]
    if (gate === undefined || this.prompt !== undefined || this.menu !== undefined) return
    // A run that is being ended asks for nothing more but what becomes of the database that it touched.
    if (this.aborting && gate.gate !== 'rollback') return
    const key = keyOf(gate)
    if (this.asked.has(key)) return
    this.asked.add(key)
    const refusal = this.refusalFor(view, gate)
    if (!this.options.output.interactive || refusal !== undefined) {
      this.sayHowToDecide(view, gate, refusal)
      return
    }
    void this.ask(view, gate).catch((error: unknown) => this.fail(error))
  }

  private refusalFor(view: RunView, gate: GateView): string | undefined {
    const { actor, request } = this.options
    const judgement = judgeDecision({
      decision: { gate: gate.gate, decision: 'approve', actor },
      gates: view.gates,
      ...request,
      planHash: view.planHash,
    })
    return judgement.counts ? undefined : judgement.reason
  }

  private sayHowToDecide(view: RunView, gate: GateView, refusal: string | undefined): void {
    const { block, colors } = this.options.output
    this.progress.line(
      colors.yellow(`Waiting for a decision${refusal === undefined ? '' : ` by somebody else: ${refusal}`}`),
    )
    for (const line of openGateLines(gate, view, colors)) {
      for (const row of block(line, { indent: '  ' })) this.progress.line(row)
    }
  }

  private async ask(view: RunView, gate: GateView): Promise<void> {
    const cancel = new AbortController()
    const key = keyOf(gate)
    this.progress.hold()
    const asked = this.question(view, gate, cancel.signal)
    this.prompt = { key, gate: gate.gate, cancel, asked }
    try {
      const answer = await asked
      if (answer === 'withdrawn') {
        if (this.menu !== undefined) this.asked.delete(key)
        return
      }
      if (answer === 'interrupted') {
        this.asked.delete(key)
        await this.interrupt()
        return
      }
      const decision = {
        gate: gate.gate,
        actor: this.options.actor,
        decisionId: randomUUID(),
        ...answer,
        ...(view.planHash === null ? {} : { planHash: view.planHash }),
      }
      this.letLines()
      if (!(await this.counts(view, decision))) {
        this.asked.delete(key)
        const now = await this.patiently((session) => readRun(session, view.workflowId, view.runId)).catch(
          unlessUnknown,
        )
        if (now !== undefined) this.latest = visibleIn(now)
      }
    } finally {
      this.prompt = undefined
      this.letLines()
      if (!this.leaving.signal.aborted) this.meetGates()
    }
  }

  private question(view: RunView, gate: GateView, signal: AbortSignal): Promise<GateAnswer | WayBackAnswer> {
    const { block, colors } = this.options.output
    const shows = [...whoAndUntil(gate, view), ...shownLines(gate, colors)]
    const again = at(placeOf(view), command('show'))
    const asked = { shows, again, block, signal }
    return gate.gate === 'rollback'
      ? askWayBack({ ...asked, ways: view.rollbackOptions })
      : askGate({ title: gateTitle(gate.gate, view.environment), ...asked })
  }

  /** Lines that came while a question was on the screen. */
  private letLines(): void {
    if (this.menu === undefined) this.progress.resume()
  }

  /** Sends a decision. False: it was refused, which is said, and the gate waits on. */
  private async counts(view: RunView, decision: Decision): Promise<boolean> {
    try {
      await this.patiently((session) => submitDecision(session, view, decision, this.options.signing))
      return true
    } catch (error) {
      if (!(error instanceof RunbookError) || !NOT_COUNTED.has(error.type)) throw error
      this.progress.line(words`${error.message} ${error.adviceWords}`)
      return false
    }
  }

  /** Whoever does not answer is waited for, and named. Undefined: the person left. */
  private patiently<T>(ask: (session: Session) => Promise<T>): Promise<T | undefined> {
    const { session } = this.options
    const onSilence = this.progress.silence.bind(this.progress)
    return patiently({ signal: this.leaving.signal, onSilence, session }, () => ask(session))
  }

  /** Ctrl-C never decides by itself what happens to a database. */
  private async interrupt(): Promise<void> {
    const { output } = this.options
    if (!output.interactive) this.leftBy = 'SIGINT'
    if (!output.interactive || this.aborting) {
      this.leave()
      return
    }
    // From outside, it is what the key is in the menu.
    if (this.menu !== undefined) {
      this.menu.abort()
      return
    }
    this.menu = new AbortController()
    try {
      this.prompt?.cancel.abort()
      await this.prompt?.asked
      this.progress.hold()
      const choice = await askInterrupt(this.menu.signal)
      if (choice === 'detach') this.leave()
      if (choice === 'abort') await this.abort()
    } finally {
      this.menu = undefined
      if (this.prompt === undefined) this.progress.resume()
      if (!this.leaving.signal.aborted) this.meetGates()
    }
  }

  private async abort(): Promise<void> {
    const { session, workflowId, runId, actor, signing } = this.options
    const order = { command: 'abort', reason: 'Ctrl-C at the terminal', actor } as const
    const { steerRun } = await import('../../client/steer.js')
    this.aborting = true
    try {
      await steerRun(session, { workflowId, runId }, order, signing)
    } catch (error) {
      if (!(error instanceof RunbookError) || !NOT_COUNTED.has(error.type)) throw error
      this.aborting = false
      this.progress.line(words`${error.message} ${error.adviceWords}`)
      return
    }
    this.abortSent = true
    this.progress.line('Abort was sent; waiting for the run to say what was applied. Ctrl-C again to leave.')
  }

  private leave(): void {
    this.prompt?.cancel.abort()
    this.leaving.abort()
  }

  private fail(error: unknown): void {
    this.trouble ??= { error }
    this.leave()
  }
}

/** A server that does not know the run is told of by who follows it. */
function unlessUnknown(error: unknown): undefined {
  if (!(error instanceof RunbookError) || error.type !== 'RunNotFound') throw error
  return undefined
}

/** Why a question that stood on the screen is taken away: what the run says of its gate. */
function whyNotAsked(view: RunView, name: Gate): string {
  const gate = view.gates.find((one) => one.gate === name)
  const by = gate?.decisions.at(-1)?.actor
  switch (gate?.state) {
    case 'approved':
    case 'rejected':
      return by === undefined ? `${name} is ${gate.state}.` : `${name} was ${gate.state} by ${by}, elsewhere.`
    case 'expired':
      return `${name} has expired: silence is not an approval.`
    default:
      return view.outcome === null ? `${name} is not open any more.` : `The run is over: ${view.outcome}.`
  }
}

/** A gate that opens again is another question. */
function keyOf({ gate, openedAt }: GateView): string {
  return `${gate}/${openedAt ?? ''}`
}

/** Something went wrong, and people must say whether and how the database is taken back. */
export function awaitsRollback(view: RunView): boolean {
  return view.gates.some(({ gate, state }) => gate === 'rollback' && state === 'open')
}

/** Step 4 of the runbook is done: what follows is the team's confirmation and the monitoring. */
function isValidated(view: RunView): boolean {
  return (
    view.outcome === null && view.steps.some(({ step, state }) => step === 'validate' && state === 'done')
  )
}
