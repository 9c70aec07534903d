import { pendingMigrations } from '../d1/order/migration-order.js'
import { defined } from '../contract/defined.js'
import { command, words } from '../contract/next-command.js'
import type { Catalog } from '../d1/schema/catalog.js'
import { alreadyThere } from './statement/already-there.js'
import type { Conflict, Status } from '../contract/status.js'
import type { MigrationRef, Target } from '../contract/target.js'
import { readSnapshot } from '../d1/read/open-reader.js'
import { acknowledge } from './findings/acknowledge.js'
import { arrange, collectHistoryFindings } from './findings/collect.js'
import type { History } from './rules/history.js'
import { RULES } from './rules/index.js'

/** A file as far as it is known: what it accepts stands in its text. */
type KnownFile = MigrationRef & { sql?: string }

/** Ledger against files, read from the database. Throws what reading it throws. */
export async function readStatus(input: {
  target: Target
  files: KnownFile[]
  /** SHA-256 by file name, from `checksums.json`. */
  checksums?: Record<string, string>
  /** `.sql` files below the folder that Wrangler passes over. */
  overlooked?: readonly string[]
}): Promise<Status> {
  const { target, files, checksums, overlooked = [] } = input
  const { ledger, catalog, schemaFingerprint } = await readSnapshot(target)
  const history = { files, applied: ledger.map(({ name }) => name), checksums, overlooked }
  const pending = pendingMigrations(files, history.applied)
  return {
    environment: target.environment,
    database: target.database,
    applied: ledger,
    pending: pending.map(({ name, sha256 }) => ({ name, sha256 })),
    conflicts: findConflicts(history),
    ...defined({ alreadyThere: madeWithoutLedger(pending[0], catalog) }),
    schemaFingerprint,
    timestamp: new Date().toISOString(),
  }
}

function madeWithoutLedger(first: KnownFile | undefined, catalog: Catalog): Status['alreadyThere'] {
  if (first?.sql === undefined) return undefined
  const names = new Set(catalog.map(({ type, name }) => `${type} ${name.toLowerCase()}`))
  const objects = alreadyThere(first.sql, ({ type, name }) => names.has(`${type} ${name.toLowerCase()}`))
  if (objects.length === 0) return undefined
  return {
    migration: first.name,
    objects,
    advice: words`See which files the database holds already, to record them: ${command('adopt', '--dry-run')}`,
  }
}

/** Where files and ledger disagree, by the rules that `validate`, `plan` and the checklist ask too. Pure. */
export function findConflicts(history: History & { files: KnownFile[] }): Conflict[] {
  const texts = pendingMigrations(history.files, history.applied ?? []).map(({ name, sql = '' }) => ({
    name,
    sql,
  }))
  const findings = acknowledge(collectHistoryFindings(history), texts, { complete: false })
  const conflicting = new Set(RULES.filter(({ conflict }) => conflict === true).map(({ code }) => code))
  return arrange(findings, history.files)
    .filter(({ code }) => conflicting.has(code))
    .map(({ code, migration, message, severity, accepted }) => ({
      code,
      migration,
      message,
      blocking: severity === 'error' && accepted === undefined,
    }))
}
