import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, it } from 'vitest'
import { createActivities } from '../../src/activities/index.js'
import { readSnapshot } from '../../src/d1/snapshot.js'
import { readBookmark, restoreBookmark } from '../../src/d1/time-travel.js'
import { fingerprintOf } from '../d1/fingerprint.js'
import { remoteTarget } from '../d1/remote-target.js'

const SCHEMA = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);'
const CHANGE = 'ALTER TABLE t ADD COLUMN w TEXT;'

it(
  'still knows the way to undo a Time Travel whose worker died on the way',
  { timeout: 120_000 },
  async () => {
    const { target, api } = await remoteTarget(SCHEMA)
    const { bookmark = '' } = await readBookmark(target)
    api.database(target.database.id).exec(CHANGE)
    const input = { target, bookmark, expectedFingerprint: fingerprintOf(SCHEMA) }
    const { travelBack } = createActivities()

    const beats: unknown[] = []
    const first = new MockActivityEnvironment()
    first.on('heartbeat', (details: unknown) => beats.push(details))
    await first.run(travelBack, input)
    // Its answer is lost with the worker; only what it beat is left.
    const second = new MockActivityEnvironment({ attempt: 2, heartbeatDetails: beats[0] })
    const { previousBookmark } = await second.run(travelBack, input)

    await restoreBookmark({ target, bookmark: previousBookmark })
    expect((await readSnapshot(target)).schemaFingerprint).toBe(fingerprintOf(SCHEMA + CHANGE))
  },
)
