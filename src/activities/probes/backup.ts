import type { Probe } from '../../contract/monitoring.js'
import { listBackups } from '../../d1/backup.js'
import { type ProbeContext, type Seen } from './probe.js'

/** There is a way back: the newest valid archive of this environment is young enough. */
export async function probeBackup(
  { maxAgeMs }: Extract<Probe, { kind: 'backup' }>,
  { target, now }: ProbeContext,
): Promise<Seen> {
  const backups = await listBackups({ dir: target.backupDir, environment: target.environment })
  const newest = backups
    .filter(({ valid }) => valid)
    .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))
    .at(-1)
  if (newest === undefined) {
    const broken = backups.length === 0 ? 'there is no backup' : `none of ${backups.length} backups is valid`
    return { ok: false, message: broken }
  }
  const ageMs = now - Date.parse(newest.createdAt)
  return {
    ok: ageMs <= maxAgeMs,
    message: `the newest valid backup is ${hours(ageMs)} old, at most ${hours(maxAgeMs)}`,
  }
}

function hours(milliseconds: number): string {
  return `${Math.round(milliseconds / 360_000) / 10} h`
}
