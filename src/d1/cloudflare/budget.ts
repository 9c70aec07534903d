import { createHash } from 'node:crypto'

/**
 * What a question is for. `change`: the migration and its way back; `watch`: what can be asked later, such as monitoring. Of the
 * calls that Cloudflare allows a user, the last ones are kept for `change`.
 */
export type Purpose = 'change' | 'watch'

/** Calls that nobody who watches may use: some fifty for an apply and its proof, as many for the way back. */
export const RESERVE = 100
/** The longest that Cloudflare blocks a user, where it does not say how long. Milliseconds. */
const LONGEST_BLOCK_MS = 5 * 60_000

/** So many calls in so long. Milliseconds. */
interface OwnLimit {
  calls: number
  windowMs: number
}

/** Of GraphQL, beside that of all calls: who plans and who watches share it. Source: the page below, and the one on GraphQL's limits. */
const GRAPHQL_LIMIT: OwnLimit = { calls: 320, windowMs: 300_000 }

/**
 * The calls that one user of Cloudflare's API has left, as its answers tell: 1,200 in five minutes, dashboards and colleagues
 * included; an overrun blocks every call for up to five minutes. Until an answer told, nothing is held back.
 * Source: https://developers.cloudflare.com/fundamentals/api/reference/limits/
 */
export class CallBudget {
  readonly #own: OwnLimit | undefined
  #left: number | undefined
  #resetAt = 0
  #blockedUntil = 0
  /** Calls that were made. */
  made = 0

  /** `own`: a limit that is known without being told, and is counted here until an answer tells another. */
  constructor(own?: OwnLimit) {
    this.#own = own
  }

  /** Milliseconds until a call of this purpose may be made; 0: now. */
  waitMs(purpose: Purpose, now: number): number {
    if (this.#blockedUntil > now) return this.#blockedUntil - now
    if (this.#left === undefined || this.#resetAt <= now) return 0
    return this.#left > this.keptFrom(purpose) ? 0 : this.#resetAt - now
  }

  /** Calls that this purpose may not use; none of a limit of its own, which no change needs. */
  keptFrom(purpose: Purpose): number {
    return purpose === 'watch' && this.#own === undefined ? RESERVE : 0
  }

  /** One call is about to be made. `now`: epoch milliseconds. */
  spend(now: number): void {
    this.made += 1
    if (this.#own !== undefined && this.#resetAt <= now) {
      this.#left = this.#own.calls
      this.#resetAt = now + this.#own.windowMs
    }
    if (this.#left !== undefined) this.#left -= 1
  }

  /** What an answer says of the calls that are left. */
  learn(headers: Headers, now: number): void {
    const told = /;\s*r=(\d+)\s*;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')
    if (told === null) return
    this.#left = Number(told[1])
    this.#resetAt = now + Number(told[2]) * 1000
  }

  /** Calls that are left, as was told last; undefined where that is over, or nobody told. */
  left(now: number): number | undefined {
    if (this.#blockedUntil > now) return 0
    return this.#resetAt > now ? this.#left : undefined
  }

  /** The API answers nobody of this user for so long. Milliseconds; 0: it did not say. */
  block(ms: number, now: number): void {
    this.#blockedUntil = now + (ms > 0 ? ms : LONGEST_BLOCK_MS)
  }
}

const budgets = new Map<string, CallBudget>()
const graphqlBudgets = new Map<string, CallBudget>()

/** The one budget of a token in this process. */
export function budgetOf(client: { url: string; token: string }): CallBudget {
  return budgetIn(budgets, client, () => new CallBudget())
}

/** What it has for GraphQL, which each question spends too. */
export function graphqlBudgetOf(client: { url: string; token: string }): CallBudget {
  return budgetIn(graphqlBudgets, client, () => new CallBudget(GRAPHQL_LIMIT))
}

function budgetIn(
  all: Map<string, CallBudget>,
  { url, token }: { url: string; token: string },
  make: () => CallBudget,
): CallBudget {
  const key = createHash('sha256').update(`${url}\n${token}`).digest('hex')
  const known = all.get(key) ?? make()
  all.set(key, known)
  return known
}

/** Of all tokens in this process: calls that were made, and the fewest that one of them has left. Wrangler's own are not among them. */
export function apiUsage(now = Date.now()): { made: number; left: number | undefined } {
  const all = [...budgets.values()]
  const known = all.flatMap((budget) => budget.left(now) ?? [])
  return {
    made: all.reduce((sum, { made }) => sum + made, 0),
    left: known.length === 0 ? undefined : Math.min(...known),
  }
}
