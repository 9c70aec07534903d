import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { SlowActivities } from '../contract/activities.js'
import type { BackupRecord } from '../contract/backup.js'
import { defined } from '../contract/defined.js'
import { RunbookError } from '../contract/failures.js'
import { command, words } from '../contract/next-command.js'
import type { Plan } from '../contract/plan.js'
import type { Status } from '../contract/status.js'
import { readStatus } from '../analysis/status.js'
import { unpackBundle } from '../d1/migrations/bundle.js'
import { pendingMigrations } from '../d1/order/migration-order.js'
import { fileSha256 } from '../process/file-sha256.js'
import type { Archives } from '../d1/backup/archives.js'
import { ArchiveProblem, sealedArchive, unpackArchive, type Unpacked } from '../d1/backup/unpack.js'
import { rehearseOnCopy, type Rehearsing } from './rehearsal.js'
import { boundTo } from './rehearse.js'
import { archivesAt, artifactStore, type ActivityContext } from './worker-place.js'
import { writtenSince } from './written-since.js'

interface Archive extends Unpacked {
  /** Where it is kept. */
  file: string
  /** The file on this machine. */
  opened: string
}

/**
 * What is left of a run that Temporal no longer knows: the newest archive of before, the files that the ledger names since, run once
 * more on a copy of it, and the database as it is. Throws `ChecksFailed` where there is nothing to go on from, `BackupInvalid`.
 */
export async function findLostRun(
  here: ActivityContext,
  input: Parameters<SlowActivities['findLostRun']>[0],
  { charterHash, ...rehearsing }: Rehearsing & { charterHash: string },
): ReturnType<SlowActivities['findLostRun']> {
  const { target } = here
  const files = await unpackBundle(input.bundle, input.files, artifactStore(here))
  const status = await readStatus({ target, files: input.files })
  const archive = await archiveBefore(here, status, input.archive)
  const archives = archivesAt(here)
  const holders = await (await archives.holders())(archive.file)
  if (input.archive === undefined && holders.length === 0) throw noRunHolds(archive.file, here)
  // An earlier try of this run may hold it already.
  const lost = holders.find(({ run }) => run !== input.runKey)
  const applied = archive.state.ledger.map(({ name }) => name)
  const ledger = status.applied.map(({ name }) => name)
  const since = ledger.slice(applied.length)
  const missing = since.filter((name) => !input.files.some((file) => file.name === name))
  if (missing.length > 0)
    throw nothing(
      `The ledger names ${missing.join(', ')} since ${archive.file}, and the project has no such file`,
      {
        advice: words`Bring the checkout to the state that was applied, then see: ${command('status')}`,
      },
    )
  const backup = await recordOf(archive)
  const onMachine = { ...backup, file: archive.opened }
  const rehearse = (names: string[]): Promise<Plan> =>
    rehearseOnCopy(here, onMachine, {
      files: files.filter(({ name }) => applied.includes(name) || names.includes(name)),
      applied,
      ...rehearsing,
    })
  let plan = since.length === 0 ? undefined : await rehearse(since)
  if (plan?.predictedFingerprint !== status.schemaFingerprint) {
    const [next] = pendingMigrations(input.files, ledger)
    const further = next === undefined ? undefined : await rehearse([...since, next.name])
    // Without a row in the ledger it may have run, or others changed the schema: only its own schema tells.
    if (plan === undefined || further?.predictedFingerprint === status.schemaFingerprint)
      plan = further ?? plan
  }
  if (plan === undefined)
    throw nothing(
      `The schema is not the one of ${archive.file}, and no file is pending that could have changed it`,
    )
  await archives.hold({ by: input.runKey, files: [archive.file] })
  const others =
    plan.predictedFingerprint === status.schemaFingerprint
      ? undefined
      : await writtenSince(here, onMachine, {
          files: files.filter(({ name }) => since.includes(name)),
          signal: rehearsing.signal,
        })
  return {
    status,
    backup,
    ...defined({ lost, others }),
    plan: boundTo(plan, { ...input, charterHash, backup }),
  }
}

