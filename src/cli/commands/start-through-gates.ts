import type { Context } from '../../config/context.js'
import { untilAdmitted } from '../../client/admission.js'
import { buildRequest, demandReadable, type RequestOptions } from '../../client/request.js'
import { withSession } from '../../client/session.js'
import { refuseSecondStart, startRun } from '../../client/start.js'
import { requireWorker } from '../../client/worker-presence.js'
import { RunbookError } from '../../contract/failures.js'
import { at, command, words } from '../../contract/next-command.js'
import type { MigrationRequest } from '../../contract/run.js'
import { defined } from '../../contract/defined.js'
import { interruptible } from '../terminal/interrupt.js'
import type { Output } from '../terminal/output.js'
import { databaseLine } from '../terminal/target-text.js'
import { actorOf } from './decide.js'
import { stayWithRun } from './stay.js'

export interface ThroughGatesOptions {
  yes?: boolean
  wait?: boolean
  requester?: string
  window?: string
  timeScale?: number
  signKey?: string
}

/**
 * A run of the workflow that migrates nothing, with the gates, windows and signatures of one that does. `promise`: what holds before
 * anybody approved. Returns the exit code.
 */
export async function startThroughGates(
  context: Context,
  { options, output }: { options: ThroughGatesOptions; output: Output },
  {
    asked,
    documentOf,
    promise,
  }: {
    asked: Pick<RequestOptions, 'adopt' | 'lostRun'>
    /** Fields of the JSON document beside those of the start. */
    documentOf?: (request: MigrationRequest) => object
    promise: string
  },
): Promise<number> {
  const { target, project } = context
  const requester = await actorOf({ project: project.projectDir, ...defined({ actor: options.requester }) })
  const { taskQueue } = project
  demandReadable(context, { requester, window: options.window })
  return withSession(project.projectDir, async (session) => {
    output.note(`Temporal: ${session.address}, namespace ${session.namespace}`)
    await refuseSecondStart(session, target)
    await requireWorker(session, taskQueue)
    const { window, timeScale } = options
    const request = await interruptible((signal) =>
      buildRequest(context, {
        ...{ requester, preApproved: options.yes === true, window, timeScale, signal },
        ...asked,
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
    output.document({ success: true, ...documentOf?.(request), ...started, environment, database, requester })
    if (output.json) return 0
    output.line(databaseLine(target, output.colors))
    output.line(promise)
    output.line(`Started ${started.workflowId}  ${output.colors.dim(started.runId)}`)
    const next = at.bind(undefined, { environment })
    output.line(
      words`Next: ${next(command('watch'))}, and ${next(command('approve', 'team-lead', '--wait'))}`,
    )
    return 0
  })
}
