import { readSnapshot } from '../../../src/d1/read/open-reader.js'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runProbes } from '../../../src/activities/probes/run-probes.js'
import { RunbookError } from '../../../src/contract/failures.js'
import type { ProbeResult } from '../../../src/contract/monitoring.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { makeLocalTarget, probe, serve, type LocalTarget } from './target.js'

let local: LocalTarget
let server: Awaited<ReturnType<typeof serve>>
let answer: (request: IncomingMessage, response: ServerResponse) => void

beforeAll(async () => {
  server = await serve((request, response) => answer(request, response))
})
afterAll(() => server.close())
beforeEach(async () => {
  local = await makeLocalTarget()
})
afterEach(() => local.remove())

function answerWith(status: number, body: unknown): void {
  answer = (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

async function look(
  fields: object,
  options: Partial<Parameters<typeof runProbes>[0]> = {},
): Promise<ProbeResult> {
  const [result] = await runProbes({ target: local.target, probes: [probe(fields)], ...options })
  if (result === undefined) throw new Error('No result.')
  return result
}

describe('http', () => {
  const health = () => ({ kind: 'http', url: `${server.url}/health` })

  describe('with the secret of a header', () => {
    const env = { RUNBOOK_KEY: 'planted-key-of-a-probe' }
    const led = (to: string, status = 302) => {
      const asked: string[] = []
      answer = ({ url = '', headers }, response) => {
        asked.push(`${url} ${String(headers['x-api-key'])}`)
        if (url === '/health') response.writeHead(status, { location: to })
        response.end('{}')
      }
      return asked
    }
    const asking = (headers: object = { 'x-api-key': 'env:RUNBOOK_KEY' }) =>
      look({ ...health(), headers }, { env })

    it.each([301, 302, 303, 307, 308])('is led nowhere else by %i', async (status) => {
      const asked: string[] = []
      const other = await serve(({ headers }, response) => {
        asked.push(JSON.stringify(headers))
        response.end('{}')
      })
      try {
        led(`${other.url}/there`, status)
        expect(await asking()).toMatchObject({ message: expect.stringContaining('is not for') })
        expect(asked).toEqual([])
        // Without a secret, such as to the address that a page has moved to.
        expect(await asking({ 'x-api-key': 'public' })).toMatchObject({ ok: true })
        expect(asked).toHaveLength(1)
      } finally {
        await other.close()
      }
    })

    it('is led on where it is, and not in a circle', async () => {
      const asked = led('/there')
      expect(await asking()).toMatchObject({ ok: true })
      expect(asked).toEqual([`/health ${env.RUNBOOK_KEY}`, `/there ${env.RUNBOOK_KEY}`])
      led('/health')
      expect((await asking()).ok).not.toBe(true)
    })
  })

  it('measures a healthy answer', async () => {
    answerWith(200, { status: 'ok' })
    const result = await look({ ...health(), critical: true, name: 'health' })
    expect(result).toMatchObject({
      probe: 'health',
      kind: 'http',
      critical: true,
      ok: true,
      message: 'status 200',
    })
    expect(result.latencyMs).toBeGreaterThan(0)
  })

  it.each([
    ['a wrong status', 500, {}, 'status 500 instead of 200'],
    ['a wrong value', 200, { db: { state: 'readonly' } }, 'db.state is "readonly" instead of "ok"'],
    ['a missing value', 200, {}, 'db.state is missing instead of "ok"'],
    ['a page instead of JSON', 200, '<h1>', 'the answer is not JSON'],
  ])('fails on %s', async (_what, status, body, message) => {
    answerWith(status, body)
    const result = await look({ ...health(), expectJson: { path: 'db.state', equals: 'ok' } })
    expect(result).toMatchObject({ ok: false, message })
  })

  it('accepts a deep value and another status where they are expected', async () => {
    answerWith(207, { checks: [{ tags: ['a', 'b'] }] })
    const expectJson = { path: 'checks[0].tags', equals: ['a', 'b'] }
    expect(await look({ ...health(), expectStatus: 207, expectJson })).toMatchObject({ ok: true })
  })

  it('fails when nobody listens, and says why', async () => {
    const gone = await serve(() => undefined)
    await gone.close()
    expect(await look({ kind: 'http', url: gone.url })).toMatchObject({
      ok: false,
      message: 'connection refused',
    })
  })

  it('fails when the connection is dropped', async () => {
    answer = (_request, response) => response.destroy()
    expect(await look(health())).toMatchObject({ ok: false, message: expect.stringMatching(/^connection/) })
  })

  it('fails when the answer does not come in time', async () => {
    answer = () => undefined
    const result = await look({ ...health(), timeoutMs: 50 })
    expect(result).toMatchObject({ ok: false, message: 'no answer within 0.05 s' })
  })

  it('sends headers from the environment, and opens a connection of its own', async () => {
    const seen: unknown[] = []
    answer = ({ headers }, response) => {
      seen.push(headers['x-key'], headers.connection)
      response.end()
    }
    const headers = { 'x-key': 'env:RUNBOOK_HEALTH_KEY' }
    await look({ ...health(), headers }, { env: { RUNBOOK_HEALTH_KEY: 'secret' } })
    expect(seen).toEqual(['secret', 'close'])
  })

  it('knows nothing where a header has no value, and does not ask', async () => {
    let asked = false
    answer = (_request, response) => {
      asked = true
      response.end()
    }
    const result = await look({ ...health(), headers: { 'x-key': 'env:RUNBOOK_NOT_SET' } }, { env: {} })
    expect(result).toMatchObject({ ok: null, message: expect.stringContaining('NOT_SET') })
    expect(asked).toBe(false)
  })
})

describe('a header may not carry out what the worker keeps', () => {
  const tell = async (name: string, variables: string[] = []) => {
    const seen: unknown[] = []
    answer = ({ headers }, response) => {
      seen.push(headers['x-key'])
      response.end()
    }
    const headers = { 'x-key': `env:${name}` }
    const probe = { kind: 'http' as const, url: server.url, expectStatus: 200, headers }
    const { ok, message } = await look(probe, { env: { [name]: 'planted' }, variables })
    return { ok, message, seen }
  }

  it.each([
    ['CLOUDFLARE_API_TOKEN', []],
    ['CLOUDFLARE_API_TOKEN', ['CLOUDFLARE_API_TOKEN']],
    ['cloudflare_api_token', ['cloudflare_api_token']],
    ['TEMPORAL_API_KEY', ['TEMPORAL_API_KEY']],
    ['AWS_SECRET_ACCESS_KEY', []],
    ['XRUNBOOK_KEY', []],
  ])('%s, where %j are allowed, is not read and nobody is asked', async (name, variables) => {
    const { ok, message, seen } = await tell(name, variables)
    expect(seen).toEqual([])
    expect(ok).toBeNull()
    expect(message).toContain(name)
    expect(message).not.toContain('planted')
  })

  it.each([
    ['RUNBOOK_KEY', []],
    ['HEALTH_KEY', ['HEALTH_KEY']],
    ['RUNBOOK_', []],
  ])('%s, where %j are allowed, is', async (name, variables) => {
    expect((await tell(name, variables)).seen).toEqual(['planted'])
  })
})

describe('connectivity', () => {
  it('measures a database that answers', async () => {
    const result = await look({ kind: 'connectivity' })
    expect(result).toMatchObject({ ok: true, latencyMs: expect.any(Number) })
  })

  const failing = (
    type: 'Network' | 'OutcomeUnknown' | 'DatabaseNotFound' | 'NotAuthenticated' | 'RateLimited',
  ) => ({
    openReader: () => Promise.reject(new RunbookError(type, `it is ${type}`, { advice: 'none' })),
  })

  it.each(['Network', 'OutcomeUnknown', 'DatabaseNotFound'] as const)('fails on %s', async (type) => {
    expect(await look({ kind: 'connectivity' }, failing(type))).toMatchObject({
      ok: false,
      message: `it is ${type}`,
    })
  })

  it.each(['NotAuthenticated', 'RateLimited'] as const)(
    'knows nothing on %s: that is our trouble',
    async (type) => {
      expect(await look({ kind: 'connectivity' }, failing(type))).toMatchObject({ ok: null })
    },
  )

  it('fails when the database never answers, although its reader does not listen', async () => {
    const deaf = () =>
      Promise.resolve({ query: () => new Promise<never>(() => undefined), close: () => Promise.resolve() })
    const result = await look({ kind: 'connectivity', timeoutMs: 30 }, { openReader: deaf })
    expect(result).toMatchObject({ ok: false, message: 'no answer within 0.03 s' })
  })
})

describe('sql', () => {
  it.each([
    ['a number', 'SELECT count(*) FROM artworks', 3],
    ['a text', `SELECT title FROM artworks WHERE id = 3`, 'Été'],
    ['NULL', 'SELECT title FROM artworks WHERE id = 2', null],
  ])('accepts %s that is as expected', async (_what, sql, expected) => {
    expect(await look({ kind: 'sql', sql, expect: expected })).toMatchObject({ ok: true })
  })

  it.each([
    ['another number', 'SELECT count(*) FROM artworks', 4, 'found 3 instead of 4'],
    ['a text that looks like the number', `SELECT '3'`, 3, 'found "3" instead of 3'],
    [
      'no row where NULL is expected',
      'SELECT title FROM artworks WHERE id = 99',
      null,
      'found no row instead of NULL',
    ],
    [
      'a number that would be rounded',
      'SELECT big FROM artworks WHERE id = 2',
      9007199254740992,
      'found 9007199254740993',
    ],
  ])('fails on %s', async (_what, sql, expected, message) => {
    const result = await look({ kind: 'sql', sql, expect: expected })
    expect(result).toMatchObject({ ok: false, message: expect.stringContaining(message) })
  })

  it('fails when the query no longer works, and is content with any rows where nothing is expected', async () => {
    expect(await look({ kind: 'sql', sql: 'SELECT gone FROM artworks' })).toMatchObject({ ok: false })
    expect(await look({ kind: 'sql', sql: 'SELECT title FROM artworks' })).toMatchObject({ ok: true })
  })

  it('and the connectivity know of a remote database that D1 exports just that', async () => {
    const locked = new RunbookError('DatabaseLocked', 'Currently processing a long-running export', {
      advice: 'wait',
    })
    const openReader = () => Promise.reject(locked)
    const remote = { ...local.target, database: { ...local.target.database, remote: true } }
    for (const fields of [{ kind: 'sql', sql: 'SELECT 1' }, { kind: 'connectivity' }]) {
      expect(await look(fields, { openReader, target: remote })).toMatchObject({ ok: null, held: true })
      // On this machine somebody else writes: the application can, too.
      expect(await look(fields, { openReader })).not.toHaveProperty('held')
    }
  })

  it('leaves the outage to the connectivity probe', async () => {
    const openReader = () => Promise.reject(new RunbookError('Network', 'no route', { advice: 'none' }))
    expect(await look({ kind: 'sql', sql: 'SELECT 1' }, { openReader })).toMatchObject({
      ok: null,
      message: 'no route',
    })
  })

  it.each([
    'DELETE FROM artworks',
    'SELECT 1; DELETE FROM artworks',
    'WITH old AS (SELECT 1) DELETE FROM artworks',
    'PRAGMA user_version = 7',
    '-- nothing',
  ])('does not even send %j', async (sql) => {
    const sent: string[] = []
    const openReader = () =>
      Promise.resolve({
        query: (text: string) => Promise.resolve([{ text: sent.push(text) }]),
        close: () => Promise.resolve(),
      })
    expect(await look({ kind: 'sql', sql }, { openReader })).toMatchObject({ ok: null })
    expect(sent).toEqual([])
  })

  it.each([
    `SELECT replace('delete', 'd', 'D');`,
    'WITH three AS (SELECT count(*) AS n FROM artworks) SELECT n FROM three',
    `VALUES ('UPDATE; DELETE')`,
  ])('runs %j', async (sql) => {
    expect(await look({ kind: 'sql', sql })).toMatchObject({ ok: true })
  })
})

describe('stability', () => {
  async function validated() {
    const { ledger, schemaFingerprint } = await readSnapshot(local.target)
    return { schemaFingerprint, ledger: ledger.map(({ name }) => name) }
  }

  function change(sql: string): void {
    const database = openSqlite(local.file)
    database.exec(sql)
    database.close()
  }

  it('is content while nothing changes', async () => {
    const expected = await validated()
    change(`INSERT INTO artworks (title) VALUES ('new')`)
    expect(await look({ kind: 'stability' }, { expected })).toMatchObject({ ok: true })
  })

  it.each([
    [
      'a migration of somebody else',
      `INSERT INTO d1_migrations (name) VALUES ('0002_b.sql')`,
      '0002_b.sql is new in the ledger',
    ],
    ['a ledger row that is gone', 'DELETE FROM d1_migrations', '0001_art.sql is gone from the ledger'],
    [
      'a changed schema',
      'CREATE INDEX sneaky ON artworks (title)',
      'the schema is not the one that was validated',
    ],
  ])('fails on %s', async (_what, sql, message) => {
    const expected = await validated()
    change(sql)
    expect(await look({ kind: 'stability' }, { expected })).toMatchObject({ ok: false, message })
  })

  it('knows nothing before there is something to compare with', async () => {
    expect(await look({ kind: 'stability' })).toMatchObject({ ok: null })
  })
})

describe('prometheus', () => {
  const errors = () => ({
    kind: 'prometheus',
    url: `${server.url}/prom/`,
    query: 'rate(e[5m])',
    measures: 'errorRate',
  })
  const vector = (...values: string[]) => ({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, value] })) },
  })

  it('asks the instant query and takes the worst series', async () => {
    let asked = ''
    answer = ({ url }, response) => {
      asked = url ?? ''
      response.end(JSON.stringify(vector('0.01', '0.25', 'NaN')))
    }
    expect(await look(errors())).toMatchObject({ ok: true, errorRate: 0.25, message: 'error rate 25 %' })
    expect(asked).toBe('/prom/api/v1/query?query=rate%28e%5B5m%5D%29')
  })

  it('reads a scalar as a latency', async () => {
    answerWith(200, { status: 'success', data: { resultType: 'scalar', result: [1, '12.5'] } })
    expect(await look({ ...errors(), measures: 'latencyMs' })).toMatchObject({ ok: true, latencyMs: 12.5 })
  })

  it.each([
    ['no series', 200, vector(), 'no data'],
    ['a share of nothing', 200, vector('NaN'), 'no data'],
    ['more than everything', 200, vector('7'), 'share from 0 to 1'],
    ['a refused query', 400, { status: 'error', error: 'parse error' }, 'parse error'],
    ['a page of a proxy', 502, '<h1>', 'status 502'],
  ])('knows nothing from %s', async (_what, status, body, message) => {
    answerWith(status, body)
    const result = await look(errors())
    expect(result).toMatchObject({ ok: null, message: expect.stringContaining(message) })
    expect(result.errorRate).toBeUndefined()
  })

  it('knows nothing when it is silent or gone: that says nothing about the database', async () => {
    answer = () => undefined
    expect(await look({ ...errors(), timeoutMs: 30 })).toMatchObject({ ok: null })
    const gone = await serve(() => undefined)
    await gone.close()
    expect(await look({ ...errors(), url: gone.url })).toMatchObject({
      ok: null,
      message: expect.stringContaining('refused'),
    })
  })
})

