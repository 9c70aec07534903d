import { statSync } from 'node:fs'
import { describe, expect, it, test, vi } from 'vitest'
import type { Target } from '../../../src/contract/target.js'
import { readIdentity, whoAmI, wranglerAccounts, wranglerIdentity } from '../../../src/d1/read/identity.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { localTarget, seedLocal } from '../local-target.js'
import { REMOTE_ID, remoteTarget } from '../remote-target.js'

const SCHEMA = 'CREATE TABLE a (id INTEGER); CREATE TABLE b (id INTEGER);'

test('a local database is as large as SQLite says, where next to all of it stands in the WAL', async () => {
  const target = localTarget()
  const file = seedLocal(target, '')
  const writer = openSqlite(file)
  try {
    writer.exec('PRAGMA wal_autocheckpoint = 0; CREATE TABLE a (t TEXT); CREATE TABLE b (t TEXT)')
    writer.exec(`INSERT INTO a VALUES (printf('%.*c', 100000, 'x'))`)
    const { sizeBytes = 0, tables } = await readIdentity(target)
    expect(tables).toBe(2)
    expect(sizeBytes).toBeGreaterThan(100_000)
    expect(sizeBytes).toBeGreaterThan(statSync(file).size)
    writer.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    expect(statSync(file).size).toBe(sizeBytes)
  } finally {
    writer.close()
  }
})

test('a local database that nobody wrote to holds nothing', async () => {
  expect(await readIdentity(localTarget())).toMatchObject({ sizeBytes: 0, tables: 0 })
})

describe('the identity of a remote database', () => {
  it('is what the API reports', async () => {
    const { target, api } = await remoteTarget(SCHEMA)
    expect(await readIdentity(target)).toMatchObject({
      name: 'art-production',
      id: REMOTE_ID,
      accountId: api.accountId,
      tables: 2,
    })
  })

  it('is the same from wrangler d1 info', async () => {
    const { target } = await remoteTarget(SCHEMA)
    const { sizeBytes, ...found } = await wranglerIdentity(target)
    expect(found).toMatchObject({ name: 'art-production', id: REMOTE_ID, tables: 2 })
    expect(sizeBytes).toBe((await readIdentity(target)).sizeBytes)
  })

  it.each<[string, Partial<Target>, string]>([
    [
      'a UUID that no database has',
      { database: { name: 'art-production', id: 'deadbeef-0000-4000-8000-000000000000', remote: true } },
      'DatabaseNotFound',
    ],
    ['another name', { database: { name: 'art-staging', id: REMOTE_ID, remote: true } }, 'WrongTarget'],
    ['an account that the token does not reach', { accountId: 'e'.repeat(32) }, 'NotPermitted'],
    [
      'a UUID given as the name',
      { database: { name: 'x', id: 'art-production', remote: true } },
      'WrongTarget',
    ],
  ])('is refused for %s', async (_what, change, type) => {
    const { target } = await remoteTarget(SCHEMA)
    await expect(readIdentity({ ...target, ...change })).rejects.toMatchObject({ type, retryable: false })
  })

  it('is that of the account of this process when the files name none', async () => {
    const { target, api } = await remoteTarget(SCHEMA)
    const { accountId: _none, ...unnamed } = target
    vi.stubEnv('CLOUDFLARE_ACCOUNT_ID', '')
    expect((await readIdentity(unnamed)).accountId).toBe(api.accountId)
    expect(api.calls.some(({ route }) => route === 'accounts')).toBe(true)
  })

  it.each([
    ['revoked', 'NotAuthenticated', false],
    ['success-false', 'OutcomeUnknown', true],
    ['429', 'RateLimited', true],
    ['500', 'OutcomeUnknown', true],
    ['reset-before', 'Network', true],
  ] as const)('is not known after %s: %s', async (kind, type, retryable) => {
    const { target, api } = await remoteTarget(SCHEMA)
    api.fault({ route: 'info', kind, call: 'all' })
    const refused = readIdentity(target)
    await expect(refused).rejects.toMatchObject({ type, retryable })
    await expect(refused).rejects.not.toThrow(new RegExp(api.token))
  })
})

describe('the identity of a local database', () => {
  it('is its file, which its ID names', async () => {
    const target = localTarget()
    expect(await readIdentity(target)).toEqual({ name: 'art', id: 'local-art', sizeBytes: 0, tables: 0 })
    seedLocal(target, SCHEMA)
    expect(await readIdentity(target)).toMatchObject({ tables: 2 })
  })
})

describe('who the worker is', () => {
  it('is the token, whichever way is asked', async () => {
    const { target, api } = await remoteTarget(SCHEMA)
    const accounts = [{ id: api.accountId, name: 'Local account' }]
    expect(await whoAmI(target)).toEqual({ accounts, via: 'token' })
    expect(await wranglerAccounts(target)).toEqual(accounts)
  })

  it('is the token of an account, which /user does not know, where the account is named', async () => {
    const { target, api } = await remoteTarget(SCHEMA, { tokenOwner: 'account' })
    expect(await whoAmI(target)).toEqual({
      accounts: [{ id: api.accountId, name: 'of the token' }],
      via: 'token',
    })
    expect((await readIdentity(target)).id).toBe(REMOTE_ID)
    const { accountId: _none, ...unnamed } = target
    vi.stubEnv('CLOUDFLARE_ACCOUNT_ID', '')
    await expect(whoAmI(unnamed)).rejects.toMatchObject({ type: 'NotAuthenticated' })
  })

  it('is nobody with a revoked token, whichever way is asked', async () => {
    const { target, api } = await remoteTarget(SCHEMA)
    api.fault({ route: 'verify', kind: 'revoked' })
    await expect(whoAmI(target)).rejects.toMatchObject({ type: 'NotAuthenticated' })
    await expect(wranglerAccounts(target)).rejects.toMatchObject({ type: 'NotAuthenticated' })
  })

  it('is nobody without a token and a login, although whoami ends with exit code 0', async () => {
    const { target } = await remoteTarget(SCHEMA)
    vi.stubEnv('CLOUDFLARE_API_TOKEN', undefined)
    // A login of the developer who runs the tests is not meant.
    vi.stubEnv('XDG_CONFIG_HOME', target.projectDir)
    vi.stubEnv('HOME', target.projectDir)
    await expect(whoAmI(target)).rejects.toMatchObject({
      type: 'NotAuthenticated',
      advice: expect.stringContaining('wrangler login'),
    })
  })
})
