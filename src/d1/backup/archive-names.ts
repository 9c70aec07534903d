import { DateTime } from 'luxon'

/** `backup-<env>-YYYY-MM-DD-HHMMSS.zip`, UTC. */
export function archiveName(environment: string, at: Date): string {
  const stamp = DateTime.fromJSDate(at, { zone: 'utc' }).toFormat('yyyy-MM-dd-HHmmss')
  return `backup-${environment}-${stamp}.zip`
}

/** Of which environment an archive is, by its name; undefined for any other file. */
export function archiveEnvironment(name: string): string | undefined {
  const environment = /^backup-(.+)-\d{4}-\d\d-\d\d-\d{6}\.zip$/.exec(name)?.[1]
  return environment !== undefined && archiveTime(environment, name) !== undefined ? environment : undefined
}

/** When an archive of exactly this environment was made, by its name; undefined for any other file. */
export function archiveTime(environment: string, name: string): Date | undefined {
  const head = `backup-${environment}-`
  if (!name.startsWith(head) || !name.endsWith('.zip')) return undefined
  const stamp = name.slice(head.length, -'.zip'.length)
  if (!/^\d{4}-\d\d-\d\d-\d{6}$/.test(stamp)) return undefined
  const at = DateTime.fromFormat(stamp, 'yyyy-MM-dd-HHmmss', { zone: 'utc' })
  return at.isValid ? at.toJSDate() : undefined
}
