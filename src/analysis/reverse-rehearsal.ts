import type { RollbackSummary } from '../contract/plan.js'

export interface WayBackInput {
  /** The database before. */
  prior: string
  /** The database after the forward migrations. */
  main: string
  folder: string
  migrationsTable: string
  /** All pending files ran. */
  complete: boolean
  pending: number
  signal?: AbortSignal
}

/** Writes the reverse migration and tries it on the migrated copy. */
export function rehearseWayBack(input: WayBackInput): Promise<RollbackSummary> {
  const price = input.pending === 0 ? [] : ['No reverse migration was written.']
  return Promise.resolve({ available: false, rehearsed: false, price })
}
