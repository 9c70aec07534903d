import { RunbookError } from '../../contract/failures.js'
import { readVariable, variableOfHeader, type NamedVariables } from '../../contract/variables.js'

/** Larger answers are no health reports; reading them whole would only cost memory. Bytes. */
const MAX_BODY = 1_048_576

export interface Answer {
  status: number
  body: string
}

/**
 * One GET over a connection of its own: a reused one would hide that no new one can be made. Throws what `fetch` throws,
 * with the network's own reason, `ConfigInvalid` for a header whose variable is not set or may not be named, `NotPermitted` where such a header
 * would be led to another host, and the reason of `signal`.
 */
export async function get(
  url: string | URL,
  options: { headers?: Record<string, string> | undefined; named: NamedVariables; signal: AbortSignal },
): Promise<Answer> {
  const { headers: asked = {}, named, signal } = options
  const headers = { connection: 'close', ...withEnvironment(asked, named) }
  const secret = Object.values(asked).some((value) => variableOfHeader(value) !== undefined)
  if (!secret) return answerOf(await fetch(url, { headers, signal }))
  return fromOneOrigin(new URL(url), { headers, signal })
}

/** As often as `fetch` itself follows: https://fetch.spec.whatwg.org/#http-redirect-fetch */
const REDIRECTS = 20

/**
 * People saw the host that the secret of a header goes to; `fetch` leaves out some headers where it is led to another one, and no header that
 * it does not know.
 */
async function fromOneOrigin(
  first: URL,
  request: { headers: Record<string, string>; signal: AbortSignal },
): Promise<Answer> {
  let address = first
  for (let led = 0; led <= REDIRECTS; led += 1) {
    const response = await fetch(address, { ...request, redirect: 'manual' })
    const to = response.headers.get('location')
    if (to === null || !REDIRECTED.has(response.status)) return answerOf(response)
    await response.body?.cancel()
    const next = new URL(to, address)
    if (next.origin !== first.origin)
      throw new RunbookError(
        'NotPermitted',
        `${first.host} leads to ${next.host}, which the secret of a header is not for`,
        {
          advice: `Give the address of ${next.host} itself, if that is meant: people see it at the first gate.`,
        },
      )
    address = next
  }
  throw new Error(`${first.host} led in a circle`)
}

const REDIRECTED = new Set([301, 302, 303, 307, 308])

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, body: await readBody(response) }
}

async function readBody(response: Response): Promise<string> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let body = ''
  let read = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    read += chunk.byteLength
    body += decoder.decode(chunk, { stream: true })
    if (read > MAX_BODY) break
  }
  return body
}

/** A value `env:NAME` stands for the variable NAME. Its value never appears in a message. */
function withEnvironment(headers: Record<string, string>, named: NamedVariables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([header, value]) => {
      const name = variableOfHeader(value)
      if (name === undefined) return [header, value]
      const secret = readVariable(name, named)
      if (secret !== undefined) return [header, secret]
      throw new RunbookError(
        'ConfigInvalid',
        `the header ${header} needs the variable ${name}, which is not set`,
        {
          advice: `Set ${name} in the environment of the worker.`,
        },
      )
    }),
  )
}

/** Why `fetch` failed, without the address: that may carry a token. `fetch failed` alone says nothing; its cause does. */
export function networkReason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (!(cause instanceof Error)) return 'the request failed'
  const code = 'code' in cause ? String(cause.code) : undefined
  return REASONS[code ?? ''] ?? code ?? cause.name
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  UND_ERR_SOCKET: 'connection closed without an answer',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
}
