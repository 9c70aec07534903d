import { RunbookError } from '../contract/failures.js'
import { command, words } from '../contract/next-command.js'
import type { ObjectKey } from './store.js'

/** An object that is not as it was put there. Trying again meets it again. */
export function unfit(
  { kind }: Pick<ObjectKey, 'kind'>,
  message: string,
  { location, cause }: { location: string; cause?: unknown },
): RunbookError {
  return kind === 'archive'
    ? new RunbookError('BackupInvalid', message, {
        advice: words`Use another archive, or make a new one: ${command('backup')}`,
        cause,
        details: { archive: location },
      })
    : new RunbookError('ValidationFailed', message, {
        advice: words`Begin again, so that it is written anew: ${command('start')}`,
        cause,
      })
}

export function missing(key: Pick<ObjectKey, 'kind'>, location: string, cause?: unknown): RunbookError {
  return unfit(key, `${location} is not there.`, { location, cause })
}

export function changed(key: Pick<ObjectKey, 'kind'>, location: string): RunbookError {
  return unfit(key, `${location} has other bytes than were put there: its SHA-256 is another one.`, {
    location,
  })
}

/** A location that came with a message, or was typed. */
export function foreign(location: string, place: string): RunbookError {
  return new RunbookError(
    'NotAdmitted',
    `${JSON.stringify(location)} is no place of this database in ${place}.`,
    {
      advice: 'Give a location as d1-runbook printed it.',
    },
  )
}
