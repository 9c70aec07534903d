import { loadClientConnectConfig } from '@temporalio/envconfig'
import type { NativeConnectionOptions } from '@temporalio/worker'
import { RunbookError, messageOf } from '../contract/failures.js'
import { readDevRecord, type DevRecord } from './dev-record.js'
import { originOf } from './home.js'
import { isAlive } from '../process/process-identity.js'
import { command, words, type Words } from '../contract/next-command.js'

const DEFAULT_ADDRESS = 'localhost:7233'
const DEFAULT_NAMESPACE = 'default'

/** Which Temporal server is meant, and who said so. */
export interface ServerAddress {
  address: string
  namespace: string
  /** Known for the embedded server only. */
  uiUrl?: string
  /** TLS, key and headers as the person configured them; holds secrets: never log it. */
  connectionOptions: NativeConnectionOptions
  source: 'named' | 'configuration' | 'embedded' | 'default'
}

export interface ServerChoice {
  /** Whose embedded server is meant, where nothing else is named. */
  projectDir: string
  /** Named by the caller: they win over all configuration. */
  address?: string | undefined
  namespace?: string | undefined
}

/**
 * What the caller names, then the standard `TEMPORAL_*` variables and profile file, then the project's embedded server,
 * then where a local server usually is. TLS, key and headers come from variables and profile in each case. Throws `ConfigInvalid` when the profile cannot be read.
 */
export function resolveServer({ projectDir, ...named }: ServerChoice): ServerAddress {
  const configured = loadConfiguration()
  const { connectionOptions } = configured
  const namespace = named.namespace ?? configured.namespace
  if (named.address !== undefined) {
    return {
      address: named.address,
      namespace: namespace ?? DEFAULT_NAMESPACE,
      connectionOptions: { ...connectionOptions, address: named.address },
      source: 'named',
    }
  }
  if (connectionOptions.address !== undefined) {
    return {
      address: connectionOptions.address,
      namespace: namespace ?? DEFAULT_NAMESPACE,
      connectionOptions,
      source: 'configuration',
    }
  }
  const embedded = ownRecord(projectDir)
  const address = embedded?.pid !== undefined && isAlive(embedded.pid) ? embedded.address : undefined
  return {
    address: address ?? DEFAULT_ADDRESS,
    namespace: namespace ?? embedded?.namespace ?? DEFAULT_NAMESPACE,
    ...(address !== undefined && embedded?.uiUrl !== undefined ? { uiUrl: embedded.uiUrl } : {}),
    connectionOptions: { ...connectionOptions, address: address ?? DEFAULT_ADDRESS },
    source: address === undefined ? 'default' : 'embedded',
  }
}

/** A copy of a project brings the record of the other's server along. */
function ownRecord(projectDir: string): DevRecord | undefined {
  const record = readDevRecord(projectDir)
  const copied = record?.projectDir !== undefined && originOf(record.projectDir, projectDir) === 'copied'
  return copied ? undefined : record
}

function loadConfiguration() {
  try {
    return loadClientConnectConfig()
  } catch (cause) {
    throw new RunbookError('ConfigInvalid', `Temporal's configuration cannot be read: ${messageOf(cause)}`, {
      advice: 'Correct the TEMPORAL_* variables, or the file that TEMPORAL_CONFIG_FILE names.',
      cause,
    })
  }
}

const EMBEDDED_ADVICE = words`Start the embedded server with ${command('dev')} in another terminal, or name yours in TEMPORAL_ADDRESS.`

const ADVICE: Record<ServerAddress['source'], Words> = {
  named: 'Check the address that was given, the network and the credentials, then try again.',
  configuration:
    'Check TEMPORAL_ADDRESS (or the profile file), the network and the credentials, then run the command again.',
  embedded: EMBEDDED_ADVICE,
  default: EMBEDDED_ADVICE,
}

/** The failure that a person sees when `server` does not answer. */
export function unreachable(server: ServerAddress, cause: unknown): RunbookError {
  const where = `${server.address}${server.namespace === DEFAULT_NAMESPACE ? '' : `, namespace ${server.namespace}`}`
  return new RunbookError(
    'TemporalUnreachable',
    `Temporal does not answer at ${where}: ${messageOf(cause)}`,
    {
      advice: ADVICE[server.source],
      cause,
    },
  )
}
