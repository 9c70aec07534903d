import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { Probe } from '../../contract/monitoring.js'
import { RunbookError } from '../../contract/failures.js'
import type { Archives, StoredBackup } from '../../d1/backup/archives.js'
import { archivesOf, newestBackup } from '../../d1/backup/backup.js'
import { ArchiveProblem, readWhole } from '../../d1/backup/unpack.js'
import { scratchFolder } from '../../process/scratch-folder.js'
import { unknown, type ProbeContext, type Seen } from './probe.js'

/** There is a way back: the newest archive of this environment is young enough, and its bytes are those that were proven. */
export async function probeBackup(
  { maxAgeMs }: Extract<Probe, { kind: 'backup' }>,
  { target, store, archivesElsewhere, now, signal }: ProbeContext,
): Promise<Seen> {
  if (archivesElsewhere === true)
    return unknown('the archives lie on the disk of a worker that did not take this look')
  const archives = archivesOf(target, store)
  const newest = await newestBackup(archives)
  if (newest === undefined)
    return { ok: false, message: `there is no backup of ${target.database.name} in ${archives.place}` }
  const ageMs = now - Date.parse(newest.createdAt)
  const age = `${path.basename(newest.file)} is ${hours(ageMs)} old`
  if (ageMs > maxAgeMs)
    return {
      ok: false,
      measured: ageMs,
      limit: maxAgeMs,
      message: `the newest backup ${age}, at most ${hours(maxAgeMs)} allowed`,
    }
  const problem = await damageOf(archives, newest, signal)
  return problem === undefined
    ? { ok: true, message: age }
    : { ok: false, message: `${age} but damaged: ${problem}` }
}

/** Archives that were read whole by this process, by place, size and time: one look at the bytes is enough. */
const intact = new Set<string>()

/**
 * Restoring it again, as `backup validate` does, would occupy the worker at every checkpoint; its content was restored and
 * compared when it was made, so here its hash is enough.
 */
async function damageOf(
  archives: Archives,
  { file, createdAt, sizeBytes }: StoredBackup,
  signal: AbortSignal,
): Promise<string | undefined> {
  const changedAt = (await stat(file).catch(() => undefined))?.mtimeMs ?? createdAt
  const key = `${file}\0${sizeBytes}\0${changedAt}`
  if (intact.has(key)) return undefined
  const { folder, remove } = await scratchFolder('probe')
  try {
    await readWhole(await archives.open(file, { signal }), folder, signal)
    intact.add(key)
    return undefined
  } catch (error) {
    if (error instanceof ArchiveProblem) return error.message
    if (error instanceof RunbookError && error.type === 'BackupInvalid') return error.message
    throw error
  } finally {
    await remove()
  }
}

function hours(milliseconds: number): string {
  return `${Math.round(milliseconds / 360_000) / 10} h`
}
