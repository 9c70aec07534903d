import { connect } from 'node:net'

const LOOPBACK = /^(localhost|127(?:\.\d+){3}|\[::1\]):(\d+)$/
const TIMEOUT_MS = 1_000

/**
 * Throws the refusal of an address of this machine on which nobody listens: a client of Temporal would try it for seconds.
 * Any other address, and any other trouble, is left to the client, which may know a proxy.
 */
export async function demandLocalListener(address: string): Promise<void> {
  const [, host = '', port] = LOOPBACK.exec(address) ?? []
  if (port === undefined) return
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: host.replaceAll(/[[\]]/g, ''), port: Number(port), timeout: TIMEOUT_MS })
    const done = (refusal?: Error): void => {
      socket.destroy()
      if (refusal === undefined) resolve()
      else reject(refusal)
    }
    socket.once('connect', () => done())
    socket.once('timeout', () => done())
    socket.once('error', (error: NodeJS.ErrnoException) =>
      done(error.code === 'ECONNREFUSED' ? error : undefined),
    )
  })
}
