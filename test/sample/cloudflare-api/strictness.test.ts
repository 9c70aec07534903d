import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  startCloudflareApi,
  type CloudflareApi,
  type CloudflareApiOptions,
} from '../../../sample/cloudflare-api/index.js'
import { ALL_LIMITS, type EngineLimits } from '../../../sample/cloudflare-api/engine.js'
import { remoteTriggers } from '../../../src/d1/sql/remote-triggers.js'
import { askApi } from '../../../src/d1/cloudflare/api.js'
import { apiPath } from '../../../src/d1/cloudflare/send.js'
import { FAILURE_TABLE, rowOf } from '../../../src/d1/wrangler/failure-table.js'
import { CUT_APART, WHOLE } from '../../corpus/triggers.js'
import { SHOP } from '../../corpus/scenario.js'

const ID = '11111111-1111-4111-8111-111111111111'
let api: CloudflareApi | undefined

afterEach(async () => {
  await api?.close()
  api = undefined
})

async function start(options: Partial<CloudflareApiOptions> = {}): Promise<CloudflareApi> {
  api = await startCloudflareApi({ databases: [{ id: ID, name: 'production', sql: SHOP }], ...options })
  return api
}

const ANSWER = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })),
  result: z.unknown(),
})

async function call(path: string, body?: object): Promise<z.infer<typeof ANSWER> & { response: Response }> {
  const { url, accountId, token } = api ?? (await start())
  const response = await fetch(`${url}/accounts/${accountId}/d1/database/${ID}${path}`, {
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  })
  return { ...ANSWER.parse(await response.json()), response }
}

/** As Wrangler sends a migration: the file and the row of the ledger in one text. */
function migrate(sql: string): ReturnType<typeof call> {
  return call('/query', { sql: `${sql}\nSELECT 1;` })
}

async function byImport(sql: string): Promise<unknown> {
  const { createHash } = await import('node:crypto')
  const etag = createHash('md5').update(sql).digest('hex')
  const { result } = await call('/import', { action: 'init', etag })
  const { filename, upload_url } = z.object({ filename: z.string(), upload_url: z.string() }).parse(result)
  await fetch(upload_url, { method: 'PUT', body: sql })
  return (await call('/import', { action: 'ingest', etag, filename })).result
}

describe('a query cuts triggers apart as D1 is told to', () => {
  test.each(CUT_APART)(
    '$name: refused, nothing kept, and the same bytes pass by import',
    async ({ migration }) => {
      const api = await start()
      const { errors, response } = await migrate(migration)
      expect(response.status).toBe(400)
      expect(errors).toEqual([{ code: 7500, message: 'incomplete input: SQLITE_ERROR' }])
      const triggers = (): number =>
        Number(
          api.database(ID).prepare(`SELECT count(*) AS n FROM sqlite_schema WHERE type = 'trigger'`).get()?.[
            'n'
          ],
        )
      const before = triggers()
      expect(await byImport(migration)).toMatchObject({ success: true })
      expect(triggers()).toBeGreaterThan(before)
    },
  )

  test.each(WHOLE)('$name: passes', async ({ migration }) => {
    expect(await migrate(migration)).toMatchObject({ errors: [], success: true })
  })

  test('what TR102 foresees is what is refused, with all faults and with each alone', async () => {
    for (const { migration } of [...CUT_APART, ...WHOLE]) {
      await start()
      const refused = (await migrate(migration)).errors.length > 0
      expect(remoteTriggers(migration).length > 0, migration).toBe(refused)
      await api?.close()
    }
  })

  test('each fault can be switched off', async () => {
    const none = { capitals: false, bareCase: false, windowsLines: false, farDown: false }
    for (const { name, migration } of CUT_APART) {
      await start({ splitter: none })
      expect((await migrate(migration)).errors, name).toEqual([])
      await api?.close()
    }
  })
})

