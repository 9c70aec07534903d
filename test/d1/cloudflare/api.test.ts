import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { listAccounts } from '../../../src/d1/cloudflare/account.js'
import { apiClient, askApi } from '../../../src/d1/cloudflare/api.js'
import { apiPath, type ApiClient } from '../../../src/d1/cloudflare/send.js'

const TOKEN = 'a-token-of-somebody'
const OK = { status: 200, body: JSON.stringify({ success: true, result: 'seen', errors: [] }) }

interface Answer {
  status: number
  body: string
  headers?: Record<string, string>
}

let server: Server | undefined
let asked: string[]

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** An API that gives these answers in turn, the last one for ever. null: it hangs up. */
async function apiThat(answers: (Answer | null)[], tries = 4): Promise<ApiClient> {
  asked = []
  return apiBy((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length) - 1]
    if (answer === null || answer === undefined) request.socket.destroy()
    else response.writeHead(answer.status, answer.headers).end(answer.body)
  }, tries)
}

async function apiBy(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
  tries = 1,
): Promise<ApiClient> {
  asked = []
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    request.resume().once('end', () => listener(request, response))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { token: TOKEN, url: `http://127.0.0.1:${port}/client/v4`, tries }
}

const ask = (client: ApiClient, path = '/x'): Promise<string> =>
  askApi(client, { what: 'Asking', path, schema: z.string() })

const refusal = (status: number, code: number, message: string): Answer => ({
  status,
  body: JSON.stringify({ success: false, errors: [{ code, message }], result: null }),
})

describe('a question', () => {
  it.each<[string, (Answer | null)[]]>([
    ['a server error', [refusal(500, 0, 'down'), OK]],
    ['a page of a gateway', [{ status: 502, body: '<html>bad gateway</html>' }, OK]],
    ['a connection that breaks', [null, OK]],
    [
      'a rate limit that is over at once',
      [{ ...refusal(429, 10000, 'slow'), headers: { 'retry-after': '1' } }, OK],
    ],
  ])('is asked again after %s', async (_what, answers) => {
    expect(await ask(await apiThat(answers))).toBe('seen')
    expect(asked).toHaveLength(2)
  })

  it.each<[string, Answer | null, string, number]>([
    ['what the token may not', refusal(403, 10001, 'no'), 'NotPermitted', 1],
    ['a token that is none', refusal(401, 1000, 'Invalid API Token'), 'NotAuthenticated', 1],
    ['what is not there', refusal(404, 7404, 'no database'), 'DatabaseNotFound', 1],
    [
      'SQL that D1 refuses',
      refusal(400, 7500, 'near "x": syntax error at offset 1: SQLITE_ERROR'),
      'SqlRefused',
      1,
    ],
    ['a limit of minutes', { ...refusal(429, 0, 'x'), headers: { 'retry-after': '300' } }, 'RateLimited', 1],
    [
      'a limit of its memory',
      refusal(429, 7429, 'D1 DB exceeded its CPU time limit and was reset.'),
      'LimitReached',
      1,
    ],
    [
      'the same with a server error',
      refusal(500, 7500, "D1 DB's isolate exceeded its memory limit and was reset."),
      'LimitReached',
      1,
    ],
    [
      'as many databases as there may be',
      refusal(400, 7406, 'System limit reached: databases per account (10)'),
      'LimitReached',
      1,
    ],
    [
      'an overload that goes on',
      refusal(429, 7429, 'D1 DB is overloaded. Requests queued for too long.'),
      'OutcomeUnknown',
      2,
    ],
    ['words of D1 that nobody knows', refusal(429, 7429, '...'), 'OutcomeUnknown', 2],
    ['success around nothing', { status: 200, body: '{"success":false,"result":null}' }, 'OutcomeUnknown', 1],
    ['a page of a login', { status: 200, body: '<html>' }, 'OutcomeUnknown', 1],
    ['another shape', { status: 200, body: '{"success":true,"result":{}}' }, 'OutcomeUnknown', 1],
    ['silence that goes on', null, 'Network', 2],
  ])('that meets %s ends at once, or when the tries are used up', async (_what, answer, type, times) => {
    await expect(ask(await apiThat([answer], 2))).rejects.toMatchObject({ type })
    expect(asked).toHaveLength(times)
  })

  it('that is called off ends with the reason of whoever called it off', async () => {
    const client = await apiBy(() => undefined)
    const leaving = new AbortController()
    const asking = askApi(client, { what: 'Asking', path: '/x', schema: z.string(), signal: leaving.signal })
    leaving.abort(new Error('enough'))
    await expect(asking).rejects.toThrow('enough')
  })

  it.each(['a-token\nof-two-lines', 'a-token-ž-beyond-latin-🎨'])(
    'with the token %j says nothing of it',
    async (token) => {
      const client = { ...(await apiThat([OK], 1)), token }
      const error = await ask(client).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ type: 'NotAuthenticated' })
      expect(asked).toEqual([])
      expect(`${String(error)} ${JSON.stringify(error)} ${String((error as Error).cause)}`).not.toContain(
        'a-token',
      )
    },
  )

  it('keeps to its path, whatever its parts are called', async () => {
    await ask(await apiThat([OK]), apiPath('accounts', '../../user', 'a?b#c', 'ž'))
    expect(asked).toEqual(['/client/v4/accounts/..%2F..%2Fuser/a%3Fb%23c/%C5%BE'])
  })
})

