import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { rehearseMigrations } from '../analysis/rehearse.js'
import type { SlowActivities } from '../contract/activities.js'
import { RunbookError } from '../contract/failures.js'
import { restoreBackup } from '../d1/backup.js'
import { unpackBundle } from '../d1/bundle.js'
import { artifactStore, targetHere, type WorkerPlace } from './worker-place.js'

/** Promise 2: runs what is pending on the restored backup. Production must still be what the backup holds. */
export async function rehearse(
  place: WorkerPlace,
  input: Parameters<SlowActivities['rehearse']>[0],
  signal: AbortSignal,
): ReturnType<SlowActivities['rehearse']> {
  const target = targetHere(place, input.target)
  const { backup, status } = input
  const files = await unpackBundle(input.bundle, input.files, artifactStore(place, target))
  const to = await mkdtemp(path.join(tmpdir(), 'd1-runbook-rehearsal-'))
  try {
    const { database } = await restoreBackup({ file: backup.file, to, signal })
    const plan = await rehearseMigrations({
      databaseFile: database,
      files,
      applied: status.applied.map(({ name }) => name),
      environment: target.environment,
      database: target.database,
      migrationsTable: target.migrationsTable,
      ...(input.queries === undefined ? {} : { queries: input.queries }),
      ...(input.checksums === undefined ? {} : { checksums: input.checksums }),
      signal,
    })
    if (plan.schemaFingerprint !== status.schemaFingerprint) {
      throw new RunbookError(
        'Drifted',
        'The schema of the database is not the one in the backup that was just made.',
        {
          advice: `Find out who else changes it, then begin again: d1-runbook start --env ${target.environment}`,
        },
      )
    }
    return plan
  } finally {
    await rm(to, { recursive: true, force: true, maxRetries: 3 })
  }
}
