import { AsyncLocalStorage } from 'node:async_hooks'
import type { CommandRecord } from '../../contract/run.js'
import { shellWord } from '../../contract/shell.js'
import { redact } from '../../process/redact.js'

/** A statement on the command line may be long; what was run stays recognisable. */
const MAX_LENGTH = 400

const logs = new AsyncLocalStorage<CommandRecord[]>()

/** Every command that `work` runs is appended to `log`, when it has ended. */
export function withCommandLog<T>(log: CommandRecord[], work: () => Promise<T>): Promise<T> {
  return logs.run(log, work)
}

/** For the audit trail: what was run, never what it printed. Goes nowhere where nobody keeps a log. */
export function recordCommand(command: {
  words: string[]
  at: string
  durationMs: number
  result: string
}): void {
  const { words, at, durationMs, result } = command
  const text = redact(
    words
      .map((word) => shellWord(word))
      .join(' ')
      .replace(/\s+/g, ' '),
  )
  logs.getStore()?.push({
    command: text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1)}…` : text,
    at,
    durationMs: Math.round(durationMs),
    result,
  })
}
