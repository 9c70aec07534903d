import { randomUUID } from 'node:crypto'
import os from 'node:os'
import { activityInfo } from '@temporalio/activity'
import { describe, expect, it } from 'vitest'
import { followRun } from '../../src/client/follow.js'
import type { RunbookActivities } from '../../src/contract/activities.js'
import { diskQueue } from '../../src/contract/names.js'
import { submitDecisionUpdate } from '../../src/contract/messages.js'
import type { MigrationRequest, RunView } from '../../src/contract/run.js'
import { connectClient } from '../../src/temporal/connection.js'
import { awaitedDiskText } from '../../src/text/awaited-disk.js'
import { FILES, requestFor } from './request.js'
import { ALL_GATES, decideAll, gateOpen, until, useRealTimeServer, type RunHandle } from './skipping.js'
import { openWorld, refusal, type World } from './world.js'

const server = useRealTimeServer()

const DISK = 'aaaaaaaaaaaa'
const OTHER = 'bbbbbbbbbbbb'
const GONE = 'cccccccccccc'
/** What a worker that is there may take to begin, and what one that is gone is waited for. Milliseconds. */
const WAIT_MS = 5_000
const BACKUP_PROBE = {
  name: 'backup',
  kind: 'backup',
  critical: false,
  timeoutMs: 1000,
  maxAgeMs: 1,
} as const

/** Which activity came to the workers of which disk; `any` without one. */
interface Seen {
  world: World
  at: (name: keyof RunbookActivities) => string[]
}

/** A world in which each backup lies on the next of these disks, the last of them again and again. */
function worldOn(disks: string[], override: (world: World) => Partial<RunbookActivities> = () => ({})): Seen {
  const places: [string, string][] = []
  let made = 0
  const world = openWorld((it) => override(it))
  const real = { ...world.activities }
  world.activities.createBackup = async (input) => {
    const disk = disks[Math.min(made, disks.length - 1)] ?? ''
    made += 1
    return { ...(await real.createBackup(input)), file: fileOn(disk, made), disk, bookmark: 'before' }
  }
  world.activities.rehearse = async (input) => {
    const plan = await real.rehearse(input)
    return { ...plan, rollback: { ...plan.rollback, sql: 'DROP TABLE second' } }
  }
  const bound = { ...world.activities }
  for (const name of Object.keys(bound) as (keyof RunbookActivities)[]) {
    const work = bound[name] as (input: never) => Promise<unknown>
    Object.assign(world.activities, {
      [name]: (input: never) => {
        const [, disk = 'any'] = /\/disk\/(\w+)$/.exec(activityInfo().taskQueue) ?? []
        places.push([name, disk])
        return work(input)
      },
    })
  }
  return { world, at: (name) => places.flatMap(([one, disk]) => (one === name ? [disk] : [])) }
}

const fileOn = (disk: string, made = 1): string => `/home/of/${disk}/backup-local-2026-01-02-03040${made}.zip`

function request(overrides: Partial<MigrationRequest> = {}): MigrationRequest {
  const made = requestFor(randomUUID(), { preApproved: true, ...overrides })
  made.monitoring = {
    ...made.monitoring,
    probes: [BACKUP_PROBE],
    offsetsMs: [60_000, 120_000],
    timeScale: 600,
  }
  const database = { ...made.target.database, remote: true }
  return { ...made, target: { ...made.target, database, archiveWaitMs: WAIT_MS } }
}

function sealing(backupRecipients: string[]): MigrationRequest {
  const made = request()
  return { ...made, target: { ...made.target, backupRecipients } }
}

async function onDisks<T>(disks: string[], work: () => Promise<T>): Promise<T> {
  const stops = await Promise.all(disks.map((disk) => server.workerWithDisk(disk)))
  try {
    return await work()
  } finally {
    await Promise.all(stops.map((stop) => stop()))
  }
}

const migrate = (world: World, asked: MigrationRequest, drive?: (handle: RunHandle) => Promise<void>) =>
  server.migrate(world, asked, async (handle) => {
    await drive?.(handle)
    return handle.result()
  })

const waysOf = (view: RunView) =>
  Object.fromEntries((view.rollbackOptions ?? []).map((way) => [way.strategy, way.available]))
const priceOf = (view: RunView, strategy: string): string =>
  (view.rollbackOptions ?? []).flatMap((way) => (way.strategy === strategy ? way.price : [])).join('; ')

it('has a queue of its own for each disk of a task queue', () => {
  expect(diskQueue('team', DISK)).toBe(`team/disk/${DISK}`)
})

