import { fileURLToPath } from 'node:url'
import { defined } from '../../contract/defined.js'
import { MEMORY, runInOwnProcess } from '../../process/own-process.js'
import type { StatementPosition } from '../replay/replay.js'
import { withoutEndless } from '../replay/statement-watch.js'
import type { ValidateInput, ValidateResult } from './validate.js'

/** Without rows nothing takes long: whoever waits here has typed a command, or a pull request holds up others. Milliseconds. */
const VALIDATE_LIMIT_MS = 60_000

const MODULE = fileURLToPath(new URL('./own-process-entry.js', import.meta.url))

/**
 * `validateMigrations` in a process of its own: a file may hold a statement that never ends, which would hold up the heartbeat
 * of an activity and Ctrl-C, or that takes all memory there is. One that does not end within `statementLimitMs`, or takes the process past
 * `memoryLimit` bytes, is an RH102 of the result. Throws the signal's reason, `SqlRefused` where no statement can be blamed for the memory.
 */
export async function validateInOwnProcess({
  signal,
  onProgress,
  statementLimitMs = VALIDATE_LIMIT_MS,
  memoryLimit = MEMORY.files,
  ...input
}: Omit<ValidateInput, 'watched'> & {
  signal?: AbortSignal
  /** Told of a statement that takes long, and when it will be ended. */
  onProgress?: (message: string) => void
  statementLimitMs?: number
  memoryLimit?: number
}): Promise<ValidateResult> {
  const attempt: Parameters<typeof withoutEndless<ValidateResult>>[2] = async (watch, hopeless) => {
    const result = await runInOwnProcess({
      module: MODULE,
      input: { ...input, hopeless },
      ...defined({ signal }),
      memory: { limit: memoryLimit, exceeded: () => watch.exceeded(memoryLimit) },
      onReport: (said, stop) => watch.follow((said as StatementReport).at, stop),
    })
    return result as ValidateResult | undefined
  }
  return withoutEndless('validation', statementLimitMs, attempt, onProgress)
}

/** What the process of a validation reports: it runs this statement now; undefined: it ended. */
export interface StatementReport {
  at: StatementPosition | undefined
}
