import { getRequestListener } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { readFile } from 'node:fs/promises'
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps, type Server } from 'node:https'
import { messageOf, RunbookError } from '../contract/failures.js'
import { listen, type Listening } from '../process/listen.js'
import { createConsole } from './app.js'
import type { ConsoleOptions } from './options.js'

export interface ServeOptions extends Omit<ConsoleOptions, 'origin' | 'addressOf' | 'now'> {
  port: number
  host: string
  /** Default: `http(s)://localhost:PORT`. */
  origin?: string | undefined
  /** Files in PEM. */
  tls?: { cert: string; key: string } | undefined
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])
const REQUEST_TIMEOUT_MS = 30_000
const MOST_CONNECTIONS = 500

/** The page of the console, as browsers name it. Throws `ConfigInvalid` for what cannot be served safely. */
export function originOf({
  port,
  host,
  origin,
  tls,
}: Pick<ServeOptions, 'port' | 'host' | 'origin' | 'tls'>): string {
  if (!LOOPBACK.has(host) && tls === undefined)
    throw refusal(
      `The console listens beyond this machine (${host}) with TLS only.`,
      'Give --tls-cert and --tls-key, or leave --host out and put a proxy with TLS in front: --origin names its address.',
    )
  if (port === 0 && origin === undefined)
    throw refusal('Passkeys are bound to a port, which must stay the same.', 'Name one: --port 7433.')
  const page = origin ?? new URL(`${tls === undefined ? 'http' : 'https'}://localhost:${port}`).origin
  if (!URL.canParse(page) || new URL(page).origin !== page)
    throw refusal(
      `${JSON.stringify(page)} is no origin of a page: scheme, host and port, and nothing else.`,
      'Such as --origin https://runbook.example.com.',
    )
  const { protocol, hostname } = new URL(page)
  if (/^[\d.]+$|:/.test(hostname))
    throw refusal(
      'Passkeys need a name, and no address of numbers.',
      'Such as --origin https://runbook.example.com.',
    )
  if (protocol !== 'https:' && hostname !== 'localhost')
    throw refusal(
      `Browsers let passkeys be used over HTTPS only, and ${page} is not.`,
      'Such as --origin https://runbook.example.com.',
    )
  return page
}

/** Serves until it is closed. Throws `ConfigInvalid`, also where the port is taken. */
export async function serveConsole(options: ServeOptions): Promise<Listening & { origin: string }> {
  const origin = originOf(options)
  const app = createConsole({ ...options, origin, addressOf: (c) => getConnInfo(c).remote.address ?? '' })
  const answer = getRequestListener(app.fetch)
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    void answer(request, response).catch(() => response.destroy())
  }
  const server = options.tls === undefined ? createHttp(listener) : await overTls(options.tls, listener)
  server.headersTimeout = REQUEST_TIMEOUT_MS
  server.requestTimeout = REQUEST_TIMEOUT_MS
  server.maxConnections = MOST_CONNECTIONS
  return { ...(await listen(server, options)), origin }
}

async function overTls(
  files: { cert: string; key: string },
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const read = { cert: await pem('--tls-cert', files.cert), key: await pem('--tls-key', files.key) }
  try {
    return createHttps(read, listener)
  } catch (cause) {
    throw new RunbookError(
      'ConfigInvalid',
      `What --tls-cert and --tls-key name is no certificate with its key: ${messageOf(cause)}`,
      {
        advice:
          'Give a certificate and the key that it was made with, both in PEM, the key without a password.',
        cause,
      },
    )
  }
}

async function pem(option: string, file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RunbookError('ConfigInvalid', `The file of ${option} cannot be read: ${messageOf(cause)}`, {
      advice: `Correct ${option}.`,
      cause,
    })
  })
}

function refusal(message: string, advice: string): RunbookError {
  return new RunbookError('ConfigInvalid', message, { advice })
}
