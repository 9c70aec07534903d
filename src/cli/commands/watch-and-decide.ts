import { readRequest } from '../../client/run-history.js'
import { withRun } from '../../client/run-id.js'
import type { Session } from '../../client/session.js'
import { explainTemporal } from '../../client/temporal-failure.js'
import { RunbookError } from '../../contract/failures.js'
import { command, words } from '../../contract/next-command.js'
import type { CommonOptions } from '../terminal/app.js'
import type { Output } from '../terminal/output.js'
import { actorOf, identityTyped } from './decide.js'
import { stayWithRun } from './stay.js'

export interface WatchOptions {
  decide?: boolean
  actor?: string
  signKey?: string
}

/** Attaches the prompts to a run that somebody started, here or elsewhere. */
export async function watchAndDecide(
  options: CommonOptions & WatchOptions,
  id: string | undefined,
  output: Output,
): Promise<number> {
  if (!output.interactive) {
    throw new RunbookError(
      'ConfigInvalid',
      '--decide asks questions, and nobody can answer them here: this is no terminal.',
      {
        advice: words`Decide without prompts: ${command('show')} has the commands.`,
      },
    )
  }
  const actor = await actorOf(options)
  return withRun(options, id, async (session, workflowId, named) => {
    const runId = named ?? (await currentRunId(session, workflowId))
    const request = await readRequest(session, { workflowId, runId })
    if (request === null) throw new Error(`the run ${workflowId} has no request in its history`)
    const signing = { key: options.signKey, folder: options.project }
    const identity = identityTyped(options)
    return stayWithRun({
      ...{ session, workflowId, runId, output, actor, request, signing, identity },
      until: 'closed',
    })
  })
}

async function currentRunId({ client }: Session, workflowId: string): Promise<string> {
  const found = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch((error: unknown) => {
      throw explainTemporal(error, workflowId)
    })
  return found.runId
}
