import { RunbookError } from '../../contract/failures.js'

/** A number of a port, as it was typed; 0 is any free one. Throws `ConfigInvalid`. */
export function portOf(text: string, option: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN
  if (port <= 65_535) return port
  throw new RunbookError('ConfigInvalid', `${option} is a number from 0 to 65535.`, {
    advice: `Correct ${option}.`,
  })
}
