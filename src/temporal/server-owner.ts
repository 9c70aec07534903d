import type { Connection } from '@temporalio/client'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../contract/failures.js'
import { command, words } from '../contract/next-command.js'
import { realFolder } from './home.js'
import type { ServerAddress } from './server-address.js'

/** Key in the data of the namespace: the folder whose embedded server this is. */
const PROJECT_KEY = 'd1-runbook-project'

/** Between two looks at whose server answers. Milliseconds. */
const LOOK_EVERY_MS = 10_000

/** What both `Connection` and `NativeConnection` offer of the service. */
type ServiceConnection = Pick<Connection, 'workflowService'>

/** Writes into an embedded server whose it is. */
export async function claimServer(
  connection: ServiceConnection,
  namespace: string,
  projectDir: string,
): Promise<void> {
  const data = { [PROJECT_KEY]: realFolder(projectDir) }
  await connection.workflowService.updateNamespace({ namespace, updateInfo: { data } })
}

/**
 * A server that nobody named was found where a local one usually is: it may be that of another project on this machine.
 * Throws `TemporalUnreachable`, naming that project. A server that says nothing of itself is no embedded one of ours.
 */
export async function demandOwnServer(
  connection: ServiceConnection,
  { address, namespace, source }: Pick<ServerAddress, 'address' | 'namespace' | 'source'>,
  projectDir: string,
): Promise<void> {
  if (source === 'named' || source === 'configuration') return
  const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace })
  const owner = namespaceInfo?.data?.[PROJECT_KEY]
  if (owner === undefined || owner === realFolder(projectDir)) return
  throw new RunbookError(
    'TemporalUnreachable',
    `No Temporal server of this project runs: the one at ${address} belongs to the project ${owner}.`,
    {
      advice: words`Start this project's own with ${command('dev')} in another terminal. To share that one, say so: TEMPORAL_ADDRESS=${address}`,
    },
  )
}

/**
 * Holds a connection that lasts to {@link demandOwnServer}: after a break it finds again whoever has the port by then. Returns when
 * `signal` is aborted; a server that does not answer is none of its business.
 */
export async function keepToOwnServer(
  connection: ServiceConnection,
  server: Pick<ServerAddress, 'address' | 'namespace' | 'source'>,
  {
    projectDir,
    signal,
    everyMs = LOOK_EVERY_MS,
  }: { projectDir: string; signal: AbortSignal; everyMs?: number },
): Promise<void> {
  while (await sleep(everyMs, true, { signal }).catch(() => false)) {
    try {
      await demandOwnServer(connection, server, projectDir)
    } catch (error) {
      if (error instanceof RunbookError) throw error
    }
  }
}
