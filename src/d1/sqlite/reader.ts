import type { Row, SqlValue } from './sqlite.js'

/**
 * Reads one database, wherever it is: a local file, a scratch workerd, production through the API or through Wrangler.
 * Never used for a change that the runbook names.
 */
export interface Reader {
  query(sql: string, params?: SqlValue[]): Promise<Row[]>
  close(): Promise<void>
}
