import type { Client } from '@temporalio/client'
import proto from '@temporalio/proto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

const { History } = proto.temporal.api.history.v1
type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent

/** All events of all workflows of the namespace, as the server gives them to anybody who may read it: no codec, no key. */
export async function rawHistories(client: Client): Promise<Map<string, HistoryEvent[]>> {
  const { namespace } = client.options
  const histories = new Map<string, HistoryEvent[]>()
  const { executions } = await client.workflowService.listWorkflowExecutions({ namespace, pageSize: 1_000 })
  for (const { execution } of executions) {
    const events: HistoryEvent[] = []
    let nextPageToken: Uint8Array | undefined
    do {
      const page = await client.workflowService.getWorkflowExecutionHistory({
        namespace,
        ...(execution ? { execution } : {}),
        ...(nextPageToken === undefined ? {} : { nextPageToken }),
      })
      events.push(...(page.history?.events ?? []))
      nextPageToken = page.nextPageToken
    } while (nextPageToken.length > 0)
    histories.set(`${execution?.workflowId} ${execution?.runId}`, events)
  }
  return histories
}

/** The bytes in which the events travel. */
export function bytesOf(events: HistoryEvent[]): Buffer {
  return Buffer.from(History.encode({ events }).finish())
}

/** All bytes of the server's database, its write-ahead log included. */
export function databaseBytes(folder: string): Buffer {
  const files = readdirSync(folder).filter((name) => name.startsWith('temporal.db'))
  return Buffer.concat(files.map((name) => readFileSync(path.join(folder, name))))
}

/** Which of these texts stand there, in UTF-8 or in base64 at any of its three offsets. */
export function textsIn(bytes: Buffer, texts: readonly string[]): string[] {
  return texts.filter((text) => formsOf(text).some((form) => bytes.includes(form)))
}

function formsOf(text: string): Buffer[] {
  const bytes = Buffer.from(text)
  // The letters at both ends depend on what stands beside them.
  const shifted = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .slice(4, -4),
  )
  return [bytes, ...shifted.map((form) => Buffer.from(form))]
}

/** Messages and stack traces of failures that stand readable in these events. */
export function failureTexts(events: HistoryEvent[]): string[] {
  const found: string[] = []
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look)
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
    const { message, stackTrace, source } = value as Record<string, unknown>
    if (source === 'TypeScriptSDK')
      found.push(...[message, stackTrace].filter((text): text is string => typeof text === 'string'))
    Object.values(value).forEach(look)
  }
  look(events.map((event) => proto.temporal.api.history.v1.HistoryEvent.toObject(event as never)))
  return found.filter((text) => text !== '')
}
