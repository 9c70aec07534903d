import { messageOf } from '../src/contract/failures.js'
import { jsonOf } from '../src/contract/json.js'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { openSqlite } from '../src/d1/sqlite/sqlite.js'
import { listen } from '../src/process/listen.js'

/** How the service misbehaves, to show what monitoring sees. Absent fields stay as they are. */
export const behaviourSchema = z.strictObject({
  /** Added to every answer. Milliseconds. */
  delayMs: z.number().int().min(0).max(60_000).optional(),
  /** Share of answers that are a 500, 0 to 1, spread evenly: 0.25 is every fourth. */
  errorRate: z.number().min(0).max(1).optional(),
  /** Connections are dropped without an answer. */
  dead: z.boolean().optional(),
})
export type Behaviour = z.infer<typeof behaviourSchema>

export interface ArchiveState {
  artworks: number
  /** Newest file in the ledger. */
  schemaVersion: string
}

export interface HealthService {
  /** Of the endpoint itself: `http://127.0.0.1:PORT/health`. */
  url: string
  setBehaviour(change: Behaviour): void
  close(): Promise<void>
}

/**
 * The application's health endpoint over the archive. `GET /health` answers
 * `{status: 'ok', artworks, schemaVersion, latencyMs}` or 500/503 with `{status: 'failing', error}`;
 * `POST /behaviour` takes {@link behaviourSchema}. Listens on this machine only; port 0 takes a free one.
 */
export async function startHealthService(options: {
  /** SQLite file behind a local D1 database; or `query`, where the database is elsewhere ({@link archiveState}). */
  source: { databaseFile: string } | { query: () => Promise<ArchiveState> }
  port?: number
}): Promise<HealthService> {
  const { source } = options
  const query = 'query' in source ? source.query : () => Promise.resolve(readArchive(source.databaseFile))
  const behaviour = { delayMs: 0, errorRate: 0, dead: false }
  const setBehaviour = (change: Behaviour): void => {
    Object.assign(behaviour, change)
  }
  // Carries the fraction of an error over to the next answer: any rate is kept exactly, without chance.
  let owed = 0

  const answerHealth = async (response: ServerResponse): Promise<void> => {
    if (behaviour.dead) {
      response.destroy()
      return
    }
    const startedAt = performance.now()
    await pause(behaviour.delayMs)
    owed += behaviour.errorRate
    if (owed >= 1) {
      owed -= 1
      sendJson(response, 500, { status: 'failing', error: 'Asked to fail.' })
      return
    }
    try {
      const state = await query()
      sendJson(response, 200, { status: 'ok', ...state, latencyMs: round(performance.now() - startedAt) })
    } catch (error) {
      sendJson(response, 503, {
        status: 'failing',
        error: messageOf(error),
      })
    }
  }

  const server = createServer((request, response) => {
    const route = `${request.method ?? ''} ${new URL(request.url ?? '/', 'http://localhost').pathname}`
    const work =
      route === 'GET /health'
        ? answerHealth(response)
        : route === 'POST /behaviour'
          ? takeBehaviour(request, response, setBehaviour)
          : Promise.resolve(sendJson(response, 404, { error: 'GET /health or POST /behaviour.' }))
    work.catch(() => response.destroy())
  })
  const listening = await listen(server, { port: options.port ?? 0, host: '127.0.0.1' })
  return { ...listening, url: `${listening.url}/health`, setBehaviour }
}

/** Opened for this one read: nothing is held that could keep Wrangler waiting. */
function readArchive(databaseFile: string): ArchiveState {
  const database = openSqlite(databaseFile, { readOnly: true })
  try {
    return archiveState(database)
  } finally {
    database.close()
  }
}

/** What `/health` tells of the archive, from an open database: for a `query` of one's own. */
export function archiveState(database: DatabaseSync): ArchiveState {
  const row = database
    .prepare(
      `SELECT (SELECT count(*) FROM public_artworks) AS artworks,
              (SELECT name FROM d1_migrations ORDER BY id DESC LIMIT 1) AS schemaVersion`,
    )
    .get()
  return { artworks: Number(row?.['artworks']), schemaVersion: String(row?.['schemaVersion']) }
}

async function takeBehaviour(
  request: IncomingMessage,
  response: ServerResponse,
  setBehaviour: (change: Behaviour) => void,
): Promise<void> {
  const parsed = behaviourSchema.safeParse(jsonOf(await text(request)))
  if (!parsed.success) {
    sendJson(response, 400, { error: z.prettifyError(parsed.error) })
    return
  }
  setBehaviour(parsed.data)
  sendJson(response, 200, parsed.data)
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100
}
