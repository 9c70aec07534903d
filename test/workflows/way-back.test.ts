import { randomUUID } from 'node:crypto'
import { ApplicationFailure } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import type { RunbookActivities } from '../../src/contract/activities.js'
import { plain } from '../../src/contract/command-line.js'
import { commandsIn, type NextCommand } from '../../src/contract/next-command.js'
import { alertSignal, decideSignal, statusQuery, submitDecisionUpdate } from '../../src/contract/messages.js'
import { costOf } from '../../src/contract/rollback-cost.js'
import type { Since } from '../../src/contract/rollback.js'
import type { RollbackStrategy } from '../../src/contract/policy.js'
import type { MigrationRequest, RunView } from '../../src/contract/run.js'
import { demandFitting } from '../../src/client/request-size.js'
import { renderChecklist } from '../../src/runbook/checklist.js'
import { buildReport } from '../../src/runbook/report/build.js'
import { completeWhen } from '../../src/runbook/success-criteria.js'
import { renderMarkdown } from '../../src/runbook/report/markdown.js'
import { renderIncident } from '../../src/runbook/report/incident.js'
import { requestFor } from './request.js'
import { ALL_GATES, decideAll, gateOpen, until, useRealTimeServer, type RunHandle } from './skipping.js'
import { checkpoint, openWorld, refusal, type World } from './world.js'

const server = useRealTimeServer()

const down = (): ApplicationFailure =>
  ApplicationFailure.create({ type: 'Network', message: 'the API answers 500', nonRetryable: false })

/** A validated migration that went wrong, on a remote database with a bookmark. */
function failing(override: (world: World) => Partial<RunbookActivities>): World {
  const world: World = openWorld((it) => ({
    validateMigration: async () => ({ checks: [], passed: false }),
    ...override(it),
  }))
  const real = { ...world.activities }
  world.activities.createBackup = async (input) => ({
    ...(await real.createBackup(input)),
    file: `backup-${world.calls.filter((name) => name === 'createBackup').length}.zip`,
    bookmark: 'before',
  })
  return world
}

function remote(): MigrationRequest {
  const request = requestFor(randomUUID(), { preApproved: true })
  return {
    ...request,
    target: { ...request.target, database: { ...request.target.database, remote: true } },
  }
}

async function choose(handle: RunHandle, strategy: RollbackStrategy): Promise<void> {
  await handle.signal(decideSignal, { gate: 'rollback', decision: 'approve', actor: 'Bea', strategy })
}

async function run(world: World, drive: (handle: RunHandle) => Promise<void>): Promise<RunView> {
  return server.migrate(world, remote(), async (handle) => {
    await until(handle, gateOpen('rollback'))
    await drive(handle)
    return handle.result()
  })
}

const tries = (view: RunView) =>
  (view.rollbackTries ?? []).map(({ strategy, number, effect }) => [strategy, number, effect])
const failedTries =
  (count: number) =>
  (view: RunView): boolean =>
    (view.rollbackTries?.length ?? 0) >= count