/** What each limit of the engine refuses, in D1's words; with that one switch off it is taken. */
const ENGINE: Record<keyof EngineLimits, { refused: string; says: string }> = {
  statementBytes: {
    refused: `SELECT length('${'x'.repeat(100_001)}')`,
    says: 'statement too long: SQLITE_TOOBIG',
  },
  operations: {
    refused: `INSERT INTO one VALUES ${Array(11_000).fill('(1)').join(',')}`,
    says: 'out of memory: SQLITE_NOMEM',
  },
  depths: {
    refused: `SELECT ${Array(120).fill('1').join('+')}`,
    says: 'Expression tree is too large (maximum depth 100): SQLITE_ERROR',
  },
  columns: {
    refused: `CREATE TABLE wide (${Array.from({ length: 101 }, (_, at) => `c${at}`).join(', ')})`,
    says: 'too many columns on wide: SQLITE_ERROR',
  },
  parameters: {
    refused: `SELECT ${Array(101).fill('?').join(' + ')}`,
    says: 'too many SQL variables: SQLITE_ERROR',
  },
  compoundTerms: {
    refused: `SELECT ${[1, 2, 3, 4, 5, 6].join(' UNION SELECT ')}`,
    says: 'too many terms in compound SELECT: SQLITE_ERROR',
  },
  valueBytes: {
    refused: 'INSERT INTO one VALUES (zeroblob(2000001))',
    says: 'string or blob too big: SQLITE_TOOBIG',
  },
  resultBytes: {
    refused: `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 27) SELECT hex(zeroblob(950000)) FROM n`,
    says: "D1 DB's isolate exceeded its memory limit and was reset.",
  },
  patternBytes: {
    refused: `SELECT 'a' LIKE '${'a'.repeat(51)}'`,
    says: 'LIKE or GLOB pattern too complex: SQLITE_ERROR',
  },
  authorizer: { refused: 'PRAGMA user_version', says: 'not authorized: SQLITE_AUTH' },
}

describe("the engine's limits", () => {
  const one = { databases: [{ id: ID, name: 'a', sql: 'CREATE TABLE one (v)' }] }
  const LIMITS = Object.keys(ENGINE) as (keyof EngineLimits)[]
  const saidOf = async (name: keyof EngineLimits): Promise<string | undefined> => {
    const { refused: sql } = ENGINE[name]
    const params = name === 'parameters' ? { params: Array(101).fill(1) } : {}
    return (await call('/query', { sql, ...params })).errors[0]?.message
  }

  test('are all there, each in its words, and the table of failures knows them', async () => {
    expect(LIMITS.sort()).toEqual(Object.keys(ALL_LIMITS).sort())
    await start({ ...one, dayRows: null })
    for (const name of LIMITS) {
      const said = await saidOf(name)
      expect(said, name).toBe(ENGINE[name].says)
      expect(rowOf(`${said ?? ''} [code: 7500]`, 'remote').type, name).toBe(
        name === 'resultBytes' ? 'LimitReached' : 'SqlRefused',
      )
    }
  })

  test.each(LIMITS)('%s can be switched off alone', async (name) => {
    // The chain of 101 values is too deep as well.
    const depths = name === 'parameters' ? { depths: false } : {}
    await start({ ...one, dayRows: null, engine: { ...depths, [name]: false } })
    expect(await saidOf(name)).toBeUndefined()
  })

  test('hold for a row by whatever statement it comes to be', async () => {
    const sql = `CREATE TABLE one (k INTEGER PRIMARY KEY, v); INSERT INTO one VALUES (1, zeroblob(1500000));`
    await start({ databases: [{ id: ID, name: 'a', sql }] })
    for (const large of [
      'UPDATE one SET v = zeroblob(2000000)',
      'INSERT INTO one VALUES (1, 2) ON CONFLICT (k) DO UPDATE SET v = zeroblob(2000000)',
      'REPLACE INTO one VALUES (1, zeroblob(2000000))',
      `CREATE TABLE two AS SELECT v AS a, v AS b FROM one`,
    ])
      expect((await call('/query', { sql: large })).errors[0]?.message, large).toBe(ENGINE.valueBytes.says)
    for (const small of [
      'UPDATE one SET v = zeroblob(1999900)',
      'INSERT INTO one SELECT k + 1, v FROM one',
      'INSERT INTO one (v) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT zeroblob(10000) FROM n',
    ])
      expect((await call('/query', { sql: small })).errors, small).toEqual([])
  })
})

