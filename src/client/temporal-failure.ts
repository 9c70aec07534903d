import {
  QueryNotRegisteredError,
  QueryRejectedError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client'
import { RunbookError } from '../contract/failures.js'
import { at, command, words } from '../contract/next-command.js'

/** gRPC status codes, from the gRPC specification. */
const DEADLINE_EXCEEDED = 4
const NOT_FOUND = 5
const FAILED_PRECONDITION = 9
const UNAVAILABLE = 14

/** What Temporal answered, as a failure that a person can act on; anything unknown is given back as it is. */
export function explainTemporal(error: unknown, workflowId: string): unknown {
  if (error instanceof RunbookError) return error
  if (error instanceof WorkflowNotFoundError || grpcCode(error) === NOT_FOUND) {
    return new RunbookError('RunNotFound', `There is no run ${workflowId}, or it is over.`, {
      advice: words`${command('list')} shows all runs.`,
      cause: error,
    })
  }
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return new RunbookError('AlreadyRunning', `A migration of this database is under way: ${workflowId}.`, {
      advice: words`Look at it: ${at({ run: workflowId }, command('show'))}`,
      cause: error,
    })
  }
  if (error instanceof WorkflowUpdateFailedError) {
    return new RunbookError('DecisionRefused', error.cause?.message ?? error.message, {
      advice: words`See which gate is open and who may decide it: ${at({ run: workflowId }, command('show'))}`,
      cause: error,
    })
  }
  if (error instanceof WorkflowFailedError || error instanceof QueryRejectedError) return error
  if (grpcCode(error) === DEADLINE_EXCEEDED || isWithoutWorker(error)) return workerMissing(error)
  if (grpcCode(error) === UNAVAILABLE) {
    return new RunbookError('TemporalUnreachable', 'The Temporal server does not answer any more.', {
      advice: words`Start it with ${command('dev')}, or check TEMPORAL_ADDRESS. A run that was started goes on by itself.`,
      cause: error,
    })
  }
  return error
}

export function workerMissing(cause?: unknown, taskQueue?: string): RunbookError {
  const where = taskQueue === undefined ? '' : ` of the task queue ${taskQueue}`
  return new RunbookError('WorkerMissing', `No worker${where} answers, so nothing would happen.`, {
    advice: words`Start one in another terminal: ${command('worker')} (or ${command('dev')}, which brings its own server).`,
    cause,
  })
}

/** A query that a worker knows nothing of comes from a worker of something else. */
function isWithoutWorker(error: unknown): boolean {
  if (error instanceof QueryNotRegisteredError) return true
  return grpcCode(error) === FAILED_PRECONDITION && /no poller|worker/i.test(String(causeOf(error)))
}

function grpcCode(error: unknown): number | undefined {
  const cause = error instanceof ServiceError ? error.cause : error
  const code = cause instanceof Error ? (cause as Error & { code?: unknown }).code : undefined
  return typeof code === 'number' ? code : undefined
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error
}
