import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../contract/failures.js'
import type { TemporalClient } from '../temporal/connection.js'

/** Asked again after this, then after twice that, up to the most. Milliseconds. */
const ASK_AGAIN_MS = 1_000
const ASK_AGAIN_MOST_MS = 15_000

/** Somebody does not answer: who, why and what to do stand in `error`. `since`: epoch milliseconds, where it is known. */
export interface Silence {
  error: RunbookError
  since: number | undefined
}

/**
 * Says each silence once, and its end once: two may look for it. A server that was away heard nobody poll: of that time nothing is known of
 * who is silent behind it.
 */
export function saidOnce(onSilence: PatienceOptions['onSilence']): PatienceOptions['onSilence'] {
  let last: RunbookError | undefined
  return (silence) => {
    if (silence?.error.message === last?.message) return
    const serverWasAway = last?.type === 'TemporalUnreachable'
    last = silence?.error
    onSilence(silence !== undefined && serverWasAway ? { ...silence, since: Date.now() } : silence)
  }
}

export interface PatienceOptions {
  signal: AbortSignal
  /** Told when a silence begins, when another one takes its place, and, with undefined, when it is over. */
  onSilence: (silence: Silence | undefined) => void
  /** When they answered last, in epoch milliseconds. */
  answeredAt?: number | undefined
  /** Looks whether they are to be found elsewhere by now: `dev` takes another port where its own is taken. */
  session?: Pick<TemporalClient, 'follow'>
}

/**
 * Asks until there is an answer: a worker or a server that is away, or a computer that slept, is waited for, because a run
 * does not depend on who looks at it. Undefined when `signal` was aborted. Throws what waiting cannot help.
 */
export async function patiently<T>(
  { signal, answeredAt, session, ...told }: PatienceOptions,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  const onSilence = saidOnce(told.onSilence)
  let silent: string | undefined
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      if (silent !== undefined && session !== undefined) await askOwnServer(session)
      const answer = await ask()
      if (silent !== undefined) onSilence(undefined)
      return answer
    } catch (error) {
      if (!(error instanceof RunbookError) || !error.retryable) throw error
      const { since } = error.details ?? {}
      onSilence({ error, since: typeof since === 'number' ? since : answeredAt })
      silent = error.message
      const pauseMs = Math.min(ASK_AGAIN_MS * 2 ** tries, ASK_AGAIN_MOST_MS)
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }
  return undefined
}

/** For whoever asks now and again on one connection: goes to this project's server, and throws where its place is another's by now. */
export async function askOwnServer(session: Pick<TemporalClient, 'follow'>): Promise<void> {
  await session.follow().catch(unlessElsewhere)
}

/** Where nobody answers yet, the question itself says why; the server of another project is asked nothing. */
function unlessElsewhere(error: unknown): void {
  if (error instanceof RunbookError) throw error
}
