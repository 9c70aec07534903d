import { RunbookError } from '../../contract/failures.js'
import type { StatementPosition, Unreachable } from './replay.js'

/** Milliseconds. D1 ends a query after 30 seconds: what takes ten times as long here will not run there. */
export const STATEMENT_LIMIT_MS = 5 * 60_000

/** A statement that takes so long is told of once. Milliseconds. */
const LONG_MS = 5_000

/** Follows a process that says which statement it runs, and ends it at one that does not end. */
export class StatementWatch {
  readonly #what: string
  readonly #limitMs: number
  readonly #onProgress: ((message: string) => void) | undefined
  #long: NodeJS.Timeout | undefined
  #timer: NodeJS.Timeout | undefined
  #at: StatementPosition | undefined
  #endless: Unreachable | undefined

  /** `what`: the work, as a noun without an article. `onProgress`: told of a statement that takes long, and when it will be ended. */
  constructor(what: string, limitMs: number, onProgress?: (message: string) => void) {
    this.#what = what
    this.#limitMs = limitMs
    this.#onProgress = onProgress
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
    const afterMs = Math.min(LONG_MS, limitMs / 2)
    this.#long = setTimeout(() => {
      this.#onProgress?.(
        `${placeOf(at)} has run for ${seconds(afterMs)}; at ${seconds(limitMs)} the ${this.#what} ends it, and goes on without it`,
      )
    }, afterMs)
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
    clearTimeout(this.#long)
  }
}

function placeOf({ file, line, query }: StatementPosition): string {
  return query === undefined ? `${file}, line ${line},` : 'A query of the application'
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}

/**
 * Makes an attempt that is ended at a statement without an end, and the same once more without that statement, which is a finding
 * of the second one. `onProgress`: see {@link StatementWatch}. `what`, a noun without an article, is for the error of an attempt that no statement explains.
 */
export async function withoutEndless<Answer>(
  what: string,
  limitMs: number,
  attempt: (watch: StatementWatch, hopeless: Unreachable[]) => Promise<Answer | undefined>,
  onProgress?: (message: string) => void,
): Promise<Answer> {
  const hopeless: Unreachable[] = []
  // The next attempt comes by the same slow statements.
  const told = new Set<string>()
  const tellOnce = (message: string): void => {
    if (!told.has(message)) onProgress?.(message)
    told.add(message)
  }
  for (;;) {
    const watch = new StatementWatch(what, limitMs, tellOnce)
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
