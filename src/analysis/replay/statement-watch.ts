import { RunbookError } from '../../contract/failures.js'
import type { StatementPosition, Unreachable } from './replay.js'

/** Milliseconds. D1 ends a query after 30 seconds: what takes ten times as long here will not run there. */
export const STATEMENT_LIMIT_MS = 5 * 60_000

/** Follows a process that says which statement it runs, and ends it at one that does not end. */
export class StatementWatch {
  readonly #what: string
  readonly #limitMs: number
  #timer: NodeJS.Timeout | undefined
  #at: StatementPosition | undefined
  #endless: Unreachable | undefined

  /** `what`: the work, as a noun without an article. */
  constructor(what: string, limitMs: number) {
    this.#what = what
    this.#limitMs = limitMs
  }

  /** The statement for which `stop` was called, or that took too much memory. */
  get endless(): Unreachable | undefined {
    return this.#endless
  }

  /** `limitMs`: for a statement that has less time than the others. */
  follow(at: StatementPosition | undefined, stop: () => void, limitMs = this.#limitMs): void {
    this.end()
    this.#at = at
    if (at === undefined) return
    this.#timer = setTimeout(() => {
      this.#endless = { ...at, afterMs: limitMs }
      stop()
    }, limitMs)
  }

  /** The process was ended because it took more than these bytes of memory. Throws where no statement was told. */
  exceeded(overBytes: number): void {
    this.end()
    if (this.#at !== undefined) this.#endless = { ...this.#at, overBytes }
    else
      throw new RunbookError(
        'SqlRefused',
        `The ${this.#what} took more than ${Math.round(overBytes / 1_000_000)} MB of memory, and was ended; at which statement is not known.`,
        { advice: 'Look for values that a statement, a default, a check or an index builds.' },
      )
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

/**
 * Makes an attempt that is ended at a statement without an end, and the same once more without that statement, which is a finding
 * of the second one. `what`, a noun without an article, is for the error of an attempt that no statement explains.
 */
export async function withoutEndless<Answer>(
  what: string,
  limitMs: number,
  attempt: (watch: StatementWatch, hopeless: Unreachable[]) => Promise<Answer | undefined>,
): Promise<Answer> {
  const hopeless: Unreachable[] = []
  for (;;) {
    const watch = new StatementWatch(what, limitMs)
    try {
      const answer = await attempt(watch, hopeless)
      if (answer !== undefined) return answer
    } finally {
      watch.end()
    }
    const { endless } = watch
    if (endless === undefined) throw new Error(`the ${what} was stopped by nobody`)
    const again = hopeless.some(
      ({ file, line, query }) => file === endless.file && line === endless.line && query === endless.query,
    )
    if (again) throw new Error(`the ${what} never ended: ${endless.file}, line ${endless.line}`)
    hopeless.push(endless)
  }
}
