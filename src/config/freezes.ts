import { DateTime } from 'luxon'
import { messageOf, RunbookError } from '../contract/failures.js'
import type { Freeze } from '../contract/run.js'
import { momentIn } from '../runbook/window-input.js'
import type { EnvironmentConfig, RunbookConfig } from './schema.js'

/** The freezes of the project and those of the environment, in its zone. Throws `ConfigInvalid`, as {@link freezeOf}. */
export function freezesOf(
  config: Pick<RunbookConfig, 'freezes' | 'timeZone'>,
  settings: Pick<EnvironmentConfig, 'freezes' | 'timeZone'>,
): Freeze[] {
  const timeZone = settings.timeZone ?? config.timeZone
  return [...config.freezes, ...settings.freezes].map((freeze) => freezeOf(freeze, timeZone))
}

const DAY = /^\d{4}-\d\d-\d\d$/

/**
 * A freeze, as days or times of the configuration, in UTC. A day is a whole one of the zone: `to` the last that is frozen. Throws `ConfigInvalid` for
 * what is no time, a local time that the zone has not or has twice, and an end that is not after the beginning.
 */
function freezeOf(
  { from, to, reason }: { from: string; to: string; reason: string },
  timeZone: string,
): Freeze {
  const begins = timeOf(from, { timeZone, reason })
  const ends = timeOf(to, { timeZone, reason, daysLater: 1 })
  if (ends <= begins) throw refusal(reason, `it ends before it begins: ${from} to ${to}.`)
  return { from: new Date(begins).toISOString(), until: new Date(ends).toISOString(), reason }
}

/** Of a day its first moment, which is not midnight where clocks go forward then; `daysLater`: that of a later day. */
function timeOf(
  text: string,
  { timeZone, reason, daysLater = 0 }: { timeZone: string; reason: string; daysLater?: number },
): number {
  if (!DAY.test(text)) {
    try {
      return momentIn(text, timeZone)
    } catch (error) {
      throw refusal(reason, messageOf(error))
    }
  }
  const date = DateTime.fromISO(text, { zone: timeZone })
  if (!date.isValid) throw refusal(reason, `there is no day ${text}.`)
  return date.plus({ days: daysLater }).startOf('day').toMillis()
}

function refusal(reason: string, why: string): RunbookError {
  return new RunbookError('ConfigInvalid', `The freeze "${reason}": ${why}`, {
    advice:
      'Correct it under `freezes` in runbook.config; times without an offset are in the configured time zone.',
  })
}
