import { NativeConnection } from '@temporalio/worker'
import { RunbookError } from '../contract/failures.js'
import { resolveServer, unreachable } from './server-address.js'
import { demandOwnServer } from './server-owner.js'

/**
 * The server of the project, as a worker reaches it; see `connectClient` for which one that is and what is thrown. Apart
 * from it, because the native module takes half a second to load and a client needs none of it. The caller closes the connection.
 */
export async function connectWorker({
  projectDir,
}: {
  projectDir: string
}): Promise<{ connection: NativeConnection; address: string; namespace: string }> {
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
  return { connection, address: server.address, namespace: server.namespace }
}
