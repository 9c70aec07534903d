import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { request } from 'node:http'
import os from 'node:os'
import { afterAll, beforeAll, expect, it, test } from 'vitest'
import { serveOverHttp } from '../../../src/cli/mcp/http.js'
import { oneAtATime } from '../../../src/cli/mcp/server.js'
import type { Listening } from '../../../src/process/listen.js'

const TOKEN = 'a-token-of-this-test'
const place = { projectDir: os.tmpdir(), environment: 'local', person: 'Ada' }
const options = { place, onProgress: () => undefined, inTurn: oneAtATime() }
const listening = { port: 0, onError: () => undefined }
let server: Listening

beforeAll(async () => {
  server = await serveOverHttp(options, { ...listening, token: TOKEN })
})

afterAll(() => server.close())

/** The status of a call as whoever asks may put it. */
function statusOf(
  headers: Record<string, string>,
  more: { path?: string; method?: string; body?: string } = {},
) {
  const { hostname, port } = new URL(server.url)
  const { path = '/mcp', method = 'POST', body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' } = more
  const sent = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${TOKEN}`,
    ...headers,
  }
  return new Promise<number | undefined>((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers: sent, setHost: !('host' in headers) })
    asked.on('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    asked.on('error', reject)
    asked.end(method === 'POST' ? body : undefined)
  })
}

it('serves a client of the official SDK that has the token', async () => {
  const client = new Client({ name: 'test', version: '1' })
  const headers = { Authorization: `Bearer ${TOKEN}` }
  await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers } }))
  try {
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toContain('propose_run')
    const { structuredContent } = await client.callTool({
      name: 'explain_finding',
      arguments: { code: 'DL102' },
    })
    expect(structuredContent).toMatchObject({ rule: { code: 'DL102' } })
  } finally {
    await client.close()
  }
})

test.each([
  ['its own name and address', {}, 200],
  ['a page of this machine', { origin: 'http://localhost:3000' }, 200],
  ['no token', { authorization: '' }, 401],
  ['another token', { authorization: 'Bearer a-token-of-this-tesT' }, 401],
  ['a token that is no bearer', { authorization: TOKEN }, 401],
  // DNS rebinding: a page of another host whose name has become our address.
  ['another host', { host: 'evil.example:8298' }, 403],
  ['a host that begins like ours', { host: 'localhost.evil.example' }, 403],
  ['no host', { host: '' }, 403],
  ['another origin', { origin: 'https://evil.example' }, 403],
  ['an origin that nobody has', { origin: 'null' }, 403],
] as const)('asked with %s', async (_, headers, status) => {
  expect(await statusOf(headers)).toBe(status)
})

test('answers at one address, to what is asked there, and to no more bytes than anybody needs', async () => {
  expect(await statusOf({}, { path: '/' })).toBe(404)
  expect(await statusOf({}, { path: '/mcp/../x' })).toBe(404)
  expect(await statusOf({}, { method: 'GET' })).toBe(405)
  expect(await statusOf({}, { method: 'OPTIONS' })).toBe(405)
  expect(await statusOf({}, { body: `"${'x'.repeat(300_000)}"` })).toBe(413)
  expect(await statusOf({ 'content-type': 'text/plain' })).toBe(415)
})

test('a token that could be guessed is refused', async () => {
  await expect(serveOverHttp(options, { ...listening, token: 'short' })).rejects.toMatchObject({
    type: 'ConfigInvalid',
  })
})
