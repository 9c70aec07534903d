import { defaultPayloadConverter, type Payload } from '@temporalio/common'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EncryptionCodec } from '../../../src/temporal/codec/encryption.js'
import { startCodecServer } from '../../../src/temporal/codec/http.js'
import type { Listening } from '../../../src/process/listen.js'
import { NO_KEYS, parseCodecKeys } from '../../../src/temporal/codec/keys.js'
import { FORGED_HOSTS, OWN_HOSTS, statusFor } from '../../forged-host.js'

const codecKeys = parseCodecKeys(`a:${randomBytes(32).toString('base64')}`, 'keys')
const ORIGIN = 'http://127.0.0.1:8233'
const TOKEN = 'a-token-of-this-test'
const options = { codecKeys, port: 0, host: '127.0.0.1', origins: [ORIGIN], token: TOKEN, encode: false }

let server: Listening
let encoding: Listening
beforeAll(async () => {
  server = await startCodecServer(options)
  encoding = await startCodecServer({ ...options, encode: true })
})
afterAll(async () => {
  await server.close()
  await encoding.close()
})

interface Ask {
  path?: string
  method?: string
  headers?: Record<string, string>
  body?: unknown
  text?: string
}

async function ask({ path = `/${TOKEN}/decode`, method = 'POST', headers = {}, body, text }: Ask) {
  const content = text ?? (body === undefined ? undefined : JSON.stringify(body))
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(content === undefined ? {} : { body: content }),
  })
  const said = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    json: said === '' ? null : (JSON.parse(said) as unknown),
  }
}

/** As protobuf writes it in JSON, and the UI sends it. */
function wire({ metadata, data }: Payload) {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const named = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)])
  return {
    metadata: Object.fromEntries(named) as Record<string, string>,
    data: base64(data ?? new Uint8Array()),
  }
}
const clear = defaultPayloadConverter.toPayload({ comment: 'the moon' })
async function sealed(keys = codecKeys): Promise<Payload[]> {
  return new EncryptionCodec(keys).encode([clear])
}

describe('decode', () => {
  test('by header and by path, as the UI asks, and gives back what was written, plain payloads untouched', async () => {
    const payloads = [...(await sealed()), clear].map(wire)
    const asked: Ask[] = [
      { path: '/decode', headers: { authorization: `Bearer ${TOKEN}` } },
      { path: '/decode?namespace=default', headers: { authorization: `bearer ${TOKEN}` } },
      {},
      { headers: { origin: ORIGIN, 'x-namespace': 'default' } },
    ]
    for (const one of asked) {
      const { status, json } = await ask({ ...one, body: { payloads } })
      expect({ status, json }).toEqual({ status: 200, json: { payloads: [wire(clear), wire(clear)] } })
    }
  })

  test('a key that is not here is named', async () => {
    const other = parseCodecKeys(`b:${randomBytes(32).toString('base64')}`, 'keys')
    const { status, json } = await ask({ body: { payloads: (await sealed(other)).map(wire) } })
    expect(status).toBe(400)
    expect(json).toMatchObject({
      message: expect.stringContaining('the key b, which this process does not have'),
    })
  })
})

