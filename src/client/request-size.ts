import { RunbookError } from '../contract/failures.js'
import type { MigrationRequest } from '../contract/run.js'
import { grouped } from '../contract/number.js'

/** Temporal refuses an input past 2 MiB, of which the envelope and a codec take a little. Bytes of JSON. */
export const MOST_BYTES = 1_950_000

/** What may be done about a part that is large. */
const SMALLER: Partial<Record<keyof MigrationRequest, string>> = {
  files:
    'let one file stand for the oldest ones, once every environment has applied them: each travels by name and hash, also when it was applied',
  checksums: 'take files that are gone out of checksums.json',
  queries: 'name fewer or shorter queries in runbook.config',
  evidence: 'let the commands of the checklist print less',
  overlooked: 'take files that are no migrations out of the folder',
}

/** Throws `ConfigInvalid` for a request that Temporal would refuse as too large, with its largest parts and what to do about them. */
export function demandFitting(request: MigrationRequest): void {
  const total = bytesOf(request)
  if (total <= MOST_BYTES) return
  const parts = (Object.keys(request) as (keyof MigrationRequest)[])
    .map((name) => ({ name, bytes: bytesOf(request[name]) }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 3)
  const named = parts.map(({ name, bytes }) => `${name} ${grouped(bytes)}`).join(', ')
  const ways = parts.flatMap(({ name }) => SMALLER[name] ?? [])
  throw new RunbookError(
    'ConfigInvalid',
    `The run would begin with ${grouped(total)} bytes for ${request.files.length} migration files, and Temporal takes 2 MB. The largest parts: ${named}.`,
    {
      advice: `Make it smaller: ${ways.length === 0 ? 'shorten what the configuration and the folder give it' : ways.join('; or ')}.`,
    },
  )
}

function bytesOf(value: unknown): number {
  return value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value))
}
