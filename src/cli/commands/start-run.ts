import type { Context } from '../../config/context.js'
import { untilAdmitted } from '../../client/admission.js'
import { buildRequest, demandReadable, type RequestOptions } from '../../client/request.js'
import { runLink } from '../../client/run-link.js'
import { withSession } from '../../client/session.js'
import { refuseSecondStart, startRun } from '../../client/start.js'
import { requireWorker } from '../../client/worker-presence.js'
import { defined } from '../../contract/defined.js'
import { at, command, words, type Words } from '../../contract/next-command.js'
import type { MigrationRequest, RunView } from '../../contract/run.js'
import { freezeNotes } from '../../runbook/freezes.js'
import { differenceLine } from '../../runbook/charter/differences.js'
import { refuseUnadmitted } from '../jobs/refuse-unadmitted.js'
import { interruptible } from '../terminal/interrupt.js'
import type { Output } from '../terminal/output.js'
import { databaseLine } from '../terminal/target-text.js'
import { actorOf, identityTyped } from './decide.js'
import type { RunOptions } from './run-options.js'
import { stayWithRun } from './stay.js'

export interface RunToStart {
  /** What the run is to do, and who has answered for what, beside what {@link RunOptions} say. */
  asked: Pick<RequestOptions, 'adopt' | 'lostRun' | 'attested' | 'skipped' | 'ask' | 'onProgress'>
  /** Asked when server and worker are there. `false`: nothing is started after all, and that has been said. */
  before?: () => Promise<boolean>
  /** When a wait ends. Default: when the run has closed. */
  until?: 'validated' | 'closed'
  /** Fields of the JSON document beside those of every start. */
  documentOf?: (request: MigrationRequest) => object
  /** Said of a run that was started and is not waited for: what holds before anybody approved. */
  notes?: () => (string | Words)[]
  /** Nobody will be asked to approve its first gate. */
  asksNobody?: (request: MigrationRequest) => boolean
}

/**
 * Starts a run from what was typed and, with `--wait`, stays with it. Returns the exit code. Throws `RunbookError`: what the project, the
 * server or the worker's charter refuses (`NotAdmitted` and `ConfigInvalid` of a run that is over already, with its ids).
 */
export async function startFromCommand(
  context: Context,
  { options, output }: { options: RunOptions; output: Output },
  { asked, before, until = 'closed', documentOf, notes, asksNobody }: RunToStart,
): Promise<number> {
  const { target, project } = context
  const { projectDir, taskQueue } = project
  const { window, timeScale } = options
  const requester = await actorOf({ project: projectDir, ...defined({ actor: options.requester }) })
  demandReadable(context, { requester, window, ...asked })
  return withSession(projectDir, async (session) => {
    output.note(`Temporal: ${session.address}, namespace ${session.namespace}`)
    await refuseSecondStart(session, target)
    await requireWorker(session, taskQueue)
    if ((await before?.()) === false) return 0
    const request = await interruptible((signal) =>
      buildRequest(context, {
        ...{ requester, preApproved: options.yes === true, window, timeScale, signal },
        ...asked,
      }),
    )
    for (const note of freezeNotes(request.freezes, request.timeZone, Date.now())) output.note(note)
    const started = await startRun(session, taskQueue, request)
    const admitted = await untilAdmitted(session, started)
    for (const note of admissionNotes(admitted)) output.note(note)
    if (options.wait === true) {
      const signing = { key: options.signKey, folder: projectDir }
      const identity = identityTyped({ ...defined({ actor: options.requester, signKey: options.signKey }) })
      return stayWithRun({ session, ...started, output, actor: requester, request, until, signing, identity })
    }
    refuseUnadmitted(admitted, started)
    const { environment, database } = target
    const link = runLink(session, started)
    output.document({
      success: true,
      ...documentOf?.(request),
      ...started,
      ...{ environment, database, requester },
      ...defined({ uiUrl: session.uiUrl, runUrl: link, admission: admitted?.admission }),
    })
    if (output.json) return 0
    output.line(databaseLine(target, output.colors))
    output.line(`Started ${started.workflowId}  ${output.colors.dim(started.runId)}`)
    if (link !== undefined) output.line(`Temporal UI: ${link}`)
    for (const note of notes?.() ?? []) output.line(note)
    const next = at.bind(undefined, { environment })
    output.line(
      asksNobody?.(request) === true
        ? words`Next: ${next(command('watch'))}`
        : words`Next: ${next(command('watch'))}, and ${next(command('approve', 'team-lead', '--wait'))}`,
    )
    return 0
  })
}

/** Whoever started the run sees at once what is not as they asked, and what is only because they asked. Of a run that is over nothing stays to be ended. */
export function admissionNotes(admitted: Pick<RunView, 'admission' | 'outcome'> | undefined): Words[] {
  const differences = admitted?.admission?.differences ?? []
  const held = differences.filter(({ stands }) => stands === undefined)
  const own = differences.filter(({ stands }) => stands !== undefined)
  const asked = own.map((one) => `! ${differenceLine(one)}`)
  if (held.length === 0) return asked
  const over = admitted?.outcome !== null
  const anew = words`start the worker again (or give it what ${command('charter')} writes now), and then start anew.`
  return [
    ...asked,
    `Not as this project says: the run ${over ? 'was' : 'is'} held to the worker's charter.`,
    ...held.map((one) => `  ! ${differenceLine(one)}`),
    over
      ? words`  For what this project says: ${anew}`
      : words`  This run stays held to that charter. For what this project says: end it (${command('abort')}), ${anew}`,
  ]
}