describe('a way back that meets errors', () => {
  it('says so with each try, by message after two, and lets people choose another way', async () => {
    const world = failing(() => ({ travelBack: () => Promise.reject(down()) }))
    const view = await run(world, async (handle) => {
      await choose(handle, 'time-travel')
      const seen = await until(handle, failedTries(2))
      expect(seen.message).toMatch(/time-travel: try 2 of 20 failed: the API answers 500; nothing has taken/)
      await choose(handle, 'reverse-migration')
    })
    expect(tries(view).slice(0, 2)).toEqual([
      ['time-travel', 1, 'none'],
      ['time-travel', 2, 'none'],
    ])
    expect(view).toMatchObject({ outcome: 'rolled-back', rollback: { strategy: 'reverse-migration' } })
    const told = world.told.map(({ text }) => text)
    expect(told.filter((text) => text.includes('time-travel meets errors: 2 tries failed'))).toHaveLength(1)
    // Both decisions stay, in the gates and in the incident report.
    const rollback = view.gates.find(({ gate }) => gate === 'rollback')
    const decisions = [...(rollback?.earlier ?? []), ...(rollback?.decisions ?? [])]
    expect(decisions.map(({ strategy }) => strategy)).toEqual(['time-travel', 'reverse-migration'])
    const incident = renderIncident({ view, plan: null, baseline: null })
    expect(incident).toMatch(/approve \| Bea .* time-travel/)
    expect(incident).toMatch(/approve \| Bea .* reverse/)
    expect(incident).toContain('try 1 failed: the API answers 500; nothing had taken effect')
  })

  it('begins nothing before the present state is read, and so may be given up while the API is down', async () => {
    const world: World = failing((it) => ({
      readStatus: async (input) => {
        if (it.calls.includes('prepareReverse')) throw down()
        return openWorld((same) => ((same.ledger = it.ledger), {})).activities.readStatus(input)
      },
    }))
    const view = await run(world, async (handle) => {
      await choose(handle, 'time-travel')
      await until(handle, failedTries(1))
      await choose(handle, 'none')
    })
    expect(world.calls).not.toContain('travelBack')
    expect(tries(view)[0]).toEqual(['time-travel', 1, 'none'])
    expect(view.outcome).toBe('failed')
    expect(view.gates.find(({ gate }) => gate === 'rollback')?.earlier?.map((one) => one.strategy)).toEqual([
      'time-travel',
      'none',
    ])
  })

  it('is not switched away from while what it did is unknown', async () => {
    let readable = true
    const world: World = failing((it) => ({
      travelBack: async () => {
        readable = false
        throw down()
      },
      readStatus: async (input) => {
        if (!readable) throw down()
        return openWorld((same) => ((same.ledger = it.ledger), {})).activities.readStatus(input)
      },
    }))
    const view = await run(world, async (handle) => {
      await choose(handle, 'time-travel')
      const seen = await until(handle, failedTries(1))
      expect(seen.message).toContain('what it did is not known yet, so no other way may be chosen')
      await choose(handle, 'reverse-migration')
      const refused = await until(handle, (one) => one.refused.length === 1)
      expect(refused.refused[0]?.reason).toContain('what it did is not known')
      world.activities.travelBack = async () => ({ previousBookmark: 'now', schemaFingerprint: '' })
      readable = true
    })
    expect(tries(view)[0]).toEqual(['time-travel', 1, 'unknown'])
    expect(view).toMatchObject({ outcome: 'rolled-back', rollback: { strategy: 'time-travel' } })
  })

  it('whose answer was lost is read back as done, not travelled again', async () => {
    const world: World = failing((it) => ({
      travelBack: async () => {
        it.ledger.splice(1)
        throw down()
      },
    }))
    const view = await run(world, (handle) => choose(handle, 'time-travel'))
    expect(world.calls.filter((name) => name === 'travelBack')).toHaveLength(1)
    expect(view).toMatchObject({ outcome: 'rolled-back', rollback: { undo: 'now' } })
    expect(tries(view)).toEqual([])
  })

  it('that nothing can help ends at once, and people are asked again', async () => {
    const world = failing(() => ({ travelBack: () => Promise.reject(refusal('BookmarkInvalid', 'too old')) }))
    const view = await run(world, async (handle) => {
      await choose(handle, 'time-travel')
      await until(handle, (one) => gateOpen('rollback')(one) && world.calls.includes('travelBack'))
      await choose(handle, 'restore-backup')
    })
    expect(tries(view)).toEqual([['time-travel', 1, 'none']])
    expect(view).toMatchObject({ outcome: 'rolled-back', rollback: { strategy: 'restore-backup' } })
  })
})

