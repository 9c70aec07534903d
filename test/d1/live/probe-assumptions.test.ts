import { afterEach, describe, expect, test } from 'vitest'
import { switchesOf } from '../../../sample/cloudflare-api/golden.js'
import {
  startCloudflareApi,
  type CloudflareApi,
  type CloudflareApiOptions,
} from '../../../sample/cloudflare-api/index.js'
import type { FaultRule } from '../../../sample/cloudflare-api/index.js'
import { ALL_LIMITS } from '../../../sample/cloudflare-api/engine.js'
import { ALL_FAULTS } from '../../../sample/cloudflare-api/splitter.js'
import { defined } from '../../../src/contract/defined.js'
import { ASSUMPTIONS } from '../../../src/contract/assumptions.js'
import { probeAssumptions, type LiveRun } from '../../../src/d1/live/probe-assumptions.js'

const OWN = { id: '11111111-1111-4111-8111-111111111111', name: 'production', sql: 'CREATE TABLE t (a)' }
let api: CloudflareApi | undefined
afterEach(async () => {
  await api?.close()
  api = undefined
})

/** Long enough that a slow machine meets who holds a database. Milliseconds. */
const HELD = { exportHoldMs: 1500, importHoldMs: 1500 }
const FREE = { exportHoldMs: 0, importHoldMs: 0 }

async function start(options: Partial<CloudflareApiOptions> = HELD): Promise<CloudflareApi> {
  await api?.close()
  api = await startCloudflareApi({ databases: [OWN], ...options })
  return api
}

function live({ url, token, accountId }: CloudflareApi, onProbed?: () => void): Promise<LiveRun> {
  const client = { url, token, tries: 4 }
  return probeAssumptions({ client, account: accountId, pauseMs: 20, ...defined({ onProbed }) })
}

async function names({ url, token, accountId }: CloudflareApi): Promise<string[]> {
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`${url}/accounts/${accountId}/d1/database`, { headers })
  return ((await answer.json()) as { result: { name: string }[] }).result.map(({ name }) => name)
}

const seenIn = ({ probes }: LiveRun): Record<string, string> =>
  Object.fromEntries(probes.map(({ id, seen }) => [id, seen]))

describe('against the strict local API', () => {
  test('every assumption is looked at, and borne out; the project is not touched and nothing stays', async () => {
    const strict = await start()
    const run = await live(strict)
    expect(run.leftBehind).toBeUndefined()
    expect(run.probes.map(({ id }) => id)).toEqual(ASSUMPTIONS.map(({ id }) => id))
    expect(run.probes.filter(({ ok }) => !ok)).toEqual([])
    expect(await names(strict)).toEqual(['production'])
    // As the help, the page of assumptions and its docstring say: some 90, of which an upload is none.
    const counted = strict.calls.filter(({ route }) => route !== 'upload').length
    expect(counted).toBeGreaterThan(75)
    expect(counted).toBeLessThan(100)
    expect(strict.database(OWN.id).prepare('SELECT count(*) AS n FROM sqlite_schema').get()).toEqual({ n: 3 })
    expect(new Set(run.probes.map(({ where }) => where)).size).toBe(1)
  })
})

type Strictness = Omit<
  CloudflareApiOptions,
  'dir' | 'port' | 'databases' | 'accountId' | 'token' | 'keepBytes' | 'tokenPermission' | 'dayRows'
>

const TOLD = 'FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)'

