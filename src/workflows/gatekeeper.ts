import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow'
import type { Decision } from '../contract/decision.js'
import { decideSignal, submitDecisionUpdate } from '../contract/messages.js'
import type { Gate } from '../contract/names.js'
import type { GatePolicy } from '../contract/policy.js'
import type { GateView, MigrationRequest, RefusedDecision, RunView } from '../contract/run.js'
import {
  gateOutcome,
  judgeDecision,
  recordDecision,
  requesterDecidesAlone,
  type Judgement,
} from '../runbook/policy.js'
import { readDecision } from '../runbook/signal-body.js'
import { now } from './clock.js'

/** Refused decisions kept in the state: enough for an audit, bounded against a flood. */
const MAX_REFUSED = 200

/**
 * The human confirmations: what is asked, who answered, what counted. The only place that changes a gate's state.
 * Nothing here throws into a signal handler, which would stop the workflow.
 */
export class Gatekeeper {
  /** Set while the database can be taken back: a rollback may be decided although nothing asked for it. */
  mayRollBack = false

  private readonly request: MigrationRequest
  private readonly view: RunView
  private readonly changed: () => void

  constructor(request: MigrationRequest, view: RunView, changed: () => void) {
    this.request = request
    this.view = view
    this.changed = changed
    this.listen()
  }

  of(gate: Gate): GateView {
    const found = this.view.gates.find((candidate) => candidate.gate === gate)
    if (found === undefined) throw new Error(`gate ${gate} is missing from the state`)
    return found
  }

  policyOf(gate: Gate): GatePolicy {
    return this.request.policy.gates[gate]
  }

  /** Shows what is being confirmed and lets people decide. A rollback that was decided before stays decided. */
  open(gate: Gate, shows: string[], expiresAt: number | undefined): void {
    const view = this.of(gate)
    if (view.state === 'waiting') view.state = 'open'
    view.shows = shows
    view.openedAt = now()
    if (expiresAt !== undefined) view.expiresAt = new Date(expiresAt).toISOString()
    if (view.state === 'open') this.decideInAdvance(gate)
    this.changed()
  }

  /** Decisions that were given for what is no longer true are kept but count no more: the gate waits again. */
  reset(gate: Gate): void {
    const view = this.of(gate)
    view.earlier = [...(view.earlier ?? []), ...view.decisions]
    view.decisions = []
    view.state = 'waiting'
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

  expire(gate: Gate): void {
    this.of(gate).state = 'expired'
    this.changed()
  }

  /** Approvals that the gate still needs. */
  missing(gate: Gate): number {
    const outcome = gateOutcome({
      rules: this.policyOf(gate),
      decisions: this.of(gate).decisions,
      planHash: this.view.planHash,
    })
    return outcome.state === 'open' ? outcome.missing : 0
  }

  private listen(): void {
    setHandler(decideSignal, (body: unknown) => {
      const read = readDecision(body)
      if (!read.ok) {
        this.refuse(body, read.reason)
        return
      }
      const judgement = this.judge(read.body)
      if (judgement.counts) this.count(read.body)
      else this.refuse(read.body, judgement.reason)
    })
    setHandler(
      submitDecisionUpdate,
      (body: unknown) => {
        const read = readDecision(body)
        if (!read.ok) throw refusal(read.reason)
        const judgement = this.judge(read.body)
        if (!judgement.counts) {
          this.refuse(read.body, judgement.reason)
          throw refusal(judgement.reason)
        }
        this.count(read.body)
        const gate = this.of(judgement.gate)
        return { state: gate.state, approvalsMissing: this.missing(judgement.gate) }
      },
      {
        // What is no decision, or comes to a gate that is not open, is refused before it enters the history. A refusal
        // for want of authority is part of the audit trail, so the handler above keeps it.
        validator: (body: unknown) => {
          const read = readDecision(body)
          if (!read.ok) throw refusal(read.reason)
          const judgement = this.judge(read.body)
          if (!judgement.counts && UNRECORDED.has(judgement.code)) throw refusal(judgement.reason)
        },
      },
    )
  }

  private judge(decision: Decision): Judgement {
    const { view } = this
    const gates = view.gates.map((gate) =>
      gate.gate === 'rollback' && gate.state === 'waiting' && this.mayRollBack
        ? { ...gate, state: 'open' as const }
        : gate,
    )
    const { policy, people, requester } = this.request
    const judgement = judgeDecision({ decision, gates, policy, people, requester, planHash: view.planHash })
    if (!judgement.counts && judgement.code === 'not-open') {
      const open = view.gates.find(({ state }) => state === 'open')
      const where = open === undefined ? view.message : `the open gate is '${open.gate}'`
      return { ...judgement, reason: `${judgement.reason}; ${where}` }
    }
    return judgement
  }

  private count(decision: Decision): void {
    const gate = this.of(decision.gate)
    const { planHash } = this.view
    const fallbackId = `${decision.gate}/${decision.actor}/${gate.decisions.length + 1}`
    gate.decisions.push(recordDecision({ decision, at: now(), planHash, fallbackId }))
    const outcome = gateOutcome({ rules: this.policyOf(gate.gate), decisions: gate.decisions, planHash })
    if (gate.state === 'waiting' || gate.state === 'open') gate.state = outcome.state
    this.changed()
  }

  private refuse(body: unknown, reason: string): void {
    if (this.view.refused.length >= MAX_REFUSED) return
    this.view.refused.push({ ...sentFields(body), at: now(), reason })
    this.changed()
  }

  /** `--yes` is the requester's own decision; an automatic gate is the policy's. Neither may take back a database. */
  private decideInAdvance(gate: Gate): void {
    if (gate === 'rollback') return
    const { policy, people, requester, preApproved, target } = this.request
    if (preApproved && requesterDecidesAlone({ gate, policy, people, requester })) {
      const decision: Decision = {
        gate,
        decision: 'approve',
        actor: requester,
        comment: 'given at the start: --yes',
      }
      const judgement = this.judge(decision)
      if (judgement.counts) this.count(decision)
      else this.refuse(decision, judgement.reason)
      return
    }
    if (this.policyOf(gate).automatic && !(gate === 'final' && target.production)) {
      this.of(gate).state = 'skipped'
      this.of(gate).shows.push('Opened by itself: the checks passed, and the policy asks for nobody')
    }
  }
}

const UNRECORDED: ReadonlySet<string> = new Set(['unknown-gate', 'not-open', 'no-actor'])

function refusal(reason: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'DecisionRefused',
    message: `Refused: ${reason}`,
    nonRetryable: true,
  })
}

function sentFields(body: unknown): Pick<RefusedDecision, 'gate' | 'actor' | 'decision'> {
  const fields: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {}
  const text = (name: string): string => {
    const value = fields[name]
    return typeof value === 'string' ? value.slice(0, 200) : ''
  }
  return { gate: text('gate'), actor: text('actor'), decision: text('decision') }
}
