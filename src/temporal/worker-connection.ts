import { NativeConnection } from '@temporalio/worker'
import { RunbookError } from '../contract/failures.js'
import { resolveServer, unreachable, type ServerAddress } from './server-address.js'
import { demandOwnServer, keepToOwnServer } from './server-owner.js'

export interface WorkerConnection extends Pick<ServerAddress, 'address' | 'namespace'> {
  connection: NativeConnection
  /** Until `signal` is aborted. Throws `TemporalUnreachable` once another project's server has taken this one's port. */
  keepToOwn: (signal: AbortSignal) => Promise<void>
}

/**
 * The server of the project, as a worker reaches it; see `connectClient` for which one that is and what is thrown. Apart
 * from it, because the native module takes half a second to load and a client needs none of it. The caller closes the connection.
 */
export async function connectWorker({ projectDir }: { projectDir: string }): Promise<WorkerConnection> {
  const server = resolveServer({ projectDir })
  const connection = await NativeConnection.connect(server.connectionOptions).catch((cause: unknown) => {
    throw unreachable(server, cause)
  })
  try {
    await demandOwnServer(connection, server, projectDir)
  } catch (error) {
    await connection.close()
    throw error instanceof RunbookError ? error : unreachable(server, error)
  }
  const { address, namespace } = server
  return {
    ...{ connection, address, namespace },
    keepToOwn: (signal) => keepToOwnServer(connection, server, { projectDir, signal }),
  }
}
