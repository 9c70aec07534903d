import { defined } from '../../contract/defined.js'
import { RunbookError } from '../../contract/failures.js'
import { command, words } from '../../contract/next-command.js'
import type { Target } from '../../contract/target.js'
import { readIdentity } from '../read/identity.js'
import { withReader } from '../read/open-reader.js'
import { adoptSql, ledgerSql, schemaSizeSql } from '../schema/ledger.js'
import { snapshotOf, type Snapshot } from '../schema/snapshot.js'
import { cellText } from '../sqlite/sqlite.js'
import { demandSuccess, runWrangler } from '../wrangler/wrangler.js'
import { takeLease } from './lease.js'

export interface AdoptRequest {
  target: Target
  /** Files that the database is proven to hold, in apply order. */
  names: string[]
  /** The ledger and the schema that the proof was made with. */
  ledgerBefore: string[]
  schemaFingerprint: string
  /** Asked last, where the rows are not there yet: what it throws ends the adoption before anything is written. */
  mayBegin?: () => void
  /** Folder of this machine for leases. */
  stageRoot: string
  signal?: AbortSignal
}

/**
 * Writes the ledger rows of files that the database holds already, and changes nothing else: all of them or none. The ledger and the
 * size of the schema are compared in the statement that writes, the schema itself before and after. Safe to run again: rows that are
 * there are not written twice. Throws `Drifted` where ledger or schema are not those of the proof any more, `WrongTarget`,
 * `DatabaseLocked`, and what Wrangler throws.
 */
export async function adoptLedger(request: AdoptRequest): Promise<void> {
  const { target, names, ledgerBefore, stageRoot, signal } = request
  signal?.throwIfAborted()
  const lease = await takeLease(target, stageRoot)
  try {
    if (target.database.remote) await readIdentity(target)
    const before = await look(target)
    demandSchema(request, before)
    if (adopted(request, before)) return
    if (!sameNames(namesOf(before), ledgerBefore)) throw moved(request, before)
    request.mayBegin?.()
    const { migrationsTable } = target
    const sql = [
      ledgerSql(migrationsTable),
      adoptSql(migrationsTable, { names, before: ledgerBefore, schemaSize: before.size }),
    ]
    const result = await runWrangler({
      target,
      args: ['d1', 'execute', target.database.name, '--command', `${sql.join(';\n')};`],
      onGroup: (leader) => lease.remember(leader),
      ...defined({ signal }),
    })
    const after = await look(target)
    if (adopted(request, after)) return demandSchema(request, after)
    if (!sameNames(namesOf(after), ledgerBefore)) throw moved(request, after)
    demandSuccess(result, `Adopting ${names.join(', ')}`)
    throw moved(request, after)
  } finally {
    lease.release()
  }
}

type Look = Snapshot & { size: string }

function look(target: Target): Promise<Look> {
  return withReader(target, async (reader) => {
    const [row] = await reader.query(schemaSizeSql(target.migrationsTable))
    return { ...(await snapshotOf(reader, target.migrationsTable)), size: cellText(row?.['size']) }
  })
}

function adopted({ ledgerBefore, names }: AdoptRequest, now: Look): boolean {
  return sameNames(namesOf(now), [...ledgerBefore, ...names])
}

function namesOf({ ledger }: Look): string[] {
  return ledger.map(({ name }) => name)
}

function sameNames(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index])
}

function demandSchema({ target, schemaFingerprint }: AdoptRequest, now: Look): void {
  if (now.schemaFingerprint === schemaFingerprint) return
  throw drifted(target, 'its schema is not the one that was compared')
}

function moved({ target, ledgerBefore }: AdoptRequest, now: Look): RunbookError {
  const names = namesOf(now)
  const come = names.filter((name) => !ledgerBefore.includes(name))
  const gone = ledgerBefore.filter((name) => !names.includes(name))
  const what = [
    ...(come.length > 0 ? [`has ${come.join(', ')}, which it did not have then`] : []),
    ...(gone.length > 0 ? [`lacks ${gone.join(', ')}`] : []),
  ]
  return drifted(
    target,
    what.length > 0
      ? `its ledger ${what.join(' and ')}`
      : 'its ledger or schema changed while it was written',
  )
}

function drifted({ database }: Target, why: string): RunbookError {
  return new RunbookError('Drifted', `${database.name} changed since the proof: ${why}.`, {
    advice: words`Find out who changes it, then prove again: ${command('adopt')}.`,
  })
}