describe('json-metric', () => {
  const metric = () => ({ kind: 'json-metric', url: server.url, path: 'errors.rate', measures: 'errorRate' })

  it.each([[0.02], ['0.02']])('reads %j', async (rate) => {
    answerWith(200, { errors: { rate } })
    expect(await look(metric())).toMatchObject({ ok: true, errorRate: 0.02 })
  })

  it.each([
    [200, {}, 'no number at errors.rate'],
    [200, { errors: { rate: 'many' } }, 'measures nothing'],
    [200, { errors: { rate: -1 } }, 'measures nothing'],
    [200, 'nonsense', 'no number'],
    [503, { errors: { rate: 0 } }, 'status 503'],
  ])('knows nothing from %i %j', async (status, body, message) => {
    answerWith(status, body)
    expect(await look(metric())).toMatchObject({ ok: null, message: expect.stringContaining(message) })
  })
})

describe('all together', () => {
  it('runs at once, keeps the order, and no probe harms another', async () => {
    let open = 0
    let most = 0
    answer = (_request, response) => {
      open += 1
      most = Math.max(most, open)
      // Nobody gets an answer before all have asked.
      const wait = setInterval(() => {
        if (most < 3) return
        clearInterval(wait)
        open -= 1
        response.end()
      }, 1)
    }
    const urls = [1, 2, 3].map((n) => probe({ name: `p${n}`, kind: 'http', url: server.url }))
    const bug = () => Promise.reject(new TypeError('a bug'))
    const probes = [...urls, probe({ name: 'db', kind: 'connectivity' })]
    const results = await runProbes({ target: local.target, probes, openReader: bug })
    expect(results.map((result) => [result.probe, result.ok])).toEqual([
      ['p1', true],
      ['p2', true],
      ['p3', true],
      ['db', null],
    ])
  })

  it('ends with the reason of the cancellation', async () => {
    answer = () => undefined
    const controller = new AbortController()
    const running = runProbes({
      target: local.target,
      probes: [probe({ kind: 'http', url: server.url })],
      signal: controller.signal,
    })
    controller.abort(new Error('cancelled by Temporal'))
    await expect(running).rejects.toThrow('cancelled by Temporal')
  })
})