describe('before a restore', () => {
  it.each(['time-travel', 'restore-backup'] as const)(
    'by %s the present state is saved, its bookmark noted, and both are shown',
    async (strategy) => {
      const world = failing(() => ({}))
      const view = await run(world, (handle) => choose(handle, strategy))
      const act = strategy === 'time-travel' ? 'travelBack' : 'restoreFromBackup'
      expect(world.calls.lastIndexOf('createBackup')).toBeLessThan(world.calls.indexOf(act))
      expect(view.safetyCopy).toMatchObject({ bookmark: 'now', file: 'backup-2.zip' })
      expect(view.artifacts).toContain('backup-2.zip')
      const told = world.told.map(({ text }) => text).join('\n')
      expect(told).toMatch(
        /replaces is saved\n.*the bookmark now of \d{4}-\d\d-\d\d [\d:]{8} UTC, and backup-2.zip of \d{4}-\d\d-\d\d [\d:]{8} UTC/,
      )
      expect(renderIncident({ view, plan: null, baseline: null })).toContain('the bookmark now')
    },
  )

  it('by the reverse migration the bookmark is noted before anything is dropped, without an export', async () => {
    const world = failing(() => ({}))
    const view = await run(world, (handle) => choose(handle, 'reverse-migration'))
    expect(view).toMatchObject({ outcome: 'rolled-back', safetyCopy: { bookmark: 'now' } })
    expect(world.calls.indexOf('readBookmark')).toBeLessThan(world.calls.lastIndexOf('applyMigration'))
    expect(world.calls.filter((name) => name === 'createBackup')).toHaveLength(1)
    expect(renderIncident({ view, plan: null, baseline: null })).toContain('the bookmark now')
  })

  it('by the reverse migration of a local database, which has no bookmark, an archive is made', async () => {
    const world = failing(() => ({ readBookmark: async () => ({}) }))
    const view = await server.migrate(
      world,
      requestFor(randomUUID(), { preApproved: true }),
      async (handle) => {
        await until(handle, gateOpen('rollback'))
        await choose(handle, 'reverse-migration')
        return handle.result()
      },
    )
    expect(view.safetyCopy).toMatchObject({ file: 'backup-2.zip' })
    expect(world.calls.lastIndexOf('createBackup')).toBeLessThan(world.calls.lastIndexOf('applyMigration'))
  })

  it('of a local database neither the archive of the alarm is enough, nor that of before an earlier try', async () => {
    const made: string[][] = []
    let tries = 0
    const world: World = openWorld((it) => ({
      readBookmark: async () => ({}),
      createBackup: async (input) => {
        made.push(it.told.map(({ text }) => text))
        const file = `backup-${made.length}.zip`
        return { ...(await openWorld().activities.createBackup(input)), file }
      },
    }))
    const real = { ...world.activities }
    world.activities.applyMigration = async (input) => {
      if (input.act === 'reverse-migration' && (tries += 1) === 1) throw down()
      return real.applyMigration(input)
    }
    const request = requestFor(randomUUID(), { preApproved: true })
    const view = await server.migrate(world, request, async (handle) => {
      await until(handle, ({ monitoring }) => monitoring !== null)
      await handle.signal(alertSignal, {
        ...{ kind: 'breach', message: '2 checkpoints in a row breached' },
        checkpoint: checkpoint(1, '2026-03-08T03:08:05.000Z', false, 'breached'),
      })
      const { gates } = await until(handle, gateOpen('rollback'))
      expect(made).toHaveLength(2)
      // It is read while the row grows.
      const asOf = '2 checkpoints in a row breached (as of 2026-03-08 03:08:05 UTC)'
      expect(gates.find(({ gate }) => gate === 'rollback')?.shows[0]).toBe(asOf)
      await choose(handle, 'reverse-migration')
      return handle.result()
    })
    expect(view).toMatchObject({
      ...{ outcome: 'rolled-back', rollbackTries: [{ number: 1 }] },
      safetyCopy: { file: 'backup-4.zip', earlier: [{ file: 'backup-3.zip' }] },
    })
    expect(world.told.map(({ text }) => text).join('\n')).toMatch(
      /saved: backup-4.zip of [\d-]{10} [\d:]{8} UTC; of before an earlier try: backup-3.zip of/,
    )
  })

  it('an archive that fails leaves the bookmark, and is told', async () => {
    let made = 0
    const world = failing(() => ({}))
    const real = { ...world.activities }
    world.activities.createBackup = async (input) => {
      made += 1
      if (made === 2) throw refusal('BackupUnfaithful', 'it cannot be exported')
      return real.createBackup(input)
    }
    const view = await run(world, (handle) => choose(handle, 'time-travel'))
    expect(view.outcome).toBe('rolled-back')
    expect(view.safetyCopy).toEqual({ at: expect.any(String), bookmark: 'now' })
    expect(view.observations.map(({ note }) => note).join()).toContain('The safety copy failed')
  })

  it('without bookmark and archive nothing is replaced', async () => {
    let made = 0
    const world = failing(() => ({ readBookmark: async () => ({}) }))
    const real = { ...world.activities }
    world.activities.createBackup = async (input) => {
      made += 1
      if (made === 2) throw refusal('BackupUnfaithful', 'it cannot be exported')
      return real.createBackup(input)
    }
    const view = await run(world, async (handle) => {
      await choose(handle, 'restore-backup')
      await until(handle, (one) => gateOpen('rollback')(one) && made === 2)
      await choose(handle, 'none')
    })
    expect(world.calls).not.toContain('restoreFromBackup')
    expect(view.outcome).toBe('failed')
  })
})

