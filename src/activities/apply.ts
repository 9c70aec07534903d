import type { MutateActivities } from '../contract/activities.js'
import { defined } from '../contract/defined.js'
import { RunbookError } from '../contract/failures.js'
import { applyMigration as applyToDatabase } from '../d1/apply/apply.js'
import { unpackBundle } from '../d1/migrations/bundle.js'
import type { Beat } from './as-activity.js'
import { archivesAt, artifactStore, type ActivityContext } from './worker-place.js'
import { command, words } from '../contract/next-command.js'

/** One file, whose bytes are those of the plan; what is said of it was read back. */
export async function applyMigration(
  here: ActivityContext,
  input: Parameters<MutateActivities['applyMigration']>[0],
  signal: AbortSignal,
  beat: Beat,
): ReturnType<MutateActivities['applyMigration']> {
  const { target } = here
  const { migration, rehearsedOn } = input
  if (rehearsedOn !== undefined) await demandArchive(here, rehearsedOn, signal)
  const [file] = await unpackBundle(input.bundle, [migration], artifactStore(here))
  if (file === undefined) {
    throw new RunbookError(
      'Drifted',
      `The files that travelled with this run do not hold ${migration.name}.`,
      {
        advice: words`Begin again: ${command('start')}`,
      },
    )
  }
  return applyToDatabase({
    target,
    file,
    ledgerBefore: input.ledgerBefore,
    fingerprintBefore: migration.fingerprintBefore,
    fingerprintAfter: migration.fingerprintAfter,
    stageRoot: here.folder,
    signal,
    onHeartbeat: beat,
  })
}

/** What people approved is what this archive said, and it is a way back. */
async function demandArchive(
  here: ActivityContext,
  { file, sha256 }: { file: string; sha256: string },
  signal: AbortSignal,
): Promise<void> {
  try {
    await archivesAt(here).open(file, { sha256, signal })
  } catch (error) {
    if (!(error instanceof RunbookError) || error.type !== 'BackupInvalid') throw error
    throw new RunbookError('BackupInvalid', `The archive that the plan was rehearsed on: ${error.message}`, {
      advice: words`Begin again, with a new backup: ${command('start')}`,
      cause: error,
      ...defined({ details: error.details }),
    })
  }
}
