import {
  QueryNotRegisteredError,
  QueryRejectedError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { messageOf, RunbookError } from '../contract/failures.js'
import {
  at,
  command,
  isWords,
  words,
  wordsAt,
  type CommandPlace,
  type Words,
} from '../contract/next-command.js'

/** gRPC status codes, from the gRPC specification. */
const CANCELLED = 1
const UNKNOWN = 2
const INVALID_ARGUMENT = 3
const DEADLINE_EXCEEDED = 4
const NOT_FOUND = 5
const PERMISSION_DENIED = 7
const RESOURCE_EXHAUSTED = 8
const FAILED_PRECONDITION = 9
const ABORTED = 10
const INTERNAL = 13
const UNAVAILABLE = 14
const UNAUTHENTICATED = 16

/** No answer came, for now: a network that is gone, a computer that slept, a server that starts or has too much to do. */
const NO_ANSWER: ReadonlySet<number> = new Set([
  CANCELLED,
  UNKNOWN,
  DEADLINE_EXCEEDED,
  RESOURCE_EXHAUSTED,
  ABORTED,
  INTERNAL,
  UNAVAILABLE,
])

/**
 * What Temporal answered, as a failure that a person can act on; anything unknown is given back as it is. `runId`: the one that
 * was asked for.
 */
export function explainTemporal(error: unknown, workflowId: string, runId?: string): unknown {
  const own = failureWithin(error)
  if (own !== undefined) return own
  if (isMissing(error) || isNoId(error)) {
    const which = runId === undefined ? `${workflowId}, or it is over` : `${runId} of ${workflowId}`
    return new RunbookError('RunNotFound', `There is no run ${which}.`, {
      advice: words`${command('list')} shows all runs.`,
      cause: error,
    })
  }
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return alreadyRunning(workflowId, { run: workflowId }, error)
  }
  if (error instanceof WorkflowUpdateFailedError) {
    return new RunbookError('DecisionRefused', error.cause?.message ?? error.message, {
      advice:
        adviceWithin(error.cause, workflowId) ??
        words`See which gate is open and who may decide it: ${at({ run: workflowId }, command('show'))}`,
      cause: error,
    })
  }
  if (error instanceof WorkflowFailedError || error instanceof QueryRejectedError) return error
  const code = grpcCode(error)
  if (code === PERMISSION_DENIED || code === UNAUTHENTICATED) {
    return new RunbookError('NotPermitted', `Temporal refuses: ${messageOf(causeOf(error))}`, {
      advice: 'Check the API key or the certificate of TEMPORAL_* or of the Temporal profile.',
      cause: error,
    })
  }
  if (isSilence(error)) {
    return new RunbookError('TemporalUnreachable', 'The Temporal server does not answer.', {
      advice: words`Start it with ${command('dev')}, or check TEMPORAL_ADDRESS and the network. A run that was started goes on wherever its server and its worker run: that of an embedded server, once it is started again.`,
      cause: error,
    })
  }
  return error
}

/** `place`: how the run is named in what to type next. */
export function alreadyRunning(workflowId: string, place: CommandPlace, cause?: unknown): RunbookError {
  const next = at.bind(undefined, place)
  return new RunbookError('AlreadyRunning', `A migration of this database is under way: ${workflowId}.`, {
    advice: words`Look at it: ${next(command('show'))}. Follow it, and answer what it asks: ${next(command('watch', '--decide'))}. End it: ${next(command('abort'))}`,
    cause,
  })
}

/** What the run itself says to do instead, where it does. */
function adviceWithin(cause: unknown, run: string): Words | undefined {
  const detail: unknown = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined
  if (typeof detail !== 'object' || detail === null || !('advice' in detail)) return undefined
  return isWords(detail.advice) ? wordsAt({ run }, detail.advice) : undefined
}

/** A failure of ours, such as a key that is missing, that the SDK met inside of its call and put into its own. */
function failureWithin(error: unknown): RunbookError | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth += 1) {
    if (cause instanceof RunbookError) return cause
  }
  return undefined
}

/** Whether the server knows no such run that is under way: it says the same of one that is over. */
export function isMissing(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || grpcCode(error) === NOT_FOUND
}

/** Whether nobody answered, which says nothing of who: the server, or the worker that the server asked. */
export function isSilence(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true
  const code = grpcCode(error)
  return code !== undefined && NO_ANSWER.has(code)
}

/**
 * Whether a worker answered that it cannot, or the server did not ask: it gave a task of the run three times, and it failed or was not
 * done in time. Neither says by itself that the code is another.
 */
export function isStuck(error: unknown): boolean {
  return error instanceof QueryNotRegisteredError || grpcCode(error) === FAILED_PRECONDITION
}

/** Whether what a worker gave as its failure shows that its code does not fit the run: other commands, or no such question. */
export function saysOtherCode(failure: string): boolean {
  return /nondeterminis|non-determinis|did not register a handler/i.test(failure)
}

/** Whether the server refused an ID by its form alone: a run ID that is no UUID, or one that is too long. */
function isNoId(error: unknown): boolean {
  return grpcCode(error) === INVALID_ARGUMENT && /run ?id|workflow ?id/i.test(messageOf(causeOf(error)))
}

function grpcCode(error: unknown): number | undefined {
  const cause = error instanceof ServiceError ? error.cause : error
  const code = cause instanceof Error ? (cause as Error & { code?: unknown }).code : undefined
  return typeof code === 'number' ? code : undefined
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error
}