it('in an environment of several databases every command that a run offers says which', async () => {
  const world = failing(() => ({ travelBack: () => Promise.reject(down()) }))
  const request = remote()
  const target = { ...request.target, databaseOption: 'ARCHIVE' }
  const view = await server.migrate(world, { ...request, target, preApproved: false }, async (handle) => {
    await decideAll(handle, ALL_GATES.slice(0, -1))
    await until(handle, gateOpen('rollback'))
    await choose(handle, 'time-travel')
    await until(handle, failedTries(2))
    await choose(handle, 'none')
    return handle.result()
  })
  const about = { view, plan: null, baseline: null }
  const report = renderMarkdown(about)
  const texts = [...world.told.map(({ text }) => text), renderIncident(about), renderChecklist(view)]
  const typed = [...texts, report].flatMap((text) => text.match(/d1-runbook [a-z][^`"\n]*/g) ?? [])
  const offered = [...view.gates.flatMap(({ shows }) => shows.flatMap(commandsIn)), ...commandsOf(view)]
  expect(typed.length).toBeGreaterThan(10)
  expect(typed.filter((line) => !line.includes('--database ARCHIVE'))).toEqual([])
  expect(offered.filter(({ database }) => database !== 'ARCHIVE')).toEqual([])
})

function commandsOf({ rollbackOptions = [], failure, checks }: RunView): NextCommand[] {
  const advice = [failure?.advice, ...checks.map((check) => check.advice)]
  return [
    ...rollbackOptions.map((way) => way.command),
    ...advice.flatMap((text) => (text === undefined ? [] : commandsIn(text))),
  ]
}

describe('what the ways back cost', () => {
  it('stands at the gate as words and in the state as numbers, and in the report of what was taken', async () => {
    const writtenSince: Since = {
      ...{ since: '2026-01-02T03:04:05.000Z', asOf: '2026-01-02T04:00:00.000Z', by: 'rows', objects: [] },
      tables: [{ table: 'orders', added: 12, changed: 3, gone: 0, difference: 12 }],
    }
    const cost = costOf([{ table: 'photos', rowsLost: 15, rowsLeft: 0, valuesLost: 0, columns: [] }])
    const world = failing((it) => ({
      prepareReverse: async () => ({ price: ['it fails'], cost, writtenSince }),
      countWrittenSince: async () => ({ writtenSince: { unknown: 'the API answers 500' } }),
      travelBack: async () => {
        it.ledger.splice(1)
        return { previousBookmark: 'undo', schemaFingerprint: 'schema after 0001_first.sql' }
      },
    }))
    const view = await run(world, async (handle) => {
      const { gates, rollbackOptions } = await handle.query(statusQuery)
      const shows = gates.find(({ gate }) => gate === 'rollback')?.shows.map((line) => plain(line))
      expect(shows?.[1]).toMatch(
        /^The ways back as they were counted .* UTC: what was written since is in no price$/,
      )
      expect(shows?.find((line) => line.startsWith('Time Travel'))).toContain(
        'as of 2026-01-02 04:00 UTC: orders: 12 added and 3 changed',
      )
      expect(rollbackOptions?.map((way) => [way.strategy, way.available, way.writtenSince])).toEqual([
        ['reverse-migration', false, undefined],
        ['time-travel', true, writtenSince],
        ['restore-backup', true, writtenSince],
      ])
      await choose(handle, 'time-travel')
    })
    expect(view.rollback).toMatchObject({ strategy: 'time-travel', writtenSince })
    expect(renderIncident({ view, plan: null, baseline: null })).toContain('orders: 12 added and 3 changed')
    // Before it was counted, the alert said that it is being counted.
    const alert = world.told.find(({ kind }) => kind === 'emergency')
    expect(alert?.text).toContain('they are being counted, and the gate shows how many')
    expect(alert?.text).toContain('Way back: Reverse migration')
    expect(alert?.text).toContain('that is as planned: it is being rehearsed again')
  })

  const counted = (asOf: string, added: number): Since => ({
    ...{ since: '2026-01-02T03:04:05.000Z', asOf, by: 'rows', objects: [] },
    tables: [{ table: 'orders', added, changed: 0, gone: 0, difference: added }],
  })
  const decidedLater = async (
    before: Since,
    strategy: Exclude<RollbackStrategy, 'none'>,
    again: RunbookActivities['countWrittenSince'],
  ): Promise<{ view: RunView; world: World }> => {
    const world = failing((it) => ({
      prepareReverse: async (input) => ({
        ...(await openWorld().activities.prepareReverse(input)),
        writtenSince: before,
      }),
      countWrittenSince: again,
      travelBack: async () => {
        it.ledger.splice(1)
        return { previousBookmark: 'undo', schemaFingerprint: 'schema after 0001_first.sql' }
      },
    }))
    return { view: await run(world, (handle) => choose(handle, strategy)), world }
  }

  it('is counted once more behind the decision, told, and kept as what was lost', async () => {
    const later = counted('2026-01-02T09:00:00.000Z', 14)
    let asked: Parameters<RunbookActivities['countWrittenSince']>[0] | undefined
    const { view, world } = await decidedLater(
      counted('2026-01-02T04:00:00.000Z', 12),
      'time-travel',
      async (input) => {
        asked = input
        return { writtenSince: later }
      },
    )
    expect(asked?.applied).toEqual(['0002_second.sql', '0003_third.sql'])
    expect(world.calls.indexOf('countWrittenSince')).toBeLessThan(world.calls.indexOf('travelBack'))
    expect(view.rollback).toMatchObject({ strategy: 'time-travel', writtenSince: later })
    const told = world.told.map(({ text }) => text)
    expect(told.find((text) => text.includes('counted again behind the decision'))).toContain(
      'as of 2026-01-02 09:00 UTC: orders: 14 added',
    )
    expect(told.at(-1)).toContain('as of 2026-01-02 09:00 UTC: orders: 14 added')
    expect(renderIncident({ view, plan: null, baseline: null })).toContain('orders: 14 added')
  })

  it.each<[string, Since, Exclude<RollbackStrategy, 'none'>, RunbookActivities['countWrittenSince']]>([
    ['where it fails', counted('2026-01-02T04:00:00.000Z', 12), 'time-travel', () => Promise.reject(down())],
    [
      'where it cannot be told',
      counted('2026-01-02T04:00:00.000Z', 12),
      'time-travel',
      async () => ({ writtenSince: { unknown: 'busy' } }),
    ],
    [
      'of a moment ago',
      counted(new Date().toISOString(), 12),
      'time-travel',
      () => Promise.reject(new Error('asked')),
    ],
    [
      'for the reverse migration',
      counted('2026-01-02T04:00:00.000Z', 12),
      'reverse-migration',
      () => Promise.reject(new Error('asked')),
    ],
  ])('stays as it was counted before, with its time: %s', async (_what, before, strategy, again) => {
    const { view, world } = await decidedLater(before, strategy, again)
    expect(view.outcome).toBe('rolled-back')
    if (strategy === 'time-travel') expect(view.rollback).toMatchObject({ writtenSince: before })
    expect(world.told.some(({ text }) => text.includes('counted again'))).toBe(false)
  })

  it('is unknown where it could not be counted, with the reason', async () => {
    const world = failing(() => ({
      prepareReverse: async () => {
        throw refusal('BackupInvalid', 'the archive is gone')
      },
    }))
    const view = await run(world, async (handle) => {
      await choose(handle, 'none')
    })
    expect(view.rollbackOptions?.[1]?.writtenSince).toEqual({ unknown: 'the archive is gone' })
    expect(view.rollbackOptions?.[1]?.price.join()).toContain('is not known: the archive is gone')
  })
})

describe('a way back that was chosen before its cost was counted', () => {
  it('says in what is kept of the run that it was not, and promises no count', async () => {
    let counted = (): void => undefined
    const world = failing((it) => ({
      prepareReverse: async () => {
        await new Promise<void>((done) => (counted = done))
        return { price: [] }
      },
      restoreFromBackup: async () => {
        it.ledger.splice(1)
        return { schemaFingerprint: 'schema after 0001_first.sql' }
      },
    }))
    const view = await server.migrate(world, remote(), async (handle) => {
      await until(handle, () => world.calls.includes('prepareReverse'))
      await choose(handle, 'restore-backup')
      const ended = await handle.result()
      counted()
      return ended
    })
    expect(view).toMatchObject({ outcome: 'rolled-back', rollback: { strategy: 'restore-backup' } })
    expect(view.rollback?.price[0]).toMatch(/are lost; how many is not known, for they were not counted$/)
    const reverse = view.rollbackOptions?.find(({ strategy }) => strategy === 'reverse-migration')
    expect(reverse?.price).toContain(
      'that is as planned: it was not rehearsed again, and what it costs by now is not known',
    )
    const { announcements: _, ...state } = view
    const kept = JSON.stringify([state, renderIncident({ view, plan: null, baseline: null })])
    expect(kept).not.toMatch(/being counted|being rehearsed|the gate shows/)
  })
})

describe('a way back that failed', () => {
  const drifting = (override: (world: World) => Partial<RunbookActivities> = () => ({})): World => {
    const world = failing(override)
    const real = { ...world.activities }
    world.activities.applyMigration = async (input) => {
      if (input.migration.name.includes('rollback')) throw refusal('Drifted', 'art-archive has changed.')
      return real.applyMigration(input)
    }
    return world
  }
  const reverseOf = ({ rollbackOptions }: RunView) =>
    rollbackOptions?.find(({ strategy }) => strategy === 'reverse-migration')
  const triedOnce = (view: RunView): boolean => gateOpen('rollback')(view) && whatFailed(view) === 1
  const whatFailed = (view: RunView): number =>
    reverseOf(view)?.price.filter((line) =>
      /^it was tried, and failed .* UTC: art-archive has changed/.test(line),
    ).length ?? 0

  it('says so where it is offered again, and in no price of another way', async () => {
    const world = drifting()
    const view = await run(world, async (handle) => {
      await choose(handle, 'reverse-migration')
      const again = await until(handle, triedOnce)
      const shows = again.gates.find(({ gate }) => gate === 'rollback')?.shows.map((line) => plain(line))
      expect(shows?.find((line) => line.startsWith('Reverse migration'))).toContain(
        'it was tried, and failed',
      )
      await choose(handle, 'none')
    })
    const [, alert] = world.told.filter(({ kind }) => kind === 'emergency')
    expect(alert?.text).toMatch(/Way back: Reverse migration\. Price: it was tried, and failed/)
    expect(view.rollbackOptions?.filter(({ price }) => /it was tried/.test(price.join()))).toHaveLength(1)
  })

  it.each<[string, (world: World) => void, Partial<RunView['migrations'][number]>, RegExp]>([
    ['took the files away', (it) => it.ledger.splice(1), { state: 'absent' }, /is absent/],
    [
      'left a schema that is nobody\u2019s',
      (it) => it.ledger.push('0009_of_others.sql'),
      { state: 'unknown' },
      /is unknown: it may have changed the database/,
    ],
  ])('that %s says what was read back, and prices nothing as before it', async (_, did, state, criterion) => {
    const writtenSince: Since = {
      ...{ since: '2026-01-02T03:04:05.000Z', asOf: '2026-01-02T04:00:00.000Z', by: 'rows', objects: [] },
      tables: [{ table: 'orders', added: 12, changed: 3, gone: 0, difference: 12 }],
    }
    const world = failing((it) => ({
      prepareReverse: async (input) => ({
        ...(await openWorld().activities.prepareReverse(input)),
        ...{ price: ['203 values of users.vip go'], writtenSince },
      }),
      restoreFromBackup: async () => {
        did(it)
        throw refusal('ApplyPartial', 'read back these tables differ from it: users.')
      },
    }))
    const view = await run(world, async (handle) => {
      await choose(handle, 'restore-backup')
      await until(handle, (one) => gateOpen('rollback')(one) && (one.rollbackTries?.length ?? 0) === 1)
      const again = await handle.query(statusQuery)
      expect(again.rollbackOptions?.map(({ available }) => available)).toEqual([false, true, true])
      expect(JSON.stringify(again.rollbackOptions)).not.toMatch(/203 values|12 added/)
      await choose(handle, 'none')
    })
    expect(view.migrations).toMatchObject([state, state])
    expect(view).toMatchObject({ outcome: 'failed', failure: { type: 'ApplyPartial' } })
    expect(view.message).not.toContain('stay applied')
    expect(view.ledger?.applied).toEqual(world.ledger)
    expect(completeWhen(view)[0]).toMatchObject({
      state: 'not-met',
      because: expect.stringMatching(criterion),
    })
    const [, alert] = world.told.filter(({ kind }) => kind === 'emergency')
    expect(alert?.text).toContain('0 of 2 migrations applied')
  })

  it('leaves what was saved before it, beside what is saved before the next try', async () => {
    let bookmarks = 0
    const world = failing(() => ({
      readBookmark: async () => ({ bookmark: `number ${(bookmarks += 1)}` }),
      restoreFromBackup: async () => {
        throw refusal('ApplyPartial', 'read back these tables differ from it: users.')
      },
    }))
    const view = await run(world, async (handle) => {
      await choose(handle, 'restore-backup')
      await until(handle, (one) => gateOpen('rollback')(one) && (one.rollbackTries?.length ?? 0) === 1)
      await choose(handle, 'time-travel')
    })
    const [first] = view.safetyCopy?.earlier ?? []
    expect(view.safetyCopy?.earlier).toHaveLength(1)
    expect(first?.bookmark).not.toBe(view.safetyCopy?.bookmark)
    const told = renderIncident({ view, plan: null, baseline: null })
    expect(told).toContain(`of before an earlier try: the bookmark ${first?.bookmark} of`)
    expect(told).toContain(`is saved: the bookmark ${view.safetyCopy?.bookmark} of`)
  })

  it('is unknown where nobody could read what it left', async () => {
    const world: World = failing((it) => ({
      restoreFromBackup: async () => {
        throw refusal('ApplyPartial', 'read back these tables differ from it: users.')
      },
      readStatus: async (input) => {
        if (it.calls.includes('restoreFromBackup')) throw refusal('AuthFailed', 'no answer')
        return openWorld((same) => ((same.ledger = it.ledger), {})).activities.readStatus(input)
      },
    }))
    const view = await run(world, async (handle) => {
      await choose(handle, 'restore-backup')
      await until(handle, (one) => gateOpen('rollback')(one) && (one.rollbackTries?.length ?? 0) === 1)
      await choose(handle, 'none')
    })
    expect(view.migrations).toMatchObject([{ state: 'unknown' }, { state: 'unknown' }])
    expect(view.ledger).toBeUndefined()
    expect(view.outcome).toBe('failed')
  })

  it('is not offered again where what was found behind the decision tells that there is none', async () => {
    let calls = 0
    let release = (): void => undefined
    const world = drifting((it) => ({
      prepareReverse: async () => {
        calls += 1
        if (calls > 1) return { price: ['the schema is another one'] }
        return new Promise<never>((_, fail) => (release = () => fail(down())))
      },
      travelBack: async () => {
        it.ledger.splice(1)
        return { previousBookmark: 'undo', schemaFingerprint: 'schema after 0001_first.sql' }
      },
    }))
    await server.migrate(world, remote(), async (handle) => {
      await until(handle, () => world.calls.includes('prepareReverse'))
      await choose(handle, 'reverse-migration')
      const again = await until(handle, gateOpen('rollback'))
      release()
      expect(reverseOf(again)).toMatchObject({ available: false, price: ['the schema is another one'] })
      await choose(handle, 'time-travel')
      return handle.result()
    })
  })
})

describe('after a way back the database is held against the archive of before', () => {
  const compared: Since = {
    ...{ since: '2026-01-02T03:04:05.000Z', asOf: '2026-01-02T05:00:00.000Z', by: 'sums', objects: [] },
    tables: [
      { table: 'orders', added: null, changed: null, gone: null, difference: -3 },
      { table: 'photos', added: null, changed: null, gone: null, difference: 0 },
    ],
  }

  it.each<[string, Partial<RunbookActivities>, Since, string]>([
    [
      'table by table',
      { compareAfterRollback: async () => ({ compared }) },
      compared,
      'held against the archive of 2026-01-02 03:04 UTC: orders: 3 rows fewer, and whether the others hold the same values is not known, photos: as many rows, and not the same values',
    ],
    [
      'or that is not known, and nothing else ends otherwise',
      {
        compareAfterRollback: async () => {
          throw down()
        },
      },
      { unknown: 'the API answers 500' },
      'Whether the rows are those of the archive is not known: the API answers 500',
    ],
  ])('%s', async (_what, override, seen, line) => {
    const world = failing((it) => ({
      travelBack: async () => {
        it.ledger.splice(1)
        return { previousBookmark: 'undo', schemaFingerprint: 'schema after 0001_first.sql' }
      },
      ...override,
    }))
    const view = await run(world, (handle) => choose(handle, 'time-travel'))
    expect(view).toMatchObject({ outcome: 'rolled-back', rollback: { compared: seen } })
    expect(world.calls.lastIndexOf('compareAfterRollback')).toBeGreaterThan(world.calls.indexOf('travelBack'))
    expect(world.told.at(-1)?.text).toContain(line)
    expect(renderIncident({ view, plan: null, baseline: null })).toContain(line)
    expect(JSON.stringify(buildReport({ view, plan: null, baseline: null }))).toContain(line)
  })
})

describe('a backup whose archive is gone', () => {
  const gone = (archive: string): ApplicationFailure =>
    ApplicationFailure.create({
      ...{ type: 'BackupInvalid', message: `${archive} is not there.`, nonRetryable: true },
      details: [{ advice: '', archive }],
    })
  const restoreWay = (view: RunView) =>
    view.rollbackOptions?.find(({ strategy }) => strategy === 'restore-backup')

  it.each([
    ['the one of before', 'backup-1.zip', false],
    ['the one of now', 'backup-2.zip', true],
  ])(
    'is offered as what it is, where the reverse was to be written on it: %s',
    async (_which, archive, is) => {
      const world = failing(() => ({ prepareReverse: () => Promise.reject(gone(archive)) }))
      const view = await run(world, async (handle) => {
        await until(
          handle,
          (one) => restoreWay(one)?.price.some((line) => !line.includes('counted')) === true,
        )
        await choose(handle, 'none')
      })
      expect(restoreWay(view)?.available).toBe(is)
      const closed = ['the archive cannot be used: backup-1.zip is not there']
      if (!is) expect(restoreWay(view)?.price).toEqual(closed)
    },
  )

  it('is not offered a second time, where the restore found it so', async () => {
    const world = failing(() => ({ restoreFromBackup: () => Promise.reject(gone('backup-1.zip')) }))
    const view = await run(world, async (handle) => {
      await choose(handle, 'restore-backup')
      await until(handle, (one) => restoreWay(one)?.available === false)
      await choose(handle, 'none')
    })
    expect(restoreWay(view)).toMatchObject({ available: false })
    expect(world.calls.filter((name) => name === 'restoreFromBackup')).toHaveLength(1)
  })

  it('ends the run before anything is applied, by the archive of the plan', async () => {
    const asked: unknown[] = []
    const world = failing(() => ({
      applyMigration: ({ rehearsedOn }) => {
        asked.push(rehearsedOn)
        return Promise.reject(gone('backup-1.zip'))
      },
    }))
    const view = await server.migrate(world, remote(), (handle) => handle.result())
    expect(asked).toEqual([{ file: 'backup-1.zip', sha256: 'b'.repeat(64) }])
    expect(view).toMatchObject({ outcome: 'failed', failure: { type: 'BackupInvalid' } })
    expect(view.migrations.map(({ state }) => state)).not.toContain('applied')
    expect(view.gates.find(({ gate }) => gate === 'rollback')?.state).not.toBe('open')
  })
})

describe('a way back that is not possible', () => {
  const withoutReverse = (): World => {
    const world = openWorld(() => ({
      validateMigration: async () => ({ checks: [], passed: false }),
      prepareReverse: async () => ({ price: ['rows cannot be made again'] }),
    }))
    const real = { ...world.activities }
    world.activities.createBackup = async (input) => ({
      ...(await real.createBackup(input)),
      verified: false,
    })
    return world
  }

  it.each<[RollbackStrategy, RegExp]>([
    ['time-travel', /only a remote D1 database has Time Travel/],
    ['reverse-migration', /rows cannot be made again/],
    ['restore-backup', /the backup was not verified/],
  ])('%s is refused, is no approval, and alerts nobody again', async (strategy, why) => {
    const world = withoutReverse()
    const view = await run(world, async (handle) => {
      const decision = { gate: 'rollback', decision: 'approve', actor: 'Bea', strategy } as const
      const refused = await handle
        .executeUpdate(submitDecisionUpdate, { args: [decision] })
        .then(() => undefined)
        .catch((error: unknown) => (error instanceof Error ? error.cause : undefined))
      expect(refused).toBeInstanceOf(ApplicationFailure)
      expect((refused as ApplicationFailure).message).toMatch(why)
      expect((refused as ApplicationFailure).message).toContain('possible: none')
      await choose(handle, strategy)
      const seen = await until(handle, (one) => one.refused.length === 1)
      expect(seen.gates.find(({ gate }) => gate === 'rollback')).toMatchObject({
        state: 'open',
        decisions: [],
      })
      await choose(handle, 'none')
    })
    expect(view.outcome).toBe('failed')
    expect(world.told.filter(({ kind }) => kind === 'emergency')).toHaveLength(1)
    expect(world.told.filter(({ text }) => text.includes('failed: The rollback'))).toEqual([])
  })
})

describe('what a run begins with', () => {
  const withFiles = (count: number): MigrationRequest =>
    requestFor(randomUUID(), {
      files: Array.from({ length: count }, (_, at) => ({
        name: `${String(at).padStart(5, '0')}_a_migration_of_an_old_project.sql`,
        sha256: '0'.repeat(64),
      })),
    })
  const start = async (request: MigrationRequest): Promise<void> => {
    const options = { workflowId: randomUUID(), taskQueue: 'nobody', args: [request] as [MigrationRequest] }
    const handle = await server.env.client.workflow.start('productionMigration', options)
    await handle.terminate()
  }

  it('is taken by Temporal as long as we take it, and refused by both when it is much larger', async () => {
    let [fits, tooLarge] = [1, 100_000]
    while (tooLarge - fits > 1) {
      const middle = Math.floor((fits + tooLarge) / 2)
      try {
        demandFitting(withFiles(middle))
        fits = middle
      } catch {
        tooLarge = middle
      }
    }
    expect(fits).toBeGreaterThan(10_000)
    await start(withFiles(fits))
    await expect(start(withFiles(Math.ceil(fits * 1.1)))).rejects.toThrow()
    expect(() => demandFitting(withFiles(tooLarge))).toThrow(
      expect.objectContaining({
        type: 'ConfigInvalid',
        message: expect.stringMatching(
          /for \d+ migration files, and Temporal takes 2 MB\. The largest parts: files /,
        ),
        advice: expect.stringContaining('let one file stand for the oldest ones'),
      }),
    )
  })
})