describe('of one text', () => {
  const sql =
    'CREATE TABLE up (id INTEGER PRIMARY KEY); CREATE TABLE late (p REFERENCES up DEFERRABLE INITIALLY DEFERRED); CREATE TABLE free (v)'
  const databases = [{ id: ID, name: 'a', sql }]
  const rows = (): unknown => api?.database(ID).prepare('SELECT count(*) AS n FROM free').get()?.['n']

  test('nothing stays when a statement is refused, or what stood before it', async () => {
    for (const [queryMode, left] of [
      ['transaction', 0],
      ['statement', 1],
    ] as const) {
      await start({ databases, queryMode })
      const text = 'INSERT INTO free VALUES (1); INSERT INTO none VALUES (1)'
      expect((await call('/query', { sql: text })).response.status).toBe(400)
      expect(rows()).toBe(left)
      await api?.close()
    }
  })

  test('a COMMIT that fails is an internal error, or says why', async () => {
    for (const [commitFailure, status, says] of [
      ['hidden', 500, /^internal error; reference = \w+$/],
      ['told', 400, /^FOREIGN KEY constraint failed: SQLITE_CONSTRAINT/],
    ] as const) {
      await start({ databases, commitFailure })
      const { response, errors } = await call('/query', { sql: 'INSERT INTO late VALUES (1)' })
      expect(response.status).toBe(status)
      expect(errors[0]?.message).toMatch(says)
      await api?.close()
    }
  })
})

describe('calls are counted', () => {
  test('each answer tells what is left, and an overrun blocks every call', async () => {
    await start({ rateLimit: { calls: 3, windowMs: 60_000, blockMs: 300_000 } })
    const answers = [await call(''), await call(''), await call('')]
    expect(answers.map(({ response }) => response.headers.get('ratelimit')?.slice(0, 13))).toEqual([
      '"default";r=2',
      '"default";r=1',
      '"default";r=0',
    ])
    expect(answers[0]?.response.headers.get('ratelimit-policy')).toBe('"default";q=3;w=60')
    const over = await call('')
    expect(over.response.status).toBe(429)
    expect(Number(over.response.headers.get('retry-after'))).toBeGreaterThan(290)
  })
})

test('a token that may read changes nothing, by no way', async () => {
  await start({ tokenPermission: 'read' })
  expect((await call('')).success).toBe(true)
  for (const [path, body] of [
    ['/query', { sql: 'DELETE FROM log' }],
    ['/import', { action: 'init', etag: 'x' }],
    ['/export', { output_format: 'polling' }],
    ['/time_travel/restore?bookmark=x', {}],
  ] as const)
    expect((await call(path, body)).response.status).toBe(403)
})

describe('an export holds its database', () => {
  const exported = (bookmark?: string): ReturnType<typeof call> =>
    call('/export', {
      output_format: 'polling',
      ...(bookmark === undefined ? {} : { current_bookmark: bookmark }),
    })
  const bookmarkOf = (result: unknown): string =>
    z.object({ at_bookmark: z.string() }).parse(result).at_bookmark

  test('until it is complete', async () => {
    await start()
    const at = bookmarkOf((await exported()).result)
    expect((await migrate('SELECT 2;')).errors[0]?.message).toBe(
      'Currently processing a long-running export.',
    )
    expect((await exported()).errors[0]?.message).toContain('Cannot start a new export')
    await exported(at)
    await exported(at)
    expect((await migrate('SELECT 2;')).errors).toEqual([])
  })

  test('for a while, when it is abandoned; and for no time where that is switched off', async () => {
    await start({ exportHoldMs: 1_500 })
    await exported()
    expect((await migrate('SELECT 2;')).success).toBe(false)
    await expect.poll(async () => (await migrate('SELECT 2;')).success).toBe(true)
    await api?.close()
    await start({ exportHoldMs: 0 })
    await exported()
    expect((await migrate('SELECT 2;')).success).toBe(true)
  })
})

