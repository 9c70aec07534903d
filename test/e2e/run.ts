import { setTimeout as pause } from 'node:timers/promises'
import { plain } from '../../src/contract/command-line.js'
import { statusQuery, submitDecisionUpdate } from '../../src/contract/messages.js'
import { migrationWorkflowId, type Gate } from '../../src/contract/names.js'
import type { RunView } from '../../src/contract/run.js'
import type { RollbackStrategy } from '../../src/contract/policy.js'
import type { TemporalClient } from '../../src/temporal/connection.js'

/** Each look is work for the server and the worker too: more often, and looking is a tenth of what a run costs. */
const LOOK_EVERY_MS = 400

/** No step of these runs takes longer, even on a busy machine. Milliseconds. */
const PATIENCE_MS = 400_000

/** One run, looked at and decided through Temporal itself: quicker than a command for each look. */
export class RunObserver {
  readonly workflowId: string
  private readonly temporal: TemporalClient

  constructor(temporal: TemporalClient, environment: string, databaseId: string) {
    this.temporal = temporal
    this.workflowId = migrationWorkflowId(environment, databaseId)
  }

  /** Waits until the run's state is as asked; throws when it closes before. A worker or a run that is not there yet is waited for. */
  async until(
    what: string,
    asked: (view: RunView) => boolean,
    patienceMs = PATIENCE_MS,
    everyMs = LOOK_EVERY_MS,
  ): Promise<RunView> {
    let view: RunView | undefined
    for (const limit = Date.now() + patienceMs; Date.now() < limit; await pause(everyMs)) {
      view = await this.look()
      if (view !== undefined && asked(view)) return view
      if (view !== undefined && view.outcome !== null) break
    }
    throw new Error(`no ${what}: ${view === undefined ? 'the run cannot be read' : describe(view)}`)
  }

  /** The run's state, where there is a run and a worker that answers. */
  async look(): Promise<RunView | undefined> {
    const { client } = this.temporal
    return client
      .withDeadline(Date.now() + 5_000, () => client.workflow.getHandle(this.workflowId).query(statusQuery))
      .catch(() => undefined)
  }

  gateOpen(gate: Gate): Promise<RunView> {
    return this.until(`open gate ${gate}`, (view) => stateOf(view, gate) === 'open')
  }

  closed(patienceMs?: number): Promise<RunView> {
    return this.until('end', ({ outcome }) => outcome !== null, patienceMs)
  }

  async decide(
    gate: Gate,
    actor: string,
    rest: { decision?: 'approve' | 'reject'; strategy?: RollbackStrategy; comment?: string } = {},
  ): Promise<void> {
    await this.temporal.client.workflow
      .getHandle(this.workflowId)
      .executeUpdate(submitDecisionUpdate, { args: [{ gate, actor, decision: 'approve', ...rest }] })
  }

  /** Waits for each gate in turn and approves it. */
  async approveAll(gates: readonly Gate[], actor: string): Promise<void> {
    for (const gate of gates) {
      await this.gateOpen(gate)
      await this.decide(gate, actor)
    }
  }
}

export function stateOf(view: RunView, gate: Gate): string | undefined {
  return view.gates.find((one) => one.gate === gate)?.state
}

function describe(view: RunView): string {
  const failure = view.failure === null ? '' : `; ${view.failure.type}: ${view.failure.message}`
  const asked =
    stateOf(view, 'rollback') === 'open' ? view.gates.find(({ gate }) => gate === 'rollback') : undefined
  const why = (asked?.shows ?? []).map((line) => `\n  ${plain(line)}`).join('')
  return `${view.phase}, ${view.outcome ?? 'under way'}, ${view.message}${failure}${why}`
}
