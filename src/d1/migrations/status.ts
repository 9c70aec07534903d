import { readSnapshot } from '../read/open-reader.js'
import type { LedgerEntry } from '../../contract/backup.js'
import type { Conflict, Status } from '../../contract/status.js'
import type { MigrationRef, Target } from '../../contract/target.js'
import { migrationNumber, migrationOrder } from './migration-files.js'

/** Ledger against files, read from the database. Throws what reading it throws. */
export async function readStatus({
  target,
  files,
}: {
  target: Target
  files: MigrationRef[]
}): Promise<Status> {
  const { ledger, schemaFingerprint } = await readSnapshot(target)
  return {
    environment: target.environment,
    database: target.database,
    applied: ledger,
    pending: pendingFiles(ledger, files).map(({ name, sha256 }) => ({ name, sha256 })),
    conflicts: findConflicts(ledger, files),
    schemaFingerprint,
    timestamp: new Date().toISOString(),
  }
}

/** Files that the ledger does not name, in apply order. Wrangler knows a file by its name only. */
export function pendingFiles(ledger: LedgerEntry[], files: MigrationRef[]): MigrationRef[] {
  const applied = new Set(ledger.map(({ name }) => name))
  return files.filter(({ name }) => !applied.has(name)).sort((a, b) => migrationOrder(a.name, b.name))
}

/**
 * Disagreements that make the next apply unsafe or unclear. What history already holds between applied files (gaps, odd
 * names, old duplicates) is none.
 */
export function findConflicts(ledger: LedgerEntry[], files: MigrationRef[]): Conflict[] {
  const pending = pendingFiles(ledger, files)
  const missing = ledger.filter(({ name }) => !files.some((file) => file.name === name))
  return [
    ...missing.flatMap((entry) => missingConflict(entry, pending)),
    ...pending.flatMap((file) => orderConflict(file, ledger)),
    ...duplicateConflicts(pending, files),
  ]
}

function missingConflict({ name }: LedgerEntry, pending: MigrationRef[]): Conflict[] {
  const renamed = pending.find((file) => looksRenamed(name, file.name))
  if (renamed === undefined) {
    return [{ code: 'SQ105', migration: name, message: `${name} was applied, but its file is missing.` }]
  }
  return [
    {
      code: 'SQ106',
      migration: renamed.name,
      message: `${renamed.name} looks like ${name} under a new name; it would run again.`,
    },
  ]
}

/** Same number, or same words behind another number. */
function looksRenamed(applied: string, pending: string): boolean {
  const number = migrationNumber(applied)
  if (number >= 0 && number === migrationNumber(pending)) return true
  return words(applied) === words(pending)
}

function words(name: string): string {
  return name
    .replace(/^\d+/, '')
    .replace(/\.sql$/, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
}

function orderConflict(file: MigrationRef, ledger: LedgerEntry[]): Conflict[] {
  const later = ledger.find(({ name }) => migrationOrder(file.name, name) < 0)
  if (later === undefined || migrationNumber(file.name) === migrationNumber(later.name)) return []
  return [
    {
      code: 'SQ107',
      migration: file.name,
      message: `${file.name} is pending, but ${later.name}, which comes after it, was already applied.`,
    },
  ]
}

function duplicateConflicts(pending: MigrationRef[], files: MigrationRef[]): Conflict[] {
  return pending.flatMap(({ name }) => {
    const number = migrationNumber(name)
    const twin = files.find(
      (file) => file.name !== name && number >= 0 && migrationNumber(file.name) === number,
    )
    if (twin === undefined) return []
    return [{ code: 'SQ101', migration: name, message: `${name} and ${twin.name} have the same number.` }]
  })
}
