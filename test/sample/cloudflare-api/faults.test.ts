import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  startCloudflareApi,
  type CloudflareApi,
  type FaultKind,
} from '../../../sample/cloudflare-api/index.js'

const ID = '00000000-0000-4000-8000-0000000000fa'

let api: CloudflareApi

beforeEach(async () => {
  api = await startCloudflareApi({ databases: [{ id: ID, name: 'faults', sql: 'CREATE TABLE t(a)' }] })
})
afterEach(() => api.close())

describe('a fault does what it says to the answer, and to the database', () => {
  const cases: { kind: FaultKind; answer: unknown; effect: boolean }[] = [
    { kind: '429', answer: { status: 429, success: false }, effect: false },
    { kind: '500', answer: { status: 500, success: false }, effect: false },
    { kind: '504-before', answer: { status: 504, success: undefined }, effect: false },
    { kind: '504-after', answer: { status: 504, success: undefined }, effect: true },
    { kind: 'reset-before', answer: 'connection lost', effect: false },
    { kind: 'reset-after', answer: 'connection lost', effect: true },
    { kind: 'success-false', answer: { status: 200, success: false }, effect: false },
    { kind: 'revoked', answer: { status: 401, success: false }, effect: false },
    { kind: 'slow', answer: { status: 200, success: true }, effect: true },
    { kind: 'cut', answer: 'connection lost', effect: true },
    { kind: 'truncated', answer: { status: 200, success: undefined }, effect: true },
  ]

  test.each(cases)('$kind', async ({ kind, answer, effect }) => {
    api.fault({ route: 'query', kind, afterMs: 50 })
    expect(await insert()).toEqual(answer)
    expect(rowCount()).toBe(effect ? 1 : 0)
  })
})

describe('a rule strikes the call that it names, and no other', () => {
  test('by number', async () => {
    api.fault({ route: 'query', call: 2, kind: '500' })
    const statuses = [await insert(), await insert(), await insert()]
    expect(statuses).toMatchObject([{ status: 200 }, { status: 500 }, { status: 200 }])
    expect(rowCount()).toBe(2)
  })

  test('by the text of the statement, whatever state the expression carries', async () => {
    api.fault({ route: 'query', call: 2, kind: '500', match: /INSERT/g })
    await query('SELECT 1')
    expect([await insert(), await query('SELECT 1'), await insert()]).toMatchObject([
      { status: 200 },
      { status: 200 },
      { status: 500 },
    ])
  })

  test('all of them, until the faults are cleared', async () => {
    api.fault({ route: 'query', call: 'all', kind: '500' })
    expect([await insert(), await insert()]).toMatchObject([{ status: 500 }, { status: 500 }])
    api.clearFaults()
    expect(await insert()).toMatchObject({ status: 200 })
  })

  test('a revoked token stays revoked on every route', async () => {
    api.fault({ route: 'query', call: 2, kind: 'revoked' })
    expect(await insert()).toMatchObject({ status: 200 })
    expect(await insert()).toMatchObject({ status: 401 })
    expect(await ask('GET', '/user/tokens/verify')).toMatchObject({ status: 401 })
    api.clearFaults()
    expect(await ask('GET', '/user/tokens/verify')).toMatchObject({ status: 200 })
  })
})

test('429 says when to come back', async () => {
  api.fault({ route: 'info', kind: '429' })
  const response = await fetch(`${api.url}/accounts/${api.accountId}/d1/database/${ID}`, {
    headers: authorization(),
  })
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1'])
})

test('a stuck export never completes', async () => {
  api.fault({ route: 'export', call: 'all', kind: 'stuck' })
  let bookmark: string | undefined
  for (let poll = 0; poll < 4; poll += 1) {
    const { result } = await ask('POST', databasePath('/export'), {
      output_format: 'polling',
      ...(bookmark === undefined ? {} : { current_bookmark: bookmark }),
    })
    expect(result).toMatchObject({ success: true, status: 'active' })
    bookmark = (result as { at_bookmark: string }).at_bookmark
  }
})

describe('a download that loses its end', () => {
  test('looks whole when it is truncated', async () => {
    const whole = await (await fetch(await signedExport())).text()
    api.fault({ route: 'download', kind: 'truncated' })
    const short = await (await fetch(await signedExport())).text()
    expect(short).toBe(whole.slice(0, Math.floor(whole.length / 2)))
  })

  test('breaks off when it is cut', async () => {
    api.fault({ route: 'download', kind: 'cut' })
    const response = await fetch(await signedExport())
    await expect(response.text()).rejects.toThrow()
  })
})

describe('who may ask', () => {
  test('nobody without the token', async () => {
    const response = await fetch(`${api.url}/accounts`, { headers: { authorization: 'Bearer other' } })
    expect(response.status).toBe(401)
  })

  test('nobody for another account', async () => {
    expect(await ask('GET', `/accounts/${'e'.repeat(32)}/d1/database`)).toMatchObject({ status: 403 })
  })

  test('nobody downloads without the signature', async () => {
    const url = new URL(await signedExport())
    url.searchParams.set('signature', 'guessed')
    expect((await fetch(url)).status).toBe(403)
  })
})

/** What a caller sees: the status and the `success` of the envelope, where there is one. */
async function query(sql: string): Promise<unknown> {
  try {
    const { status, success } = await ask('POST', databasePath('/query'), { sql })
    return { status, success }
  } catch {
    return 'connection lost'
  }
}

function insert(): Promise<unknown> {
  return query('INSERT INTO t VALUES (1)')
}

function rowCount(): unknown {
  return api.database(ID).prepare('SELECT count(*) AS n FROM t').get()?.['n']
}

async function signedExport(): Promise<string> {
  let bookmark: string | undefined
  for (;;) {
    const { result } = await ask('POST', databasePath('/export'), {
      output_format: 'polling',
      current_bookmark: bookmark,
    })
    const state = result as { at_bookmark: string; status: string; result?: { signed_url: string } }
    if (state.result !== undefined) return state.result.signed_url
    bookmark = state.at_bookmark
  }
}

async function ask(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; success?: boolean; result?: unknown }> {
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: { ...authorization(), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, success: undefined, ...envelope(text) } as { status: number }
}

function envelope(text: string): { success?: boolean; result?: unknown } {
  try {
    return JSON.parse(text) as { success: boolean; result: unknown }
  } catch {
    return {}
  }
}

function authorization(): Record<string, string> {
  return { authorization: `Bearer ${api.token}` }
}

function databasePath(action: string): string {
  return `/accounts/${api.accountId}/d1/database/${ID}${action}`
}
