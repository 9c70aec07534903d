import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { migrationWorkflowId } from './names.js'
import type { Target } from './target.js'

type Place = Pick<Target, 'environment' | 'projectDir'> &
  Partial<Pick<Target, 'persistTo'>> & { database: Pick<Target['database'], 'id' | 'remote'> }

/** The folder that holds a local database; undefined for a remote one, which its UUID names alone. */
export function checkoutOf({ database, persistTo, projectDir }: Place): string | undefined {
  return database.remote ? undefined : (persistTo ?? projectDir)
}

/**
 * The ID of a run of a local database where the one of {@link migrationWorkflowId} belongs to another checkout on this Temporal
 * server: two checkouts of a project have two databases of one ID. The same as that for a remote one.
 */
export function checkoutWorkflowId(target: Place): string {
  const id = migrationWorkflowId(target.environment, target.database.id)
  const place = checkoutOf(target)
  return place === undefined ? id : `${id}/${bytesToHex(sha256(utf8ToBytes(place))).slice(0, 8)}`
}
