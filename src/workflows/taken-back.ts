import { OWN_NAME } from '../contract/names.js'
import type { LedgerRead, TakenBackBy } from '../contract/run.js'
import type { Status } from '../contract/status.js'
import { read, slow } from './activities.js'
import { atArchive } from './archive-place.js'
import { now } from './clock.js'
import { failureOf } from './endings.js'
import type { Run } from './run.js'

/**
 * What this run had done to the database is undone: said only after the way back was proven. Bookmark and archive return
 * the whole database, a half-applied file too; the reverse migration takes back what was applied.
 */
export function markTakenBack(run: Run, by: TakenBackBy): void {
  const undone = by.strategy === 'reverse-migration' ? ['applied'] : ['applied', 'partial', 'unknown']
  run.view.migrations = run.view.migrations.map((one) =>
    undone.includes(one.state) ? { ...one, state: 'taken-back', takenBackBy: by } : one,
  )
}

/** The ledger as it was read, beside what this run did: the two are not the same after a rollback. */
export function ledgerRead(run: Run, { applied, pending, schemaFingerprint, timestamp }: Status): LedgerRead {
  const { plan } = run
  return {
    readAt: timestamp,
    applied: applied.map(({ name }) => name),
    pending: pending.map(({ name }) => name),
    schemaFingerprint,
    schema:
      schemaFingerprint === plan?.schemaFingerprint
        ? 'as-before'
        : schemaFingerprint === plan?.predictedFingerprint
          ? 'as-planned'
          : 'other',
  }
}

/** What cannot be read back is told, and changes nothing of what was proven. Never throws. */
export async function readLedger(run: Run, after: 'the rollback' | 'the decision'): Promise<void> {
  const { target, files } = run.request
  try {
    const status = await run.audited(
      read.readStatus.executeWithOptions({ summary: `Read back after ${after}` }, [{ target, files }]),
    )
    run.view.ledger = ledgerRead(run, status)
  } catch (error) {
    // What was read before is not what is there now.
    delete run.view.ledger
    const note = `The ledger could not be read after ${after}: ${failureOf(error).message}`
    run.view.observations.push({ note, actor: OWN_NAME, at: now() })
  }
}

/** The report says whether what was promised came back, and holds up nobody for long: past that it is not known. Never throws. */
const COMPARED_WITHIN = '10 minutes'

/** Rows and values against the archive of before: a way back that ended well says nothing of them. */
export async function compareAfterRollback(run: Run): Promise<void> {
  const { rollback, backup } = run.view
  if (rollback === undefined || backup === null) return
  const options = {
    summary: 'Hold the rows against the archive',
    startToCloseTimeout: COMPARED_WITHIN,
    scheduleToCloseTimeout: COMPARED_WITHIN,
    retry: { maximumAttempts: 1 },
  } as const
  try {
    const { compared } = await run.audited(
      atArchive(run.request, backup, (where) =>
        slow.compareAfterRollback.executeWithOptions({ ...options, ...where }, [
          { target: run.request.target, runKey: run.runKey, backup },
        ]),
      ),
    )
    rollback.compared = compared
  } catch (error) {
    rollback.compared = { unknown: failureOf(error).message }
  }
}
