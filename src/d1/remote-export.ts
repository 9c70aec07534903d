import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { aggregateTables, differingTables } from './aggregates.js'
import { connectionReader, type Exported, type ExportRequest } from './export.js'
import { takeInventory } from './inventory.js'
import { openReader } from './open-reader.js'
import { snapshotOf } from './snapshot.js'
import { demandSuccess, runWrangler } from './wrangler.js'

/** `wrangler d1 export` waits while D1 prepares the file. */
const EXPORT_TIMEOUT_MS = 55 * 60_000

/**
 * Exports a remote database with `wrangler d1 export --remote`, between two readings of its ledger, schema and sums: they
 * tell a table that changed meanwhile from an export that is wrong.
 */
export async function exportRemote({ target, file, signal, onProgress }: ExportRequest): Promise<Exported> {
  const reader = await openReader(target, signal === undefined ? {} : { signal })
  const { ledger, schemaFingerprint } = await snapshotOf(reader, target.migrationsTable)
  const inventory = await takeInventory(reader)
  const before = await aggregateTables(reader, inventory)
  onProgress?.(`compared sums over ${before.rowsRead} rows (each is read, and billed, twice)`)
  const result = await runWrangler({
    target,
    args: ['d1', 'export', target.database.name, '--output', file],
    timeoutMs: EXPORT_TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onLine: onProgress }),
  })
  signal?.throwIfAborted()
  demandSuccess(result, `Export of ${target.database.name}`)
  return {
    ...(await measure(file)),
    ledger,
    schemaFingerprint,
    compareLive: async (restored) => {
      const copy = await aggregateTables(connectionReader(restored), inventory)
      const wrong = differingTables(before, copy)
      if (wrong.length === 0) return []
      const moving = new Set(differingTables(before, await aggregateTables(reader, inventory)))
      return wrong.map((name) =>
        moving.has(name)
          ? `Table ${name} changed while it was exported: try again when it is quiet.`
          : `Table ${name} is not in the export as it is in the database.`,
      )
    },
  }
}

async function measure(file: string): Promise<{ sha256: string; sizeBytes: number }> {
  const digest = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), digest)
  return { sha256: digest.digest('hex'), sizeBytes: (await stat(file)).size }
}
