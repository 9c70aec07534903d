import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { Context } from '../../config/context.js'
import { storeOf } from '../../config/store.js'
import { RunbookError } from '../../contract/failures.js'
import { command, words } from '../../contract/next-command.js'

/**
 * The archive as typed, absolute; one of a bucket, `s3://…`, is fetched from the store of the context. A wrong path is a mistake in typing, not a
 * broken backup. Throws `ConfigInvalid`, and for one of a bucket what opening it throws.
 */
export async function archiveFile(typed: string, context: () => Promise<Context>): Promise<string> {
  if (typed.startsWith('s3://')) return fetched(typed, await context())
  const file = path.resolve(typed)
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() === true) return file
  throw new RunbookError(
    'ConfigInvalid',
    found === undefined ? `There is no file ${file}.` : `${file} is no file.`,
    { advice: words`Give a backup-….zip; ${command('backup')} prints where it writes them.` },
  )
}

async function fetched(location: string, context: Context): Promise<string> {
  const store = await storeOf(context)
  if (store !== undefined) return store.open(location)
  const { environment } = context.target
  throw new RunbookError(
    'ConfigInvalid',
    `${environment} has no \`storage\`, so ${location} cannot be fetched.`,
    {
      advice: 'Name the environment that it is of, with --env, in the folder of its project.',
    },
  )
}
