import { defined } from '../../contract/defined.js'
import type { Readable } from 'node:stream'
import { createRequire } from 'node:module'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Miniflare as Engine } from 'miniflare'
import { RunbookError, messageOf } from '../../contract/failures.js'
import { loadMiniflare } from './miniflare.js'
import { scratchDatabaseFile } from '../read/local-file.js'
import type { Row, SqlValue } from '../sqlite/sqlite.js'

/** A throw-away database under the real D1 engine, in this process. */
export interface ScratchDatabase {
  /** One statement. Throws `SqlRefused` with D1's own words. */
  query(sql: string): Promise<Row[]>
  /** A whole migration as D1 runs it: one implicit transaction, nothing of it remains when a statement fails. */
  batchFile(sql: string): Promise<void>
  /** Statements in one transaction, each within the limits of one; past 16 MB of them in several, one after the other. */
  batch(statements: string[]): Promise<void>
  /**
   * Statements in one transaction, each by itself, with the rows of each as D1 counts them; few enough for one request. Throws
   * `SqlRefused`; then nothing remains.
   */
  costs(statements: string[]): Promise<RowCost[]>
  /** Stops workerd. The file can be opened afterwards; `remove` deletes it. */
  close(): Promise<void>
  remove(): Promise<void>
  /** The SQLite file. Holds `_cf_` tables of the engine; safe to open only after `close`. */
  file: string
}

export interface RowCost {
  rowsRead: number
  rowsWritten: number
}

/**
 * Runs what it is sent on one of its databases and answers with the rows of the last request, or what each one cost, or with D1's
 * words. Miniflare's own bindings would block this process at every call, and several times a statement.
 */
const SCRIPT = `export default {
  async fetch(request, env) {
    const { database, texts, cost } = await request.json()
    try {
      const statements = texts.map((sql) => env[database].prepare(sql))
      const results = statements.length === 1 ? [await statements[0].all()] : await env[database].batch(statements)
      if (cost === true)
        return Response.json({
          costs: results.map(({ meta }) => ({ rowsRead: meta.rows_read, rowsWritten: meta.rows_written })),
        })
      return Response.json({ rows: results.at(-1)?.results ?? [] })
    } catch (error) {
      return Response.json({ refusal: String(error?.message ?? error) })
    }
  },
}`

/** Opens a throw-away database. `file`: an SQLite file to serve; it is copied, never changed. Absent: an empty database. */
export type OpenScratch = (options?: { file?: string }) => Promise<ScratchDatabase>

/**
 * A database under an engine of its own. `within`: the folder of a throw-away folder for it, for one that may be large; the
 * system's own otherwise.
 */
export async function openScratch({
  file,
  within,
}: { file?: string; within?: string } = {}): Promise<ScratchDatabase> {
  const engine = await startScratchEngine(1, within)
  try {
    const database = await engine.open(defined({ file }))
    return { ...database, close: engine.stop, remove: engine.remove }
  } catch (error) {
    // One that did not start says so again when it is stopped.
    await engine.stop().catch(() => undefined)
    await engine.remove()
    throw error
  }
}

/** One workerd for many throw-away databases, which go on until it stops. */
export interface ScratchEngine {
  open: OpenScratch
  stop: () => Promise<void>
  remove: () => Promise<void>
}

