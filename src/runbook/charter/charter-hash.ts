import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { canonicalJson } from '../../contract/canonical-json.js'
import type { Charter, CharteredEnvironment } from '../../contract/charter.js'

/** SHA-256, in hex, of a value as {@link canonicalJson}. */
export function hashOf(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value))))
}

/** Where a project lies on a machine, and how its database is typed there: no two need agree on it, and of each worker its own holds. */
const PLACES: readonly string[] = [
  ...['projectDir', 'wranglerConfig', 'migrationsDir', 'persistTo', 'backupDir'],
  'databaseOption',
]

/** An entry without where its project lies: what two machines of one configuration have in common. */
export function placeless(environment: CharteredEnvironment): Record<string, unknown> {
  const { projectDir } = environment.target
  const target = Object.fromEntries(
    Object.entries(environment.target).filter(([name]) => !PLACES.includes(name)),
  )
  const channels = environment.channels.map((channel) =>
    channel.kind === 'file' && channel.path.startsWith(projectDir)
      ? { ...channel, path: channel.path.slice(projectDir.length).replaceAll('\\', '/') }
      : channel,
  )
  return { ...environment, target: { ...target, ...mountless(environment.target) }, channels }
}

/** A folder that all workers share may be mounted elsewhere on each machine. */
function mountless({ storage }: CharteredEnvironment['target']): { storage?: object } {
  return storage?.kind === 'folder' ? { storage: { kind: storage.kind } } : {}
}

/**
 * Names what an approval is given under: policy, people, database and all else of one entry of a charter, wherever its project lies.
 */
export function charterHash(
  environment: CharteredEnvironment,
  { variables }: Pick<Charter, 'variables'>,
): string {
  return hashOf({ version: 1, ...placeless(environment), variables: [...variables].sort() })
}
