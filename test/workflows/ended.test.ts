import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { alertSignal, decideSignal } from '../../src/contract/messages.js'
import type { Checkpoint } from '../../src/contract/monitoring.js'
import type { MigrationRequest, RunView } from '../../src/contract/run.js'
import { ALL_LOOKS, FILES, LOOKS, requestFor } from './request.js'
import { gateOpen, until, useSkippingServer, type RunHandle } from './skipping.js'
import { checkpoint, openWorld, refusal, type World } from './world.js'

const server = useSkippingServer()
const approved = (): MigrationRequest => requestFor(randomUUID(), { preApproved: true })
const lookingAt = (offsetsMs: number[]): MigrationRequest => {
  const request = approved()
  return { ...request, monitoring: { ...request.monitoring, offsetsMs } }
}
const LAST = LOOKS.length

/** A world whose checkpoints say this; nobody automatic takes anything back. */
function seeing(verdictOf: (number: number) => Checkpoint['verdict']): World {
  return openWorld(() => ({
    runCheckpoint: async ({ number, plannedAt, late }) =>
      checkpoint(number, plannedAt, late, verdictOf(number)),
  }))
}

async function keep(handle: RunHandle): Promise<RunView> {
  await until(handle, ({ monitoring }) => monitoring !== null)
  await server.env.sleep('11 minutes')
  await until(handle, gateOpen('rollback'))
  await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
  return handle.result()
}

describe('completed means applied and healthy', () => {
  it('34 of 34 breached and kept: applied, but not healthy', async () => {
    const world = seeing(() => 'breached')
    const view = await server.migrate(world, lookingAt(ALL_LOOKS), keep)
    expect(view).toMatchObject({ success: false, outcome: 'completed-unhealthy', failure: null })
    expect(view.migrations.map(({ state }) => state)).toEqual(['applied', 'applied'])
    expect(view.monitoring?.verdicts).toMatchObject({ breached: 34 })
    expect(view.message).toBe(
      '2 migrations applied, but not healthy: checkpoint 34 is breached: page: slow (34 checkpoints: 34 breached)',
    )
    const heads = world.told.map(({ kind, text }) => `${kind} ${text.split('\n')[0] ?? ''}`)
    expect(heads.filter((head) => head.startsWith('emergency 🚨 Migration Issue Detected'))).toHaveLength(1)
    expect(heads).toContain('note ℹ️ Kept as it is: Bea decided')
    // Told at the second look; then once in the first two hours, and at each hourly look.
    expect(heads.filter((head) => head.startsWith('emergency 🚨 Still not healthy'))).toHaveLength(23)
    expect(heads.at(-1)).toBe('emergency 🚨 Applied, but not healthy')
    const complete = world.told.find(({ kind }) => kind === 'complete')?.text
    expect(complete).toContain('- Status: 1 of 2 checks passed; Application health warned')
    expect(complete).toContain('- Monitoring continues for 24 hours')
  })

  it('a recovery is told while people still decide, and the checklist counts what was seen', async () => {
    const world = seeing((number) => (number < 3 ? 'breached' : 'healthy'))
    const view = await server.migrate(world, approved(), async (handle) => {
      await until(handle, ({ monitoring }) => monitoring !== null)
      await server.env.sleep('11 minutes')
      const asked = await until(handle, gateOpen('rollback'))
      expect(asked.monitoring).toMatchObject({ verdicts: { breached: 2 }, asOf: expect.any(String) })
      await server.env.sleep('5 minutes')
      await until(handle, ({ announcements }) =>
        announcements.some(({ text }) => text.includes('checkpoint 3 is healthy again')),
      )
      return keep(handle)
    })
    expect(view.outcome).toBe('completed')
    expect(world.told.at(-1)?.text).toContain('✅ Monitoring ended: healthy')
  })

  it.each<[string, (number: number) => Checkpoint['verdict'], RunView['outcome']]>([
    ['nothing was ever seen', () => 'unknown', 'completed-unhealthy'],
    [
      'the last look saw nothing',
      (number) => (number === LAST ? 'unknown' : 'healthy'),
      'completed-unhealthy',
    ],
    ['the last look breached', (number) => (number === LAST ? 'breached' : 'healthy'), 'completed-unhealthy'],
    ['one breach on the way', (number) => (number === LAST - 1 ? 'breached' : 'healthy'), 'completed'],
    ['blind for a while, then well', (number) => (number < LAST ? 'unknown' : 'healthy'), 'completed'],
    ['degraded at the end', (number) => (number === LAST ? 'degraded' : 'healthy'), 'completed'],
  ])('%s', async (_, verdictOf, outcome) => {
    const view = await server.migrate(seeing(verdictOf), approved(), (handle) => handle.result())
    expect(view).toMatchObject({ outcome, success: outcome === 'completed' })
  })

  it('a monitoring without a single look is not known to be healthy', async () => {
    const view = await server.migrate(openWorld(), lookingAt([]), (handle) => handle.result())
    expect(view).toMatchObject({ outcome: 'completed-unhealthy' })
    expect(view.message).toContain('nothing was looked at')
  })
})

