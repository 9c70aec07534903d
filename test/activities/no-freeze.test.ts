import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, it } from 'vitest'
import { applyMigration } from '../../src/activities/apply.js'
import { createActivities } from '../../src/activities/index.js'
import { demandNoFreeze } from '../../src/activities/no-freeze.js'
import { contextFor, defaultHome } from '../../src/activities/worker-place.js'
import type { RunbookActivities } from '../../src/contract/activities.js'
import type { Freeze } from '../../src/contract/run.js'
import type { Target } from '../../src/contract/target.js'
import { packBundle } from '../../src/d1/migrations/bundle.js'
import { migrationFile } from '../../src/d1/migrations/migration-files.js'
import { readSnapshot } from '../../src/d1/read/open-reader.js'
import { serviceOf } from '../../src/runbook/charter/service.js'
import { charterFor } from '../charter-for.js'
import { fingerprintOf } from '../d1/fingerprint.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../d1/local-target.js'
import { temporaryFolder } from '../temporary-folder.js'

const TABLE = 'CREATE TABLE t (v TEXT);'
const MORE = 'ALTER TABLE t ADD COLUMN more TEXT;'
const FILE = migrationFile('0001_more.sql', Buffer.from(MORE))
const DAY = 24 * 3_600_000

function freezeFrom(days: number, until: number): Freeze {
  const at = (day: number): string => new Date(Date.now() + day * DAY).toISOString()
  return { from: at(days), until: at(until), reason: 'year end' }
}

const HOLDS = freezeFrom(-1, 1)

function seeded(): Target {
  const target = localTarget()
  seedLocal(target, `${TABLE} ${LEDGER_SQL}`)
  return target
}

/** An activity as whoever schedules it has it run: no workflow of ours looked before. */
function crafted<T>(
  { target, freezes }: { target: Target; freezes: Freeze[] },
  work: (activities: RunbookActivities) => Promise<T>,
): Promise<T> {
  const service = serviceOf([charterFor(target, { freezes, timeZone: 'UTC' })])
  const activities = createActivities({ service, home: temporaryFolder() })
  const env = new MockActivityEnvironment({ workflowExecution: { workflowId: 'backup/x', runId: 'x' } })
  return env.run(() => work(activities))
}

async function asked(target: Target) {
  const migration = {
    ...{ name: FILE.name, sha256: FILE.sha256, statements: 1, durationMs: 0 },
    ...{ fingerprintBefore: fingerprintOf(TABLE), fingerprintAfter: fingerprintOf(TABLE + MORE) },
  }
  return { target, bundle: await packBundle([FILE]), migration, ledgerBefore: [], runKey: 'backup_x' }
}

async function ledger(target: Target): Promise<string[]> {
  return (await readSnapshot(target)).ledger.map(({ name }) => name)
}

it('no file is begun in a freeze of the charter, whoever asks; a way back is, and what is applied already is told', async () => {
  const target = seeded()
  const input = await asked(target)
  const apply = (said: object = {}) =>
    crafted({ target, freezes: [freezeFrom(-3, -2), HOLDS] }, (activities) =>
      activities.applyMigration({ ...input, ...said }),
    )
  await expect(apply()).rejects.toMatchObject({
    type: 'Frozen',
    nonRetryable: true,
    message: expect.stringMatching(/^A freeze holds \(year end, .* to .*\): 0001_more\.sql was not begun\.$/),
  })
  expect(await ledger(target)).toEqual([])

  expect(await apply({ act: 'reverse-migration' })).toMatchObject({ state: 'applied' })
  expect(await ledger(target)).toEqual([FILE.name])

  // As after an earlier try, whose answer was lost: nothing is begun by saying so.
  expect(await apply()).toMatchObject({ state: 'applied' })
})

it('a freeze that is over, or comes later, holds up nothing', () => {
  const [charter] = charterFor(localTarget(), {
    freezes: [freezeFrom(-3, -2), freezeFrom(2, 3)],
  }).environments
  if (charter === undefined) throw new Error('the charter is empty')
  expect(() => demandNoFreeze(charter, FILE.name)).not.toThrow()
  expect(() => demandNoFreeze({ ...charter, freezes: undefined }, FILE.name)).not.toThrow()
})

it('no ledger row is adopted in a freeze of the charter', async () => {
  const target = seeded()
  const input = {
    ...{ target, names: [FILE.name], ledgerBefore: [], runKey: 'backup_x' },
    schemaFingerprint: fingerprintOf(TABLE),
  }
  const adopting = crafted({ target, freezes: [HOLDS] }, (activities) => activities.recordAdoption(input))
  await expect(adopting).rejects.toMatchObject({ type: 'Frozen' })
  expect(await ledger(target)).toEqual([])
})

it('where people sign, who asks makes no apply a way back by saying so', async () => {
  const target = seeded()
  const [environment] = charterFor(target, { freezes: [HOLDS] }).environments
  if (environment === undefined) throw new Error('the charter is empty')
  const charter = { ...environment, policy: { ...environment.policy, requireSignatures: true } }
  const here = contextFor(defaultHome({ env: {}, home: temporaryFolder() }), target)
  const input = { ...(await asked(target)), act: 'reverse-migration' } as const
  const { signal } = new AbortController()
  // Behind the door that verifies the permission, which is of an apply.
  await expect(applyMigration(here, input, { signal, beat: () => undefined, charter })).rejects.toMatchObject(
    { type: 'Frozen' },
  )
  expect(await ledger(target)).toEqual([])
})
