import { createHash, createHmac } from 'node:crypto'
import { join } from 'node:path'

/** Name of the Durable Object class in which Miniflare keeps D1; part of the file's path. */
const OBJECT_CLASS = 'miniflare-D1DatabaseObject'

/**
 * Where Wrangler keeps a local database: `persistTo` is its `--persist-to` folder (`.wrangler/state` by default). The
 * name is the Durable Object ID that workerd derives from the `database_id`: an HMAC of it, and an HMAC of that as a seal.
 */
export function localDatabaseFile({
  persistTo,
  databaseId,
}: {
  persistTo: string
  databaseId: string
}): string {
  return join(persistTo, 'v3', 'd1', OBJECT_CLASS, `${objectName(databaseId)}.sqlite`)
}

/** Where an in-process Miniflare with `resourcePersistencePath: root` keeps the same database. */
export function scratchDatabaseFile({ root, databaseId }: { root: string; databaseId: string }): string {
  return join(root, 'd1', OBJECT_CLASS, `${objectName(databaseId)}.sqlite`)
}

function objectName(databaseId: string): string {
  const key = createHash('sha256').update(OBJECT_CLASS).digest()
  const name = createHmac('sha256', key).update(databaseId).digest().subarray(0, 16)
  const seal = createHmac('sha256', key).update(name).digest().subarray(0, 16)
  return Buffer.concat([name, seal]).toString('hex')
}
