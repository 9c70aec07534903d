import { defined } from '../contract/defined.js'
import { RunbookError } from '../contract/failures.js'
import type { Gate } from '../contract/names.js'
import type { Person } from '../contract/policy.js'
import type { RollbackOption } from '../contract/rollback.js'
import type { RunView } from '../contract/run.js'
import { judgeDecision } from '../runbook/policy.js'
import { listRuns, type RunRow } from './list.js'
import { readRequest } from './run-history.js'
import { readRun } from './runs.js'
import type { Session } from './session.js'

/**
 * What waits for one person: gates that they may approve now. `people`: those whom the run knows, with their keys. `unknown`: runs that could not
 * be asked, and why.
 */
export interface Inbox {
  waiting: { run: RunRow; gates: WaitingGate[]; people: readonly Person[] }[]
  unknown: { run: RunRow; why: RunbookError }[]
}

/** `rollbackOptions`: of the gate `rollback`, as they were last shown. */
export interface WaitingGate {
  gate: Gate
  openedAt?: string
  expiresAt?: string
  rollbackOptions?: RollbackOption[]
}

/** Asked at a time: each is a query that a worker answers, or not. */
const ASKED_AT_ONCE = 8
const MOST_RUNS = 1_000

/**
 * Looks at every open run of the namespace, newest first; one query each. Who may decide is judged by the rules
 * that the run was started with, as the run itself judges. Throws `TemporalUnreachable`.
 */
export async function readInbox(
  session: Session,
  {
    actor,
    environment,
    mayRead = () => true,
  }: {
    actor: string
    environment?: string | undefined
    /** Runs of an environment for which this is false are not asked, and not told of. */
    mayRead?: ((environment: string | null) => boolean) | undefined
  },
): Promise<Inbox> {
  const open = await listRuns(session, { environment, open: true, limit: MOST_RUNS })
  const runs = open.filter((run) => mayRead(run.environment))
  const inbox: Inbox = { waiting: [], unknown: [] }
  for (let begin = 0; begin < runs.length; begin += ASKED_AT_ONCE) {
    const asked = runs.slice(begin, begin + ASKED_AT_ONCE)
    const answers = await Promise.all(asked.map((run) => lookAt(session, run, actor)))
    for (const answer of answers) {
      if ('why' in answer) inbox.unknown.push(answer)
      else if (answer.gates.length > 0) inbox.waiting.push(answer)
    }
  }
  return inbox
}

async function lookAt(
  session: Session,
  run: RunRow,
  actor: string,
): Promise<Inbox['waiting'][number] | Inbox['unknown'][number]> {
  try {
    const [view, request] = await Promise.all([
      readRun(session, run.workflowId, run.runId, { monitored: false }),
      readRequest(session, run),
    ])
    return {
      run,
      gates: request === null ? [] : gatesFor(view, request, actor),
      people: request?.people ?? [],
    }
  } catch (error) {
    if (error instanceof RunbookError) return { run, why: error }
    throw error
  }
}

type Rules = Pick<Parameters<typeof judgeDecision>[0], 'policy' | 'people' | 'requester'>

/** Open gates whose approval by this person would count. */
export function gatesFor(view: RunView, rules: Rules, actor: string): WaitingGate[] {
  if (view.outcome !== null) return []
  return view.gates
    .filter(({ state }) => state === 'open')
    .filter(
      ({ gate }) =>
        judgeDecision({
          decision: { gate, decision: 'approve', actor },
          gates: view.gates,
          policy: rules.policy,
          people: rules.people,
          requester: rules.requester,
          planHash: view.planHash,
        }).counts,
    )
    .map(({ gate, openedAt, expiresAt }) => ({
      gate,
      ...defined({ openedAt, expiresAt }),
      ...(gate === 'rollback' ? defined({ rollbackOptions: view.rollbackOptions }) : {}),
    }))
}
