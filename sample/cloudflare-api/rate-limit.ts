import { ApiFailure } from './failure.js'

/** Calls of one user in a window, and how long an overrun blocks all of them. Milliseconds. */
export interface RateLimit {
  calls: number
  windowMs: number
  blockMs: number
}

/** Source: https://developers.cloudflare.com/fundamentals/api/reference/limits/ */
export const DEFAULT_RATE_LIMIT: RateLimit = { calls: 1200, windowMs: 300_000, blockMs: 300_000 }

/** Of GraphQL, which each question there is counted in too. */
export const GRAPHQL_RATE_LIMIT: RateLimit = { calls: 320, windowMs: 300_000, blockMs: 300_000 }

/** Counts calls in windows one after the other, as the headers describe them. */
export class CallCounter {
  private readonly limit: RateLimit
  private startedAt = 0
  private used = 0
  private blockedUntil = 0

  constructor(limit: RateLimit) {
    this.limit = limit
  }

  /** Counts a call. Throws {@link ApiFailure} while the user is blocked. */
  count(now: number): void {
    if (now - this.startedAt >= this.limit.windowMs) {
      this.startedAt = now
      this.used = 0
    }
    this.used += 1
    if (now >= this.blockedUntil && this.used > this.limit.calls) this.blockedUntil = now + this.limit.blockMs
    if (now < this.blockedUntil) {
      const wait = String(Math.ceil((this.blockedUntil - now) / 1000))
      throw new ApiFailure(429, 971, 'Please wait and consider throttling your request speed', {
        'retry-after': wait,
      })
    }
  }

  /** Somebody else of this user made one call too many: everybody is blocked for so long. Milliseconds. */
  overrun(ms: number, now: number): void {
    this.blockedUntil = now + ms
  }

  headers(now: number): Record<string, string> {
    const left = Math.max(0, this.limit.calls - this.used)
    const seconds = Math.max(0, Math.ceil((this.startedAt + this.limit.windowMs - now) / 1000))
    return {
      ratelimit: `"default";r=${left};t=${seconds}`,
      'ratelimit-policy': `"default";q=${this.limit.calls};w=${Math.round(this.limit.windowMs / 1000)}`,
    }
  }
}