/** A switch, and what the run must see of it and of nothing else. */
const SWITCHES: [Partial<Strictness>, Record<string, string>][] = [
  // The first two are values of one switch, and their numbers have no bit in common.
  [{ importMode: 'chunk' }, { 'import-order': 'yes', 'import-keys-off': 'no' }],
  [{ importMode: 'transaction' }, { 'import-order': 'yes', 'import-far': 'yes', 'import-keys-off': 'no' }],
  [{ tokenOwner: 'account' }, { 'token-owner': 'account' }],
  [
    { splitter: { capitals: false } },
    { 'trigger-capitals': 'taken', 'trigger-begin': 'taken', 'trigger-end': 'taken' },
  ],
  [{ splitter: { bareCase: false } }, { 'trigger-bare-case': 'taken', 'trigger-case-inside': 'taken' }],
  [{ splitter: { windowsLines: false } }, { 'trigger-windows-lines': 'taken' }],
  [{ splitter: { farDown: false } }, { 'trigger-far-down': 'taken' }],
  [{ exportHoldMs: 0 }, { 'export-available': 'yes', 'export-abandoned': 'no' }],
  [{ importHoldMs: 0 }, { 'import-available': 'yes', 'import-abandoned': 'it ends' }],
  [{ importAgain: 'uploaded' }, { 'import-again': 'uploaded again' }],
  [{ commitFailure: 'told' }, { 'commit-words': TOLD }],
  [
    { queryMode: 'statement' },
    {
      'query-atomic-statement': 'what stood before it',
      'query-atomic-commit': 'what stood before it',
      'commit-words': TOLD,
    },
  ],
  [{ rateLimit: { calls: 900, windowMs: 60_000, blockMs: 1000 } }, { 'rate-policy': '900 in 60 s' }],
  [{ engine: { statementBytes: false } }, { 'statement-length': 'taken' }],
  [{ engine: { operations: false } }, { 'program-size': 'taken' }],
  [{ engine: { depths: false } }, { 'expression-depth': 'taken', 'trigger-depth': 'taken' }],
  [{ engine: { columns: false } }, { columns: 'taken' }],
  [{ engine: { parameters: false } }, { parameters: 'taken' }],
  [{ engine: { compoundTerms: false } }, { 'compound-terms': 'taken' }],
  [{ engine: { valueBytes: false } }, { 'value-bytes': 'taken' }],
  [{ engine: { resultBytes: false } }, { 'result-bytes': 'taken' }],
  [{ engine: { patternBytes: false } }, { 'pattern-bytes': 'taken' }],
  [{ engine: { authorizer: false } }, { authorizer: 'taken' }],
]

/** All of them at once. */
function turned(switches: readonly (typeof SWITCHES)[number][]): {
  options: Partial<CloudflareApiOptions>
  differing: Record<string, string>
} {
  const all = switches.map(([options]) => options)
  const merged = <Name extends 'splitter' | 'engine'>(name: Name): Partial<Strictness> => ({
    [name]: Object.assign({}, ...all.map((options) => options[name])) as Strictness[Name],
  })
  return {
    options: { ...HELD, ...Object.assign({}, ...all), ...merged('splitter'), ...merged('engine') },
    differing: Object.assign({}, ...switches.map(([, differing]) => differing)) as Record<string, string>,
  }
}

describe('against the local API with switches turned', () => {
  // Numbered from 1, each is turned in the runs of its bits: no two in the same ones, so each must be told from all others.
  const bits = Math.ceil(Math.log2(SWITCHES.length + 1))
  let strict: Record<string, string> | undefined

  test.each(Array.from({ length: bits }, (_, bit) => bit))('it tells which it met: bit %i', async (bit) => {
    strict ??= seenIn(await live(await start()))
    const { options, differing } = turned(SWITCHES.filter((_, at) => (((at + 1) >> bit) & 1) === 1))
    const run = await live(await start(options))
    expect(seenIn(run)).toEqual({ ...strict, ...differing })
    // The file of the run makes the API what it saw: it need not be run again to know.
    const { importHoldMs, exportHoldMs, ...again } = switchesOf({ version: 1, probes: run.probes })
    expect({ ...HELD, ...again, ...defined({ importHoldMs, exportHoldMs }) }).toMatchObject({
      ...options,
      ...(options.rateLimit === undefined
        ? {}
        : { rateLimit: expect.objectContaining({ calls: 900, windowMs: 60_000 }) }),
    })
  })

  test('every strictness is among them', () => {
    // To meet the limit of GraphQL, a probe would have to use up what the account has of it.
    const names: Record<Exclude<keyof Strictness, 'graphqlLimit'>, true> = {
      ...{ importMode: true, tokenOwner: true, splitter: true, exportHoldMs: true, importHoldMs: true },
      ...{
        importAgain: true,
        commitFailure: true,
        queryMode: true,
        rateLimit: true,
        engine: true,
      },
    }
    const { options } = turned(SWITCHES)
    expect(Object.keys(options).sort()).toEqual(Object.keys(names).sort())
    expect(Object.keys(options.splitter ?? {}).sort()).toEqual(Object.keys(ALL_FAULTS).sort())
    expect(Object.keys(options.engine ?? {}).sort()).toEqual(Object.keys(ALL_LIMITS).sort())
  })
})

