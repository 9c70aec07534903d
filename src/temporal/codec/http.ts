import { defined } from '../../contract/defined.js'
import type { Payload } from '@temporalio/common'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { messageOf, RunbookError } from '../../contract/failures.js'
import { isAskedAs, NOT_ASKED_AS, type OwnHost } from '../../process/asked-host.js'
import { listen, type Listening } from '../../process/listen.js'
import { sameText } from '../../process/same-text.js'
import { jsonOf } from '../../contract/json.js'
import { EncryptionCodec } from './encryption.js'
import type { CodecKeys } from './keys.js'

/** A page of the UI's history; one payload has 2 MB at most (Temporal's limit), a third more in base64. */
const MOST_BYTES = 16 * 1024 * 1024
const MOST_PAYLOADS = 2_000
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
const MOST_CONNECTIONS = 100
const SHORTEST_TOKEN = 16

/** Protobuf's own JSON: bytes are base64. */
const bytes = z.base64().transform((text) => Buffer.from(text, 'base64'))
const bodySchema = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), bytes).default({}), data: bytes.optional() }))
    .max(MOST_PAYLOADS),
})

export interface CodecServerOptions extends OwnHost {
  codecKeys: CodecKeys
  /** 0: any free one. */
  port: number
  /** Pages that may ask, such as `http://127.0.0.1:8233`: that of the Temporal UI. */
  origins: readonly string[]
  /** Asked for as `Authorization: Bearer TOKEN`, or as first part of the path, since a UI without a login sends no header. */
  token: string
  /** Whether it encrypts, too. The UI needs that only to send signals and start workflows. */
  encode: boolean
}

/**
 * Decodes for the Temporal UI, and for `temporal --codec-endpoint`, what only holders of the keys can read: POST `/decode`, as
 * Temporal's remote codecs have it. Its URL has no token in it. Throws `ConfigInvalid` for what cannot be served safely, or listened on.
 */
export async function startCodecServer(options: CodecServerOptions): Promise<Listening> {
  demandSafe(options)
  const codec = new EncryptionCodec(options.codecKeys)
  const server = createServer((request, response) => {
    answer(request, options, codec).then(
      (said) => send(response, said),
      (error: unknown) => send(response, { status: 500, body: { message: messageOf(error) } }),
    )
  })
  server.headersTimeout = HEADERS_TIMEOUT_MS
  server.requestTimeout = REQUEST_TIMEOUT_MS
  server.maxConnections = MOST_CONNECTIONS
  return listen(server, options)
}

function demandSafe({ codecKeys, origins, token }: CodecServerOptions): void {
  const refuse = (message: string, advice: string): RunbookError =>
    new RunbookError('ConfigInvalid', message, { advice })
  if (codecKeys.writes === undefined)
    throw refuse(
      'There is no key to decode with.',
      'Set D1_RUNBOOK_CODEC_KEYS or D1_RUNBOOK_CODEC_KEYS_FILE.',
    )
  if (token.length < SHORTEST_TOKEN || !/^[\w~.-]+$/.test(token))
    throw refuse(
      `The token must be ${SHORTEST_TOKEN} or more letters, digits, and -._~.`,
      'Make one with: openssl rand -hex 32. Without one, a token is made at each start.',
    )
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin || !/^https?:/.test(origin))
      throw refuse(
        `${JSON.stringify(origin)} is no origin of a page: scheme, host and port, and nothing else.`,
        'Name the address of the Temporal UI, such as http://127.0.0.1:8233.',
      )
  }
}

interface Answer {
  status: number
  headers?: Record<string, string>
  body?: object
}

async function answer(
  request: IncomingMessage,
  options: CodecServerOptions,
  codec: EncryptionCodec,
): Promise<Answer> {
  const { host, origin } = request.headers
  if (!isAskedAs(options, host)) return { status: 403, body: { message: NOT_ASKED_AS } }
  if (origin !== undefined && !options.origins.includes(origin))
    return { status: 403, body: { message: 'This page may not ask here: name it with --origin.' } }
  const headers = origin === undefined ? {} : corsFor(origin)
  const said = (status: number, body?: object): Answer => ({ status, headers, ...(body && { body }) })
  if (request.method === 'OPTIONS') return said(204)

  const { verb, token } = asked(request)
  if (token === undefined || !sameText(token, options.token))
    return said(401, { message: 'The token is missing or not the right one.' })
  if (verb !== 'decode' && !(verb === 'encode' && options.encode))
    return said(404, {
      message: verb === 'encode' ? 'Encoding is off: --encode turns it on.' : 'Not found.',
    })
  if (request.method !== 'POST') return said(405, { message: 'POST only.' })

  const text = await bodyOf(request)
  if (text === undefined) return said(413, { message: `A request may have ${MOST_BYTES} bytes.` })
  const body = bodySchema.safeParse(jsonOf(text))
  if (!body.success) return said(400, { message: 'This is no list of payloads.' })
  const payloads = body.data.payloads.map(({ metadata, data }): Payload => ({
    metadata,
    ...defined({ data }),
  }))
  try {
    return said(200, { payloads: (await codec[verb](payloads)).map(jsonOfPayload) })
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error
    return said(400, { message: `${error.message} ${error.advice}` })
  }
}

function corsFor(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'POST, OPTIONS',
    'access-control-allow-headers': 'authorization, authorization-extras, content-type, x-namespace',
    'access-control-max-age': '600',
    vary: 'origin',
  }
}

/** `/decode` with a header, or `/TOKEN/decode`. */
function asked(request: IncomingMessage): { verb: string | undefined; token: string | undefined } {
  const parts = (request.url ?? '').split('?', 1).join('').split('/').filter(Boolean)
  const [, bearer] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  return parts.length === 2 ? { token: parts[0], verb: parts[1] } : { token: bearer, verb: parts[0] }
}

/** Undefined where it is larger than allowed: the rest is not read. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MOST_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function jsonOfPayload({ metadata, data }: Payload): object {
  const base64 = (value: Uint8Array): string => Buffer.from(value).toString('base64')
  const named = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])
  return { metadata: Object.fromEntries(named) as object, ...(data ? { data: base64(data) } : {}) }
}

function send(response: ServerResponse, { status, headers = {}, body }: Answer): void {
  const content = body === undefined ? undefined : JSON.stringify(body)
  response.writeHead(status, {
    ...headers,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(content === undefined ? {} : { 'content-type': 'application/json' }),
    ...(status === 413 ? { connection: 'close' } : {}),
  })
  response.end(content)
}
