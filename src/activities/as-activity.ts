import { activityInfo, cancellationSignal, heartbeat, log } from '@temporalio/activity'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { RunbookError } from '../contract/failures.js'
import { redact } from '../d1/redact.js'

const HEARTBEAT_MS = 4000

/**
 * Runs the body of an activity: beats while it works, so that a dead worker is noticed and a cancellation arrives, and
 * turns its errors into failures of the one table. A `CancelledFailure` stays one: the workflow tells it from an error.
 */
export async function asActivity<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = cancellationSignal()
  const beats = setInterval(() => {
    heartbeat()
  }, HEARTBEAT_MS)
  try {
    return await work(signal)
  } catch (error) {
    if (error instanceof CancelledFailure) throw error
    if (signal.aborted)
      throw signal.reason instanceof Error ? signal.reason : new CancelledFailure('cancelled')
    throw failureOf(error)
  } finally {
    clearInterval(beats)
  }
}

/** An error that people can act on keeps its type and advice; a bug stays retryable and keeps its stack. */
export function failureOf(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error
  if (error instanceof RunbookError) {
    return ApplicationFailure.create({
      type: error.type,
      message: redact(error.message),
      nonRetryable: !error.retryable,
      details: [{ advice: redact(error.advice), ...(error.details ?? {}) }],
    })
  }
  log.error('An activity failed unexpectedly', {
    activity: activityInfo().activityType,
    error: redact(String(error)),
  })
  const failure = ApplicationFailure.create({
    type: error instanceof Error ? error.name : 'Error',
    message: redact(error instanceof Error ? error.message : String(error)),
  })
  if (error instanceof Error && error.stack !== undefined) failure.stack = redact(error.stack)
  return failure
}
