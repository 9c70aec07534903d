import { toNodeHandler } from '@modelcontextprotocol/node'
import {
  createMcpHandler,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  validateHostHeader,
  validateOriginHeader,
} from '@modelcontextprotocol/server'
import { createServer, type IncomingMessage } from 'node:http'
import { RunbookError } from '../../contract/failures.js'
import { listen, type Listening } from '../../process/listen.js'
import { sameText } from '../../process/same-text.js'
import { createToolServer, type ServerOptions } from './server.js'

const PATH = '/mcp'
const HOST = '127.0.0.1'
/** No input of ours needs more. Bytes. */
const MOST_BYTES = 256 * 1024
const SHORTEST_TOKEN = 16
const HEADERS_TIMEOUT_MS = 10_000
const MOST_CONNECTIONS = 50

/**
 * Streamable HTTP on this machine alone. Whoever asks names the token: other users and containers reach a loopback address too. A page
 * that a browser was led here with (DNS rebinding) names another host or origin, and is refused before its token is looked at. Throws `ConfigInvalid`.
 */
export async function serveOverHttp(
  options: ServerOptions,
  { port, token, onError }: { port: number; token: string; onError: (error: Error) => void },
): Promise<Listening> {
  if (token.length < SHORTEST_TOKEN)
    throw new RunbookError('ConfigInvalid', `The token has fewer than ${SHORTEST_TOKEN} characters.`, {
      advice: 'Make one with: openssl rand -hex 32. Without one, a token is made at each start.',
    })
  const limits = { maxRequestBodySize: MOST_BYTES, onerror: onError }
  const handler = createMcpHandler(() => createToolServer(options), limits)
  const handle = toNodeHandler(handler, limits)
  const server = createServer((request, response) => {
    const refusal = refusalOf(request, token)
    if (refusal !== undefined) {
      response.writeHead(refusal.status, { 'content-type': 'text/plain' }).end(`${refusal.message}\n`)
      return
    }
    // A request that a server got has both.
    const asked = request as IncomingMessage & { method: string; url: string }
    handle(asked, response).catch(onError)
  })
  server.headersTimeout = HEADERS_TIMEOUT_MS
  server.maxConnections = MOST_CONNECTIONS
  const listening = await listen(server, { port, host: HOST })
  return {
    url: `${listening.url}${PATH}`,
    async close() {
      await handler.close()
      await listening.close()
    },
  }
}

function refusalOf(
  { headers, url = '' }: IncomingMessage,
  token: string,
): { status: number; message: string } | undefined {
  if (!validateHostHeader(headers.host, localhostAllowedHostnames()).ok)
    return { status: 403, message: 'This server answers on this machine only.' }
  if (!validateOriginHeader(headers.origin, localhostAllowedOrigins()).ok)
    return { status: 403, message: 'Pages of other hosts may not ask here.' }
  const [, given] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  if (given === undefined || !sameText(given, token))
    return { status: 401, message: 'The token is missing or not the right one.' }
  return url.split('?', 1)[0] === PATH ? undefined : { status: 404, message: `The address is ${PATH}.` }
}
