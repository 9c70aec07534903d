import { ApplicationFailure, condition, log, patched, setHandler } from '@temporalio/workflow'
import { decideSignal, submitDecisionUpdate } from '../contract/messages.js'
import type { Gate } from '../contract/names.js'
import { defined } from '../contract/defined.js'
import type { PlanView } from '../contract/plan-view.js'
import type { GatePolicy } from '../contract/policy.js'
import type { RollbackOption } from '../contract/rollback.js'
import type { GateView, GateWho, MigrationRequest, RunView } from '../contract/run.js'
import { now } from './clock.js'
import {
  consider,
  decide,
  expireGate,
  gateOf,
  namesAbsentPlan,
  openGate,
  voidGate,
  whoOf,
  type DecisionAnswer,
  type GateState,
} from './gates.js'
import { placeOf, type Words, wordsAt } from '../contract/next-command.js'
import type { Ending } from './state.js'

/** The gates of one run, reached by signal and by update, and waited for. The rules are in `gates.ts`. */
export class Gatekeeper {
  private readonly state: GateState
  private readonly changed: () => void
  private readonly view: RunView
  private earlyPlans = 0

  constructor(request: MigrationRequest, view: RunView, changed: () => void) {
    this.state = { request, view, mayRollBack: false }
    this.changed = changed
    this.view = view
    this.listen()
  }

  set mayRollBack(may: boolean) {
    this.state.mayRollBack = may
  }

  /** How the run ends is known: nothing is asked any more. */
  ends(ending: Ending): void {
    this.state.mayRollBack = false
    this.state.ending = ending
  }

  /** From here on only a way that is possible can be chosen. Runs that began before this took any. */
  offer(ways: readonly RollbackOption[]): void {
    if (patched('only-possible-ways')) this.state.ways = ways
  }

  /** From here on nobody decides in the name of the tool itself. */
  refuseOwnName(): void {
    this.state.refusesOwnName = true
  }

  of(gate: Gate): GateView {
    return gateOf(this.state, gate)
  }

  policyOf(gate: Gate): GatePolicy {
    return this.state.request.policy.gates[gate]
  }

  who(gate: Gate): GateWho {
    return whoOf(this.state, gate)
  }

  /** `expiresAt`: epoch milliseconds. */
  open(
    gate: Gate,
    { lines, plan, expiresAt }: { lines: Words[]; plan?: PlanView; expiresAt?: number | undefined },
  ): void {
    const shows = lines.map((line) => wordsAt(placeOf(this.view), line))
    const expiry = expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }
    openGate(this.state, { gate, shows, ...defined({ plan }), at: now(), ...expiry })
    log.info('A gate opened', { gate })
    this.changed()
  }

  void(gate: Gate): void {
    voidGate(this.state, gate)
    this.changed()
  }

  expire(gate: Gate): void {
    expireGate(this.state, gate)
    this.changed()
  }

  /** Waits until people have decided, or until `untilMs` (epoch); whether they have. */
  async decided(gate: Gate, untilMs?: number): Promise<boolean> {
    const done = (): boolean => this.of(gate).state !== 'open'
    if (done()) return true
    if (untilMs === undefined) {
      await condition(done)
      return true
    }
    const waitMs = untilMs - Date.now()
    return waitMs > 0 ? condition(done, waitMs, { summary: `Gate ${gate}` }) : false
  }

  private decide(body: unknown): DecisionAnswer {
    const answer = decide(this.state, body, now(), { ignoringEarlyPlan: this.ignoresEarlyPlan(body) })
    this.changed()
    return answer
  }

  /** Runs that began before this took a decision that names a plan where there is none, and dropped the name. */
  private ignoresEarlyPlan(body: unknown): boolean {
    if (!namesAbsentPlan(this.state, body) || !consider(this.state, body, IGNORING).counted) return false
    this.earlyPlans += 1
    return !patched(`early-plan-${this.earlyPlans}`)
  }

  private listen(): void {
    setHandler(decideSignal, (body: unknown) => {
      this.decide(body)
    })
    setHandler(
      submitDecisionUpdate,
      (body: unknown) => {
        const answer = this.decide(body)
        if (!answer.counted) throw refusal(answer)
        return { state: answer.state, approvalsMissing: answer.approvalsMissing }
      },
      {
        // What is no decision, or comes to a gate that is not open, is refused before it enters the history. A refusal
        // for want of authority is part of the audit trail, so the handler above keeps it.
        validator: (body: unknown) => {
          const answer = consider(this.state, body)
          if (!answer.counted && answer.unrecorded) throw refusal(answer)
        },
      },
    )
  }
}

const IGNORING = { ignoringEarlyPlan: true }

function refusal({ reason, advice }: { reason: string; advice?: Words }): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'DecisionRefused',
    message: `Refused: ${reason}`,
    nonRetryable: true,
    ...(advice === undefined ? {} : { details: [{ advice }] }),
  })
}
