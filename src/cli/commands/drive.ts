import { randomUUID } from 'node:crypto'
import { visibleIn } from '../../text/visible.js'
import { submitDecision } from '../../client/decide.js'
import type { Decision } from '../../contract/decision.js'
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
import { askGate, askInterrupt, askWayBack } from '../terminal/prompts.js'
import { openGateLines, openGates, whoAndUntil } from '../terminal/run-text.js'
import type { Session } from '../../client/session.js'
import { words } from '../../contract/next-command.js'

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

/** The decision did not count, or could not be signed: the run waits on. */
const NOT_COUNTED: ReadonlySet<string> = new Set(['DecisionRefused', 'NotPermitted', 'ConfigInvalid'])

class Drive {
  private readonly options: DriveOptions
  private readonly progress: Progress
  private readonly leaving = new AbortController()
  private readonly asked = new Set<string>()
  private prompt: { gate: string; openedAt: string | undefined; cancel: AbortController } | undefined
  private interrupts = 0
  private aborting = false
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
      this.progress.show(view)
      if (until === 'validated' && isValidated(view)) break
      this.meetGates(view)
      if (this.nobodyLooks(view)) break
    }
    if (this.trouble !== undefined) throw this.trouble.error
    if (last === undefined) throw new Error(`the run ${workflowId} could not be read`)
    // Ctrl-C may come with the end of the run: a run that is over is not left.
    const left = this.leaving.signal.aborted && last.outcome === null
    const leftBy = left ? (this.leftBy ?? 'choice') : undefined
    return { view: last, leftBy, abortSent: this.aborting }
  }

  close(): void {
    process.off('SIGINT', this.onInterrupt)
    process.off('SIGTERM', this.onTerminate)
    this.prompt?.cancel.abort()
    this.progress.stop()
  }

  /** `--yes` without a terminal gave every approval but this one: whoever waits for the command must hear of it. */
  private nobodyLooks(view: RunView): boolean {
    const { output, request } = this.options
    return !output.interactive && request.preApproved && awaitsRollback(view)
  }

  /** Closes a prompt that somebody else has answered, and opens the next one. */
  private meetGates(view: RunView): void {
    const open = openGates(view)
    const { prompt } = this
    if (prompt !== undefined && !open.some((gate) => gate.gate === prompt.gate)) prompt.cancel.abort()
    const gate = open[0]
    if (gate === undefined || this.prompt !== undefined || this.aborting) return
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
    const { actor, output } = this.options
    const cancel = new AbortController()
    let now = view
    this.prompt = { gate: gate.gate, openedAt: gate.openedAt, cancel }
    this.progress.hold()
    try {
      const shows = [...gate.shows.map(output.text), ...whoAndUntil(gate, view)]
      const answer =
        gate.gate === 'rollback'
          ? await askWayBack({ shows, signal: cancel.signal })
          : await askGate({ title: gateTitle(gate.gate, view.environment), shows, signal: cancel.signal })
      if (answer === 'elsewhere') return
      if (answer === 'interrupted') {
        this.asked.delete(keyOf(gate))
        await this.interrupt()
        return
      }
      const decision = {
        gate: gate.gate,
        actor,
        decisionId: randomUUID(),
        ...answer,
        ...(view.planHash === null ? {} : { planHash: view.planHash }),
      }
      this.progress.resume()
      if (!(await this.counts(view, decision))) {
        this.asked.delete(keyOf(gate))
        now = (await this.patiently((session) => readRun(session, view.workflowId, view.runId))) ?? view
      }
    } finally {
      this.prompt = undefined
      this.progress.resume()
      if (!this.leaving.signal.aborted) this.meetGates(visibleIn(now))
    }
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
    return patiently({ signal: this.leaving.signal, onSilence }, () => ask(session))
  }

  /** Ctrl-C never decides by itself what happens to a database. */
  private async interrupt(): Promise<void> {
    this.interrupts += 1
    const { output } = this.options
    if (!output.interactive || this.interrupts > 2) {
      if (!output.interactive) this.leftBy = 'SIGINT'
      this.leave()
      return
    }
    this.prompt?.cancel.abort()
    this.progress.hold()
    const choice = await askInterrupt()
    this.progress.resume()
    if (choice === 'detach') this.leave()
    if (choice === 'abort') await this.abort()
    if (choice === 'stay') this.interrupts = 0
  }

  private async abort(): Promise<void> {
    const { session, workflowId, runId, actor, signing } = this.options
    const order = { command: 'abort', reason: 'Ctrl-C at the terminal', actor } as const
    const { steerRun } = await import('../../client/steer.js')
    try {
      await steerRun(session, { workflowId, runId }, order, signing)
    } catch (error) {
      if (!(error instanceof RunbookError) || !NOT_COUNTED.has(error.type)) throw error
      this.progress.line(words`${error.message} ${error.adviceWords}`)
      this.interrupts = 0
      return
    }
    this.aborting = true
    this.progress.line('Abort was sent; waiting for the run to say what was applied. Ctrl-C again to leave.')
    this.interrupts = 2
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
