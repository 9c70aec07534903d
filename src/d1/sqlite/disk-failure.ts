import { RunbookError } from '../../contract/failures.js'
import { command, words } from '../../contract/next-command.js'

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

/** Runs `work` and names what SQLite says in the words of the failure table. */
export function guard<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw sqliteFailure(file, error)
  }
}

/** An error of SQLite on `file` as a `RunbookError`; anything else unchanged. */
export function sqliteFailure(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error
  // The low byte is the primary result code: https://sqlite.org/rescode.html
  switch (Number(error.errcode) & 0xff) {
    case 5:
    case 6:
      return new RunbookError('DatabaseLocked', `${file} is locked by another process.`, {
        advice: 'Stop `wrangler dev` or the other migration, then run the same command again.',
        cause: error,
      })
    case 13:
      return new RunbookError('DiskFull', `The disk is full: ${file} could not be written.`, {
        advice: 'Free some disk space, then run the same command again.',
        cause: error,
      })
    case 10:
      return new RunbookError('DiskFull', `The disk under ${file} is full, or fails: ${error.message}.`, {
        advice: 'Free some disk space, then run the same command again.',
        cause: error,
      })
    case 8:
    case 14:
      return new RunbookError('NotPermitted', `${file} cannot be opened where it lies: ${error.message}.`, {
        advice: 'Check the owner and the rights of that file and its folder.',
        cause: error,
      })
    case 11:
    case 26:
      return new RunbookError(
        'BackupInvalid',
        `${file} is not an intact SQLite database: ${error.message}.`,
        {
          advice: words`Restore the newest valid backup: ${command('backup validate')} names it.`,
          cause: error,
        },
      )
    default:
      return new RunbookError('SqlRefused', `SQLite refused a statement: ${error.message}.`, {
        advice: 'Correct the SQL.',
        cause: error,
      })
  }
}
