import { ApplicationFailure, patched } from '@temporalio/workflow'
import { defined } from '../contract/defined.js'
import { command, words } from '../contract/next-command.js'
import type { PlanBound } from '../contract/plan.js'
import type { Proposer } from '../contract/provenance.js'
import type { Run } from './run.js'

/** Who wants the run: bound into the plan that people approve. */
export function askedBy({ request }: Run): { requester: string; proposedBy?: Proposer } {
  const { requester, proposedBy } = request
  return { requester, ...defined({ proposedBy }) }
}

/** What people approve must name the agent that the run was proposed by. Plans that bind nothing are of earlier versions. Throws `NotAdmitted`. */
export function demandBoundProposer({ request }: Run, bound: PlanBound | undefined): void {
  if (bound !== undefined) demandProposer(request.proposedBy, bound.proposedBy)
}

/** An activity of an earlier version drops what it does not know, and with it that no gate opens by itself. Throws `NotAdmitted`. */
export function demandProposer(claimed: Proposer | undefined, said: Proposer | undefined): void {
  if (claimed?.agent === said?.agent || !patched('proposer-is-kept')) return
  throw ApplicationFailure.create({
    type: 'NotAdmitted',
    message: `The run was begun as ${nameOf(claimed)}, and a worker made it ${nameOf(said)}.`,
    nonRetryable: true,
    details: [{ advice: words`Bring all workers to one version, then begin again: ${command('start')}` }],
  })
}

function nameOf(proposer: Proposer | undefined): string {
  return proposer === undefined ? "a person's" : `proposed by an agent (${proposer.agent})`
}
