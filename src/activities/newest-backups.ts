import { newestBackup } from '../d1/backup/backup.js'
import type { Service } from '../runbook/charter/service.js'
import { archivesAt, contextFor, defaultHome, type WorkerHome } from './worker-place.js'

/** One archive, by the time in its name: what has the name is complete. */
export interface NewestBackup {
  target: { environment: string; database: { id: string } }
  /** ISO 8601, UTC. */
  createdAt: string
}

/** The newest archive of each database that is served, where there is one. A place that cannot be read tells nothing. */
export async function newestBackups(
  service: Service,
  home: Partial<WorkerHome> = {},
): Promise<NewestBackup[]> {
  const place = defaultHome(home)
  const found = await Promise.all(
    [...service.values()].map(async ({ environment: { target }, variables }) => {
      try {
        const newest = await newestBackup(archivesAt(contextFor({ ...place, variables }, target)))
        return newest === undefined ? [] : [{ target, createdAt: newest.createdAt }]
      } catch {
        return []
      }
    }),
  )
  return found.flat()
}
