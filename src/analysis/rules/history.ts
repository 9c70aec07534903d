import type { MigrationFile } from '../../contract/target.js'

/** The files of the folder against what is known of the past. */
export interface History {
  /** In apply order. */
  files: MigrationFile[]
  /** Names in the ledger; undefined when nobody asked. */
  applied: string[] | undefined
  /** SHA-256 by name, from `checksums.json`. */
  checksums: Record<string, string> | undefined
}

/** Leading digits of a file name, as Wrangler reads them. */
export function numberOf(name: string): number | undefined {
  const digits = /^\d+/.exec(name)?.[0]
  return digits === undefined ? undefined : Number(digits)
}

export function isApplied(history: History, name: string): boolean {
  return history.applied?.includes(name) ?? false
}

/** Files that are still to run; all of them when the ledger is not known. */
export function pendingOf(history: History): MigrationFile[] {
  return history.files.filter(({ name }) => !isApplied(history, name))
}
