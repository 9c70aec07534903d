import type { MutateActivities } from '../contract/activities.js'
import { RunbookError } from '../contract/failures.js'
import { applyMigration as applyToDatabase } from '../d1/apply/apply.js'
import { unpackBundle } from '../d1/migrations/bundle.js'
import type { Beat } from './as-activity.js'
import { demandArchive } from './plan-archive.js'
import { artifactStore, type ActivityContext } from './worker-place.js'
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
