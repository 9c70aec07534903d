import { ApplicationFailure, patched } from '@temporalio/workflow'
import { demandsOf } from '../runbook/charter-demands.js'
import { read } from './activities.js'
import { failureOf } from './endings.js'
import { demandProposer } from './proposer.js'
import type { Run } from './run.js'

/**
 * Before anything else: the worker's charter says what of the request holds. Anybody with the namespace can send a request, and the
 * workflow knows nothing but what it is sent.
 * @throws NotAdmitted; ConfigInvalid where the charter asks for more than came with the request
 */
export async function admit(run: Run): Promise<void> {
  if (!patched('admitted')) return
  if (patched('own-name-refused')) run.refuseOwnName()
  const { bundle, ...request } = run.request
  try {
    const { effective, ...admission } = await run.audited(
      read.admit.executeWithOptions({ summary: 'Held against the charter' }, [{ request, bundle }]),
    )
    demandProposer(request.proposedBy, effective.proposedBy)
    run.holdTo(effective, admission)
  } catch (error) {
    run.nothingDone = failureOf(error).type === 'NotAdmitted'
    throw error
  }
  if (patched('demands-of-the-charter')) demandAnswers(run)
}

/** The client went by its own configuration; the charter may ask for more. */
function demandAnswers(run: Run): void {
  const { refusal, gaps } = demandsOf(run.request)
  if (refusal === undefined) {
    run.request.evidence = [...run.request.evidence, ...gaps]
    return
  }
  run.nothingDone = true
  throw ApplicationFailure.create({
    type: 'ConfigInvalid',
    message: refusal.message,
    nonRetryable: true,
    details: [{ advice: refusal.advice }],
  })
}
