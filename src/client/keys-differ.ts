import { RunbookError } from '../contract/failures.js'
import { KEYS_VARIABLE } from '../temporal/codec/keys.js'

/** Why what this client sends would not be read, or would be the one thing in the history that is not encrypted. */
export function keysDiffer(
  taskQueue: string,
  writes: string | undefined,
  workers: readonly (readonly string[])[],
): RunbookError | undefined {
  const encrypting = workers.find(([first]) => first !== undefined)?.[0]
  if (writes === undefined) {
    return encrypting === undefined
      ? undefined
      : new RunbookError(
          'KeyMissing',
          `The worker of ${taskQueue} encrypts with the key ${encrypting}, and this process has no key: what it sends would stand readable in the history.`,
          { advice: `Set the same ${KEYS_VARIABLE} here, or name its file.` },
        )
  }
  if (workers.some((keys) => keys.includes(writes))) return undefined
  return new RunbookError(
    'WorkerKeyMissing',
    `This process encrypts with the key ${writes}, and no worker of ${taskQueue} has it.`,
    {
      advice: `Start the worker with that key in ${KEYS_VARIABLE} first: behind its own, it reads with it and still writes with its own.`,
    },
  )
}
