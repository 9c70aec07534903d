import { snapshotOf, type Snapshot } from '../schema/snapshot.js'
import type { Target } from '../../contract/target.js'
import { apiClient } from '../cloudflare/api.js'
import { resolveAccount } from '../cloudflare/account.js'
import { openFileReader, targetFile } from './local-reader.js'
import type { Reader } from '../sqlite/reader.js'
import { openApiReader, openWranglerReader, type OnRowsRead } from './remote-reader.js'

/**
 * A reader of the target: its SQLite file when local; Cloudflare's API when a token is at hand; else a Wrangler process a
 * query. One statement a query. Over the wire integers past 2^53 are rounded: cast them to text; select `hex(x)` of
 * blobs. Throws `NotAuthenticated`, `DatabaseNotFound`, `DatabaseLocked`, `SqlRefused`, `Network`, `RateLimited`,
 * `OutcomeUnknown`.
 */
export async function openReader(
  target: Target,
  options: { signal?: AbortSignal; onRowsRead?: OnRowsRead } = {},
): Promise<Reader> {
  if (!target.database.remote) return openFileReader(targetFile(target))
  const client = apiClient()
  if (client === undefined) return openWranglerReader(target, options.signal, options.onRowsRead)
  return openApiReader(target, client, await resolveAccount(target, client), options.onRowsRead)
}

/** Opens, reads, closes. */
export async function withReader<T>(target: Target, read: (reader: Reader) => Promise<T>): Promise<T> {
  const reader = await openReader(target)
  try {
    return await read(reader)
  } finally {
    await reader.close()
  }
}

export function readSnapshot(target: Target): Promise<Snapshot> {
  return withReader(target, (reader) => snapshotOf(reader, target.migrationsTable))
}
