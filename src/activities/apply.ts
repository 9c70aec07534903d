import type { MutateActivities } from '../contract/activities.js'
import { RunbookError } from '../contract/failures.js'
import { applyMigration as applyToDatabase } from '../d1/apply/apply.js'
import { unpackBundle } from '../d1/migrations/bundle.js'
import type { Beat } from './as-activity.js'
import { demandNoFreeze, type ApplyingCharter } from './no-freeze.js'
import { demandArchive } from './plan-archive.js'
import { artifactStore, type ActivityContext } from './worker-place.js'
import { command, words } from '../contract/next-command.js'

/** One file, whose bytes are those of the plan; what is said of it was read back. Only a way back is begun in a freeze of the charter. */
export async function applyMigration(
  here: ActivityContext,
  input: Parameters<MutateActivities['applyMigration']>[0],
  { signal, beat, charter }: { signal: AbortSignal; beat: Beat; charter: ApplyingCharter },
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
    mayBegin: () => {
      if (!isWayBack(input, charter)) demandNoFreeze(charter, migration.name)
    },
    stageRoot: here.folder,
    signal,
    onHeartbeat: beat,
  })
}

/** Who asks cannot make an apply one by saying so where people sign: the permission, proven by then, says what they permitted. */
function isWayBack(
  { act, permission }: Parameters<MutateActivities['applyMigration']>[0],
  { policy }: ApplyingCharter,
): boolean {
  return (policy.requireSignatures ? permission?.act : act) === 'reverse-migration'
}
