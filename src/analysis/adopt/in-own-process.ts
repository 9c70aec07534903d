import { fileURLToPath } from 'node:url'
import type { Adoption } from '../../contract/adoption.js'
import { defined } from '../../contract/defined.js'
import { runInOwnProcess } from '../../process/own-process.js'
import type { ProveInput } from './prove.js'

const MODULE = fileURLToPath(new URL('./own-process-entry.js', import.meta.url))

/** `proveAdoption` in a process of its own, which Ctrl-C ends in the middle of a statement. Throws the signal's reason. */
export async function proveInOwnProcess({
  signal,
  ...input
}: ProveInput & { signal?: AbortSignal }): Promise<Adoption> {
  const result = await runInOwnProcess({ module: MODULE, input, ...defined({ signal }) })
  if (result === undefined) throw new Error('the proof was stopped by nobody')
  return result as Adoption
}
