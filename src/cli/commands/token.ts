import { readFileSync } from 'node:fs'
import { messageOf, RunbookError } from '../../contract/failures.js'
import { noteSecret } from '../../contract/given-secrets.js'

/** The token of a server of ours: of the variable `name`, or in the file of `name_FILE`; undefined where neither is set. Throws `ConfigInvalid`. */
export function tokenIn(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const file = env[`${name}_FILE`] ?? ''
  const value = env[name] ?? ''
  if (file === '') return value === '' ? undefined : value
  try {
    const token = readFileSync(file, 'utf8').trim()
    noteSecret(token)
    return token
  } catch (cause) {
    throw new RunbookError('ConfigInvalid', `The file of ${name}_FILE cannot be read: ${messageOf(cause)}`, {
      advice: `Name a file that holds the token, or set ${name}.`,
      cause,
    })
  }
}
