import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RunbookError } from '../contract/failures.js'

const REASONS: Record<string, string> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'no such host is known',
}

export interface Listening {
  url: string
  /** Cuts the connections that are open, too. */
  close(): Promise<void>
}

/** Listens, on a free port where it is 0. Throws `ConfigInvalid` where that cannot be. */
export async function listen(
  server: Server,
  { port, host }: { port: number; host: string },
): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = REASONS[cause.code ?? '']
      reject(
        reason === undefined
          ? cause
          : new RunbookError('ConfigInvalid', `${host}, port ${port}, cannot be listened on: ${reason}.`, {
              advice: 'Name another port or address.',
              cause,
            }),
      )
    })
    server.listen(port, host, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
