import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'

/** A status of gRPC with its words, or the encoded message of an answer. */
type Answer = { status: number; message: string } | Uint8Array
/** By the name of the method; a server that knows none of another one says so. */
export type StandInAnswers = Record<string, Answer>

export interface StandIn {
  address: string
  close(): Promise<void>
}

const UNIMPLEMENTED = 12

/** What a Temporal server of another version, or behind an authoriser, says on the wire: the real client asks it. */
export async function startStandIn(answers: StandInAnswers): Promise<StandIn> {
  const server = createServer()
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    stream.resume()
    const method = (headers[':path'] ?? '').split('/').at(-1) ?? ''
    const answer = answers[method] ?? { status: UNIMPLEMENTED, message: `unknown method ${method}` }
    const head = { ':status': 200, 'content-type': 'application/grpc+proto' }
    if (!(answer instanceof Uint8Array)) {
      stream.respond(
        { ...head, 'grpc-status': String(answer.status), 'grpc-message': encodeURIComponent(answer.message) },
        { endStream: true },
      )
      return
    }
    stream.respond(head, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    const length = Buffer.alloc(5)
    length.writeUInt32BE(answer.length, 1)
    stream.end(Buffer.concat([length, answer]))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: `127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
