import { defined } from '../contract/defined.js'
import { hasRoom, LIMITS } from '../contract/limits.js'
import type { MigrationRequest, RunView } from '../contract/run.js'
import {
  changesTheCourse,
  verifyCommand,
  verifyForRun,
  type SteeringCommand,
} from '../runbook/people/signature.js'
import { isOwnName, OWN_NAME_REFUSED } from '../contract/own-name.js'
import { keepRefused } from './gates.js'

/** What must be known to judge a command. */
export interface SteeredRun {
  request: Pick<MigrationRequest, 'policy' | 'people'>
  view: Pick<RunView, 'workflowId' | 'runId' | 'resetFrom' | 'refused' | 'interventions'>
  /** Whether nobody may act in the name of the tool itself. */
  refusesOwnName?: boolean
}

/**
 * Whether a command that holds, stops or alarms the run counts. One that does is in the audit trail, and so is one that does
 * not, with the reason. Pure but for the state that it is given. Never throws.
 */
export function admit(
  { request, view, refusesOwnName }: SteeredRun,
  sent: SteeringCommand,
  at: string,
): boolean {
  const { command, actor, commandId } = sent
  const refuse = (reason: string): false => {
    keepRefused({ view, request }, { gate: command, actor, decision: command, at, reason })
    return false
  }
  if (refusesOwnName === true && isOwnName(actor)) return refuse(OWN_NAME_REFUSED)
  const taken = view.interventions ?? []
  if (commandId !== undefined && taken.some((one) => one.commandId === commandId))
    return refuse(`command ${commandId} was counted before`)
  const asked = request.policy.requireSignatures && changesTheCourse(sent)
  const signature =
    asked || sent.signature !== undefined
      ? verifyForRun(view, (run) => verifyCommand({ run, command: sent, people: request.people }))
      : undefined
  if (signature?.good === false) return refuse(signature.reason)
  const reason =
    command === 'report-issue' ? `${sent.severity ?? ''}: ${sent.description ?? ''}` : sent.reason
  view.interventions = [
    // The newest is always kept: who ends a run stands in its record however many came before.
    ...(hasRoom(taken, LIMITS.interventions) ? taken : taken.slice(0, -1)),
    {
      command,
      actor,
      at,
      ...defined({ reason, commandId, signedWith: signature?.key }),
      ...unsigned(request, signature?.key),
    },
  ]
  return true
}

/** Marks what somebody says in a name that nothing proves, where names are to be proven. */
export function unsigned(
  { policy }: Pick<MigrationRequest, 'policy'>,
  proof: string | undefined,
): { unsigned?: true } {
  return policy.requireSignatures && proof === undefined ? { unsigned: true } : {}
}
