import { inspect } from 'node:util'
import { visibleLines } from '../text/visible.js'
import { redact } from './redact.js'

/**
 * One record of a log of lines, without secrets and without a control of a terminal, whoever wrote what it holds. Rows behind the first are indented:
 * none of them stands there as a record of its own.
 */
export function logRecord(text: string): string {
  return visibleLines(redact(text)).split('\n').join('\n    ')
}

/** To standard error, as all of our log: standard output is for what a command answers. An error comes whole, with its stack and its causes. */
export function writeLog(said: unknown): void {
  process.stderr.write(`${logRecord(typeof said === 'string' ? said : inspect(said))}\n`)
}
