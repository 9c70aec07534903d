import { afterEach, describe, expect, test } from 'vitest'
import { switchesOf } from '../../../sample/cloudflare-api/golden.js'
import {
  startCloudflareApi,
  type CloudflareApi,
  type CloudflareApiOptions,
} from '../../../sample/cloudflare-api/index.js'
import type { FaultRule } from '../../../sample/cloudflare-api/index.js'
import { ASSUMPTIONS } from '../../../src/contract/assumptions.js'
import { probeAssumptions, type LiveRun } from '../../../src/d1/live/probe-assumptions.js'

const OWN = { id: '11111111-1111-4111-8111-111111111111', name: 'production', sql: 'CREATE TABLE t (a)' }
let api: CloudflareApi | undefined
afterEach(async () => {
  await api?.close()
  api = undefined
})

async function start(options: Partial<CloudflareApiOptions> = {}): Promise<CloudflareApi> {
  await api?.close()
  api = await startCloudflareApi({ databases: [OWN], exportHoldMs: 1500, ...options })
  return api
}

function live({ url, token, accountId }: CloudflareApi): Promise<LiveRun> {
  return probeAssumptions({ client: { url, token, tries: 4 }, account: accountId, pauseMs: 20 })
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
    expect(strict.calls.length).toBeLessThan(200)
    expect(strict.database(OWN.id).prepare('SELECT count(*) AS n FROM sqlite_schema').get()).toEqual({ n: 3 })
    expect(new Set(run.probes.map(({ where }) => where)).size).toBe(1)
  })
})

/** A switch, and what the run must see of it and of nothing else. */
const SWITCHES: [string, Partial<CloudflareApiOptions>, Record<string, string>][] = [
  ["an account's token", { tokenOwner: 'account' }, { 'token-owner': 'account' }],
  ['imports in chunks', { importMode: 'chunk' }, { 'import-order': 'yes', 'import-keys-off': 'no' }],
  [
    'imports that are one transaction',
    { importMode: 'transaction' },
    { 'import-order': 'yes', 'import-far': 'yes', 'import-keys-off': 'no' },
  ],
  ['small letters taken', { splitter: { capitals: false } }, { 'trigger-capitals': 'taken' }],
  ['bare CASE taken', { splitter: { bareCase: false } }, { 'trigger-bare-case': 'taken' }],
  ['line ends of Windows taken', { splitter: { windowsLines: false } }, { 'trigger-windows-lines': 'taken' }],
  ['triggers far down taken', { splitter: { farDown: false } }, { 'trigger-far-down': 'taken' }],
  [
    'exports that keep nobody out',
    { exportHoldMs: 0 },
    { 'export-available': 'yes', 'export-abandoned': 'no' },
  ],
  [
    'an engine without our depths',
    { engine: { depths: false } },
    { 'expression-depth': 'taken', 'trigger-depth': 'taken' },
  ],
  [
    'another limit of calls',
    { rateLimit: { calls: 900, windowMs: 60_000, blockMs: 1000 } },
    { 'rate-policy': '900 in 60 s' },
  ],
]

describe('against the local API with a switch turned', () => {
  let strict: Record<string, string> | undefined
  test.each(SWITCHES)('%s: it tells which it met', async (_what, options, differing) => {
    strict ??= seenIn(await live(await start()))
    expect(seenIn(await live(await start(options)))).toEqual({ ...strict, ...differing })
  })

  test('the file of a run makes the API what the run saw', async () => {
    const splitter = { capitals: false, bareCase: false, windowsLines: false, farDown: false }
    const all = Object.assign({}, ...SWITCHES.map(([, options]) => options), {
      splitter,
    }) as Partial<CloudflareApiOptions>
    const run = await live(await start(all))
    expect(run.probes.filter(({ ok }) => !ok)).toHaveLength(12)
    const again = await live(await start(switchesOf({ version: 1, probes: run.probes })))
    expect(seenIn(again)).toEqual(seenIn(run))
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
  const faulty = await start()
  for (const rule of rules) faulty.fault(rule)
  const run = await live(faulty).catch((error: unknown) => error)
  expect(await names(faulty)).toEqual(['production'])
  if (!(run instanceof Error)) expect(run).toMatchObject({ leftBehind: undefined })
})

test('names the database that it could not delete, and how to', async () => {
  const faulty = await start()
  faulty.fault({ route: 'delete', call: 'all', kind: '500' })
  const { leftBehind } = await live(faulty)
  expect((await names(faulty)).filter((name) => name !== 'production')).toEqual([leftBehind])
  faulty.fault({ route: 'query', kind: 'reset-before' })
  await expect(live(faulty)).rejects.toMatchObject({
    message: expect.stringMatching(/d1-runbook-probe-[0-9a-f]{16} may be left behind/),
    advice: expect.stringMatching(/wrangler d1 delete d1-runbook-probe-/),
  })
})

test('makes nothing where databases cannot be listed', async () => {
  const refused = await start({ tokenPermission: 'read' })
  await expect(live(refused)).rejects.toMatchObject({ type: 'NotPermitted' })
  expect(await names(refused)).toEqual(['production'])
})
