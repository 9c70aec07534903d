import { pendingMigrations } from '../../d1/order/migration-order.js'
import type { MigrationRef } from '../../contract/target.js'

/** The files of the folder against what is known of the past. */
export interface History {
  /** In apply order. */
  files: MigrationRef[]
  /** Names in the ledger; undefined when nobody asked. */
  applied: string[] | undefined
  /** SHA-256 by name, from `checksums.json`. */
  checksums: Record<string, string> | undefined
  /** Names of `.sql` files below the folder that Wrangler passes over; absent when nobody looked. */
  overlooked?: readonly string[]
}

export function isApplied(history: History, name: string): boolean {
  return history.applied?.includes(name) ?? false
}

/** Files that are still to run; all of them when the ledger is not known. */
export function pendingOf(history: History): MigrationRef[] {
  return pendingMigrations(history.files, history.applied ?? [])
}
