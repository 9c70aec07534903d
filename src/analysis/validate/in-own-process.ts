import { fileURLToPath } from 'node:url'
import { defined } from '../../contract/defined.js'
import { runInOwnProcess } from '../../process/own-process.js'
import type { ValidateInput, ValidateResult } from './validate.js'

const MODULE = fileURLToPath(new URL('./own-process-entry.js', import.meta.url))

/**
 * `validateMigrations` in a process of its own: a file may hold a statement that never ends,
 * which would hold up the heartbeat of an activity and Ctrl-C. Throws the signal's reason.
 */
export async function validateInOwnProcess({
  signal,
  ...input
}: ValidateInput & { signal?: AbortSignal }): Promise<ValidateResult> {
  const result = await runInOwnProcess({ module: MODULE, input, ...defined({ signal }) })
  if (result === undefined) throw new Error('the validation was stopped by nobody')
  return result as ValidateResult
}
