import { defined } from '../contract/defined.js'
import { activityInfo, cancellationSignal, heartbeat, log } from '@temporalio/activity'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { RunbookError, messageOf } from '../contract/failures.js'
import type { CommandRecord } from '../contract/run.js'
import { withCommandLog } from '../d1/wrangler/command-log.js'
import { redact, redactIn } from '../process/redact.js'
import { mapText } from '../contract/next-command.js'
import { oneLine } from '../text/one-line.js'

const HEARTBEAT_MS = 4000

/** Says how far the work is, for the Temporal UI and for the attempt after this one; without a word, what was said last. */
export type Beat = (progress?: unknown) => void

/**
 * Runs the body of an activity: beats while it works, so that a dead worker is noticed and a cancellation arrives, and
 * turns its errors into failures of the one table. A `CancelledFailure` stays one: the workflow tells it from an error.
 *
 * The commands that it runs travel with its answer, or with its failure; those of an attempt before it come along by
 * heartbeat, so that only what ran after the last beat of a killed worker is missing from the audit trail. `before` is the
 * last progress that an earlier attempt told.
 */
export async function asActivity<T>(
  work: (signal: AbortSignal, beat: Beat, before: unknown) => Promise<T>,
): Promise<T> {
  const signal = cancellationSignal()
  const last = lastAttempt()
  const commands = [...(last.commands ?? [])]
  let latest = last.progress
  const beat: Beat = (progress = latest) => {
    latest = progress
    if (commands.length === 0 && latest === undefined) heartbeat()
    else heartbeat(redactIn({ commands, ...defined({ progress: latest }) }))
  }
  const beats = setInterval(beat, HEARTBEAT_MS)
  try {
    // All that an activity answers is in the history from here on.
    const result = redactIn(await withCommandLog(commands, () => work(signal, beat, last.progress)))
    const plain = typeof result === 'object' && result !== null && !Array.isArray(result)
    return plain && commands.length > 0 ? { ...result, commands } : result
  } catch (error) {
    // The next attempt, if there is one, finds them here.
    if (commands.length > 0) beat()
    if (error instanceof CancelledFailure || signal.aborted) throw cancellation(error, signal, commands)
    throw failureOf(error, commands)
  } finally {
    clearInterval(beats)
  }
}

function cancellation(error: unknown, signal: AbortSignal, commands: CommandRecord[]): Error {
  const reason: unknown = error instanceof CancelledFailure ? error : signal.reason
  if (!(reason instanceof Error)) return new CancelledFailure('cancelled', [{ commands }])
  if (commands.length === 0 || !(reason instanceof CancelledFailure)) return reason
  return new CancelledFailure(reason.message, [{ commands }, ...reason.details], reason.cause)
}

/** An error that people can act on keeps its type and advice; a bug stays retryable and keeps its stack. */
export function failureOf(error: unknown, commands: CommandRecord[] = []): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error
  const audit = commands.length === 0 ? {} : { commands }
  if (error instanceof RunbookError) {
    return ApplicationFailure.create({
      type: error.type,
      message: sentence(error),
      nonRetryable: !error.retryable,
      ...defined({ nextRetryDelay: toldWait(error) }),
      details: [redactIn({ advice: mapText(error.adviceWords, redact), ...(error.details ?? {}), ...audit })],
    })
  }
  log.error('An activity failed unexpectedly', {
    activity: activityInfo().activityType,
    error: redact(String(error)),
  })
  const failure = ApplicationFailure.create({
    type: error instanceof Error ? error.name : 'Error',
    message: sentence(error),
    details: [audit],
  })
  if (error instanceof Error && error.stack !== undefined) failure.stack = redact(error.stack)
  return failure
}

/** It stands within lines of ours: what a program printed in several is one there. */
function sentence(error: unknown): string {
  return oneLine(redact(messageOf(error)))
}

/** Milliseconds that Cloudflare asks for before the next attempt: sooner would be refused, and some attempts are all there are. */
function toldWait({ retryable, details }: RunbookError): number | undefined {
  const wait = details?.['retryAfterMs']
  return retryable && typeof wait === 'number' && wait > 0 ? wait : undefined
}

function lastAttempt(): { commands?: CommandRecord[]; progress?: unknown } {
  const details = activityInfo().heartbeatDetails as unknown
  return typeof details === 'object' && details !== null && !Array.isArray(details) ? details : {}
}
