import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Target } from '../../../src/contract/target.js'
import type { ApiClient } from '../../../src/d1/cloudflare/send.js'
import { openFileReader } from '../../../src/d1/read/local-reader.js'
import type { Reader } from '../../../src/d1/sqlite/reader.js'
import { openApiReader, openWranglerReader } from '../../../src/d1/read/remote-reader.js'
import type { SqlValue } from '../../../src/d1/sqlite/sqlite.js'
import {
  startCloudflareApi,
  type CloudflareApi,
  type FaultKind,
} from '../../../sample/cloudflare-api/index.js'
import { localTarget, seedLocal } from '../local-target.js'

const SEED = `CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a''b; -- c'), (2, NULL), (3, 2.5);
  CREATE TABLE empty (id INTEGER);`
const DATABASE = { id: '11111111-2222-4333-8444-555555555555', name: 'art-production' }

/** What a query gives, wherever the database is. Few and full: each costs the Wrangler reader a process. */
const ANSWERS: [string, string, SqlValue[], Record<string, SqlValue>[]][] = [
  [
    'every kind of value',
    `SELECT NULL AS absent, 42 AS a, -7 AS b, 9007199254740991 AS c, CAST(9007199254740993 AS TEXT) AS past,
      0.1 AS tenth, -2.5e300 AS large, 'žluť 🎨 ''quoted''; -- no comment' AS text, '' AS none,
      'a' || char(13) || char(10) || char(9) AS breaks, hex(X'00FF27') AS hex, X'00FF27' AS bytes,
      1 AS "a ""b"" c?", 2 AS "select";`,
    [],
    [
      {
        absent: null,
        a: 42,
        b: -7,
        c: 9007199254740991,
        past: '9007199254740993',
        tenth: 0.1,
        large: -2.5e300,
        text: "žluť 🎨 'quoted'; -- no comment",
        none: '',
        breaks: 'a\r\n\t',
        hex: '00FF27',
        bytes: Uint8Array.of(0, 255, 39),
        'a "b" c?': 1,
        select: 2,
      },
    ],
  ],
  [
    'parameters of every kind, beside question marks that are none',
    `SELECT '?' AS "a?", /* why? */ hex(?) AS blob, ? AS absent, ? AS large, typeof(?) AS whole, ? AS text, -- sure?
      CAST(? AS TEXT) AS big, ? < -1e308 AS infinite, [v] AS v, \`v\` AS w FROM t WHERE id = ?`,
    [Uint8Array.of(0, 255), null, 1e300, 7, "ž?🎨'\n", 9007199254740993n, -Infinity, 3],
    [
      {
        'a?': '?',
        blob: '00FF',
        absent: null,
        large: 1e300,
        whole: 'integer',
        text: "ž?🎨'\n",
        big: '9007199254740993',
        infinite: 1,
        v: 2.5,
        w: 2.5,
      },
    ],
  ],
  ['rows in their order', 'SELECT id FROM t ORDER BY id DESC', [], [{ id: 3 }, { id: 2 }, { id: 1 }]],
  ['no rows', 'SELECT id FROM empty', [], []],
  ['no rows of a pragma', `PRAGMA foreign_key_list('t')`, [], []],
]

const REFUSED: [string, string, RegExp][] = [
  ['a table that is not there', 'SELECT * FROM nowhere', /no such table: nowhere/],
  ['what is no SQL, although it quotes an HTTP status', 'SELECT 1 429', /"429": syntax error/],
]

interface Opened {
  target: Target
  reader: Reader
  api?: CloudflareApi
}

async function openRemote(open: (target: Target, api: CloudflareApi) => Reader): Promise<Opened> {
  const api = await startCloudflareApi({ databases: [{ ...DATABASE, sql: SEED }] })
  for (const [name, value] of Object.entries(api.env)) vi.stubEnv(name, value)
  const target = localTarget({
    environment: 'production',
    database: { ...DATABASE, remote: true },
    accountId: api.accountId,
  })
  return { target, api, reader: open(target, api) }
}

function openLocal(): Promise<Opened> {
  const target = localTarget()
  return Promise.resolve({ target, reader: openFileReader(seedLocal(target, SEED)) })
}

const access = ({ token, url }: CloudflareApi): ApiClient => ({ token, url, tries: 1 })

const READERS: [string, () => Promise<Opened>][] = [
  ['the local file', openLocal],
  ["Cloudflare's API", () => openRemote((target, api) => openApiReader(target, access(api), api.accountId))],
  ['wrangler d1 execute', () => openRemote((target) => openWranglerReader(target))],
]

describe.each(READERS)('a reader through %s', (_name, open) => {
  let opened: Opened
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(async () => {
    await opened.reader.close()
    await opened.api?.close()
    vi.unstubAllEnvs()
  })

  it.each(ANSWERS)('gives %s', async (_what, sql, params, rows) => {
    expect(await opened.reader.query(sql, params)).toEqual(rows)
  })

  it.each(REFUSED)('says that D1 refuses %s', async (_what, sql, message) => {
    await expect(opened.reader.query(sql)).rejects.toMatchObject({
      type: 'SqlRefused',
      retryable: false,
      message: expect.stringMatching(message),
    })
  })
})

/** What one lost, late or wrong answer means for a read; each adapter must call it by the same name. */
const FAULTS: [FaultKind, string][] = [
  ['429', 'RateLimited'],
  ['500', 'OutcomeUnknown'],
  ['504-after', 'OutcomeUnknown'],
  ['reset-before', 'Network'],
  ['cut', 'Network'],
  ['success-false', 'OutcomeUnknown'],
  ['revoked', 'NotAuthenticated'],
]

describe.each(READERS.slice(1))('a failing read through %s', (_name, open) => {
  let opened: Opened
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(async () => {
    await opened.api?.close()
    vi.unstubAllEnvs()
  })

  it.each(FAULTS)('%s is called %s', async (kind, type) => {
    const { api, reader } = opened
    const before = api?.calls.length ?? 0
    api?.clearFaults()
    api?.fault({ route: 'query', kind, call: 'all' })
    const refused = reader.query('SELECT 1 AS v')
    await expect(refused).rejects.toMatchObject({ type })
    await expect(refused).rejects.toMatchObject({
      message: expect.not.stringContaining(api?.token ?? 'absent'),
    })
    expect(api?.calls.slice(before).some(({ route }) => route === 'query')).toBe(true)
  })
})

describe.each(READERS.slice(1))('a reader of nothing through %s', (_name, open) => {
  it('says that the database is not there', async () => {
    const { api, target, reader } = await open()
    target.database.id = 'deadbeef-0000-4000-8000-000000000000'
    await expect(reader.query('SELECT 1')).rejects.toMatchObject({ type: 'DatabaseNotFound' })
    await api?.close()
    vi.unstubAllEnvs()
  })
})
