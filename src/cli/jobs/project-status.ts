import { readOverlooked, readProjectFiles, type Context } from '../../config/context.js'
import { defined } from '../../contract/defined.js'
import type { Status } from '../../contract/status.js'

/** The ledger of the database against the files of the project. `success`: no conflict blocks. Throws what reading the database throws. */
export async function readProjectStatus(context: Context): Promise<{ success: boolean; status: Status }> {
  const files = await readProjectFiles(context)
  const { readStatus } = await import('../../analysis/status.js')
  const { readChecksums } = await import('../../d1/migrations/checksums.js')
  const checksums = await readChecksums(context.target.migrationsDir)
  const overlooked = await readOverlooked(context)
  const status = await readStatus({ target: context.target, files, overlooked, ...defined({ checksums }) })
  return { success: blocking(status).length === 0, status }
}

export function blocking({ conflicts }: Status): Status['conflicts'] {
  return conflicts.filter((conflict) => conflict.blocking !== false)
}