/**
 * The one that was named, or the newest whose ledger the database's own goes on from, that is not as the database is, and that can be read. The
 * lost run's own is: runs seal theirs when they end.
 */
async function archiveBefore(
  here: ActivityContext,
  status: Status,
  named: string | undefined,
): Promise<Archive> {
  const { target } = here
  const archives = archivesAt(here)
  let asNow: string | undefined
  const sealed: string[] = []
  let found = 0
  for await (const { file } of archives.list()) {
    if (named !== undefined && path.basename(file) !== named) continue
    found += 1
    const archive = await open(archives, file)
    if (archive === undefined || archive.metadata.database.id !== target.database.id) continue
    if (!goesOnFrom(status, archive)) continue
    if (isAsNow(status, archive)) asNow ??= file
    else if (archive.metadata.sealed === undefined) return archive
    else if (named === undefined) sealed.push(path.basename(file))
    else throw sealedArchive(file, archive.metadata.sealed)
  }
  if (asNow !== undefined)
    throw nothing(
      `The database is as ${asNow} holds it, by ledger and schema: no file of a lost run has taken effect since`,
      { advice: words`Begin anew: ${command('start')}` },
    )
  const [newest] = sealed
  if (newest !== undefined)
    throw nothing(
      `Of before there ${sealed.length === 1 ? 'is only' : 'are only'} ${sealed.join(', ')} in ${archives.place}, sealed: no worker can read ${sealed.length === 1 ? 'it' : 'them'}`,
      {
        advice: words`Where the secret key is: ${command('backup unseal', newest, '--identity', 'FILE', '--to', 'DIR')}`,
      },
    )
  const none =
    named === undefined
      ? found === 0
        ? `There is no backup of this database in ${archives.place}, and so nothing to go on from`
        : `None of ${found} archives in ${archives.place} is of before: the ledger goes on from none of them`
      : found === 0
        ? `There is no archive ${named} of this database in ${archives.place}`
        : `The ledger does not go on from ${named}, or it is no readable archive of this database`
  throw nothing(none, { advice: words`See what is applied: ${command('status')}` })
}

async function open(archives: Archives, file: string): Promise<Archive | undefined> {
  try {
    const opened = await archives.open(file)
    return { file, opened, ...(await unpackArchive(opened)) }
  } catch (error) {
    if (error instanceof ArchiveProblem) return undefined
    if (error instanceof RunbookError && error.type === 'BackupInvalid') return undefined
    throw error
  }
}

function goesOnFrom({ applied }: Status, { state }: Archive): boolean {
  return state.ledger.every(({ name }, index) => applied[index]?.name === name)
}

function isAsNow(status: Status, { state, metadata }: Archive): boolean {
  return (
    status.applied.length === state.ledger.length && status.schemaFingerprint === metadata.schemaFingerprint
  )
}

/** As the run that made it knew it. The rehearsal restores and compares it again, and fails where it is not what it was. */
async function recordOf({ file, opened, metadata }: Archive): Promise<BackupRecord> {
  const { createdAt, bookmark, tables, schemaFingerprint, comparison, way, moved, rowsRead, exportMs } =
    metadata
  return {
    ...{ file, sha256: await fileSha256(opened), sizeBytes: (await stat(opened)).size, verified: true },
    ...{ createdAt, tables, schemaFingerprint },
    ...defined({ bookmark, comparison, way, moved, rowsRead, exportMs }),
  }
}

/** A run lets go of its archives when it ends. */
function noRunHolds(file: string, { store }: ActivityContext): RunbookError {
  return nothing(`No run holds ${file}: the one that made it has ended, or it was made by hand`, {
    advice: words`Look for the report of that run in ${store?.place ?? '.d1-runbook/runs'}. To look after the database once more all the same, name the archive: ${command('adopt-run', '--archive', path.basename(file))}`,
  })
}

function nothing(message: string, options: { advice?: ReturnType<typeof words> } = {}): RunbookError {
  return new RunbookError('ChecksFailed', `${message}.`, {
    advice: words`See what the database holds: ${command('status')}`,
    ...options,
  })
}