describe('accounts', () => {
  const page = (ids: number[]): Answer => ({
    status: 200,
    body: JSON.stringify({ success: true, result: ids.map((id) => ({ id: String(id), name: `n${id}` })) }),
  })

  it('are read to the last page, however long the API makes its pages', async () => {
    const client = await apiThat([page([1, 2, 3]), page([4]), page([])])
    expect((await listAccounts(client)).map(({ id }) => id)).toEqual(['1', '2', '3', '4'])
  })

  const first = ['same']
  it.each<[string, (page: number) => string[], number | undefined, number]>([
    ['gives its only page again', () => first, 1, 1],
    ['gives its first page for all of 36,079', () => first, 36_079, 2],
    ['gives its first page again and says no number', () => first, undefined, 2],
    ['has as many as it says', (at) => [`n${at}`], 3, 3],
    ['goes on past what it says', (at) => [`n${at}`, `m${at}`], 2, 2],
    ['begins again from the first', (at) => [`n${at % 4}`], undefined, 5],
    ['says that it has none', (at) => [`n${at}`], 0, 1],
  ])('are asked for as often as there are pages of an API that %s', async (_what, ids, totalPages, times) => {
    let at = 0
    const client = await apiBy((_request, response) => {
      at += 1
      const result = ids(at).map((id) => ({ id, name: id }))
      response.end(JSON.stringify({ success: true, result, result_info: { total_pages: totalPages } }))
    })
    await listAccounts(client)
    expect(asked).toHaveLength(times)
  })

  it('are given up where they never end', async () => {
    let at = 0
    const client = await apiBy((_request, response) => {
      at += 1
      response.end(JSON.stringify({ success: true, result: [{ id: String(at), name: 'n' }] }))
    })
    await expect(listAccounts(client)).rejects.toMatchObject({ type: 'OutcomeUnknown' })
    expect(asked).toHaveLength(100)
  })

  it('are read once where the API knows no pages', async () => {
    expect(await listAccounts(await apiThat([page([1, 2])]))).toHaveLength(2)
    expect(asked).toHaveLength(2)
  })
})

it.each([
  [{}, undefined],
  [{ CLOUDFLARE_API_TOKEN: '' }, undefined],
  [{ CLOUDFLARE_API_TOKEN: 't' }, 'https://api.cloudflare.com/client/v4'],
  [{ CLOUDFLARE_API_TOKEN: 't', CLOUDFLARE_API_BASE_URL: 'http://127.0.0.1:1/v4/' }, 'http://127.0.0.1:1/v4'],
  [{ CLOUDFLARE_API_TOKEN: 't', CLOUDFLARE_API_BASE_URL: '' }, 'https://api.cloudflare.com/client/v4'],
])('%j has access at %s', (env, url) => {
  expect(apiClient(env)?.url).toBe(url)
})
