import { RunbookError } from '../../contract/failures.js'
import { sqliteFailure } from '../read/local-reader.js'

/** What files and SQLite say below `folder`, in the words of the failure table; anything else unchanged. */
export function diskFailure(error: unknown, folder: string): unknown {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOSPC' || code === 'EDQUOT' ? diskFull(folder, error) : sqliteFailure(folder, error)
}

export function diskFull(folder: string, cause?: unknown): RunbookError {
  return new RunbookError(
    'DiskFull',
    `The disk of ${folder} is full: what was begun there was not finished.`,
    {
      advice: 'Free some disk space, then run the same command again.',
      cause,
    },
  )
}
