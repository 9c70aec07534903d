import { loadClientConnectConfig } from '@temporalio/envconfig'
import type { NativeConnectionOptions } from '@temporalio/worker'
import { RunbookError, messageOf } from '../contract/failures.js'
import { readDevRecord } from './dev-record.js'
import { isAlive } from '../process/process-identity.js'

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
  source: 'configuration' | 'embedded' | 'default'
}

/**
 * The standard `TEMPORAL_*` variables and profile file first, then the project's embedded server, then where a local
 * server usually is. Throws `ConfigInvalid` when the profile cannot be read.
 */
export function resolveServer({ projectDir }: { projectDir: string }): ServerAddress {
  const { connectionOptions, namespace } = loadConfiguration()
  if (connectionOptions.address !== undefined) {
    return {
      address: connectionOptions.address,
      namespace: namespace ?? DEFAULT_NAMESPACE,
      connectionOptions,
      source: 'configuration',
    }
  }
  const embedded = readDevRecord(projectDir)
  const address = embedded?.pid !== undefined && isAlive(embedded.pid) ? embedded.address : undefined
  return {
    address: address ?? DEFAULT_ADDRESS,
    namespace: namespace ?? embedded?.namespace ?? DEFAULT_NAMESPACE,
    ...(address !== undefined && embedded?.uiUrl !== undefined ? { uiUrl: embedded.uiUrl } : {}),
    connectionOptions: { ...connectionOptions, address: address ?? DEFAULT_ADDRESS },
    source: address === undefined ? 'default' : 'embedded',
  }
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

/** The failure that a person sees when `server` does not answer. */
export function unreachable(server: ServerAddress, cause: unknown): RunbookError {
  const where = `${server.address}${server.namespace === DEFAULT_NAMESPACE ? '' : `, namespace ${server.namespace}`}`
  return new RunbookError(
    'TemporalUnreachable',
    `Temporal does not answer at ${where}: ${messageOf(cause)}`,
    {
      advice:
        server.source === 'configuration'
          ? 'Check TEMPORAL_ADDRESS (or the profile file), the network and the credentials, then run the command again.'
          : 'Start the embedded server with `d1-runbook dev` in another terminal, or name yours in TEMPORAL_ADDRESS.',
      cause,
    },
  )
}
