import { defined } from '../contract/defined.js'
import { ApplicationFailure, CancellationScope, CancelledFailure } from '@temporalio/workflow'
import type { PlannedMigration, Plan } from '../contract/plan.js'
import type { MigrationResult } from '../contract/run.js'
import type { Status } from '../contract/status.js'
import { stoppedState, windowOverText } from '../runbook/stopped-state.js'
import { windowHolds, windowState } from '../runbook/window.js'
import { mutate, read, slow } from './activities.js'
import { atArchive } from './archive-place.js'
import { now } from './clock.js'
import { withCredentials } from './credentials.js'
import { failureOf, WindowOver } from './endings.js'
import { permissionFor } from './permission.js'
import type { Run } from './run.js'
import { ledgerRead } from './taken-back.js'

/**
 * Step 3's last line: one file after the other, each proven before the next. Stops at the first that is not `applied`.
 * Whatever ends it early, `proveOutcome` says afterwards what is true of each file.
 */
export async function applyOneByOne(run: Run, plan: Plan): Promise<void> {
  const { target, bundle } = run.request
  const ledgerBefore = [...plan.ledger]
  for (const migration of plan.migrations) {
    await run.whileRunning()
    const summary = `Apply ${migration.name}`
    await demandArchive(run)
    const result = await timed(run, migration.name, `${migration.name} was being applied`, async () => {
      demandWindow(run, plan, migration)
      // Nothing is begun any more, and so nothing more is in doubt.
      if (CancellationScope.current().consideredCancelled)
        throw new CancelledFailure(`stopped before ${migration.name}`)
      run.say('execute', `applying ${migration.name}`)
      run.begun.add(migration.name)
      keepTime(run, migration.name, 'begunAt')
      return run.audited(
        mutate.applyMigration.executeWithOptions({ summary }, [
          {
            ...{ target, bundle, migration, ledgerBefore: [...ledgerBefore], runKey: run.runKey },
            ...permissionFor(run, 'apply'),
            ...rehearsedOn(run),
          },
        ]),
      )
    })
    record(run, result)
    if (result.state !== 'applied') {
      throw ApplicationFailure.create({
        type: result.state === 'partial' ? 'ApplyPartial' : 'SqlRefused',
        message: `${result.name} is ${result.state}${result.error === undefined ? '' : `: ${result.error}`}`,
        nonRetryable: true,
      })
    }
    ledgerBefore.push(migration.name)
    run.say('execute', `${migration.name} is applied`)
  }
}

/**
 * Where the archive is on one worker's disk, that worker is asked, and any of them may apply: should it die meanwhile, another one
 * proves at once what it did.
 * @throws BackupInvalid, ArchiveAway
 */
async function demandArchive(run: Run): Promise<void> {
  const { target } = run.request
  const { backup } = run.view
  if (backup?.disk === undefined) return
  const { file, sha256 } = backup
  run.say('execute', 'asking for the archive of the plan where it lies')
  await run.audited(
    atArchive(run.request, backup, (where) =>
      slow.checkArchive.executeWithOptions({ summary: 'Is the archive of the plan there?', ...where }, [
        { target, backup: { file, sha256 } },
      ]),
    ),
  )
}

/** The apply itself looks at what every worker reaches. */
function rehearsedOn({ view: { backup } }: Run): { rehearsedOn?: { file: string; sha256: string } } {
  if (backup === null || backup.disk !== undefined) return {}
  return { rehearsedOn: { file: backup.file, sha256: backup.sha256 } }
}

/** Keeps when it ended, also where it failed: what is read back later is of another moment. */
async function timed<T>(run: Run, name: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await withCredentials(run, what, work)
  } finally {
    if (run.begun.has(name)) keepTime(run, name, 'endedAt')
  }
}

/** The first time counts: an apply that credentials held up began before them. */
function keepTime({ view }: Run, name: string, time: 'begunAt' | 'endedAt'): void {
  view.migrations = view.migrations.map((one) => (one.name === name ? { [time]: now(), ...one } : one))
}

/** Each file is held against what it took at the rehearsal: one that would not fit is not begun. */
function demandWindow(run: Run, plan: Plan, migration: PlannedMigration): void {
  const { window, freezes } = run.request
  const at = { window, freezes, now: Date.now() }
  if (windowHolds({ ...at, neededMs: migration.durationMs })) return
  throw new WindowOver(
    windowOverText({
      state: windowState(at),
      migration,
      applied: appliedByThisRun(run).length,
      planned: plan.migrations.length,
    }),
  )
}

/**
 * Says of each planned file what was read back from the database, after an apply that did not end well. A database that
 * cannot be read leaves the file that was begun `unknown`: not known to be safe counts as not safe.
 */
export async function proveOutcome(run: Run, plan: Plan, cause: unknown): Promise<void> {
  const { target, files } = run.request
  const error = failureOf(cause).message
  // Nothing is being applied any more, and what was is not known yet.
  run.say(run.view.phase, 'reading back what was applied')
  try {
    const status = await withCredentials(run, 'the database was being read back', () =>
      run.audited(
        read.readStatus.executeWithOptions({ summary: 'Read back what was applied' }, [{ target, files }]),
      ),
    )
    run.view.ledger = ledgerRead(run, status)
    const proven = new Set(appliedByThisRun(run))
    for (const result of readBack(plan.migrations, { status, begun: run.begun, proven }))
      record(run, { ...result, error })
  } catch (unread) {
    delete run.view.ledger
    const why = `${error}; reading the database back failed too: ${failureOf(unread).message}`
    for (const one of run.view.migrations) {
      if (one.state === 'pending' && run.begun.has(one.name))
        record(run, { ...one, state: 'unknown', error: why })
    }
  }
  for (const migration of run.view.migrations) {
    if (migration.state === 'pending') migration.state = 'not-executed'
  }
  run.say(run.view.phase, `the apply is over: ${stoppedState(run.view).impact}`)
}

/**
 * Pure: ledger row and schema fingerprint decide, of files that were begun; the next one behind them may be said to be absent.
 * A schema that is not the one expected is put down to the last file that was begun and not proven before.
 */
export function readBack(
  planned: readonly PlannedMigration[],
  seen: { status: Status; begun: ReadonlySet<string>; proven: ReadonlySet<string> },
): MigrationResult[] {
  const { status, begun, proven } = seen
  const inLedger = new Set(status.applied.map(({ name }) => name))
  const recorded = planned.filter(({ name }) => inLedger.has(name) && begun.has(name))
  const last = recorded.at(-1)
  const next = planned.find(({ name }) => !inLedger.has(name))
  const schema = status.schemaFingerprint
  const settled = schema === (last?.fingerprintAfter ?? next?.fingerprintBefore)
  const lastInDoubt = !settled && last !== undefined && !proven.has(last.name)
  const result = ({ name, sha256 }: PlannedMigration, state: MigrationResult['state']): MigrationResult => ({
    name,
    sha256,
    state,
    durationMs: null,
  })
  const results = recorded.map((one) => result(one, lastInDoubt && one === last ? 'partial' : 'applied'))
  if (next === undefined) return results
  if (settled || lastInDoubt || !begun.has(next.name)) return [...results, result(next, 'absent')]
  return [...results, result(next, schema === next.fingerprintAfter ? 'partial' : 'unknown')]
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
    const { begunAt, endedAt } = known
    const { error, ...clean } = { ...result, ...defined({ begunAt, endedAt }) }
    return result.state === 'applied' || error === undefined ? clean : { ...clean, error }
  })
}
