import { readOverlooked, readProjectFiles, type Context } from '../../config/context.js'
import { defined } from '../../contract/defined.js'
import type { Finding } from '../../contract/finding.js'
import type { MigrationFile } from '../../contract/target.js'

/** Judges the files of a project alone: no database is opened. `files`: those that were judged. Throws `MigrationsNotFound`. */
export async function validateProject(
  context: Context,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (message: string) => void },
): Promise<{ success: boolean; findings: Finding[]; files: MigrationFile[] }> {
  const files = await readProjectFiles(context)
  const { validateInOwnProcess } = await import('../../analysis/validate/in-own-process.js')
  const { readChecksums } = await import('../../d1/migrations/checksums.js')
  const { migrationsDir, migrationsTable } = context.target
  const checksums = await readChecksums(migrationsDir)
  const overlooked = await readOverlooked(context)
  const { success, findings } = await validateInOwnProcess({
    ...{ files, signal, migrationsTable, overlooked, onProgress },
    ...defined({ checksums }),
  })
  return { success, findings, files }
}
