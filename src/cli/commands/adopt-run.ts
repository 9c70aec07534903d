import type { Context } from '../../config/context.js'
import { untilAdmitted } from '../../client/admission.js'
import { buildRequest } from '../../client/request.js'
import { withSession } from '../../client/session.js'
import { refuseSecondStart, startRun } from '../../client/start.js'
import { requireWorker } from '../../client/worker-presence.js'
import { defined } from '../../contract/defined.js'
import { RunbookError } from '../../contract/failures.js'
import { at, command, words } from '../../contract/next-command.js'
import { interruptible } from '../terminal/interrupt.js'
import type { Output } from '../terminal/output.js'
import { databaseLine } from '../terminal/target-text.js'
import { actorOf } from './decide.js'
import { stayWithRun } from './stay.js'

export interface AdoptOptions {
  through?: string
  dryRun?: boolean
  yes?: boolean
  backup?: string
  wait?: boolean
  requester?: string
  window?: string
  signKey?: string
  project?: string
}

/**
 * Where people are asked before an apply, they are asked before the ledger is written too: a run of the workflow, with the same gates,
 * windows and signatures. Returns the exit code.
 */
export async function adoptThroughGates(
  context: Context,
  options: AdoptOptions,
  output: Output,
): Promise<number> {
  const { target, project } = context
  const requester = await actorOf({ project: project.projectDir, ...defined({ actor: options.requester }) })
  const { taskQueue } = project
  return withSession(project.projectDir, async (session) => {
    output.note(`Temporal: ${session.address}, namespace ${session.namespace}`)
    await refuseSecondStart(session, target)
    await requireWorker(session, taskQueue)
    const request = await interruptible((signal) =>
      buildRequest(context, {
        ...{ requester, preApproved: options.yes === true, window: options.window, signal },
        adopt: defined({ through: options.through }),
      }),
    )
    const started = await startRun(session, taskQueue, request)
    const admitted = await untilAdmitted(session, started)
    if (admitted?.failure?.type === 'NotAdmitted') {
      const { message, advice } = admitted.failure
      throw new RunbookError('NotAdmitted', message, { advice, details: { ...started } })
    }
    if (options.wait === true) {
      const signing = { key: options.signKey, folder: project.projectDir }
      return stayWithRun({
        ...{ session, ...started, output, actor: requester, request, until: 'closed' as const, signing },
      })
    }
    const { environment, database } = target
    // The contract's fields, with what is true by now: nothing was looked at, and so nothing is proven.
    const why = 'Not looked at yet, nor whether the ledger names it: that is the run that was started.'
    const last = request.files.findIndex(({ name }) => name === options.through)
    const files = last < 0 ? request.files : request.files.slice(0, last + 1)
    const notProven = files.map(({ name }) => ({ name, why }))
    const asked = { decided: false, adopted: [], notProven }
    output.document({ success: true, ...asked, ...started, environment, database, requester })
    if (output.json) return 0
    output.line(databaseLine(target, output.colors))
    output.line(`People are asked in ${environment}: nothing is written before they approve.`)
    output.line(`Started ${started.workflowId}  ${output.colors.dim(started.runId)}`)
    const next = at.bind(undefined, { environment })
    output.line(
      words`Next: ${next(command('watch'))}, and ${next(command('approve', 'team-lead', '--wait'))}`,
    )
    return 0
  })
}