/** Starts D1's engine with room for so many databases, one after the other or at once. */
export async function startScratchEngine(databases: number, within = tmpdir()): Promise<ScratchEngine> {
  const root = await mkdtemp(join(within, 'd1-runbook-scratch-'))
  const names = Array.from({ length: databases }, (_, number) => `scratch-${number}`)
  const { convertV4MiniflareOptions, Miniflare } = loadMiniflare()
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      // Where in the world this machine is: Miniflare would ask Cloudflare, and wait for it.
      cf: false,
      // The engine's own log is for its makers: our output is the answer of a command.
      handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
        stdout.resume()
        stderr.resume()
      },
      script: SCRIPT,
      d1Databases: Object.fromEntries(names.map((name) => [name, name])),
      resourcePersistencePath: root,
    }),
  )
  const open: OpenScratch = async ({ file } = {}) => {
    const name = names.shift()
    if (name === undefined) throw new Error(`the engine was started for ${databases} databases`)
    const served = scratchDatabaseFile({ root, databaseId: name })
    await mkdir(dirname(served), { recursive: true })
    // Before the first query: that one opens the file.
    if (file !== undefined) await copyFile(file, served)
    await miniflare.ready
    const send = (texts: string[]): Promise<Row[]> =>
      refusing(async () => rowsOf((await ask(miniflare, { database: name, texts })).rows ?? []))
    return {
      query: (sql) => send([sql]),
      // D1 splits and runs all statements of one request in one transaction: the same request that Wrangler sends.
      batchFile: async (sql) => void (await send([sql])),
      batch: async (statements) => {
        for (const texts of requestsOf(statements)) await send(texts)
      },
      costs: (texts) =>
        refusing(async () => (await ask(miniflare, { database: name, texts, cost: true })).costs ?? []),
      close: () => Promise.resolve(),
      remove: () => Promise.resolve(),
      file: served,
    }
  }
  return {
    open,
    stop: () => miniflare.dispose(),
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 5 }),
  }
}

/** Throws an `Error` with the engine's words. */
async function ask(
  miniflare: Engine,
  request: { database: string; texts: string[]; cost?: true },
): Promise<{ rows?: unknown[]; costs?: RowCost[] }> {
  const response = await miniflare.dispatchFetch('http://d1', {
    method: 'POST',
    body: JSON.stringify(request),
  })
  const answer = (await response.json()) as { rows?: unknown[]; costs?: RowCost[]; refusal?: string }
  if (answer.refusal !== undefined) throw new Error(answer.refusal)
  return answer
}

/** Bytes of one text, below the 100,000 that D1 counts as one statement. */
const TEXT_BYTES = 96 * 1024
/** Bytes of one request: workerd falls over at some sixty million. */
const REQUEST_BYTES = 16 * 1024 * 1024

/**
 * Several statements a text and several texts a request: one by one they take the engine milliseconds each, and some thousand
 * of them in one request more than it bears.
 */
function requestsOf(statements: string[]): string[][] {
  const texts = grouped(
    statements.map((sql) => `${sql.replace(/;\s*$/, '')}\n;\n`),
    TEXT_BYTES,
  ).map((group) => group.join(''))
  return grouped(texts, REQUEST_BYTES)
}

/** In their order, as many of them together as stay within `bytes`. */
function grouped(texts: string[], bytes: number): string[][] {
  const groups: string[][] = []
  let size = Infinity
  for (const text of texts) {
    const length = Buffer.byteLength(text)
    if (size + length > bytes) {
      groups.push([])
      size = 0
    }
    groups.at(-1)?.push(text)
    size += length
  }
  return groups
}

function rowsOf(results: unknown[]): Row[] {
  return results.map((row) => {
    const plain: Row = {}
    for (const [column, value] of Object.entries(row as Record<string, unknown>)) {
      plain[column] = Array.isArray(value) ? Uint8Array.from(value as number[]) : (value as SqlValue)
    }
    return plain
  })
}

async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const message = messageOf(cause)
    if (!/D1_(?:EXEC_)?ERROR|SQLITE_/.test(message)) {
      throw new RunbookError('OutcomeUnknown', `D1's engine did not answer: ${message}`, {
        advice: 'Run the same command again.',
        cause,
      })
    }
    throw new RunbookError(
      'SqlRefused',
      `D1 refused the SQL: ${message.replace(/^D1_(?:EXEC_)?ERROR:\s*/, '')}`,
      {
        advice: 'Correct the SQL.',
        cause,
      },
    )
  }
}

/** The engine's version: the date of the runtime and its build. */
export function workerdVersion(): string {
  const require = createRequire(import.meta.url)
  const fromMiniflare = createRequire(require.resolve('miniflare'))
  const manifest = fromMiniflare('workerd/package.json') as { version: string }
  return manifest.version
}
