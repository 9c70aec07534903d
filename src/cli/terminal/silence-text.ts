import type { Silence } from '../../client/patience.js'
import { words, type Words } from '../../contract/next-command.js'
import { zonedSeconds } from '../../text/clock.js'
import { formatDuration } from '../../text/duration.js'

/** Who is silent, since when, and what somebody may do; the run and the waiting go on. */
export function silenceText({ error, since }: Silence, timeZone: string, now = Date.now()): Words {
  const began =
    since === undefined
      ? ''
      : ` Silent since ${zonedSeconds(since, timeZone)} (${formatDuration(now - since)}).`
  return words`${error.message}${began} Asking on; the run does not end by it. ${error.adviceWords}`
}
