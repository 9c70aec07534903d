import { readOverlooked, readProjectFiles, type Context } from '../../config/context.js'
import { defined } from '../../contract/defined.js'
import type { Plan } from '../../contract/plan.js'
import { copyOfDatabase } from './database-copy.js'

/**
 * Rehearses the pending migrations on a copy: of the archive `backup`, of a local database, or of a verified backup that is made of a remote one.
 * Changes no database. Throws what reading and restoring throw.
 */
export async function makePlan(
  context: Context,
  backup: string | undefined,
  { onProgress, signal }: { onProgress: (message: string) => void; signal: AbortSignal },
): Promise<Plan> {
  const { target, project } = context
  const files = await readProjectFiles(context)
  const copy = await copyOfDatabase({ context, files, backup, onProgress, signal })
  try {
    const { rehearseInOwnProcess } = await import('../../analysis/rehearse/in-own-process.js')
    const { readChecksums } = await import('../../d1/migrations/checksums.js')
    const { queriesOf } = await import('../../config/settings.js')
    const { knownWrangler } = await import('../../d1/wrangler/wrangler.js')
    const wrangler = await knownWrangler(target.projectDir)
    const checksums = await readChecksums(target.migrationsDir)
    const overlooked = await readOverlooked(context)
    const queries = queriesOf(project, target.environment)
    const { readQueryTraffic } = await import('../../d1/cloudflare/query-traffic.js')
    const traffic =
      queries.length > 0 || !target.database.remote
        ? undefined
        : await readQueryTraffic({ target, env: process.env, signal })
    return await rehearseInOwnProcess({
      databaseFile: copy.databaseFile,
      files,
      applied: copy.ledger,
      environment: target.environment,
      database: target.database,
      migrationsTable: target.migrationsTable,
      queries,
      // An archive that was given may be an old one, or another database's.
      wholeCopy: target.database.remote && backup === undefined,
      overlooked,
      signal,
      onProgress,
      ...defined({ checksums, wrangler, traffic }),
    })
  } finally {
    await copy.remove()
  }
}
