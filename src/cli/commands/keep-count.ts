import { RunbookError } from '../../contract/failures.js'
import { command, words } from '../../contract/next-command.js'

/** `--keep` as typed; undefined when it was not. Throws `ConfigInvalid`. */
export function keepOf({ keep }: { keep?: string }): number | undefined {
  if (keep === undefined) return undefined
  const count = Number(keep)
  if (Number.isInteger(count) && count >= 1) return count
  throw new RunbookError('ConfigInvalid', `--keep must be a whole number of at least 1, found "${keep}".`, {
    advice: words`Such as: ${command('backup', '--keep', '14')}`,
  })
}