describe('who may ask', () => {
  test.each([
    ['no token', { path: '/decode' }, 401],
    ['a wrong token', { path: '/decode', headers: { authorization: `Bearer ${TOKEN}x` } }, 401],
    ['a token cut short', { path: `/${TOKEN.slice(1)}/decode` }, 401],
    ['no token for what is not there', { path: '/x' }, 401],
    ['Basic', { path: '/decode', headers: { authorization: `Basic ${TOKEN}` } }, 401],
    ['another page', { headers: { origin: 'http://evil.example' } }, 403],
    ['another port of the host', { headers: { origin: 'http://127.0.0.1:8234' } }, 403],
    ['a page without an origin', { headers: { origin: 'null' } }, 403],
    ['encode, which is off', { path: `/${TOKEN}/encode` }, 404],
    ['another path', { path: `/${TOKEN}/keys` }, 404],
    ['a longer path', { path: `/${TOKEN}/decode/more` }, 401],
    ['GET', { method: 'GET' }, 405],
    ['PUT', { method: 'PUT', body: {} }, 405],
  ] satisfies [string, Ask, number][])('%s', async (_, one: Ask, status) => {
    const withBody = one.method === 'GET' ? one : { body: { payloads: [] }, ...one }
    expect((await ask(withBody)).status).toBe(status)
  })

  test('a preflight is answered for the named page only, and names no other', async () => {
    const own = await ask({ method: 'OPTIONS', path: '/decode', headers: { origin: ORIGIN } })
    expect(own.status).toBe(204)
    expect(own.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(own.headers.get('access-control-allow-headers')).toContain('authorization')
    const other = await ask({
      method: 'OPTIONS',
      path: '/decode',
      headers: { origin: 'http://evil.example' },
    })
    expect(other.status).toBe(403)
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('which name it is asked by', () => {
  const preflight = { method: 'OPTIONS', headers: { origin: ORIGIN } }

  test.each(FORGED_HOSTS)('%j is none of its own', async (host) => {
    expect(await statusFor(`${server.url}/decode`, host, preflight)).toBe(403)
    const withToken = { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } }
    expect(await statusFor(`${server.url}/decode`, host, withToken)).toBe(403)
  })

  test('an address, this machine, and what it is called by are', async () => {
    for (const host of OWN_HOSTS) expect(await statusFor(`${server.url}/decode`, host, preflight)).toBe(204)
    const named = await startCodecServer({ ...options, names: ['codec.example.com'] })
    try {
      expect(await statusFor(`${named.url}/decode`, 'codec.example.com', preflight)).toBe(204)
      expect(await statusFor(`${server.url}/decode`, 'codec.example.com', preflight)).toBe(403)
    } finally {
      await named.close()
    }
  })
})

describe('what is asked', () => {
  test.each([
    ['no JSON', '{', 400],
    ['no payloads', '{}', 400],
    ['a payload that is none', '{"payloads":[1]}', 400],
    ['data that is no base64', '{"payloads":[{"data":"%%%"}]}', 400],
    ['too many', JSON.stringify({ payloads: Array.from({ length: 2_001 }, () => ({})) }), 400],
    ['too large', 'x'.repeat(17 * 1024 * 1024), 413],
    ['nothing', '{"payloads":[]}', 200],
    ['an empty payload', '{"payloads":[{}]}', 200],
  ])('%s', async (_, text, status) => {
    // The server ends a connection whose body it does not want: either is a refusal.
    const seen = await ask({ text }).then(
      (answer) => answer.status,
      (error: unknown) =>
        status === 413 && error instanceof TypeError ? 413 : Promise.reject(error as Error),
    )
    expect(seen).toBe(status)
  })
})

test('encodes where it is asked to: what it gives can be decoded', async () => {
  const response = await fetch(`${encoding.url}/${TOKEN}/encode`, {
    method: 'POST',
    body: JSON.stringify({ payloads: [wire(clear)] }),
  })
  const { payloads } = (await response.json()) as { payloads: ReturnType<typeof wire>[] }
  expect(JSON.stringify(payloads)).not.toContain(wire(clear).data)
  expect((await ask({ body: { payloads } })).json).toEqual({ payloads: [wire(clear)] })
})

describe('what would not be safe, or cannot be, is refused', () => {
  test.each([
    ['no key', { codecKeys: NO_KEYS }, /no key to decode with/],
    ['a short token', { token: 'short' }, /16 or more/],
    ['a token that no path can hold', { token: 'a/b'.repeat(10) }, /letters, digits/],
    ['every page', { origins: ['*'] }, /no origin of a page/],
    ['a page with a path', { origins: ['http://a.example/ui'] }, /no origin of a page/],
    ['a slash at the end', { origins: [`${ORIGIN}/`] }, /no origin of a page/],
    ['no scheme', { origins: ['127.0.0.1:8233'] }, /no origin of a page/],
    ['an address of another machine', { host: '203.0.113.9' }, /this machine has no such address/],
  ])('%s', async (_, wrong, message) => {
    await expect(startCodecServer({ ...options, ...wrong })).rejects.toThrow(message)
  })

  test('a port that is taken', async () => {
    const port = Number(new URL(server.url).port)
    await expect(startCodecServer({ ...options, port })).rejects.toThrow(/another program listens there/)
  })
})
