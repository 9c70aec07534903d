import { randomUUID } from 'node:crypto'
import type { WorkflowHandle } from '@temporalio/client'
import { RunbookError } from '../contract/failures.js'
import {
  abortSignal,
  pauseSignal,
  reportIssueSignal,
  resumeSignal,
  supersedeSignal,
} from '../contract/messages.js'
import type { IssueReport } from '../contract/decision.js'
import {
  changesTheCourse,
  commandText,
  verifyCommand,
  type SteeringCommand,
} from '../runbook/people/signature.js'
import type { RunView } from '../contract/run.js'
import { samePerson } from '../runbook/people/people.js'
import { readRequest } from './run-history.js'
import { signalRun } from './runs.js'
import type { Session } from './session.js'
import type { Signing } from './sign.js'

/** A command to a run, as a person gives it. */
export type SteeringOrder =
  | { command: 'pause' | 'resume'; actor: string; reason?: string }
  | { command: 'abort' | 'supersede'; actor: string; reason: string }
  | ({ command: 'report-issue' } & Pick<IssueReport, 'severity' | 'description' | 'actor'>)

/**
 * Sends the signal of a command; signed where the run asks for it, or `key` does. It reaches a run also when no worker is
 * there right now, and then nobody answers: so a signature that would not count is refused here.
 * Throws `RunNotFound`, `NotPermitted`, `DecisionRefused`.
 */
export async function steerRun(
  session: Session,
  asked: { workflowId: string; runId?: string | undefined },
  order: SteeringOrder,
  signing: Signing,
  commandId: string = randomUUID(),
): Promise<void> {
  const { workflowId } = asked
  await signalRun(session, asked, async (handle, runId) => {
    const request = await readRequest(session, { workflowId, runId })
    const needed = request?.policy.requireSignatures === true && changesTheCourse(order)
    const wanted = needed || signing.key !== undefined
    const identified = { ...order, commandId }
    if (!wanted) return deliver(handle, identified)
    const { signText } = await import('./sign.js')
    const run = { workflowId, runId }
    const signature = await signText(commandText(run, identified), signing)
    const command = { ...identified, signature }
    refuseWhatWouldNotCount(run, command, request?.people ?? [])
    return deliver(handle, command)
  })
}

/**
 * What a run that was read afterwards says of the command with this ID: that it counted, why it did not, or undefined where neither can
 * be read from it.
 */
export function answerTo(
  order: Pick<SteeringOrder, 'command' | 'actor'>,
  commandId: string,
  { interventions, refused }: Pick<RunView, 'interventions' | 'refused'>,
): 'counted' | { refused: string } | undefined {
  if (interventions?.some((one) => one.commandId === commandId) === true) return 'counted'
  // Runs of earlier versions keep no interventions, and an issue past the limit is kept nowhere.
  if (interventions === undefined || order.command === 'report-issue') return undefined
  const last = refused.findLast(({ gate, actor }) => gate === order.command && samePerson(actor, order.actor))
  return last === undefined ? undefined : { refused: last.reason }
}

function refuseWhatWouldNotCount(
  run: { workflowId: string; runId: string },
  command: SteeringCommand,
  people: Parameters<typeof verifyCommand>[0]['people'],
): void {
  const verdict = verifyCommand({ run, command, people })
  if (verdict.good) return
  throw new RunbookError(
    'DecisionRefused',
    `The run would not heed this ${command.command}: ${verdict.reason}.`,
    {
      advice:
        'Say who you are (--actor, as in `people` of runbook.config) and sign with that key (--sign-key).',
    },
  )
}

function deliver(
  handle: WorkflowHandle,
  order: SteeringOrder & { commandId: string; signature?: string },
): Promise<void> {
  switch (order.command) {
    case 'pause':
      return handle.signal(pauseSignal, order)
    case 'resume':
      return handle.signal(resumeSignal, order)
    case 'abort':
      return handle.signal(abortSignal, order)
    case 'supersede':
      return handle.signal(supersedeSignal, order)
    case 'report-issue':
      return handle.signal(reportIssueSignal, order)
  }
}
