import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { rehearseMigrations } from '../analysis/rehearse.js'
import type { MutateActivities, RollbackActivities } from '../contract/activities.js'
import { RunbookError } from '../contract/failures.js'
import { restoreBackup } from '../d1/backup.js'
import { packBundle, unpackBundle } from '../d1/bundle.js'
import { migrationNumber } from '../d1/migration-files.js'
import { replaceContent } from '../d1/replace-content.js'
import { readSnapshot } from '../d1/snapshot.js'
import { splitStatements } from '../d1/statements.js'
import { restoreBookmark } from '../d1/time-travel.js'
import { artifactStore, targetHere, workFolder, type WorkerPlace } from './worker-place.js'

/** Writes the reverse of what was applied, and rehearses forward and back on the restored backup. */
export async function prepareReverse(
  place: WorkerPlace,
  input: Parameters<RollbackActivities['prepareReverse']>[0],
  signal: AbortSignal,
): ReturnType<RollbackActivities['prepareReverse']> {
  const target = targetHere(place, input.target)
  const wanted = new Set([...input.ledgerBefore, ...input.applied])
  const all = await unpackBundle(input.bundle, input.files, artifactStore(place, target))
  const to = await mkdtemp(path.join(tmpdir(), 'd1-runbook-reverse-'))
  try {
    const { database } = await restoreBackup({ file: input.backup.file, to, signal })
    const plan = await rehearseMigrations({
      databaseFile: database,
      files: all.filter(({ name }) => wanted.has(name)),
      applied: input.ledgerBefore,
      environment: target.environment,
      database: target.database,
      migrationsTable: target.migrationsTable,
      signal,
    })
    const { available, sql, price } = plan.rollback
    if (!available || sql === undefined) return { price }
    const name = reverseName([...wanted], input.at)
    const sha256 = createHash('sha256').update(sql, 'utf8').digest('hex')
    return {
      bundle: await packBundle(
        [{ name, sha256, sizeBytes: Buffer.byteLength(sql), sql }],
        artifactStore(place, target),
      ),
      migration: {
        name,
        sha256,
        statements: splitStatements(sql).length,
        durationMs: 0,
        fingerprintBefore: plan.predictedFingerprint,
        fingerprintAfter: plan.schemaFingerprint,
      },
      price,
    }
  } finally {
    await rm(to, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** The runbook's `rollback_YYYY_MM_DD`, behind every file that there is. */
export function reverseName(names: string[], at: string): string {
  const highest = Math.max(0, ...names.map(migrationNumber).filter(Number.isFinite))
  return `${String(highest + 1).padStart(4, '0')}_rollback_${at.slice(0, 10).replaceAll('-', '_')}.sql`
}

/** Time Travel; the schema that it leads to is read back, and must be the one of the bookmark's moment. */
export async function travelBack(
  place: WorkerPlace,
  input: Parameters<MutateActivities['travelBack']>[0],
  signal: AbortSignal,
): ReturnType<MutateActivities['travelBack']> {
  const target = targetHere(place, input.target)
  const { previousBookmark } = await restoreBookmark({ target, bookmark: input.bookmark, signal })
  const { schemaFingerprint } = await readSnapshot(target)
  demandFingerprint(
    schemaFingerprint,
    input.expectedFingerprint,
    `its undo is the bookmark ${previousBookmark}`,
  )
  return { previousBookmark, schemaFingerprint }
}

/** Replaces what the database holds by what a verified archive holds. */
export async function restoreFromBackup(
  place: WorkerPlace,
  input: Parameters<MutateActivities['restoreFromBackup']>[0],
  signal: AbortSignal,
): ReturnType<MutateActivities['restoreFromBackup']> {
  const target = targetHere(place, input.target)
  const { backup } = input
  const { safetyCopy } = await replaceContent({
    target,
    file: backup.file,
    stageRoot: workFolder(place, target),
    signal,
  })
  const { schemaFingerprint } = await readSnapshot(target)
  demandFingerprint(schemaFingerprint, backup.schemaFingerprint, 'the archive is untouched')
  return { schemaFingerprint, ...(safetyCopy === undefined ? {} : { safetyCopy }) }
}

function demandFingerprint(found: string, expected: string, consolation: string): void {
  if (found === expected) return
  throw new RunbookError(
    'ApplyPartial',
    `The schema after the way back is ${found.slice(0, 12)}, not ${expected.slice(0, 12)}.`,
    {
      advice: `Stop all writes and look at the database; ${consolation}.`,
    },
  )
}
