import { defined } from '../../contract/defined.js'
import type { FailureType } from '../../contract/failures.js'
import type { Words } from '../../contract/next-command.js'
import { CUT_APART, rowOf } from './failure-table.js'

/** How a command of Wrangler ended, as far as its process can tell. */
export interface CommandEnd {
  stdout: string
  stderr: string
  /** Undefined when a signal ended the process. */
  exitCode: number | undefined
  /** Our own time limit passed. */
  timedOut?: boolean
  /** Where the database is that it was about, if anywhere. */
  place?: 'remote' | 'local'
}

export interface Classified {
  type: FailureType
  advice: Words
  /** What the text means, as one sentence. */
  meaning: string
  /** Milliseconds before the same may help, where that is known to be long. */
  retryAfterMs?: number
  /** Remote D1 cut a statement apart that is whole. */
  cutApart: boolean
}

/** A question to the API that got no answer in time, and a command cut off by a signal, say nothing of what they had sent. */
const SILENCE = 'operation was aborted due to timeout'

/**
 * The failure type of a command that did not do what it should. What no row of the table knows is `OutcomeUnknown`: it is
 * repeated only after the database was read.
 */
export function classify(end: CommandEnd): Classified {
  const silent = end.timedOut === true || end.exitCode === undefined
  const row = rowOf(silent ? SILENCE : `${end.stderr}\n${end.stdout}`, end.place)
  const { type, advice, meaning, retryAfterMs } = row
  return { type, advice, meaning, cutApart: row === CUT_APART, ...defined({ retryAfterMs }) }
}

/** The line of Wrangler's output that says what went wrong, without colours and frames. */
export function errorLine(end: Pick<CommandEnd, 'stdout' | 'stderr'>): string {
  return withoutItsAdvice(saidOfFailure(end))
}

/**
 * Wrangler tells whoever typed its command to type it again, with another option. Nobody typed it, and with `--temporary` it
 * would work in another account.
 */
function withoutItsAdvice(text: string): string {
  const sentences = text.split(/(?<=[.!?])\s+(?=[A-Z])/)
  const kept = sentences.filter(
    (one) => !/--temporary\b|\btemporary account\b|\brerun this command\b/i.test(one),
  )
  return kept.length === 0 ? text : kept.join(' ')
}

function saidOfFailure(end: Pick<CommandEnd, 'stdout' | 'stderr'>): string {
  // With --json: what failed in the text, why in the notes.
  const texts = [...end.stdout.matchAll(/"text":\s*"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    unquote(text),
  )
  if (texts.length > 0) return texts.join(' ')
  const lines = plain(`${end.stderr}\n${end.stdout}`)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const marked = lines.findIndex((line) => /ERROR/.test(line))
  if (marked >= 0) {
    const from = (lines[marked] ?? '').replace(/^.*?ERROR\]?\s*/, '')
    const next = lines[marked + 1]
    const more =
      next !== undefined && !/^(?:🪵|If you think|Logs were|\W{0,3}$)/u.test(next) ? ` ${next}` : ''
    return `${from}${more}`.trim()
  }
  return lines.at(-1) ?? 'no output'
}

function unquote(text: string): string {
  try {
    return plain(String(JSON.parse(`"${text}"`)))
  } catch {
    return plain(text)
  }
}

const COLOURS = /\u001b\[[\d;]*m/g

function plain(text: string): string {
  return text.replace(COLOURS, '')
}
