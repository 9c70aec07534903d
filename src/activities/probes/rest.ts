import { setTimeout as pause } from 'node:timers/promises'

/** Waits. Throws the signal's own reason, by which Temporal knows a cancellation. */
export async function restFor(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await pause(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
  signal?.throwIfAborted()
}
