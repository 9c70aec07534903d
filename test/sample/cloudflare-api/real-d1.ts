import { loadMiniflare } from '../../../src/d1/scratch/miniflare.js'

/** As much of D1's interface for Workers as the comparisons need. */
export interface RealD1 {
  prepare(sql: string): RealStatement
}

interface RealStatement {
  bind(...values: unknown[]): RealStatement
  all(): Promise<{ results: unknown[]; meta: { changes: number; changed_db: boolean } }>
  raw(): Promise<unknown[][]>
}

/** An empty database in workerd, in memory: what the local API is measured against. */
export async function openRealD1(): Promise<{ d1: RealD1; close(): Promise<void> }> {
  const { convertV4MiniflareOptions, Miniflare } = loadMiniflare()
  const workerd = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default { fetch() { return new Response() } }',
      d1Databases: { DB: 'real' },
      // workerd reports each foreign key that fails at the end as a bug of its own; here they are meant.
      handleStructuredLogs: () => undefined,
    }),
  )
  const d1 = (await workerd.getD1Database('DB')) as RealD1
  return { d1, close: () => workerd.dispose() }
}
