import { readSnapshot } from '../../../src/d1/read/open-reader.js'
import { describe, expect, it } from 'vitest'
import { readBookmark, restoreBookmark, wranglerBookmark } from '../../../src/d1/apply/time-travel.js'
import { fingerprintOf } from '../fingerprint.js'
import { localTarget } from '../local-target.js'
import { remoteTarget } from '../remote-target.js'

const SCHEMA = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);'
const CHANGE = 'ALTER TABLE t ADD COLUMN w TEXT;'

describe('Time Travel', () => {
  it('takes schema and rows back, and the bookmark that it returns undoes that', async () => {
    const { target, api } = await remoteTarget(`${SCHEMA} INSERT INTO t (v) VALUES ('before');`)
    const values = (): unknown[] =>
      api
        .database(target.database.id)
        .prepare('SELECT v FROM t ORDER BY id')
        .all()
        .map(({ v }) => v)
    const { bookmark = '' } = await readBookmark(target)
    api.database(target.database.id).exec(`${CHANGE} INSERT INTO t (v) VALUES ('after');`)

    const back = await restoreBookmark({ target, bookmark })
    expect(back.bookmark).toBe(bookmark)
    expect(values()).toEqual(['before'])
    expect((await readSnapshot(target)).schemaFingerprint).toBe(fingerprintOf(SCHEMA))

    await restoreBookmark({ target, bookmark: back.previousBookmark })
    expect(values()).toEqual(['before', 'after'])
    expect((await readSnapshot(target)).schemaFingerprint).toBe(fingerprintOf(SCHEMA + CHANGE))
  })

  it('reads the bookmark the same way without a token of our own', async () => {
    const { target, api } = await remoteTarget(SCHEMA)
    const { bookmark } = await readBookmark(target)
    expect(bookmark).toMatch(/^[\da-f]{8}-[\da-f]{8}-[\da-f]{8}-[\da-f]{32}$/)
    expect(await wranglerBookmark(target)).toEqual({ bookmark })
    expect(api.calls.filter(({ route }) => route === 'bookmark')).toHaveLength(2)
  })

  it('waits for an export that holds the database, and is tried again', async () => {
    const { target, api } = await remoteTarget(SCHEMA, { exportHoldMs: 120_000 })
    const { bookmark = '' } = await readBookmark(target)
    const url = `${api.url}/accounts/${api.accountId}/d1/database/${target.database.id}/export`
    const headers = { authorization: `Bearer ${api.token}` }
    await fetch(url, { method: 'POST', headers, body: '{"output_format":"polling"}' })
    await expect(restoreBookmark({ target, bookmark })).rejects.toMatchObject({
      type: 'DatabaseLocked',
      retryable: true,
      message: expect.stringContaining('long-running export'),
    })
    expect(api.calls.filter(({ route }) => route === 'restore')).toHaveLength(1)
  })

  it('says that the eleventh restore in ten minutes has to wait', async () => {
    const { target, api } = await remoteTarget(SCHEMA)
    const { bookmark = '' } = await readBookmark(target)
    const url = `${api.url}/accounts/${api.accountId}/d1/database/${target.database.id}/time_travel/restore`
    for (let restores = 0; restores < 10; restores += 1) {
      const headers = { authorization: `Bearer ${api.token}` }
      const { ok } = await fetch(`${url}?bookmark=${bookmark}`, { method: 'POST', headers })
      expect(ok).toBe(true)
    }
    await expect(restoreBookmark({ target, bookmark })).rejects.toMatchObject({
      type: 'RateLimited',
      retryable: true,
    })
  })

  it.each([
    ['that is too old', 'expired', /retention period/],
    ['that never was', '00000000-00000001-00004f5a-00000000000000000000000000000000', /Invalid bookmark/],
  ])('refuses a bookmark %s for good, and changes nothing', async (_what, kind, message) => {
    const { target, api } = await remoteTarget(SCHEMA)
    const { bookmark = '' } = await readBookmark(target)
    api.database(target.database.id).exec(CHANGE)
    if (kind === 'expired') api.expireBookmarks(target.database.id)
    const asked = kind === 'expired' ? bookmark : kind
    await expect(restoreBookmark({ target, bookmark: asked })).rejects.toMatchObject({
      type: 'BookmarkInvalid',
      retryable: false,
      message: expect.stringMatching(message),
      advice: expect.stringContaining('backup'),
    })
    expect((await readSnapshot(target)).schemaFingerprint).toBe(fingerprintOf(SCHEMA + CHANGE))
  })

  it('keeps the way to undo it when an answer was lost and the journey made again', async () => {
    const { target, api } = await remoteTarget(SCHEMA)
    const { bookmark = '' } = await readBookmark(target)
    api.database(target.database.id).exec(CHANGE)
    api.fault({ route: 'restore', kind: '504-after' })
    const { previousBookmark } = await restoreBookmark({ target, bookmark })
    expect(api.calls.filter(({ route }) => route === 'restore')).toHaveLength(2)
    expect((await readSnapshot(target)).schemaFingerprint).toBe(fingerprintOf(SCHEMA))
    await restoreBookmark({ target, bookmark: previousBookmark })
    expect((await readSnapshot(target)).schemaFingerprint).toBe(fingerprintOf(SCHEMA + CHANGE))
  })

  it('does not know what it did when no answer ever comes, and says how to undo it', async () => {
    const { target, api } = await remoteTarget(SCHEMA)
    const { bookmark = '' } = await readBookmark(target)
    api.database(target.database.id).exec(CHANGE)
    const { bookmark: present } = await readBookmark(target)
    api.fault({ route: 'restore', kind: 'reset-after', call: 'all' })
    await expect(restoreBookmark({ target, bookmark })).rejects.toMatchObject({
      type: 'Network',
      details: { undoBookmark: present },
    })
  })

  it('does not exist locally, and says what does', async () => {
    const target = localTarget()
    expect(await readBookmark(target)).toEqual({})
    await expect(restoreBookmark({ target, bookmark: 'x' })).rejects.toMatchObject({
      type: 'ConfigInvalid',
      advice: expect.stringContaining('backup restore'),
    })
  })
})