describe('a breach that goes on says what is done about it, and the ways back as they were counted', () => {
  const HOURS = [5, 10, 80, 150].map((minutes) => minutes * 60_000)
  const stillTold = ({ told }: World): string[] =>
    told.map(({ text }) => text).filter((text) => text.startsWith('🚨 Still not healthy'))
  /** A remote database: Time Travel is one more way, and what others wrote was counted. */
  const counting = (): World =>
    openWorld((it) => ({
      runCheckpoint: async ({ number, plannedAt, late }) => checkpoint(number, plannedAt, late, 'breached'),
      createBackup: async (input) => ({
        ...(await openWorld().activities.createBackup(input)),
        bookmark: 'bookmark-1',
      }),
      prepareReverse: async (input) => ({
        ...(await openWorld().activities.prepareReverse(input)),
        price: ['3 notes are lost'],
        writtenSince: {
          ...{ since: '2026-01-02T03:04:05.000Z', asOf: '2026-01-02T03:09:00.000Z', by: 'rows' as const },
          tables: [],
          objects: [],
        },
      }),
      travelBack: async () => {
        it.ledger = [FILES[0]?.name ?? '']
        return { previousBookmark: 'undo', schemaFingerprint: '' }
      },
    }))
  const answering = (strategy: 'none' | 'reverse-migration' | 'time-travel'): MigrationRequest => {
    const request = lookingAt(HOURS)
    const policy = { ...request.policy, automaticRollback: true, automaticRollbackStrategy: strategy }
    return { ...request, policy }
  }
  const WAYS = [
    '- The ways back as they were counted 2026-01-02 03:09 UTC',
    '- Way back: Reverse migration. Price: 3 notes are lost. d1-runbook rollback --strategy reverse-migration --env local',
    expect.stringMatching(
      /^- Way back: Time Travel bookmark\. Price: all rows written since .* are lost; .* d1-runbook rollback --strategy time-travel --env local$/,
    ),
    expect.stringMatching(
      /^- Way back: Restore of the backup\. Price: all rows .* d1-runbook rollback --strategy restore-backup --env local$/,
    ),
  ]
  const linesOf = (text = ''): string[] =>
    text.split('\n').filter((line) => /^- (?!page: slow)/.test(line) && !line.includes('art-archive'))
  const hourLater = async (handle: RunHandle, world: World, told = 1): Promise<string[]> => {
    await server.env.sleep('71 minutes')
    await until(handle, () => stillTold(world).length >= told)
    return linesOf(stillTold(world).at(-1))
  }
  const breached = async (handle: RunHandle): Promise<void> => {
    await until(handle, ({ monitoring }) => monitoring !== null)
    await server.env.sleep('11 minutes')
  }
  const choose = (handle: RunHandle, strategy: 'none' | 'time-travel') =>
    handle.signal(decideSignal, { gate: 'rollback', decision: 'approve', strategy, actor: 'Bea' })

  it('while the gate is open: nobody has decided; then who kept it, and it can be taken back still', async () => {
    const world = counting()
    const view = await server.migrate(world, lookingAt(HOURS), async (handle) => {
      await breached(handle)
      await until(handle, gateOpen('rollback'))
      expect(await hourLater(handle, world)).toEqual([
        '- Nobody has decided yet: the gate rollback is open',
        ...WAYS,
      ])
      await handle.signal(decideSignal, {
        ...{ gate: 'rollback', decision: 'reject', actor: 'Bea', comment: 'it is our own load test' },
      })
      await until(handle, ({ observations }) => observations.some(({ note }) => note.startsWith('Kept')))
      expect(await hourLater(handle, world, 2)).toEqual([
        '- It is kept as it is: Bea decided: it is our own load test',
        ...WAYS,
      ])
      return handle.result()
    })
    expect(view.outcome).toBe('completed-unhealthy')
  })

  it('automatic, by none: the policy keeps it, and each way that is named can be chosen', async () => {
    const world = counting()
    const view = await server.migrate(world, answering('none'), async (handle) => {
      await breached(handle)
      expect(await hourLater(handle, world)).toEqual([
        '- It is kept as it is: the policy says so (automaticRollbackStrategy: none)',
        ...WAYS,
      ])
      await choose(handle, 'time-travel')
      return handle.result()
    })
    expect(view.outcome).toBe('rolled-back')
    // Whether it is well again is looked at, not inferred: here the page is slow still.
    expect(view.rollback?.look).toMatchObject({ verdict: 'breached' })
    const end = world.told.find(({ text }) => text.includes('Migration taken back'))?.text
    expect(end).toMatch(
      /Looked at once behind the way back, .* UTC, as at a checkpoint: breached: page: slow/,
    )
    // What the way back took is counted in its own step alone.
    const [whole, inside] = ['monitor', 'rollback'].map((name) =>
      view.steps.find(({ step }) => step === name),
    )
    const took = Date.parse(inside?.endedAt ?? '') - Date.parse(inside?.startedAt ?? '')
    expect(whole?.withinMs).toBeGreaterThanOrEqual(took)
    expect(whole?.withinMs).toBeLessThan(took + 60_000)
  })

  it('automatic, by a way that leads back: nothing goes on', async () => {
    const world = counting()
    const view = await server.migrate(world, answering('reverse-migration'), async (handle) =>
      handle.result(),
    )
    expect(view.outcome).toBe('rolled-back')
    expect(stillTold(world)).toEqual([])
  })

  it('automatic, by a way that fails: it says so with its price, and people are waited for', async () => {
    const world = counting()
    world.activities.travelBack = () => Promise.reject(refusal('NotAuthenticated', 'the token is revoked'))
    await server.migrate(world, answering('time-travel'), async (handle) => {
      await breached(handle)
      const said = await hourLater(handle, world)
      expect(said[0]).toMatch(
        /^- The gate rollback is open, and waits for a decision: time-travel was tried, and failed \d{4}-.* UTC$/,
      )
      expect(said.join('\n')).toMatch(
        /Way back: Time Travel bookmark\. Price: it was tried, and failed .*: the token is revoked; all rows/,
      )
      await choose(handle, 'none')
      return handle.result()
    })
  })

  it('before the ways are counted it says that they are being counted, and no price is said of now', async () => {
    const world = counting()
    let counted = (): void => undefined
    const held = new Promise<void>((done) => (counted = done))
    const { activities } = counting()
    world.activities.prepareReverse = async (input) => {
      await held
      return activities.prepareReverse(input)
    }
    await server.migrate(world, lookingAt(HOURS), async (handle) => {
      // No longer: while the activity is held, the server's clock is ours.
      await until(handle, ({ monitoring }) => monitoring !== null)
      await server.env.sleep('601 seconds')
      await until(
        handle,
        () =>
          world.calls.includes('createBackup') && world.told.some(({ text }) => text.startsWith('🚨 Mig')),
      )
      const goesOn = checkpoint(3, new Date().toISOString(), false, 'breached')
      await handle.signal(alertSignal, { kind: 'continues', checkpoint: goesOn, message: 'page: slow' })
      await until(handle, () => stillTold(world).length > 0)
      const [doing, ...ways] = linesOf(stillTold(world)[0])
      expect(doing).toBe('- Action: the gate rollback opens next, and who decides before that is heard')
      expect(ways).toHaveLength(3)
      for (const way of ways) expect(way).toMatch(/being (counted|rehearsed again), and the gate shows/)
      counted()
      await until(handle, gateOpen('rollback'))
      await choose(handle, 'none')
      return handle.result()
    })
  })

  it('a database of which no way leads back says so, way by way', async () => {
    const world = counting()
    const { activities } = counting()
    world.activities.createBackup = async (input) => {
      const { bookmark: _none, ...backup } = await activities.createBackup(input)
      return backup
    }
    world.activities.prepareReverse = async (input) => {
      const { migration: _gone, ...rest } = await activities.prepareReverse(input)
      return { ...rest, price: ['a dropped column cannot be written back'], noArchive: 'it is gone' }
    }
    await server.migrate(world, lookingAt(HOURS), async (handle) => {
      await breached(handle)
      await until(handle, gateOpen('rollback'))
      expect(await hourLater(handle, world)).toEqual([
        '- Nobody has decided yet: the gate rollback is open',
        '- No way back: Reverse migration is not possible: a dropped column cannot be written back',
        '- No way back: Time Travel bookmark is not possible: no bookmark was noted with the backup: only a remote D1 database has Time Travel',
        '- No way back: Restore of the backup is not possible: the archive cannot be used: it is gone',
      ])
      await choose(handle, 'none')
      return handle.result()
    })
  })
})

