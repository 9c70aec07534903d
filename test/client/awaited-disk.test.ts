import type { WorkflowExecutionDescription } from '@temporalio/client'
import { expect, test } from 'vitest'
import { awaitedDiskOf } from '../../src/client/awaited-disk.js'
import { diskOfQueue, diskQueue } from '../../src/contract/names.js'
import { awaitedDiskText } from '../../src/text/awaited-disk.js'
import { sampleRun } from '../runbook/sample-run.js'

const DISK = 'aaaaaaaaaaaa'
const SINCE = Date.parse('2026-03-08T12:00:00Z')
const [SCHEDULED, STARTED] = [1, 2]

interface Pending {
  state: number
  queue?: string
  afterMs?: number
  waitS?: number
}

const described = (pending: Pending[]) =>
  ({
    raw: {
      pendingActivities: pending.map(({ state, queue, afterMs = 0, waitS = 600 }) => ({
        state,
        scheduledTime: { seconds: (SINCE + afterMs) / 1000, nanos: 0 },
        ...(queue === undefined
          ? {}
          : {
              activityOptions: {
                taskQueue: { name: queue },
                ...(waitS === 0 ? {} : { scheduleToStartTimeout: { seconds: waitS } }),
              },
            }),
      })),
    },
  }) as unknown as WorkflowExecutionDescription

const seen = (pending: Pending[], afterMs = 60_000) => awaitedDiskOf(described(pending), SINCE + afterMs)
const queue = diskQueue('team', DISK)

test('what nobody has taken from the queue of a disk is told with its times, the longest wait first', () => {
  const later = { state: SCHEDULED, queue: diskQueue('team', 'bbbbbbbbbbbb'), afterMs: 1000 }
  expect(seen([later, { state: SCHEDULED, queue }])).toEqual({
    ...{ disk: DISK, since: '2026-03-08T12:00:00.000Z', until: '2026-03-08T12:10:00.000Z', waitedMs: 60_000 },
  })
  expect(seen([{ state: SCHEDULED, queue, waitS: 0 }])).not.toHaveProperty('until')
  // The clock of this machine is behind the server's.
  expect(seen([{ state: SCHEDULED, queue }], -5_000)).toMatchObject({ waitedMs: 0 })
})

test.each<[string, Pending[]]>([
  ['nothing is asked', []],
  ['a worker has it', [{ state: STARTED, queue }]],
  ['it went to any worker', [{ state: SCHEDULED, queue: 'team' }]],
  ['the queue is called alike', [{ state: SCHEDULED, queue: 'team/disk/archive' }]],
  ['the server does not say where it went', [{ state: SCHEDULED }]],
])('of no disk where %s', (_, pending) => {
  expect(seen(pending)).toBeUndefined()
})

test.each([
  [diskQueue(`a/disk/${DISK}`, 'bbbbbbbbbbbb'), 'bbbbbbbbbbbb'],
  ['a/disk/b', undefined],
  [DISK, undefined],
  ['', undefined],
])('the queue %s belongs to the disk %s', (name, disk) => {
  expect(diskOfQueue(name)).toBe(disk)
})

const waiting = (waitedMs: number, disk = DISK) => {
  const since = new Date(SINCE).toISOString()
  const { backup } = sampleRun({})
  return awaitedDiskText({
    backup: backup === null ? null : { ...backup, file: '/archives/backup.zip', disk },
    awaitedDisk: { disk: DISK, since, until: new Date(SINCE + 600_000).toISOString(), waitedMs },
  })
}

test('a wait is said with disk, archive and times once it is longer than a worker takes that is there', () => {
  expect(waiting(4_000)).toBeUndefined()
  expect(waiting(5_000)).toBe(
    `a worker with the disk ${DISK}, where /archives/backup.zip lies: none has taken what was sent there at 2026-03-08 12:00:00 UTC, and until 2026-03-08 12:10:00 UTC they may`,
  )
  // Of another disk: what it has is not known here.
  expect(waiting(5_000, 'bbbbbbbbbbbb')).not.toContain('backup.zip')
})
