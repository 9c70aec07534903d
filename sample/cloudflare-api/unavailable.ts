import { ApiFailure, SQL_ERROR_CODE } from './failure.js'
import type { ImportJob } from './jobs.js'
import type { LocalDatabase } from './local-database.js'
import type { Service } from './service.js'

/**
 * An export or import that is under way, or was left in the middle, keeps the database from everybody: queries, other exports and imports,
 * and Time Travel, of which no source says that it would be let through. Throws {@link ApiFailure} then. `more`: what is said of the
 * asker behind it.
 * Sources: https://github.com/cloudflare/workers-sdk/issues/9519 and 9578; Wrangler's warning before each; logs that people published.
 */
export function demandAvailable(
  service: Service,
  database: LocalDatabase,
  more: { export?: string; import?: string } = {},
): void {
  if (exportHolds(service, database)) throw busy(`export.${more.export ?? ''}`)
  if (runningImport(service, database) !== undefined) throw busy(`import.${more.import ?? ''}`)
}

function busy(work: string): ApiFailure {
  return new ApiFailure(400, SQL_ERROR_CODE, `Currently processing a long-running ${work}`)
}

function exportHolds({ exports, exportHoldMs }: Service, { id }: LocalDatabase): boolean {
  return [...exports.values()].some(
    ({ databaseId, heldAt }) =>
      databaseId === id && heldAt !== undefined && Date.now() - heldAt < exportHoldMs,
  )
}

/**
 * The import that holds the database, if there is one. One that nobody asked for long enough is taken back here, as a whole: whoever
 * comes next finds what was before it.
 */
export function runningImport(service: Service, { id }: LocalDatabase): ImportJob | undefined {
  const { imports, importHoldMs, histories } = service
  const job = [...imports.values()].find(({ databaseId, run }) => databaseId === id && run !== undefined)
  if (job?.run === undefined || importHoldMs === 0) return undefined
  if (Date.now() - job.run.heldAt < importHoldMs) return job
  histories.get(id)?.bringBack(job.run.before)
  delete job.run
  return undefined
}