describe('what this run did is told apart from what is in the ledger', () => {
  const failing = (it: World) => ({
    applyMigration: async ({ migration }: { migration: { name: string; sha256: string } }) => {
      if (migration.name === FILES[2]?.name) throw refusal('SqlRefused', 'no such column')
      it.ledger.push(migration.name)
      return { ...migration, state: 'applied' as const, durationMs: 1 }
    },
    createBackup: async (input: never) => ({
      ...(await openWorld().activities.createBackup(input)),
      bookmark: 'bookmark-1',
    }),
    travelBack: async () => {
      it.ledger = [FILES[0]?.name ?? '']
      return { previousBookmark: 'undo', schemaFingerprint: '' }
    },
    restoreFromBackup: async () => {
      it.ledger = [FILES[0]?.name ?? '']
      return { schemaFingerprint: '' }
    },
  })
  const takenBack = (strategy: 'reverse-migration' | 'time-travel' | 'restore-backup') =>
    server.migrate(openWorld(failing), approved(), async (handle) => {
      const asked = await until(handle, gateOpen('rollback'))
      expect(asked.ledger).toMatchObject({ applied: [FILES[0]?.name, FILES[1]?.name] })
      await handle.signal(decideSignal, { gate: 'rollback', decision: 'approve', strategy, actor: 'Bea' })
      return handle.result()
    })
  const told = ({ migrations }: RunView) =>
    migrations.map(({ name, state, takenBackBy }) => ({ name, state, takenBackBy }))

  it('a reverse migration: taken back by its file, whose row and theirs stay in the ledger', async () => {
    const view = await takenBack('reverse-migration')
    const file = '0004_rollback_2026_01_02.sql'
    expect(view.outcome).toBe('rolled-back')
    expect(told(view)).toEqual([
      { name: FILES[1]?.name, state: 'taken-back', takenBackBy: { strategy: 'reverse-migration', file } },
      { name: FILES[2]?.name, state: 'absent', takenBackBy: undefined },
      { name: file, state: 'applied', takenBackBy: undefined },
    ])
    expect(view.ledger).toMatchObject({
      applied: [FILES[0]?.name, FILES[1]?.name, file],
      pending: [FILES[2]?.name],
    })
  })

  it('each file has its own times, and the step ends when it failed, however long people take', async () => {
    const view = await server.migrate(openWorld(failing), approved(), async (handle) => {
      await until(handle, gateOpen('rollback'))
      await server.env.sleep('1 hour')
      await handle.signal(decideSignal, {
        ...{ gate: 'rollback', decision: 'approve', strategy: 'reverse-migration', actor: 'Bea' },
      })
      return handle.result()
    })
    const step = (name: string) => view.steps.find(({ step: known }) => known === name)
    const [applied, failed, reverse] = view.migrations
    const inOrder = [
      ...[step('execute')?.startedAt, applied?.begunAt, applied?.endedAt, failed?.begunAt, failed?.endedAt],
      ...[step('execute')?.endedAt, step('rollback')?.startedAt, reverse?.begunAt, reverse?.endedAt],
    ].map((at) => Date.parse(at ?? 'never'))
    expect(inOrder).not.toContain(NaN)
    expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b))
    expect((inOrder[6] ?? 0) - (inOrder[5] ?? 0)).toBeGreaterThanOrEqual(3_600_000)
    expect(step('execute')).toMatchObject({ state: 'failed' })
  })

  it.each([
    ['time-travel', { strategy: 'time-travel', bookmark: 'bookmark-1' }],
    ['restore-backup', { strategy: 'restore-backup', archive: 'backup-local-2026-01-02-030405.zip' }],
  ] as const)('%s: taken back by it, gone from the ledger, pending again', async (strategy, takenBackBy) => {
    const view = await takenBack(strategy)
    expect(view.outcome).toBe('rolled-back')
    expect(told(view)).toEqual([
      { name: FILES[1]?.name, state: 'taken-back', takenBackBy },
      { name: FILES[2]?.name, state: 'absent', takenBackBy: undefined },
    ])
    expect(view.ledger).toMatchObject({
      applied: [FILES[0]?.name],
      pending: [FILES[1]?.name, FILES[2]?.name],
      schema: 'as-before',
    })
  })

  it('a database that cannot be read back afterwards: what was proven stays, and nothing else is said', async () => {
    const world = openWorld((it) => ({
      ...failing(it),
      readStatus: async (input) => {
        if (it.calls.includes('travelBack')) throw refusal('NotAuthenticated', 'the token is revoked')
        const same = openWorld((other) => {
          other.ledger = it.ledger
          return {}
        })
        return same.activities.readStatus(input)
      },
    }))
    const view = await server.migrate(world, approved(), async (handle) => {
      await until(handle, gateOpen('rollback'))
      await handle.signal(decideSignal, {
        gate: 'rollback',
        decision: 'approve',
        strategy: 'time-travel',
        actor: 'Bea',
      })
      return handle.result()
    })
    expect(view.outcome).toBe('rolled-back')
    expect(view.migrations[0]).toMatchObject({ state: 'taken-back' })
    expect(view.ledger).toBeUndefined()
    expect(view.observations.map(({ note }) => note).join()).toContain('the token is revoked')
  })
})