describe('every text of the table reaches its row through the API', () => {
  const SAID = FAILURE_TABLE.filter(
    ({ place, source }) => place !== 'local' && !/^(?:Node|SQLite|Wrangler|-)/.test(source),
  )
  test.each(
    SAID.flatMap((row) =>
      row.texts
        .filter((text) => rowOf(text, 'remote') === row)
        .map((text) => ({ type: row.type, text, row })),
    ),
  )('$type: $text', async ({ type, text, row }) => {
    const api = await start()
    const code = Number(/\[code: (\d+)\]/.exec(text)?.[1] ?? 7500)
    const message = text.replace(/ \[code: \d+\]$/, '')
    const status =
      { NotAuthenticated: 401, NotPermitted: 403, RateLimited: 429, OutcomeUnknown: 500 }[type as string] ??
      400
    api.fault({ route: 'info', kind: 'says', call: 'all', says: { status, code, message } })
    const asked = askApi(
      { url: api.url, token: api.token, tries: 1 },
      { what: 'Asking', path: apiPath('accounts', api.accountId, 'd1', 'database', ID), schema: z.unknown() },
    )
    await expect(asked).rejects.toMatchObject({
      type,
      ...(type === 'SqlRefused' ? { adviceWords: row.advice } : {}),
    })
  })
})

describe('the free plan', () => {
  const THREE = 'INSERT INTO day VALUES (1), (2), (3)'
  const USED = /^Your account has exceeded D1's free tier daily row (read|write) limit\. /
  const day = (dayRows: CloudflareApiOptions['dayRows']): Promise<CloudflareApi> =>
    start({
      ...(dayRows === undefined ? {} : { dayRows }),
      databases: [{ id: ID, name: 'a', sql: 'CREATE TABLE day (a)' }],
    })

  test.each([
    ['reads', { read: 2, written: 100 }, 'SELECT * FROM day', 'read'],
    ['writes', { read: 100, written: 5 }, THREE, 'write'],
  ] as const)(
    'is used up by %s: every query fails, and the table of failures knows why',
    async (_what, rows, sql, kind) => {
      await day(rows)
      expect((await call('/query', { sql: THREE })).success).toBe(true)
      expect((await call('/query', { sql })).success).toBe(true)
      const { response, errors } = await call('/query', { sql: 'SELECT 1' })
      expect(response.status).toBe(400)
      const [{ message = '' } = {}] = errors
      expect(USED.exec(message)?.[1]).toBe(kind)
      expect(rowOf(`${message} [code: 7500]`, 'remote').type).toBe('LimitReached')
    },
  )

  test('is used up by an import too, and then takes none', async () => {
    const databases = [{ id: ID, name: 'a', sql: 'CREATE TABLE day (a)' }]
    await start({ databases, importHoldMs: 0, dayRows: { read: 100, written: 2 } })
    expect(await byImport(`${THREE};`)).toMatchObject({ success: true })
    const { errors } = await call('/query', { sql: 'SELECT 1' })
    expect(USED.exec(errors[0]?.message ?? '')?.[1]).toBe('write')
    expect(await byImport('INSERT INTO day VALUES (4);')).toBeNull()
    expect(api?.database(ID).prepare('SELECT count(*) AS n FROM day').get()).toEqual({ n: 3 })
  })

  test('is used up by the rows of an export, which then begins no more', async () => {
    const sql = `CREATE TABLE day (a); ${THREE};`
    await start({
      databases: [{ id: ID, name: 'a', sql }],
      exportHoldMs: 0,
      dayRows: { read: 2, written: 100 },
    })
    const begun = await call('/export', { output_format: 'polling' })
    expect(begun.success).toBe(true)
    for (const [path, body] of [
      ['/query', { sql: 'SELECT 1' }],
      ['/export', { output_format: 'polling' }],
    ] as const) {
      const { errors } = await call(path, body)
      expect(USED.exec(errors[0]?.message ?? '')?.[1]).toBe('read')
    }
  })

  test('is the default, and none where there is none', async () => {
    await day(undefined)
    const many =
      'INSERT INTO day WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100001) SELECT i FROM n'
    await call('/query', { sql: many })
    expect((await call('/query', { sql: 'SELECT 1' })).success).toBe(false)
    await api?.close()
    await day(null)
    await call('/query', { sql: many })
    expect((await call('/query', { sql: 'SELECT 1' })).success).toBe(true)
  })
})