describe('an archive on the disk of a worker', () => {
  it('is read there, and the rest goes to any worker: an apply too, once the archive was seen', async () => {
    const { world, at } = worldOn([DISK])
    const view = await onDisks([DISK], () => migrate(world, request()))
    expect(view).toMatchObject({ outcome: 'completed', backup: { disk: DISK } })
    expect(at('rehearse')).toEqual([DISK])
    expect(at('checkArchive')).toEqual([DISK, DISK])
    expect(at('applyMigration')).toEqual(['any', 'any'])
    expect(at('validateMigration')).toEqual(['any'])
    expect(new Set(at('runCheckpoint'))).toEqual(new Set([DISK]))
    // It lets go of the archive.
    expect(at('writeReport')).toEqual([DISK])
    // Nobody is named to seal it to.
    expect(at('sealArchives')).toEqual([])
  })

  it('is sealed there at the end of the run, before the report says what it is', async () => {
    const sealedTo = ['age1somebody']
    const { world, at } = worldOn([DISK], () => ({
      sealArchives: async () => ({
        sealed: [{ file: fileOn(DISK), sha256: 'f'.repeat(64), sizeBytes: 7, sealedTo }],
        already: [],
        needed: [],
        unreadable: [],
      }),
    }))
    const view = await onDisks([DISK], () => migrate(world, sealing(sealedTo)))
    const backup = { disk: DISK, sha256: 'f'.repeat(64), sizeBytes: 7, sealedTo, verified: true }
    expect(view).toMatchObject({ outcome: 'completed', backup })
    expect(world.reports.at(-1)).toMatchObject({ backup })
    expect(at('sealArchives')).toEqual([DISK])
    expect(world.told.filter(({ text }) => text.includes('is not sealed'))).toEqual([])
  })

  it('stays readable where it could not be sealed, which is told and changes nothing else', async () => {
    const { world } = worldOn([DISK], () => ({
      sealArchives: async () => {
        throw refusal('ConfigInvalid', 'Nothing can be encrypted to age1somebody')
      },
    }))
    const view = await onDisks([DISK], () => migrate(world, sealing(['age1somebody'])))
    expect(view).toMatchObject({ outcome: 'completed', success: true })
    expect(view.backup?.sealedTo).toBeUndefined()
    expect(world.told.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/is not sealed[^]*Nothing can be encrypted to age1somebody[^]*backup seal/),
    )
  })

  it('is what a reverse, a restore and the comparison behind it are made of, and the next backups join it', async () => {
    const { world, at } = worldOn([DISK], () => ({
      validateMigration: async () => ({ checks: [], passed: false }),
    }))
    const view = await onDisks([DISK], () =>
      migrate(world, request(), async (handle) => {
        await until(handle, gateOpen('rollback'))
        await handle.executeUpdate(submitDecisionUpdate, {
          args: [{ gate: 'rollback', decision: 'approve', actor: 'Bea', strategy: 'restore-backup' }],
        })
      }),
    )
    expect(view).toMatchObject({ outcome: 'rolled-back' })
    for (const name of ['prepareReverse', 'restoreFromBackup', 'compareAfterRollback'] as const)
      expect(at(name)).toEqual([DISK])
    // The first one may be made anywhere; the safety copy lies beside it.
    expect(at('createBackup')).toEqual(['any', DISK])
  })

  it('asks nobody of a disk where every worker reaches the archive', async () => {
    const world = openWorld()
    const view = await migrate(world, request())
    expect(view.outcome).toBe('completed')
    expect(world.calls).not.toContain('checkArchive')
  })
})

describe('a worker that has the archive and is away', () => {
  it('is waited for, and whoever follows the run hears for which disk, until it is there again', async () => {
    const { world, at } = worldOn([DISK])
    const asked = request()
    asked.target.archiveWaitMs = 60_000
    const said: (string | undefined)[] = []
    let stop: (() => Promise<void>) | undefined
    const view = await migrate(world, asked, async (handle) => {
      const { client, connection, namespace = 'default' } = server.env
      const session = await connectClient({
        ...{ projectDir: os.tmpdir(), address: connection.options.address, namespace },
      })
      try {
        for await (const seen of followRun({
          ...{ session, workflowId: handle.workflowId, minPauseMs: 0, settleMs: 0 },
          ...{ signal: new AbortController().signal, onSilence: () => undefined },
        })) {
          const text = awaitedDiskText(seen)
          said.push(text)
          if (text !== undefined) stop ??= await server.workerWithDisk(DISK)
        }
        // The run itself does not know, and is asked by others too.
        expect(await client.workflow.getHandle(handle.workflowId).result()).not.toHaveProperty('awaitedDisk')
      } finally {
        await session.close()
      }
    })
    await stop?.()
    expect(view).toMatchObject({ outcome: 'completed', backup: { disk: DISK } })
    expect(at('rehearse')).toEqual([DISK])
    const words = said.filter((text) => text !== undefined)
    expect(words[0]).toContain(`a worker with the disk ${DISK}, where /home/of/${DISK}/backup-local-`)
    expect(words[0]).toContain('and until ')
    expect(said.at(-1)).toBeUndefined()
  })
})

