import { randomUUID } from 'node:crypto'
import type { Decision } from '../contract/decision.js'
import { RunbookError } from '../contract/failures.js'
import { submitDecisionUpdate } from '../contract/messages.js'
import type { GateView, RunView } from '../contract/run.js'
import { runOver } from './run-over.js'
import type { Session } from './session.js'
import type { Signing } from './sign.js'
import { explainAsked } from './silence.js'
import { demandSharedKey } from './worker-presence.js'
import { command, words } from '../contract/next-command.js'

/** What a decision came to: the state of its gate, and how many more people must approve. */
export interface DecisionAnswer {
  state: GateView['state']
  approvalsMissing: number
}

/** As the run was read. `gates` tell whether one of them asks for a hardware key; without them the key is chosen as if none did. */
export type DecidedRun = Pick<RunView, 'workflowId' | 'runId' | 'planHash' | 'requireSignatures'> &
  Partial<Pick<RunView, 'gates'>>

/**
 * Signed where the run asks for it, or `key` does, and no passkey has signed it already. A decision counts once by its `decisionId`, however often the network
 * makes us try; one without gets an ID of its own. Throws `DecisionRefused`, `NotPermitted`, `RunNotFound`;
 * `WorkerMissing`, `WorkerSilent`, `WorkerFails`, `WorkerCannotReplay`, `WorkerKeyMissing` or `TemporalUnreachable` where nobody answers: the same decision may be sent again.
 */
export async function submitDecision(
  session: Session,
  run: DecidedRun,
  decision: Decision,
  signing: Signing,
): Promise<DecisionAnswer> {
  const { client } = session
  const { workflowId, runId } = run
  const decisionId = decision.decisionId ?? randomUUID()
  // Who pressed a button in Slack has no key here: no other one may speak for them.
  const unsigned = decision.assertion === undefined && decision.slackUser === undefined
  const sign = unsigned && (run.requireSignatures === true || signing.key !== undefined)
  const body = sign ? await signed(run, { ...decision, decisionId }, signing) : { ...decision, decisionId }
  // This run, not one that begins meanwhile.
  const handle = client.workflow.getHandle(workflowId, runId)
  try {
    return await client.withDeadline(Date.now() + DECISION_TIMEOUT_MS, async () => {
      const description = await handle.describe()
      const over = runOver(description)
      if (over !== undefined) throw over
      await demandSharedKey(session, description.taskQueue)
      return handle.executeUpdate(submitDecisionUpdate, {
        args: [body],
        // Tells the decisions apart in Temporal's timeline; the same decision has the same one, however often it is sent.
        updateId: `${decision.gate}-${decision.decision}-${decisionId}`,
      })
    })
  } catch (error) {
    throw await explainAsked(session, error, { workflowId, runId })
  }
}

/** The workflow verifies what it reads, so what it will read is what is signed. */
async function signed(run: DecidedRun, decision: Decision, signing: Signing): Promise<Decision> {
  const { signText } = await import('./sign.js')
  const { decisionText } = await import('../runbook/people/signature.js')
  const { readDecision } = await import('../runbook/signal-body.js')
  const read = readDecision(run.planHash === null ? decision : { planHash: run.planHash, ...decision })
  if (!read.ok) {
    throw new RunbookError('DecisionRefused', `This is no decision: ${read.reason}.`, {
      advice: words`See ${command('approve', '--help')}.`,
    })
  }
  const hardware = run.gates?.find(({ gate }) => gate === decision.gate)?.who?.presence === true
  return { ...read.body, signature: await signText(decisionText(run, read.body), { ...signing, hardware }) }
}

/** How long a worker may take to answer a decision. Milliseconds. */
const DECISION_TIMEOUT_MS = 20_000
