import type { WorkflowClientInterceptor } from '@temporalio/client'
import { RunbookError } from '../contract/failures.js'
import { LIMITS } from '../contract/limits.js'
import { grouped } from '../contract/number.js'

/** What Temporal takes as one message, less what an encrypted one has around it. Bytes of JSON. */
const MOST_BYTES = 2_000_000

/**
 * Refuses what is larger than Temporal takes before it is sent: the server may have taken in a part of it, and the run would fail at it
 * again and again. Throws `DecisionRefused` of a message to a run, `ConfigInvalid` of the request of a new one.
 */
export const messageSize: WorkflowClientInterceptor = {
  signal: async (input, next) => {
    demandRoom(input.signalName, input.args)
    return next(input)
  },
  startUpdate: async (input, next) => {
    demandRoom(input.updateName, input.args)
    return next(input)
  },
  startWithDetails: async (input, next) => {
    const bytes = bytesOf(input.options.args)
    if (bytes <= MOST_BYTES) return next(input)
    throw new RunbookError('ConfigInvalid', `The request of the run has ${tooMany(bytes)}`, {
      advice: 'Nothing was started. Shorten `queries`, `people` and what the checklist is told.',
    })
  },
}

function demandRoom(name: string, args: readonly unknown[]): void {
  const bytes = bytesOf(args)
  if (bytes <= MOST_BYTES) return
  throw new RunbookError('DecisionRefused', `What was to be sent (${name}) has ${tooMany(bytes)}`, {
    advice: `Nothing was sent, and the run goes on as it is. A text has ${grouped(LIMITS.text)} characters at most; keep longer ones elsewhere and name the place.`,
  })
}

function tooMany(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB, and Temporal takes ${MOST_BYTES / 1e6} MB.`
}

function bytesOf(args: readonly unknown[]): number {
  return Buffer.byteLength(JSON.stringify(args))
}
