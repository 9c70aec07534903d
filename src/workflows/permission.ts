import { ApplicationFailure } from '@temporalio/workflow'
import { command, words } from '../contract/next-command.js'
import type { Act, Permission } from '../contract/permission.js'
import type { PlanBound } from '../contract/plan.js'
import { whyNotPermitted } from '../runbook/permit.js'
import type { Run } from './run.js'

/**
 * What an activity needs to see by itself that people permitted this, where the policy requires signatures; nothing elsewhere, nor in a run
 * whose plan was made before plans were bound.
 * @throws NotAdmitted where they have not: the gates would have to be wrong
 */
export function permissionFor(
  run: Run,
  act: Act,
  bound: PlanBound | undefined = run.plan?.bound,
): { permission?: Permission } {
  const { request, view } = run
  if (!request.policy.requireSignatures || bound === undefined) return {}
  const gates = view.gates.map(({ gate, decisions }) => ({ gate, decisions }))
  const permission: Permission = { act, bound, gates, ...derivation(run, act) }
  const charter = { environment: request, charterHash: view.admission?.charterHash ?? '' }
  const why = whyNotPermitted({ permission, act, run: view, charter })
  if (why === undefined) return { permission }
  throw ApplicationFailure.create({
    type: 'NotAdmitted',
    message: `Not permitted: ${why}`,
    nonRetryable: true,
    details: [{ advice: words`begin again: ${command('start')}` }],
  })
}

/** The plan holds the reverse of all its files; of fewer, it is proven by being written again. */
function derivation({ request, view, plan }: Run, act: Act): Pick<Permission, 'derivedFrom'> {
  const applied = view.migrations.filter(({ state }) => state === 'applied').map(({ name }) => name)
  const { backup } = view
  if (act !== 'reverse-migration' || backup === null || applied.length === plan?.migrations.length) return {}
  const { files, bundle } = request
  return { derivedFrom: { files, bundle, backup, applied } }
}
