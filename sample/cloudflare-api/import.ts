import type { ImportJob, ImportRun } from './jobs.js'
import { createHash, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { splitStatements } from '../../src/d1/sql/statements.js'
import { ApiFailure } from './failure.js'
import { bodyOf, databaseOf, success, underWay, type Exchange, type Reply, type Route } from './exchange.js'
import type { LocalDatabase, Meta, StatementResult } from './local-database.js'
import type { Service } from './service.js'
import { demandAvailable, runningImport } from './unavailable.js'

const BODY = z.discriminatedUnion('action', [
  z.object({ action: z.literal('init'), etag: z.string() }),
  z.object({ action: z.literal('ingest'), etag: z.string(), filename: z.string() }),
  z.object({ action: z.literal('poll'), current_bookmark: z.string() }),
])

export const importRoutes: Route[] = [
  {
    name: 'import',
    method: 'POST',
    pattern: new RegExp('^/accounts/(?<account>[^/]+)/d1/database/(?<database>[^/]+)/import$'),
    handle: (exchange) => {
      const database = databaseOf(exchange)
      const body = bodyOf(exchange, BODY)
      if (body.action === 'init') return begin(exchange, database, body.etag)
      if (body.action === 'ingest') return ingest(exchange, database, body.filename)
      return poll(exchange, database, body.current_bookmark)
    },
  },
  {
    name: 'upload',
    method: 'PUT',
    pattern: /^\/upload\/(?<filename>[^/]+)$/,
    signed: true,
    handle: ({ service, path, body }) => {
      const job = service.imports.get(path['filename'] ?? '')
      if (job === undefined) throw new ApiFailure(403, 403, 'The signed address is not valid')
      job.content = body
      const etag = createHash('md5').update(body).digest('hex')
      return { status: 200, headers: { etag: `"${etag}"` }, body: '' }
    },
  },
]

function begin({ service, fault }: Exchange, database: LocalDatabase, etag: string): Reply {
  const known = [...service.imports.values()].find(
    (job) => job.etag === etag && job.databaseId === database.id && job.content !== undefined,
  )
  // An ingest whose answer was lost is found again instead of being done twice.
  if (known?.run !== undefined && runningImport(service, database) !== undefined)
    return answered(progress(known, known.run, 'active'))
  demandAvailable(service, database, ANOTHER)
  if (known !== undefined && service.importAgain === 'started') return start(service, database, known, fault)
  const filename = `${randomUUID()}.sql`
  service.imports.set(filename, { databaseId: database.id, etag, filename })
  return success({ filename, upload_url: `${service.origin}/upload/${filename}` })
}

const ANOTHER = { import: ' Cannot start another import until that completes or times out.' }

function ingest({ service, fault }: Exchange, database: LocalDatabase, filename: string): Reply {
  const job = service.imports.get(filename)
  const uploaded = createHash('md5')
    .update(job?.content ?? '')
    .digest('hex')
  if (job?.content === undefined || uploaded !== job.etag)
    throw new ApiFailure(400, 7400, `${filename} was not uploaded as announced`)
  if (job.run !== undefined && runningImport(service, database) === job)
    return answered(progress(job, job.run, 'active'))
  demandAvailable(service, database, ANOTHER)
  return start(service, database, job, fault)
}

/** Runs the file; until a poll is told of its end, the import holds the database. */
function start(service: Service, database: LocalDatabase, job: ImportJob, fault: Exchange['fault']): Reply {
  service.day.demand(Date.now())
  const before = service.histories.get(database.id)?.record() ?? ''
  const run: ImportRun = {
    at: `00000000-00000000-00004f5a-${createHash('md5').update(randomUUID()).digest('hex')}`,
    heldAt: Date.now(),
    before,
    outcome: fault === 'stuck' ? undefined : execute(service, database, job.content ?? Buffer.of()),
  }
  // A refused file has ended with this answer.
  if (run.outcome === undefined || !('error' in run.outcome)) job.run = run
  return answered(progress(job, run, 'active'))
}

function execute(
  service: Service,
  database: LocalDatabase,
  content: Buffer,
): NonNullable<ImportRun['outcome']> {
  try {
    const results = runImport(service, database, content.toString('utf8'))
    const bookmark = service.histories.get(database.id)?.record() ?? ''
    service.day.add(results, Date.now())
    return { bookmark, queries: results.length, meta: total(results) }
  } catch (error) {
    if (error instanceof ApiFailure) return { error: error.message }
    throw error
  }
}

/**
 * Statement by statement, as D1's team describes it: a deferred key is checked at the end of its own statement, PRAGMA
 * foreign_keys has effect, and when one fails D1 brings back the state of before.
 * Source: https://github.com/cloudflare/workers-sdk/issues/13272
 */
function runImport(service: Service, database: LocalDatabase, sql: string): StatementResult[] {
  if (service.importMode === 'transaction') return database.run([{ sql }])
  const history = service.histories.get(database.id)
  const before = history?.record()
  try {
    return service.importMode === 'chunk'
      ? chunksOf(sql).flatMap((chunk) => database.run([{ sql: chunk }]))
      : database.runEach([{ sql }])
  } catch (error) {
    if (before !== undefined) history?.bringBack(before)
    throw error
  } finally {
    database.connection.exec('PRAGMA foreign_keys = ON')
  }
}

/** How many statements D1 takes together is not published. */
const CHUNK = 10

function chunksOf(sql: string): string[] {
  const offsets = splitStatements(sql).map(({ offset }) => offset)
  const starts = offsets.filter((_, at) => at % CHUNK === 0)
  return starts.map((start, at) => sql.slice(start, starts[at + 1]))
}

function poll({ service, fault }: Exchange, database: LocalDatabase, bookmark: string): Reply {
  // Takes back one that nobody asked for in time.
  const running = runningImport(service, database)
  const job = [...service.imports.values()].find(({ run }) => run?.at === bookmark)
  if (job?.run === undefined)
    return success(
      failed(
        running === undefined
          ? 'Not currently importing anything.'
          : `Not currently import at bookmark ${bookmark}.`,
      ),
    )
  const { run } = job
  run.heldAt = Date.now()
  if (fault === 'stuck' || run.outcome === undefined) return answered(progress(job, run, 'active'))
  delete job.run
  if (service.importAgain === 'uploaded') service.imports.delete(job.filename)
  return answered(progress(job, run, 'complete'))
}

function answered(result: object): Reply {
  return 'status' in result && result.status === 'active' ? underWay(result) : success(result)
}

function progress(job: ImportJob, { at, outcome }: ImportRun, status: 'active' | 'complete'): object {
  const base = { type: 'import', at_bookmark: at, filename: job.filename }
  if (outcome !== undefined && 'error' in outcome) return { ...base, ...failed(outcome.error) }
  if (status === 'active' || outcome === undefined)
    return { ...base, success: true, status: 'active', messages: ['Starting import...'] }
  const result = { num_queries: outcome.queries, final_bookmark: outcome.bookmark, meta: outcome.meta }
  return { ...base, success: true, status, messages: [`Processed ${outcome.queries} queries.`], result }
}

/** The result inside the envelope has a `success` of its own: a refused file comes with status 200. */
function failed(error: string): object {
  return { type: 'import', success: false, status: 'error', error, errors: [error], messages: [] }
}

function total(results: StatementResult[]): Meta {
  const metas = results.map(({ meta }) => meta)
  const last = metas.at(-1)
  if (last === undefined) throw new Error('An import without statements has no meta data.')
  const sum = (key: 'duration' | 'changes' | 'rows_read' | 'rows_written'): number =>
    metas.reduce((all, meta) => all + meta[key], 0)
  return {
    ...last,
    duration: sum('duration'),
    timings: { sql_duration_ms: sum('duration') },
    changes: sum('changes'),
    changed_db: metas.some(({ changed_db }) => changed_db),
    rows_read: sum('rows_read'),
    rows_written: sum('rows_written'),
  }
}
