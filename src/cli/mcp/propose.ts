import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { untilAdmitted } from '../../client/admission.js'
import { buildRequest } from '../../client/request.js'
import { readRun } from '../../client/runs.js'
import { withSession, type Session } from '../../client/session.js'
import { refuseSecondStart, startRun, type StartedRun } from '../../client/start.js'
import { requireWorker } from '../../client/worker-presence.js'
import type { Context } from '../../config/context.js'
import { admissionSchema } from '../../contract/admission.js'
import { defined } from '../../contract/defined.js'
import { RunbookError } from '../../contract/failures.js'
import { GATES, OUTCOMES, PHASES } from '../../contract/names.js'
import { at, command, words } from '../../contract/next-command.js'
import { proposerSchema } from '../../contract/provenance.js'
import { gateWhoSchema, type RunView } from '../../contract/run.js'
import { databaseSchema } from '../../contract/target.js'
import { wordsSchema } from '../../contract/words.js'
import { refuseUnadmitted } from '../jobs/refuse-unadmitted.js'
import { waitsFor, waitsForSchema } from './for-people.js'
import type { ToolCall } from './tool.js'

/** Prerequisites are a few seconds; a run that takes longer goes on by itself, and `show_run` tells of it. Milliseconds. */
const PATIENCE_MS = 30_000
const LOOK_AGAIN_MS = 500

export const proposalSchema = z.object({
  workflowId: z.string(),
  runId: z.string(),
  environment: z.string(),
  database: databaseSchema,
  requester: z.string(),
  proposedBy: proposerSchema,
  phase: z.enum(PHASES).optional(),
  outcome: z.enum(OUTCOMES).nullable().optional(),
  message: z.string().optional(),
  gate: z.enum(GATES).optional().describe('the gate that waits for people'),
  who: gateWhoSchema.optional().describe('who may approve it'),
  waitsFor: waitsForSchema.optional(),
  admission: admissionSchema.optional(),
  advice: wordsSchema,
})

/**
 * Starts a run in the name of an agent, for the person that the server was started for, and waits a moment for its first gate. Throws what
 * `start` throws: `ConfigInvalid` also where the policy demands answers that only a person gives, `NotAdmitted` also where the worker knows no proposals.
 */
export async function proposeRun(
  context: Context,
  { place, agent, signal, onProgress }: ToolCall,
): Promise<z.infer<typeof proposalSchema>> {
  const { target, project } = context
  const { environment, database } = target
  const proposedBy = { agent }
  return withSession(project.projectDir, async (session) => {
    await refuseSecondStart(session, target)
    await requireWorker(session, project.taskQueue, { proposedBy })
    const request = await buildRequest(context, { requester: place.person, proposedBy, signal, onProgress })
    // What was cancelled is not begun.
    signal.throwIfAborted()
    const started = await startRun(session, project.taskQueue, request)
    refuseUnadmitted(await untilAdmitted(session, started), started)
    const view = await untilAsked(session, started, signal)
    if (view !== undefined && view.proposedBy === undefined) throw droppedBy(started, environment)
    const open = view?.outcome === null ? view.gates.find(({ state }) => state === 'open') : undefined
    const run = at({ environment, run: started.workflowId }, command('show'))
    return {
      ...started,
      ...{ environment, database, requester: request.requester, proposedBy },
      ...defined({
        ...{ phase: view?.phase, outcome: view?.outcome, message: view?.message, admission: view?.admission },
        ...{ gate: open?.gate, who: open?.who, waitsFor: view === undefined ? undefined : waitsFor(view) },
      }),
      advice:
        open === undefined
          ? words`Look at it: ${run}`
          : words`People decide at the gate ${open.gate}, and no tool does: tell them. What it shows: ${run}`,
    }
  })
}

/** A worker of an earlier version knows no proposals; no tool ends a run, so a person is told to. */
function droppedBy({ workflowId }: StartedRun, environment: string): RunbookError {
  return new RunbookError(
    'NotAdmitted',
    'The run was begun, and its worker keeps it as one of a person: it knows no proposals, so gates that the policy opens by itself open.',
    {
      advice: words`A person ends it: ${at({ environment, run: workflowId }, command('abort'))}. Then bring the worker to this version and propose again.`,
    },
  )
}

/** Until the first gate is open or the run is over; what was read last, where that takes long. */
async function untilAsked(
  session: Session,
  { workflowId, runId }: StartedRun,
  signal: AbortSignal,
): Promise<RunView | undefined> {
  let view: RunView | undefined
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until && !signal.aborted;) {
    view = await readRun(session, workflowId, runId).catch(() => view)
    if (view !== undefined && (view.outcome !== null || view.gates.some(({ state }) => state === 'open')))
      break
    await pause(LOOK_AGAIN_MS)
  }
  return view
}
