import { fileURLToPath } from 'node:url'
import { runInOwnProcess } from '../../process/own-process.js'
import type { SinceAnswer, SinceInput } from './written-since.js'

const MODULE = fileURLToPath(new URL('./own-process-entry.js', import.meta.url))

/** `findWrittenSince` in a process of its own: SQLite works without a pause. Throws the signal's reason. */
export async function findSinceInOwnProcess({
  signal,
  ...input
}: SinceInput & { signal: AbortSignal }): Promise<SinceAnswer> {
  const result = await runInOwnProcess({ module: MODULE, input, signal })
  if (result === undefined) throw new Error('the comparison was stopped by nobody')
  return result as SinceAnswer
}
