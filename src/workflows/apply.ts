import { ApplicationFailure } from '@temporalio/workflow'
import type { PlannedMigration, Plan } from '../contract/plan.js'
import type { MigrationResult } from '../contract/run.js'
import type { Status } from '../contract/status.js'
import { windowHolds } from '../runbook/window.js'
import { mutate, read } from './activities.js'
import { failureOf, GateExpired } from './endings.js'
import type { Run } from './run.js'
import { ledgerRead } from './taken-back.js'

/**
 * Step 3's last line: one file after the other, each proven before the next. Stops at the first that is not `applied`.
 * Whatever ends it early, `proveOutcome` says afterwards what is true of each file.
 */
export async function applyOneByOne(run: Run, plan: Plan): Promise<void> {
  const { target, bundle, window } = run.request
  const ledgerBefore = [...plan.ledger]
  for (const migration of plan.migrations) {
    await run.whileRunning()
    if (!windowHolds({ window, now: Date.now(), neededMs: migration.durationMs }))
      throw new GateExpired('window')
    run.say('execute', `applying ${migration.name}`)
    const summary = `Apply ${migration.name}`
    const result = await run.audited(
      mutate.applyMigration.executeWithOptions({ summary }, [
        { target, bundle, migration, ledgerBefore: [...ledgerBefore], runKey: run.runKey },
      ]),
    )
    record(run, result)
    if (result.state !== 'applied') {
      throw ApplicationFailure.create({
        type: result.state === 'partial' ? 'ApplyPartial' : 'SqlRefused',
        message: `${result.name} is ${result.state}${result.error === undefined ? '' : `: ${result.error}`}`,
        nonRetryable: true,
      })
    }
    ledgerBefore.push(migration.name)
  }
}

/**
 * Says of each planned file what was read back from the database, after an apply that did not end well. A database that
 * cannot be read leaves the file that was being applied `partial`: not known to be safe counts as not safe.
 */
export async function proveOutcome(run: Run, plan: Plan, cause: unknown): Promise<void> {
  const { target, files } = run.request
  const error = failureOf(cause).message
  try {
    const status = await run.audited(
      read.readStatus.executeWithOptions({ summary: 'Read back what was applied' }, [{ target, files }]),
    )
    run.view.ledger = ledgerRead(run, status)
    for (const result of readBack(plan.migrations, status)) record(run, { ...result, error })
  } catch (unread) {
    const next = run.view.migrations.find(({ state }) => state === 'pending')
    const why = `${error}; reading the database back failed too: ${failureOf(unread).message}`
    if (next !== undefined) record(run, { ...next, state: 'partial', error: why })
  }
  for (const migration of run.view.migrations) {
    if (migration.state === 'pending') migration.state = 'not-executed'
  }
}

/** Pure: ledger row and schema fingerprint decide; files behind the first one that is missing were never tried. */
export function readBack(planned: readonly PlannedMigration[], status: Status): MigrationResult[] {
  const inLedger = new Set(status.applied.map(({ name }) => name))
  const applied = planned.filter(({ name }) => inLedger.has(name))
  const last = applied.at(-1)
  const next = planned.find(({ name }) => !inLedger.has(name))
  const result = ({ name, sha256 }: PlannedMigration, state: MigrationResult['state']): MigrationResult => ({
    name,
    sha256,
    state,
    durationMs: null,
  })
  const settled = last === undefined || status.schemaFingerprint === last.fingerprintAfter
  const results = applied.map((migration) =>
    result(migration, migration === last && !settled ? 'partial' : 'applied'),
  )
  if (next === undefined) return results
  const untouched = status.schemaFingerprint === next.fingerprintBefore
  return [...results, result(next, untouched || !settled ? 'absent' : 'partial')]
}

/** What the database must show once the whole plan is applied. */
export function expectedAfter(plan: Plan): { schemaFingerprint: string; ledger: string[] } {
  return {
    schemaFingerprint: plan.predictedFingerprint,
    ledger: [...plan.ledger, ...plan.migrations.map(({ name }) => name)],
  }
}

/** Files that this run applied, in order. */
export function appliedByThisRun(run: Run): string[] {
  return run.view.migrations.filter(({ state }) => state === 'applied').map(({ name }) => name)
}

/** Keeps what an earlier look already proved applied, with its duration. */
function record(run: Run, result: MigrationResult): void {
  run.view.migrations = run.view.migrations.map((known) => {
    if (known.name !== result.name) return known
    if (known.state === 'applied' && result.state === 'applied') return known
    if (result.state === 'applied') {
      const { error: _, ...clean } = result
      return clean
    }
    return result
  })
}
