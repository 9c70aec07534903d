import { sqlFailure } from './failure.js'
import type { StatementResult } from './local-database.js'

/** Rows that all databases of the account may read and write between two midnights UTC. */
export interface DayRows {
  read: number
  written: number
}

/** Of the free plan. Source: https://developers.cloudflare.com/d1/platform/pricing/ */
export const FREE_PLAN: DayRows = { read: 5_000_000, written: 100_000 }

const DAY_MS = 86_400_000

/** Counts what queries, imports and exports used today. Past a limit each is refused until midnight UTC, also one that only reads. */
export class DayLimit {
  private readonly limit: DayRows | undefined
  private day = 0
  private used: DayRows = { read: 0, written: 0 }

  /** undefined: the account is on the paid plan. */
  constructor(limit: DayRows | undefined) {
    this.limit = limit
  }

  /** Throws `ApiFailure` where the day is used up. `now`: epoch milliseconds. */
  demand(now: number): void {
    this.begin(now)
    const { limit, used } = this
    if (limit === undefined) return
    const over = used.read > limit.read ? 'read' : used.written > limit.written ? 'write' : undefined
    if (over !== undefined)
      throw sqlFailure(
        `Your account has exceeded D1's free tier daily row ${over} limit. Upgrade to a paid plan or wait until tomorrow (midnight UTC) to continue.`,
      )
  }

  add(results: readonly StatementResult[], now: number): void {
    this.begin(now)
    for (const { meta } of results) {
      this.used.read += meta.rows_read
      this.used.written += meta.rows_written
    }
  }

  /** Of an export: whether D1 counts its rows is documented nowhere, and here it does. */
  addRead(rows: number, now: number): void {
    this.begin(now)
    this.used.read += rows
  }

  private begin(now: number): void {
    const day = Math.floor(now / DAY_MS)
    if (day !== this.day) this.used = { read: 0, written: 0 }
    this.day = day
  }
}