/** Where the network or Cloudflare fails: the run ends, or goes on, and leaves nothing behind. */
const FAULTS: [string, FaultRule[]][] = [
  ['the answer that made the database is lost', [{ route: 'create', kind: 'reset-after' }]],
  ['the database is refused', [{ route: 'create', kind: '500' }]],
  ['the set-up breaks off', [{ route: 'query', kind: 'reset-before' }]],
  ['the connection breaks in the middle', [{ route: 'query', call: 30, kind: 'reset-after' }]],
  ['an import never ends', [{ route: 'import', call: 3, kind: '504-after' }]],
  ['the answer that it is gone is lost', [{ route: 'delete', kind: 'reset-after' }]],
  [
    'deleting is refused twice',
    [
      { route: 'delete', kind: '500' },
      { route: 'delete', call: 2, kind: 'reset-before' },
    ],
  ],
]

test.each(FAULTS)('leaves no database behind when %s', async (_what, rules) => {
  const faulty = await start(FREE)
  for (const rule of rules) faulty.fault(rule)
  const run = await live(faulty).catch((error: unknown) => error)
  expect(await names(faulty)).toEqual(['production'])
  if (!(run instanceof Error)) expect(run).toMatchObject({ leftBehind: undefined })
})

test('names the database that it could not delete, and how to', async () => {
  const faulty = await start(FREE)
  faulty.fault({ route: 'delete', call: 'all', kind: '500' })
  const { leftBehind } = await live(faulty)
  expect((await names(faulty)).filter((name) => name !== 'production')).toEqual([leftBehind])
  faulty.fault({ route: 'query', kind: 'reset-before' })
  await expect(live(faulty)).rejects.toMatchObject({
    message: expect.stringMatching(/d1-runbook-probe-[0-9a-f]{16} may be left behind/),
    advice: expect.stringMatching(/wrangler d1 delete d1-runbook-probe-/),
  })
})

const ROUTES = [
  'list',
  'query',
  'import',
  'upload',
  'export',
  'bookmark',
  'restore',
  'graphql',
  'delete',
] as const

test.each([1, 20, ASSUMPTIONS.length])(
  'names the database where the network is gone for good behind probe %i',
  async (behind) => {
    const faulty = await start(FREE)
    let probed = 0
    const { leftBehind, probes } = await live(faulty, () => {
      probed += 1
      if (probed === behind)
        for (const route of ROUTES) faulty.fault({ route, call: 'all', kind: 'reset-before' })
    })
    expect(probes).toHaveLength(ASSUMPTIONS.length)
    faulty.clearFaults()
    expect((await names(faulty)).filter((name) => name !== 'production')).toEqual([leftBehind])
  },
)

test('names the database where the network is gone for good once it may have been made', async () => {
  const faulty = await start(FREE)
  faulty.fault({ route: 'create', kind: 'reset-after' })
  for (const call of [2, 3, 4, 5, 6]) faulty.fault({ route: 'list', call, kind: 'reset-before' })
  const error: unknown = await live(faulty).catch((thrown: unknown) => thrown)
  const [left] = (await names(faulty)).filter((name) => name !== 'production')
  expect(error).toMatchObject({
    message: expect.stringContaining(`${left ?? 'none'} may be left behind`),
    advice: expect.stringContaining(`wrangler d1 delete ${left ?? 'none'}`),
  })
})

test('makes nothing where databases cannot be listed', async () => {
  const refused = await start({ ...FREE, tokenPermission: 'read' })
  await expect(live(refused)).rejects.toMatchObject({ type: 'NotPermitted' })
  expect(await names(refused)).toEqual(['production'])
})
