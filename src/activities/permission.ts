import { createHash } from 'node:crypto'
import { activityInfo } from '@temporalio/activity'
import type { ActivityInput } from '../contract/activity-inputs.js'
import { RunbookError } from '../contract/failures.js'
import { command, words } from '../contract/next-command.js'
import type { Act, Permission } from '../contract/permission.js'
import { fileSha256 } from '../process/file-sha256.js'
import { unpackBundle } from '../d1/migrations/bundle.js'
import { whyNotPermitted, type PermittingCharter } from '../runbook/permit.js'
import { rehearseOnCopy } from './rehearsal.js'
import type { Archives } from '../d1/backup/archives.js'
import { archivesAt, artifactStore, type ActivityContext } from './worker-place.js'

/** The proof that an activity asks for before it changes a database. Throws `NotAdmitted`. */
export type Proof<Name extends 'applyMigration' | 'recordAdoption' | 'travelBack' | 'restoreFromBackup'> = (
  here: ActivityContext,
  input: ActivityInput<Name>,
  charter: PermittingCharter,
  signal: AbortSignal,
) => Promise<void>

/** Only the files that were approved, in their order; or the reverse that follows from them. */
export const permitMigration: Proof<'applyMigration'> = async (here, input, charter, signal) => {
  const { permission, migration, ledgerBefore, rehearsedOn } = input
  const act = permission?.act === 'reverse-migration' ? 'reverse-migration' : 'apply'
  const proven = demand(permission, act, charter)
  if (proven === undefined) return
  const { bound } = proven
  if (act === 'reverse-migration') return demandReverse(here, { ...input, permission: proven }, signal)
  if (rehearsedOn === undefined) await demandKept(here, bound.backupSha256, signal)
  else if (rehearsedOn.sha256 !== bound.backupSha256)
    throw refusal('The archive is not the one that the approved plan was rehearsed on')
  const index = bound.migrations.findIndex(({ name }) => name === migration.name)
  const planned = bound.migrations[index]
  const same =
    planned?.sha256 === migration.sha256 &&
    planned.fingerprintBefore === migration.fingerprintBefore &&
    planned.fingerprintAfter === migration.fingerprintAfter
  if (!same) throw refusal(`${migration.name} is not a file of the plan that was approved, by its bytes`)
  const before = [...bound.ledger, ...bound.migrations.slice(0, index).map(({ name }) => name)]
  if (before.join('\n') !== ledgerBefore.join('\n'))
    throw refusal(`${migration.name} is not next: the plan that was approved has another order`)
}

/** Runs of earlier versions do not say where the archive is, and nobody else is let off by keeping it to themselves. Throws `BackupInvalid`. */
async function demandKept(here: ActivityContext, sha256: string, signal: AbortSignal): Promise<void> {
  const archives = archivesAt(here)
  for await (const { file } of archives.list())
    if (await holdsBytes(archives, file, { sha256, signal })) return
  throw new RunbookError(
    'BackupInvalid',
    `The archive that the plan was rehearsed on is not in ${archives.place} any more.`,
    { advice: words`Begin again, with a new backup: ${command('start')}` },
  )
}

async function holdsBytes(
  archives: Archives,
  file: string,
  asked: { sha256: string; signal: AbortSignal },
): Promise<boolean> {
  try {
    await archives.open(file, asked)
    return true
  } catch (error) {
    if (error instanceof RunbookError && error.type === 'BackupInvalid') return false
    throw error
  }
}

/** Only the rows of the files that were approved, behind the ledger and for the schema of the proof. */
export const permitAdoption: Proof<'recordAdoption'> = async (_here, input, charter) => {
  const { permission, names, ledgerBefore, schemaFingerprint } = input
  const bound = demand(permission, 'adopt', charter)?.bound
  if (bound === undefined) return
  const same =
    sameList(
      names,
      bound.migrations.map(({ name }) => name),
    ) &&
    sameList(ledgerBefore, bound.ledger) &&
    bound.migrations.every(({ fingerprintBefore }) => fingerprintBefore === schemaFingerprint)
  if (!same) throw refusal('What is to be recorded is not what was approved')
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index])
}

export const permitTravel: Proof<'travelBack'> = async (_here, { permission, bookmark }, charter) => {
  const proven = demand(permission, 'time-travel', charter)
  if (proven !== undefined && proven.bound.bookmark !== bookmark)
    throw refusal('The bookmark is not the one of the plan that was approved')
}

/** Always: the archive must be the one that is named. */
export const permitRestore: Proof<'restoreFromBackup'> = async (_here, { permission, backup }, charter) => {
  await demandBytes(backup)
  const proven = demand(permission, 'restore-backup', charter)
  if (proven !== undefined && proven.bound.backupSha256 !== backup.sha256)
    throw refusal('The archive is not the one that the approved plan was rehearsed on')
}

/** The permission, once it holds; undefined where the policy asks for no signatures. */
function demand(
  permission: Permission | undefined,
  act: Act,
  charter: PermittingCharter,
): Permission | undefined {
  const { workflowId, runId } = activityInfo().workflowExecution ?? { workflowId: '', runId: '' }
  const why = whyNotPermitted({ permission, act, run: { workflowId, runId }, charter })
  if (why !== undefined) throw refusal(`Not permitted: ${why}`)
  return charter.environment.policy.requireSignatures ? permission : undefined
}

/** The plan has the reverse of all its files; that of a part of them is written again from what was approved, and compared. */
async function demandReverse(
  here: ActivityContext,
  { permission, migration }: { permission: Permission; migration: { name: string; sha256: string } },
  signal: AbortSignal,
): Promise<void> {
  const { bound, derivedFrom } = permission
  if (migration.sha256 === bound.reverseSha256) return
  const unknown = (): RunbookError =>
    refusal(`${migration.name} does not follow from the plan that was approved`)
  if (derivedFrom === undefined) throw unknown()
  const { backup, applied, files, bundle } = derivedFrom
  const approved = bound.migrations.map(({ name, sha256 }) => `${name} ${sha256}`)
  const taken = files.filter(({ name }) => applied.includes(name))
  const ours = taken.every(({ name, sha256 }) => approved.includes(`${name} ${sha256}`))
  if (!ours || taken.length !== applied.length || backup.sha256 !== bound.backupSha256) throw unknown()
  await demandBytes(backup)
  const all = await unpackBundle(bundle, files, artifactStore(here))
  const ledger = [...bound.ledger, ...applied]
  const { rollback } = await rehearseOnCopy(here, backup, {
    files: all.filter(({ name }) => ledger.includes(name)),
    applied: bound.ledger,
    signal,
  })
  if (rollback.sql === undefined || sha256Of(rollback.sql) !== migration.sha256) throw unknown()
}

async function demandBytes({ file, sha256 }: { file: string; sha256: string }): Promise<void> {
  // Whoever opens one that cannot be read says better what is the matter with it.
  const found = await fileSha256(file).catch(() => sha256)
  if (found !== sha256) throw refusal(`${file} has other bytes than the backup that was made`)
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function refusal(message: string): RunbookError {
  return new RunbookError('NotAdmitted', `${message}.`, {
    advice: words`Nothing was done to the database. Begin again, so that people decide on what will run: ${command('start')}`,
  })
}