describe('several answers a look', () => {
  const sampling = { samples: 3, pauseMs: 5 }

  it('a service that hangs on one of three answers costs no more than its time-out, and is not broken', async () => {
    let asked = 0
    answer = (_request, response) => {
      asked += 1
      if (asked > 1) response.writeHead(200).end('{}')
    }
    const result = await look({ kind: 'http', url: server.url, timeoutMs: 400 }, { sampling })
    expect(asked).toBe(3)
    expect(result).toMatchObject({ ok: true, samples: 2 })
    expect(result.message).toContain('1 of 3 answers differed: no answer within 0.4 s')
  })

  it('one that hangs on all of them is broken', async () => {
    answer = () => undefined
    const result = await look({ kind: 'http', url: server.url, timeoutMs: 100 }, { sampling })
    expect(result).toMatchObject({ ok: false, message: 'no answer within 0.1 s' })
  })

  it('what measures many requests by itself is asked once', async () => {
    let asked = 0
    answer = (_request, response) => {
      asked += 1
      response.writeHead(200).end('{"rate":0.01}')
    }
    const metric = { kind: 'json-metric', url: server.url, path: 'rate', measures: 'errorRate' }
    expect(await look(metric, { sampling })).toMatchObject({ ok: true, errorRate: 0.01 })
    expect(asked).toBe(1)
  })
})
