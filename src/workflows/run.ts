import {
  allHandlersFinished,
  CancellationScope,
  condition,
  log,
  patched,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { Audited, RequestClaim } from '../contract/activities.js'
import type { Ask } from '../contract/ask.js'
import type { Admission } from '../contract/admission.js'
import type { StopRequest } from '../contract/decision.js'
import type { Baseline } from '../contract/monitoring.js'
import { hasRoom, LIMITS } from '../contract/limits.js'
import { OWN_NAME, shortRunId, type Gate, type Outcome } from '../contract/names.js'
import type { EscalationStep, GatePolicy } from '../contract/policy.js'
import type { Plan } from '../contract/plan.js'
import type { PlanView } from '../contract/plan-view.js'
import { defined } from '../contract/defined.js'
import type { GateWho, MigrationRequest, RunView } from '../contract/run.js'
import type { Status } from '../contract/status.js'
import { renderChecklist } from '../runbook/checklist.js'
import {
  gateClosedMessage,
  gateOpenMessage,
  reminderMessage,
  type MessageContext,
} from '../runbook/messages.js'
import { alarmsOf, escalationLines, firstSteps, reached } from '../runbook/escalation.js'
import { compressedGap, gapLine } from '../runbook/gaps.js'
import { proposalLines } from '../runbook/people/provenance.js'
import { compressedOf } from '../runbook/monitoring/compressed.js'
import { stepTitle, type StepName } from '../runbook/steps.js'
import { shownHash } from '../runbook/shown.js'
import { windowState } from '../runbook/window.js'
import { Announcer } from './announcer.js'
import { answerOf, commandsOf, keepCommands } from './audit.js'
import { now } from './clock.js'
import { atPlace, endingOf, GateDeclined, GateExpired } from './endings.js'
import { Gatekeeper } from './gatekeeper.js'
import { searchAttributesOf } from './search-attributes.js'
import { aboutOf, newRunView, phaseOf, stepOf, type Ending } from './state.js'
import { placeOf, type Words } from '../contract/next-command.js'

/** Well within the time for which what a run needs is kept without a word from it. Milliseconds. */
const KEEP_AGAIN_MS = 7 * 24 * 60 * 60_000

interface WayBackTried {
  /** It may have touched the database. */
  began: boolean
  /** What was read before it. */
  before?: Status
  /** Ledger and schema as before prove that it did nothing. */
  provenByReading?: boolean
}

/** What the body says of itself; whatever throws ends otherwise. */
export type Completed = Extract<Outcome, 'completed' | 'completed-unhealthy'>

/**
 * One migration in progress: its state, the signals that reach it, and the few moves that the workflow is made of.
 * Handlers are synchronous and only change the state; the workflow waits for the state.
 */
export class Run {
  /** As it was sent, until it is admitted; then what the charter makes of it. */
  readonly request: MigrationRequest
  readonly view: RunView
  readonly gates: Gatekeeper
  readonly announcer: Announcer
  plan: Plan | null = null
  baseline: Baseline | null = null
  /** Files whose application was begun: each may have changed the database until it is proven. */
  readonly begun = new Set<string>()
  /**
   * No charter serves the request, the charter asks for more than it brought, or there is no lost run to go on from: nothing was done for it,
   * and nothing is written about it.
   */
  nothingDone = false
  /** People have been told of an issue with the ways back. */
  alerted = false
  /** Nobody says anything in the name of the tool itself. Runs that began before this took it. */
  refusesOwnName = false
  /** How many of the reported issues people have been asked about. */
  issuesAsked = 0
  /** ISO 8601, UTC: since then a way back is under way, or has led somewhere. */
  takingBackSince: string | undefined
  /** Why the database is kept as it is after the newest issue; undefined while nobody has decided so. */
  keptBecause: string | undefined
  /** The way back that was tried last. */
  wayBack: WayBackTried = { began: false }
  /** How often it has waited for what may take weeks: each wait has a place of its own in the history. */
  private waits = 0
  /** Keeps what the run needs while it waits. */
  private readonly keepNeeds: (run: Run) => Promise<void>
  /** The key of the lost run that this one goes on from. */
  goesOnFrom: string | undefined
  private stop: { kind: 'abort' | 'supersede'; request: StopRequest } | null = null
  private readonly body = new CancellationScope()

  /** Registers the handler of decisions; `listen` registers the others. Both before the first `await` of the workflow. */
  constructor(request: MigrationRequest, keepNeeds: (run: Run) => Promise<void>) {
    this.keepNeeds = keepNeeds
    const { workflowId, runId, firstExecutionRunId: first, startTime } = workflowInfo()
    this.request = { ...request }
    const resetFrom = first === runId ? undefined : first
    const startedAt = startTime.toISOString()
    this.view = newRunView(request, { workflowId, runId, startedAt, ...defined({ resetFrom }) })
    this.gates = new Gatekeeper(this.request, this.view, () => {
      this.refresh()
    })
    this.announcer = new Announcer(this.request, this.view, this.runKey)
  }

  /** After every handler is registered: refuses a request that could not be told about, and shows the run. */
  begin(): void {
    // A time zone that nobody knows throws in every message: here it ends the run before it begins.
    new Intl.DateTimeFormat('en', { timeZone: this.request.timeZone })
    this.refresh()
  }

  refuseOwnName(): void {
    this.refusesOwnName = true
    this.gates.refuseOwnName()
  }

  /** From here on the run goes by what the charter says: all who hold its request see the new one. */
  holdTo(effective: RequestClaim, admission: Admission): void {
    const { request, view } = this
    const { bundle } = request
    for (const name of Object.keys(request)) Reflect.deleteProperty(request, name)
    Object.assign(request, effective, { bundle })
    delete view.accountId
    delete view.databaseOption
    delete view.requireSignatures
    delete view.compressed
    delete view.proposedBy
    Object.assign(view, aboutOf(request), compressedOf(request), { admission })
    this.begin()
  }

  /** Names the folder of this run where the worker keeps its report and failure files. */
  get runKey(): string {
    const stamp = this.view.startedAt.replace(/[-:]|\.\d+Z$/g, '').replace('T', '-')
    return `${this.view.environment}-${stamp}-${shortRunId(this.view.runId)}`
  }

  /** What the monitoring compares with; empty where none was taken. */
  get takenBaseline(): Baseline {
    return this.baseline ?? { takenAt: this.view.startedAt, probes: {} }
  }

  /** Which database every message is about. */
  get context(): MessageContext & { timeZone: string } {
    const { environment, database, accountId } = this.view
    const { timeZone, target } = this.request
    return { environment, database, accountId, timeZone, production: target.production }
  }

  /**
   * Runs the body and turns however it ends into a true outcome. `close` runs whatever happened; the state is the
   * workflow's result, also when the migration failed: the workflow itself did its work.
   */
  async untilClosed(
    body: () => Promise<Completed>,
    close: (ending: Ending) => Promise<void>,
  ): Promise<RunView> {
    let ending: Ending = { outcome: 'completed', message: '' }
    try {
      const outcome = await this.body.run(body)
      ending = { outcome, message: this.view.message }
    } catch (error) {
      ending = this.endingOf(error)
      log.warn('The run does not end as completed', { outcome: ending.outcome, message: ending.message })
    }
    this.gates.ends(ending)
    for (const migration of this.view.migrations) {
      if (migration.state === 'pending') migration.state = 'not-executed'
    }
    // Past any cancellation: a run that was stopped still tells what is true, and ends with its state as the result.
    await CancellationScope.nonCancellable(async () => {
      await close(ending)
      for (const gate of this.announcer.askedFor) this.closeAsked(gate)
      await this.announcer.announceEnd()
      this.view.outcome = ending.outcome
      this.view.success = ending.outcome === 'completed'
      this.view.failure = ending.failure ?? null
      this.view.closedAt = now()
      this.say('closed', ending.message)
      await condition(allHandlersFinished)
    })
    return this.view
  }

  /** The true outcome behind an error, which may be that people stopped the run. */
  endingOf(error: unknown): Ending {
    return atPlace(endingOf(error, this.stop), placeOf(this.view))
  }

  /**
   * One step of the runbook: waits while paused, then keeps when it began, how it ended and what it said. `well`: false of a result that is no
   * success.
   */
  async step<T>(
    name: StepName,
    work: () => Promise<T>,
    detail?: (result: T) => string,
    well: (result: T) => boolean = () => true,
  ): Promise<T> {
    await this.whileRunning()
    const step = stepOf(this.view, name)
    // Another round, after a void plan, is timed by itself.
    if (step.endedAt !== undefined && step.state !== 'failed' && step.state !== 'stopped') {
      delete step.startedAt
      delete step.endedAt
      delete step.waitedMs
      delete step.withinMs
      delete step.detail
    }
    // Tried again after it failed: what people took to decide that is no work.
    if (step.endedAt !== undefined)
      step.waitedMs = (step.waitedMs ?? 0) + Date.now() - Date.parse(step.endedAt)
    delete step.endedAt
    step.state = 'running'
    step.startedAt ??= now()
    const begun = Date.now()
    const around = this.view.steps.find((other) => other !== step && other.state === 'running')
    if (around !== undefined) around.withinSince = now()
    this.say(phaseOf(name), `${stepTitle(name)} is under way`)
    try {
      const result = await work()
      step.state = well(result) ? 'done' : 'failed'
      step.endedAt = now()
      if (detail !== undefined) step.detail = detail(result)
      this.refresh()
      return result
    } catch (error) {
      this.stepFailed(name, error)
      throw error
    } finally {
      delete around?.withinSince
      if (around?.state === 'running') around.withinMs = (around.withinMs ?? 0) + Date.now() - begun
    }
  }

  /** At once, where what people are asked about the failure belongs to the step: that may take hours, and is no part of its time. */
  stepFailed(name: StepName, error: unknown): void {
    const step = stepOf(this.view, name)
    if (step.state !== 'running') return
    const { outcome } = this.endingOf(error)
    const failed = outcome === 'failed' || outcome === 'drifted'
    step.state = failed ? 'failed' : 'stopped'
    step.endedAt = now()
    if (!failed) step.detail = `ended: ${outcome}`
    this.refresh()
  }

  /** Does what an activity does, and keeps the commands that it ran in the audit trail, however it ended. */
  async audited<T extends object>(work: Promise<Audited<T>>): Promise<T> {
    try {
      const answer = await work
      keepCommands(this.view, answer.commands ?? [])
      return answerOf(answer)
    } catch (error) {
      keepCommands(this.view, commandsOf(error))
      throw error
    }
  }

  /** What must be finished although people stop the run: reading back and writing down what is true. */
  async uninterrupted(work: () => Promise<void>): Promise<void> {
    await CancellationScope.nonCancellable(work)
  }

  /** The last step: runs even while paused, for it only writes down. */
  async finish(work: () => Promise<void>): Promise<void> {
    this.view.paused = false
    await this.step('close', work)
  }

  /**
   * Opens a gate, shows what is being confirmed, and waits for people: as long as it takes, or to the gate's deadline.
   * @throws GateDeclined, GateExpired
   */
  async gate(gate: Gate, shows: Words[], plan?: PlanView): Promise<void> {
    await this.whileRunning()
    const { window, freezes } = this.request
    const before = windowState({ window, freezes, now: Date.now() })
    const proposal = proposalLines(this.view).filter((line) => !shows.includes(line))
    await this.ask(gate, [...shows, ...proposal, ...compressedGap(this.view).map(gapLine)], plan)
    const { state, decisions } = this.gates.of(gate)
    const after = windowState({ window, freezes, now: Date.now() })
    const late =
      beforeApply(gate) && (after.state === 'closed' || (after.state === 'before' && before.state === 'open'))
    if (state === 'expired') throw new GateExpired(late ? (after.freeze ?? 'window') : gate)
    if (state !== 'rejected') return
    const no = decisions.find(({ decision }) => decision === 'reject')
    throw new GateDeclined(gate, no?.actor ?? 'somebody', no?.comment)
  }

  /** Opens a gate and waits until it is approved, rejected or expired; reminds people on the way. */
  async ask(gate: Gate, shows: Words[], plan?: PlanView): Promise<void> {
    const policy = this.gates.policyOf(gate)
    const { state, openedAt: openSince = now() } = this.gates.of(gate)
    // Asked again while it waits, as after a stop: whoever was asked is not asked twice.
    const again = state === 'open' && patched(`gate-stays-open-${this.view.announcements.length}`)
    const openedAt = again ? Date.parse(openSince) : Date.now()
    const deadline = this.deadlineOf(gate, openedAt)
    this.gates.open(gate, { lines: shows, ...defined({ plan }), expiresAt: deadline })
    if (this.gates.of(gate).state !== 'open') return

    this.say(this.view.phase, `waiting for a decision at the gate ${gate}`)
    const step = this.view.steps.findLast((one) => one.state === 'running')
    const waitsSince = Date.now()
    try {
      await this.waitFor(gate, { shows, ...defined({ plan }), policy, openedAt, deadline, again })
    } finally {
      if (step !== undefined) step.waitedMs = (step.waitedMs ?? 0) + Date.now() - waitsSince
    }
    // Nobody is waited for any more, whatever the run does next.
    this.closeAsked(gate)
    this.say(this.view.phase, `the gate ${gate} is ${this.gates.of(gate).state}`)
  }

  /** Kept with the gate, for who asks later whom it has reached. */
  private escalated(gate: Gate, steps: readonly EscalationStep[]): void {
    if (steps.length === 0) return
    const view = this.gates.of(gate)
    const to = steps.flatMap((step) => step.to)
    const names = reached(to, this.request.people).map(({ name }) => name)
    const channels = [...new Set(steps.flatMap((step) => step.channels ?? []))]
    view.escalated = [...(view.escalated ?? []), { at: now(), to: names, channels }]
    this.refresh()
  }

  /** What a message at this gate asks, as the gate stands now; `steps`: of its escalation, which reach people with it. */
  private askAt(gate: Gate, steps: readonly EscalationStep[]): Ask {
    const view = this.gates.of(gate)
    const { openedAt = now(), expiresAt } = view
    const { requireSignatures } = this.request.policy
    const to = steps.flatMap((step) => step.to)
    const mentions = reached(to, this.request.people).flatMap(({ person }) => person?.slack ?? [])
    return {
      ...{ gate, openedAt, planHash: this.view.planHash, shown: shownHash(view) },
      ...defined({ expiresAt }),
      buttons: !requireSignatures && gate !== 'rollback',
      ...(mentions.length === 0 ? {} : { mentions }),
    }
  }

  private closeAsked(gate: Gate): void {
    this.announcer.close(gate, gateClosedMessage({ ...this.context, ...this.gates.of(gate) }))
  }

  private async waitFor(
    gate: Gate,
    asked: {
      shows: Words[]
      plan?: PlanView
      policy: GatePolicy
      openedAt: number
      deadline: number | undefined
      /** It was open already, and people were asked. */
      again: boolean
    },
  ): Promise<void> {
    const { shows, plan, policy, openedAt, deadline, again } = asked
    const expires = deadline === undefined ? {} : { expiresAt: deadline }
    const about = { ...this.context, ...expires, gate, proposal: proposalLines(this.view) }
    const who = (): GateWho => this.gates.who(gate)
    const { target, people, channels } = this.request
    // Nobody needs a name for the decision that an alert has announced.
    const told = again
      ? false
      : target.production ||
        (people.length > 0 && patched('gate-told')) ||
        (gate === 'rollback' && people.length === 0 && channels.length > 0 && patched('rollback-told'))
    const { escalation = [] } = policy
    const chainAt = (afterMs: number): { chain?: string[] } =>
      escalation.length === 0
        ? {}
        : { chain: escalationLines(escalation, { afterMs, openedAt, timeZone: about.timeZone, people }) }
    if (told) {
      const first = firstSteps(policy)
      this.announcer.tell(
        'reminder',
        gateOpenMessage({
          ...{ ...about, who: who(), at: openedAt, planHash: this.view.planHash, shows, ...chainAt(0) },
          ...defined({ plan }),
        }),
        { ask: this.askAt(gate, first), afterMs: 0, escalation },
      )
      this.escalated(gate, first)
    }
    for (const { afterMs, escalated, steps } of alarmsOf(policy)) {
      const remindAt = openedAt + afterMs
      if (deadline !== undefined && remindAt >= deadline) break
      if (again && remindAt <= Date.now()) continue
      if (await this.gates.decided(gate, remindAt)) return
      // The ways back and their price are what the rollback is decided by; other gates have told theirs.
      const ways = gate === 'rollback' ? { shows } : {}
      this.announcer.tell(
        'reminder',
        reminderMessage({
          ...{ ...about, who: who(), at: Date.now(), openedAt, escalated },
          ...{ ...ways, ...chainAt(afterMs) },
        }),
        { ask: this.askAt(gate, steps), afterMs, escalation },
      )
      this.escalated(gate, steps)
    }
    const decided = await this.waitLong((untilMs) => this.gates.decided(gate, untilMs), deadline)
    if (!decided) this.gates.expire(gate)
  }

  /** Epoch milliseconds. What is approved after the end of the window, or in a freeze, could not be applied any more. */
  private deadlineOf(gate: Gate, openedAt: number): number | undefined {
    const { deadlineMs } = this.gates.policyOf(gate)
    const { window, freezes } = this.request
    const state = windowState({ window, freezes, now: openedAt })
    const ends = [
      ...(deadlineMs === undefined ? [] : [openedAt + deadlineMs]),
      ...(window === undefined || !beforeApply(gate) ? [] : [Date.parse(window.closesAt)]),
      ...(state.state === 'open' && state.freeze !== undefined && beforeApply(gate)
        ? [openedAt + state.forMs]
        : []),
    ].filter(Number.isFinite)
    return ends.length === 0 ? undefined : Math.min(...ends)
  }

  /** Waits while somebody has paused the run. */
  async whileRunning(): Promise<void> {
    if (!this.view.paused) return
    const goesOn = (): boolean => !this.view.paused
    await this.waitLong(async (untilMs) => {
      if (untilMs !== undefined) return condition(goesOn, untilMs - Date.now())
      await condition(goesOn)
      return true
    })
  }

  /**
   * Waits as long as it takes, or until `deadline` (epoch milliseconds); archives and files that the run needs are kept for it meanwhile. `done`:
   * waits until `untilMs`, and answers whether what is waited for has come. Runs that began before this lost theirs after 30 days.
   */
  private async waitLong(
    done: (untilMs: number | undefined) => Promise<boolean>,
    deadline?: number,
  ): Promise<boolean> {
    this.waits += 1
    if (!patched(`needs-are-kept-${this.waits}`)) return done(deadline)
    for (;;) {
      const next = Date.now() + KEEP_AGAIN_MS
      if (deadline !== undefined && deadline <= next) return done(deadline)
      if (await done(next)) return true
      await this.keepNeeds(this)
    }
  }

  /** `until`: epoch milliseconds. */
  async sleepLong(until: number, summary: string): Promise<void> {
    const sleepUntil = async (untilMs = until): Promise<boolean> => {
      await sleep(untilMs - Date.now(), { summary })
      return false
    }
    await this.waitLong(sleepUntil, until)
  }

  /** Real milliseconds of a duration of the monitoring: the demo compresses a day into seconds. People decide at their own pace. */
  scaled(plannedMs: number): number {
    return Math.max(1, Math.round(plannedMs / this.request.monitoring.timeScale))
  }

  /** Where the run is, for the query, the search attributes and the Temporal UI. */
  say(phase: RunView['phase'], message: string): void {
    this.view.phase = phase
    this.view.message = message
    const changed = searchAttributesOf(this.view, workflowInfo().typedSearchAttributes)
    if (changed.length > 0) upsertSearchAttributes(changed)
    this.refresh()
  }

  refresh(): void {
    setCurrentDetails(renderChecklist(this.view, { timeZone: this.request.timeZone }))
  }

  /** Ends the body wherever it is; what it was doing to the database is awaited and told. */
  end(kind: 'abort' | 'supersede', request: StopRequest): void {
    this.stop = { kind, request }
    this.body.cancel()
  }

  /** People have stopped it, or it is over. */
  get ending(): boolean {
    return this.stop !== null || this.view.phase === 'close' || this.view.phase === 'closed'
  }

  /** A signal that cannot be read changes nothing, and is not lost either. */
  observed(one: RunView['observations'][number]): void {
    const { observations, observationsBeyond = 0 } = this.view
    if (hasRoom(observations, LIMITS.observations)) observations.push(one)
    else this.view.observationsBeyond = observationsBeyond + 1
  }

  misunderstood(signal: string, reason: string): void {
    this.observed({
      note: `The signal ${signal} was not understood: ${reason}`,
      actor: OWN_NAME,
      at: now(),
    })
  }
}

/** The team confirms, and takes back, after the migration: no window ends that. */
function beforeApply(gate: Gate): boolean {
  return gate !== 'team-confirmation' && gate !== 'rollback'
}
