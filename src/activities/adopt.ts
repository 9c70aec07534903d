import { proveInOwnProcess } from '../analysis/adopt/in-own-process.js'
import type { MutateActivities, SlowActivities } from '../contract/activities.js'
import { defined } from '../contract/defined.js'
import type { PlanBound } from '../contract/plan.js'
import { adoptLedger } from '../d1/apply/adopt-ledger.js'
import { restoreDatabase } from '../d1/backup/restore.js'
import { unpackBundle } from '../d1/migrations/bundle.js'
import { scratchFolder } from '../process/scratch-folder.js'
import { hashOf } from '../runbook/charter/charter-hash.js'
import { demandNoFreeze, type ApplyingCharter } from './no-freeze.js'
import { artifactStore, type ActivityContext } from './worker-place.js'

/** Which pending files the database of the backup holds already; `planHash` is what an approval of recording them is given for. */
export async function proveAdoption(
  here: ActivityContext,
  input: Parameters<SlowActivities['proveAdoption']>[0],
  { signal, charterHash }: { signal: AbortSignal; charterHash: string },
): ReturnType<SlowActivities['proveAdoption']> {
  const { environment, database, migrationsTable } = here.target
  const files = await unpackBundle(input.bundle, input.files, artifactStore(here))
  const { folder: to, remove } = await scratchFolder('adopt')
  try {
    const copy = await restoreDatabase({ file: input.backup.file, to, signal })
    const adoption = await proveInOwnProcess({
      ...{ databaseFile: copy.database, files, migrationsTable, signal },
      ledger: copy.ledger.map(({ name }) => name),
      ...defined({ through: input.through }),
    })
    const { schemaFingerprint } = adoption
    const proven = files.filter(({ name }) => adoption.proven.includes(name))
    const bound: PlanBound = {
      ...{ version: 2, act: 'adopt', content: hashOf([migrationsTable, database.name, database.remote]) },
      ...{ charterHash, requester: input.requester, environment, databaseId: database.id },
      migrations: proven.map(({ name, sha256 }) => ({
        ...{ name, sha256, fingerprintBefore: schemaFingerprint, fingerprintAfter: schemaFingerprint },
      })),
      ledger: adoption.ledger,
      ...defined({ proposedBy: input.proposedBy }),
      // Of another archive each time, and nothing is taken back to it.
      backupSha256: '',
    }
    return { adoption, planHash: hashOf(bound), bound }
  } finally {
    await remove()
  }
}

/**
 * Writes the ledger rows of proven files, all or none, guarded by the ledger and the schema of the proof, and reads them back; none in a
 * freeze of the charter.
 */
export async function recordAdoption(
  { target, folder }: ActivityContext,
  { names, ledgerBefore, schemaFingerprint }: Parameters<MutateActivities['recordAdoption']>[0],
  { signal, charter }: { signal: AbortSignal; charter: ApplyingCharter },
): ReturnType<MutateActivities['recordAdoption']> {
  await adoptLedger({
    ...{ target, names, ledgerBefore, schemaFingerprint, stageRoot: folder, signal },
    mayBegin: () => demandNoFreeze(charter, names.join(', ')),
  })
  return { adopted: names }
}
