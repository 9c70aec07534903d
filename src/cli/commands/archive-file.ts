import { stat } from 'node:fs/promises'
import path from 'node:path'
import { RunbookError } from '../../contract/failures.js'
import { command, words } from '../../contract/next-command.js'

/** The archive as typed, absolute. A wrong path is a mistake in typing, not a broken backup. Throws `ConfigInvalid`. */
export async function archiveFile(typed: string): Promise<string> {
  const file = path.resolve(typed)
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() === true) return file
  throw new RunbookError(
    'ConfigInvalid',
    found === undefined ? `There is no file ${file}.` : `${file} is no file.`,
    { advice: words`Give a backup-….zip; ${command('backup')} prints where it writes them.` },
  )
}
