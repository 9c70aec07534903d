import { visible } from '../../text/visible.js'
import type { Database } from '../../contract/target.js'
import type { Colors } from './output.js'

/** Which database is meant, on one line: shown before anything is done to it. */
export function databaseLine(
  {
    environment,
    database,
    accountId,
  }: { environment: string; database: Database; accountId?: string | undefined },
  colors: Colors,
): string {
  const where = database.remote ? colors.magenta('--remote') : colors.cyan('--local')
  const account = accountId === undefined ? '' : `, account ${accountId}`
  return `${colors.bold(visible(environment))}: ${visible(database.name)} (${visible(database.id)}) ${where}${account}`
}
