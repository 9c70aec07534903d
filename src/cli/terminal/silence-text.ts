import type { Silence } from '../../client/patience.js'
import { words, type Words } from '../../contract/next-command.js'
import { zonedSeconds } from '../../text/clock.js'
import { formatDuration } from '../../text/duration.js'

/** Who is silent, since when, and what somebody may do, a sentence or two each; the run and the waiting go on. */
export function silenceLines({ error, since }: Silence, timeZone: string, now = Date.now()): Words[] {
  const began =
    since === undefined
      ? ''
      : `Silent since ${zonedSeconds(since, timeZone)} (${formatDuration(now - since)}). `
  return [error.message, `${began}Asking on; the run does not end by it.`, error.adviceWords]
}

/** The same as one text. */
export function silenceText(...asked: Parameters<typeof silenceLines>): Words {
  const [who = '', since = '', advice = ''] = silenceLines(...asked)
  return words`${who} ${since} ${advice}`
}
