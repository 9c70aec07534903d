import { messageOf, NON_RETRYABLE_FAILURES, type FailureType } from '../contract/failures.js'
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  isCancellation,
} from '@temporalio/workflow'
import type { StopRequest } from '../contract/decision.js'
import type { Gate } from '../contract/names.js'
import type { Freeze } from '../contract/run.js'
import type { Ending } from './state.js'
import { isWords, wordsAt, type CommandPlace, type Words } from '../contract/next-command.js'

/** Somebody said no. */
export class GateDeclined extends Error {
  constructor(gate: Gate, actor: string, comment: string | undefined) {
    super(`${actor} declined at the gate "${gate}"${comment === undefined ? '' : `: ${comment}`}`)
    this.name = 'GateDeclined'
  }
}

/** Nobody decided in time, or the window closed or a freeze began: silence is never consent. */
export class GateExpired extends Error {
  constructor(what: Gate | 'window' | Freeze) {
    super(
      typeof what === 'object'
        ? `a freeze (${what.reason}) began before the migrations were applied`
        : what === 'window'
          ? 'the maintenance window closed before the migrations were applied'
          : `the gate "${what}" expired: nobody decided before its deadline`,
    )
    this.name = 'GateExpired'
  }
}

/** The maintenance window has no room for the next file. The message says what was applied until then. */
export class WindowOver extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'WindowOver'
  }
}

/** The migration was taken back, or people chose to stop after it went wrong. */
export class RunEnded extends Error {
  readonly ending: Ending

  constructor(ending: Ending) {
    super(ending.message)
    this.name = 'RunEnded'
    this.ending = ending
  }
}

/** The worker begins nothing in a freeze of its charter, whatever this run knew of it when it asked. */
export function isFrozen(error: unknown): boolean {
  const frozen: FailureType = 'Frozen'
  return failureOf(error).type === frozen
}

/** People stopped the run, whatever the work under way then ended with: nothing more can be awaited in this scope. */
export function isStopped(error: unknown): boolean {
  return isCancellation(error) || CancellationScope.current().consideredCancelled
}

/** The true outcome behind whatever the body threw. */
export function endingOf(
  error: unknown,
  stop: { kind: 'abort' | 'supersede'; request: StopRequest } | null,
): Ending {
  if (error instanceof RunEnded) return error.ending
  if (stop !== null) {
    const verb = stop.kind === 'abort' ? 'aborted' : 'superseded'
    return { outcome: 'aborted', message: `${stop.request.actor} ${verb} the run: ${stop.request.reason}` }
  }
  if (isCancellation(error))
    return { outcome: 'aborted', message: 'the workflow was cancelled through Temporal' }
  if (error instanceof GateDeclined) return { outcome: 'declined', message: error.message }
  if (error instanceof GateExpired || error instanceof WindowOver)
    return { outcome: 'expired', message: error.message }
  const failure = failureOf(error)
  if (isFrozen(error)) return { outcome: 'expired', message: failure.message }
  return {
    outcome: failure.type === 'Drifted' ? 'drifted' : 'failed',
    message: failure.message,
    failure,
  }
}

/** The commands of its advice say which database they are for: whoever reads it may look at several. */
export function atPlace(ending: Ending, place: CommandPlace): Ending {
  const { failure } = ending
  if (failure === undefined) return ending
  return { ...ending, failure: { ...failure, advice: wordsAt(place, failure.advice) } }
}

/** Type, message and advice of the first failure that says so, below the layers that Temporal adds. */
export function failureOf(error: unknown): { type: string; message: string; advice: Words } {
  const cause = rootOf(error)
  if (cause instanceof ApplicationFailure) {
    const { advice } = detailsOf(cause)
    return {
      type: cause.type ?? 'Error',
      message: cause.message,
      advice: isWords(advice) ? advice : '',
    }
  }
  const message = messageOf(cause)
  return { type: cause instanceof Error ? cause.name : 'Error', message, advice: '' }
}

/** What else a failure carries, by name. */
export function detailsOf(error: unknown): Record<string, unknown> {
  const cause = rootOf(error)
  const [detail] = cause instanceof ApplicationFailure ? (cause.details ?? []) : []
  return typeof detail === 'object' && detail !== null ? { ...detail } : {}
}

function rootOf(error: unknown): unknown {
  let cause = error
  while (cause instanceof ActivityFailure || cause instanceof ChildWorkflowFailure) cause = cause.cause
  return cause
}

/** Whether trying again may help: the table of failures says so, and everything unknown may. */
export function mayPass(error: unknown): boolean {
  const cause = rootOf(error)
  if (!(cause instanceof ApplicationFailure)) return true
  const types: readonly string[] = NON_RETRYABLE_FAILURES
  return cause.nonRetryable !== true && !types.includes(cause.type ?? '')
}
