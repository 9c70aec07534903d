import { connect } from 'node:net'
import { connect as connectSecurely } from 'node:tls'

/** Sends a request to its last byte and goes away without waiting for an answer. */
export async function sendAndCut(to: {
  hostname: string
  port: number
  secure: boolean
  text: string
}): Promise<void> {
  const { hostname: host, port, secure, text } = to
  await new Promise<void>((resolve, reject) => {
    const socket = secure ? connectSecurely({ host, port, servername: host }) : connect({ host, port })
    socket.once('error', reject)
    socket.once(secure ? 'secureConnect' : 'connect', () =>
      socket.write(text, () => {
        socket.destroy()
        resolve()
      }),
    )
  })
}