describe('a worker that is gone for good with the archive', () => {
  it('before the rehearsal: the run says so and makes another backup', async () => {
    const { world, at } = worldOn([GONE, OTHER])
    const view = await onDisks([OTHER], () => migrate(world, request()))
    expect(view).toMatchObject({ outcome: 'completed', backup: { disk: OTHER }, failure: null })
    expect(at('rehearse')).toEqual([OTHER])
    const said = view.observations.map(({ note }) => note).join()
    expect(said).toContain(`lies on the disk ${GONE} of a worker, and for 5 s no worker that has this disk`)
    expect(world.told.map(({ text }) => text).join()).toContain('Approvals void')
    expect(view.migrations.map(({ state }) => state)).toEqual(['applied', 'applied'])
  })

  it('between the last approval and the apply: every approval is void, and the gates are asked again', async () => {
    const { world, at } = worldOn([DISK, OTHER])
    const stopFirst = await server.workerWithDisk(DISK)
    const view = await onDisks([OTHER], () =>
      migrate(world, request({ preApproved: false }), async (handle) => {
        await decideAll(handle, ALL_GATES.slice(0, -2))
        await until(handle, gateOpen('final'))
        await stopFirst()
        await decideAll(handle, ['final'])
        await decideAll(handle, ALL_GATES.slice(1))
      }),
    )
    expect(view).toMatchObject({ outcome: 'completed', backup: { disk: OTHER } })
    expect(at('rehearse')).toEqual([DISK, OTHER])
    expect(at('applyMigration')).toHaveLength(2)
    // Nothing was applied for the plan that was void.
    expect(at('checkArchive')).toEqual([OTHER, OTHER])
    expect(world.ledger).toEqual(FILES.map(({ name }) => name))
  })

  it('between two files: nothing more is applied, and offered is what needs no archive', async () => {
    let stop: () => Promise<void> = async () => undefined
    const { world, at } = worldOn([DISK], (it) => ({
      checkArchive: async () => {
        // The second file asks a worker that is not there any more.
        setTimeout(() => void stop(), 0)
        return { place: it.ledger.join() }
      },
    }))
    stop = await server.workerWithDisk(DISK)
    const view = await migrate(world, request(), async (handle) => {
      await until(handle, gateOpen('rollback'))
      await handle.executeUpdate(submitDecisionUpdate, {
        args: [{ gate: 'rollback', decision: 'approve', actor: 'Bea', strategy: 'time-travel' }],
      })
    })
    expect(at('applyMigration')).toEqual(['any'])
    expect(view).toMatchObject({ outcome: 'rolled-back', rollback: { strategy: 'time-travel' } })
    expect(view.migrations.map(({ state }) => state)).toEqual(['taken-back', 'absent'])
    expect(waysOf(view)).toEqual({ 'reverse-migration': false, 'time-travel': true, 'restore-backup': false })
    expect(priceOf(view, 'restore-backup')).toContain(`the archive cannot be used: /home/of/${DISK}/`)
    expect(view.rollback?.compared).toMatchObject({ unknown: expect.stringContaining(DISK) })
  })

  it('after the apply: the reverse of the plan is still there, and is what it was approved as', async () => {
    const { world, at } = worldOn([DISK], () => ({
      validateMigration: async () => ({ checks: [], passed: false }),
      prepareReverse: async () => {
        throw refusal('NotAdmitted', 'nobody should have taken this')
      },
    }))
    const stop = await server.workerWithDisk(DISK)
    let stopped = false
    const real = { ...world.activities }
    world.activities.validateMigration = async (input) => {
      if (!stopped) setTimeout(() => void stop(), 0)
      stopped = true
      return real.validateMigration(input)
    }
    const view = await migrate(world, request(), async (handle) => {
      await until(handle, gateOpen('rollback'))
      await handle.executeUpdate(submitDecisionUpdate, {
        args: [{ gate: 'rollback', decision: 'approve', actor: 'Bea', strategy: 'reverse-migration' }],
      })
    })
    expect(at('reverseOfPlan')).toEqual(['any'])
    expect(view).toMatchObject({ outcome: 'rolled-back', rollback: { strategy: 'reverse-migration' } })
    expect(waysOf(view)).toEqual({ 'reverse-migration': true, 'time-travel': true, 'restore-backup': false })
    expect(view.migrations.filter(({ state }) => state === 'taken-back')).toHaveLength(2)
  })

  it('in the monitoring: any other worker looks, and is told where the archives are', async () => {
    const looks: unknown[] = []
    const { world, at } = worldOn([DISK])
    const real = { ...world.activities }
    world.activities.runCheckpoint = (input) => {
      looks.push(input.disk)
      return real.runCheckpoint(input)
    }
    const stop = await server.workerWithDisk(DISK)
    const asked = request()
    // Some seconds between the two looks.
    asked.monitoring.offsetsMs = [60_000, 2_400_000]
    const view = await migrate(world, asked, async (handle) => {
      await until(handle, ({ phase }) => phase === 'monitor')
      await stop()
      await handle.result()
    })
    expect(view.outcome).toBe('completed')
    expect(at('runCheckpoint').at(-1)).toBe('any')
    expect(new Set(looks)).toEqual(new Set([DISK]))
  })
})
