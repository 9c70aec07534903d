import type { GateView } from '../contract/run.js'
import { hashOf } from './charter/charter-hash.js'

/**
 * SHA-256 of what a gate shows to whoever decides there, in hex. Not of who may decide and who did: that changes while somebody reads.
 * `gate` as the query `status` answers it, with its commands as values.
 */
export function shownHash({ gate, shows, plan, openedAt }: GateView): string {
  return hashOf({ version: 1, gate, openedAt, shows, plan })
}
