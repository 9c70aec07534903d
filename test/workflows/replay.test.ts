import proto from '@temporalio/proto'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { workflowCode } from '../../src/temporal/workflow-code.js'

const FOLDER = path.join(import.meta.dirname, '..', 'histories')
const RECORDINGS = readdirSync(FOLDER).filter((name) => name.endsWith('.json.gz'))

interface RecordedEvent {
  eventType: string
  activityTaskScheduledEventAttributes?: { activityType: { name: string } }
  workflowExecutionStartedEventAttributes?: { workflowId: string }
}

function readHistory(name: string): { events: RecordedEvent[] } {
  const text = gunzipSync(readFileSync(path.join(FOLDER, name))).toString('utf8')
  return JSON.parse(text) as { events: RecordedEvent[] }
}

/** Decoded as the SDK's own reader of JSON would, which fails where an installation holds protobufjs more than once. */
async function replay(history: { events: RecordedEvent[] }): Promise<void> {
  const decoded = proto.temporal.api.history.v1.History.fromObject(history)
  // The name of the child is made from the parent's.
  const workflowId = history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId
  await Worker.runReplayHistory(workflowCode(), decoded, workflowId)
}

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
})

describe('a run that began with this code ends with it', () => {
  test('every way that a run ends is recorded', () => {
    expect(RECORDINGS.sort()).toEqual([
      'breached-rolled-back-monitoring.json.gz',
      'breached-rolled-back.json.gz',
      'completed-monitoring.json.gz',
      'completed.json.gz',
      'declined.json.gz',
      'failed-rolled-back.json.gz',
    ])
  })

  test.each(RECORDINGS)('%s replays without a difference', async (name) => {
    await replay(readHistory(name))
  })

  test('a history of other steps does not replay: the check can fail', async () => {
    const history = readHistory('completed.json.gz')
    for (const { activityTaskScheduledEventAttributes: scheduled } of history.events) {
      if (scheduled?.activityType.name === 'createBackup') scheduled.activityType.name = 'readBookmark'
    }
    await expect(replay(history)).rejects.toThrow(/ondeterminism/)
  })
})

test.each(RECORDINGS)('%s names no machine', (name) => {
  const texts = [JSON.stringify(readHistory(name)), ...payloadsOf(readHistory(name))]
  for (const text of texts)
    expect(text).not.toMatch(/\/root\b|\/work\b|\/home\/(?!ada)|\/Users\/|[A-Z]:\\\\Users/)
})

function payloadsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(payloadsOf)
  if (typeof value !== 'object' || value === null) return []
  if ('data' in value && typeof value.data === 'string')
    return [Buffer.from(value.data, 'base64').toString('utf8')]
  return Object.values(value).flatMap(payloadsOf)
}
