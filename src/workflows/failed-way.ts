import { patched } from '@temporalio/workflow'
import { OWN_NAME } from '../contract/names.js'
import type { MigrationResult } from '../contract/run.js'
import type { Status } from '../contract/status.js'
import { touchedBy } from '../runbook/migration-state.js'
import { read } from './activities.js'
import { appliedByThisRun } from './apply.js'
import { now } from './clock.js'
import { failureOf } from './endings.js'
import type { PreparedReverse } from './reverse.js'
import type { Run } from './run.js'
import { ledgerRead } from './taken-back.js'
import { sameState } from './way-back.js'
import { reverseOfUnproven } from './ways.js'

/** A way back that failed after it began: what was counted before it is not what a way back costs now. */
interface AfterFailure {
  /** Undefined: one may be written, and is once it is chosen. */
  reverse: PreparedReverse | undefined
}

/**
 * Reads what a way back that failed left behind, and keeps it as what is true of the files: nobody may choose meanwhile. Undefined
 * where it did not begin, or is proven to have done nothing. `decision` gives each failure its own place in the history. Never throws.
 */
export async function readWhereItFailed(run: Run, decision: number): Promise<AfterFailure | undefined> {
  if (!run.wayBack.began || !patched(`failed-way-back-is-read-${decision}`)) return undefined
  const { target, files } = run.request
  run.gates.mayRollBack = false
  const did: { nothing: boolean } = { nothing: false }
  await run.uninterrupted(async () => {
    try {
      const status = await run.audited(
        read.readStatus.executeWithOptions({ summary: 'Read back after the way back failed' }, [
          { target, files },
        ]),
      )
      did.nothing = believe(run, status) && run.wayBack.provenByReading === true
    } catch (error) {
      believe(run, 'unread')
      const note = `The database could not be read after the way back failed: ${failureOf(error).message}`
      run.view.observations.push({ note, actor: OWN_NAME, at: now() })
    }
  })
  run.gates.mayRollBack = true
  if (did.nothing) {
    const tries = run.view.rollbackTries ?? []
    run.view.rollbackTries = tries.map((one, at) =>
      at === tries.length - 1 ? { ...one, effect: 'none' } : one,
    )
    return undefined
  }
  return { reverse: reverseNow(run) }
}

/**
 * Ledger and schema decide what is true of the files that this run had touched, after a way back that did not end well. As they
 * were before it, all is as it was known; a schema that fits no place of the ledger leaves each of them `unknown`, as does a
 * database that cannot be read. True where ledger and schema are as they were.
 */
export function believe(run: Run, seen: Status | 'unread'): boolean {
  const touched = new Set(touchedBy(run.view.migrations).map(({ name }) => name))
  const setTo = (stateOf: (name: string) => MigrationResult['state']): void => {
    run.view.migrations = run.view.migrations.map((one) =>
      touched.has(one.name) ? { ...one, state: stateOf(one.name) } : one,
    )
  }
  if (seen === 'unread') {
    delete run.view.ledger
    setTo(() => 'unknown')
    return false
  }
  run.view.ledger = ledgerRead(run, seen)
  const { before } = run.wayBack
  if (before !== undefined && sameState(seen, before)) return true
  const { applied } = run.view.ledger
  const last = run.plan?.migrations.findLast(({ name }) => applied.includes(name))
  const expected = last?.fingerprintAfter ?? run.plan?.schemaFingerprint
  const fits = seen.schemaFingerprint === expected
  setTo((name) => (fits ? (applied.includes(name) ? 'applied' : 'absent') : 'unknown'))
  return false
}

function reverseNow(run: Run): PreparedReverse | undefined {
  const unproven = reverseOfUnproven(run)
  if (unproven !== undefined || appliedByThisRun(run).length > 0) return unproven
  const unknown = 'a way back that failed has changed the database since it was counted'
  return { price: ['no file of this run is applied any more'], writtenSince: { unknown } }
}
