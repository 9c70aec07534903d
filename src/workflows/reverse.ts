import { freeLine } from '../text/rollback-cost.js'
import { pricedReverse } from '../runbook/rollback-options.js'
import { phrases } from '../text/phrases.js'
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  patched,
} from '@temporalio/workflow'
import type { BackupRecord } from '../contract/backup.js'
import type { Plan } from '../contract/plan.js'
import { type mutate, record, slow } from './activities.js'
import { defined } from '../contract/defined.js'
import { appliedByThisRun } from './apply.js'
import { now } from './clock.js'
import { writeDown } from './close.js'
import { atArchive, whyNoArchive, type Where } from './archive-place.js'
import { failureOf } from './endings.js'
import { permissionFor } from './permission.js'
import type { Run } from './run.js'
import { markTakenBack } from './taken-back.js'

/** The reverse migration of what this run applied, rehearsed; without `migration` there is none, and `price` says why. */
export type PreparedReverse = Awaited<ReturnType<typeof slow.prepareReverse>> & {
  /** Why the archive of before cannot be used: it was found so when the reverse was to be written. */
  noArchive?: string
}

/**
 * Writes and rehearses the reverse before anybody is asked, so that people decide seeing what it costs: of just the files
 * that were applied, and with `current` of the database as it is now. Whoever decides meanwhile is not kept waiting:
 * undefined then, and where it could not even be tried.
 */
export async function prepareForDecision(
  run: Run,
  current: BackupRecord | undefined,
): Promise<PreparedReverse | undefined> {
  const decided = (): boolean => run.gates.of('rollback').decisions.length > 0
  if (decided()) return undefined
  run.say(
    run.view.phase,
    'the reverse migration is being written, and rehearsed on a copy of now, before the decision',
  )
  const preparing = new CancellationScope()
  const end: { reverse?: PreparedReverse; error?: unknown } = {}
  preparing
    .run(() => prepareReverse(run, current))
    .then(
      (reverse) => (end.reverse = reverse),
      (error: unknown) => (end.error = error),
    )
  await condition(() => end.reverse !== undefined || end.error !== undefined || decided())
  if (end.reverse === undefined && end.error === undefined) preparing.cancel()
  if (end.error === undefined || isCancellation(end.error)) return end.reverse
  const { message } = failureOf(end.error)
  return {
    ...{ price: [`it could not be written: ${message}`], writtenSince: { unknown: message } },
    ...defined({ noArchive: whyNoArchive(run, end.error) }),
  }
}

export async function prepareReverse(run: Run, current: BackupRecord | undefined): Promise<PreparedReverse> {
  const { target, files, bundle } = run.request
  const { plan } = run
  const { backup } = run.view
  if (backup === null || plan === null) throw impossible('there is no plan to reverse')
  // Of now, and on another disk than the one of before: no worker has both.
  const comparable = current !== undefined && current.disk === backup.disk
  const since = comparable ? { current, planned: plan.rows } : {}
  const input = {
    ...{ target, files, bundle, backup, ...since },
    timeZone: run.request.timeZone,
    runKey: run.runKey,
    ledgerBefore: plan.ledger,
    applied: appliedByThisRun(run),
    at: now(),
    ...(run.request.policy.requireSignatures && plan.bound !== undefined ? { ownOnly: true as const } : {}),
  }
  try {
    return await run.audited(
      atArchive(run.request, backup, (where) =>
        slow.prepareReverse.executeWithOptions({ summary: 'Write and rehearse the reverse', ...where }, [
          input,
        ]),
      ),
    )
  } catch (error) {
    const noArchive = whyNoArchive(run, error)
    if (noArchive === undefined || !patched('reverse-of-the-plan')) throw error
    const ofPlan = await reverseOfPlan(run, plan, noArchive)
    if (ofPlan === undefined) throw error
    return { ...ofPlan, noArchive }
  }
}

/** The plan has the reverse of all its files; undefined where it has none, or not all of them were applied. */
async function reverseOfPlan(run: Run, plan: Plan, noArchive: string): Promise<PreparedReverse | undefined> {
  const { target, files } = run.request
  const { rollback, schemaFingerprint, predictedFingerprint } = plan
  const applied = appliedByThisRun(run)
  if (!rollback.available || rollback.sql === undefined || applied.length < plan.migrations.length)
    return undefined
  return run.audited(
    slow.reverseOfPlan.executeWithOptions({ summary: 'Take the reverse from the plan' }, [
      {
        ...{ target, files, runKey: run.runKey, at: now(), noArchive },
        ledger: [...plan.ledger, ...applied],
        plan: { rollback, schemaFingerprint, predictedFingerprint },
      },
    ]),
  )
}

/** Applies it like any migration; says in a sentence what is true afterwards. */
export async function applyReverse(run: Run, reverse: PreparedReverse, act: typeof mutate): Promise<string> {
  const { bundle, migration, price } = reverse
  if (migration === undefined || bundle === undefined || run.plan === null) throw impossible(phrases(price))
  const { target } = run.request
  const applied = appliedByThisRun(run)
  const ledgerBefore = [...run.plan.ledger, ...applied]
  const begunAt = now()
  const permitted = permissionFor(run, 'reverse-migration')
  const wayBack = { act: 'reverse-migration' as const, ...permitted }
  const input = { target, bundle, migration, ledgerBefore, runKey: run.runKey, ...wayBack }
  const apply = (where: Where): ReturnType<typeof act.applyMigration> =>
    act.applyMigration.executeWithOptions({ summary: `Apply ${migration.name}`, ...where }, [input])
  const from = permitted.permission?.derivedFrom?.backup
  const result = await run.audited(from === undefined ? apply({}) : atArchive(run.request, from, apply))
  if (result.state !== 'applied') throw impossible(result.error ?? `the reverse migration is ${result.state}`)
  markTakenBack(run, { strategy: 'reverse-migration', file: migration.name })
  // One that lay in the folder may stand there already, as not executed.
  const others = run.view.migrations.filter(({ name }) => name !== result.name)
  run.view.migrations = [...others, { ...result, begunAt, endedAt: now() }]
  await run.uninterrupted(() =>
    writeDown(run, 'file of the reverse migration', () =>
      record.keepReverseMigration.executeWithOptions({ summary: `Keep ${migration.name}` }, [
        { runKey: run.runKey, target, bundle, migration },
      ]),
    ),
  )
  const counted = phrases(pricedReverse(reverse, run.request.timeZone)) || freeLine(reverse.cost)
  const cost = price.length === 0 ? counted : `its price: ${counted}`
  return `${migration.name} took back ${applied.join(', ')}; ${cost}`
}

export function impossible(why: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'ValidationFailed',
    message: `The rollback could not be done: ${why}`,
    nonRetryable: true,
    details: [{ advice: 'choose another way back: the alert lists them with their price' }],
  })
}
