import type { ExportJob } from './jobs.js'
import { createHash, randomUUID } from 'node:crypto'
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { dump, type DumpOptions } from './dump.js'
import { ApiFailure } from './failure.js'
import { bodyOf, databaseOf, success, underWay, type Exchange, type Reply, type Route } from './exchange.js'
import type { LocalDatabase } from './local-database.js'
import { demandAvailable } from './unavailable.js'

const BODY = z.object({
  output_format: z.literal('polling'),
  current_bookmark: z.string().optional(),
  dump_options: z
    .object({
      no_data: z.boolean().optional(),
      no_schema: z.boolean().optional(),
      tables: z.array(z.string()).optional(),
    })
    .optional(),
})

const CHUNK_CHARACTERS = 1 << 20

export const exportRoutes: Route[] = [
  {
    name: 'export',
    method: 'POST',
    pattern: new RegExp('^/accounts/(?<account>[^/]+)/d1/database/(?<database>[^/]+)/export$'),
    handle: (exchange) => {
      const database = databaseOf(exchange)
      const { current_bookmark: bookmark, dump_options: options } = bodyOf(exchange, BODY)
      return bookmark === undefined ? begin(exchange, database, options ?? {}) : poll(exchange, bookmark)
    },
  },
  {
    name: 'download',
    method: 'GET',
    pattern: /^\/download\/(?<filename>[^/]+)$/,
    signed: true,
    handle: ({ service, path, url }) => {
      const job = service.exports.get(url.searchParams.get('signature') ?? '')
      if (job === undefined || job.filename !== path['filename']) {
        throw new ApiFailure(403, 403, 'The signed address is not valid')
      }
      return { status: 200, headers: { 'content-type': 'application/sql' }, body: readFileSync(job.file) }
    },
  },
]

function begin(exchange: Exchange, database: LocalDatabase, options: DumpOptions): Reply {
  const { service } = exchange
  demandAvailable(service, database, {
    export: ' Cannot start a new export until that completes or times out.',
  })
  service.day.demand(Date.now())
  const id = randomUUID()
  const job: ExportJob = {
    file: join(service.folder, `export-${id}.sql`),
    filename: `${database.id}-${id.slice(0, 8)}.sql`,
    polls: 0,
    databaseId: database.id,
    heldAt: Date.now(),
  }
  try {
    service.day.addRead(write(job.file, dump(database, options)), Date.now())
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error
    return success({ success: false, type: 'export', status: 'error', error: error.message, messages: [] })
  }
  const bookmark = `00000000-00000000-00004f5a-${createHash('md5').update(id).digest('hex')}`
  service.exports.set(bookmark, job)
  return underWay(active(bookmark, ['Generating export...']))
}

function poll({ service, fault }: Exchange, bookmark: string): Reply {
  const job = service.exports.get(bookmark)
  if (job === undefined) throw new ApiFailure(400, 7400, `No export is running at bookmark ${bookmark}`)
  if (job.heldAt !== undefined) job.heldAt = Date.now()
  if (fault === 'stuck') return underWay(active(bookmark, ['Generating export...']))
  job.polls += 1
  if (job.polls === 1)
    return underWay(active(bookmark, [`Uploaded part 1 (${statSync(job.file).size} bytes)`]))
  job.heldAt = undefined
  return success({
    success: true,
    type: 'export',
    status: 'complete',
    at_bookmark: bookmark,
    messages: ['Uploaded all parts'],
    result: {
      filename: job.filename,
      signed_url: `${service.origin}/download/${job.filename}?signature=${bookmark}`,
    },
  })
}

function active(bookmark: string, messages: string[]): Record<string, unknown> {
  return { success: true, type: 'export', status: 'active', at_bookmark: bookmark, messages }
}

/** Lines joined without a last line feed, in pieces: an export may be larger than the memory. How many of them are rows. */
function write(file: string, lines: Iterable<string>): number {
  const output = openSync(file, 'w')
  let rows = 0
  try {
    let pending = ''
    let separator = ''
    for (const line of lines) {
      if (line.startsWith('INSERT INTO ')) rows += 1
      pending += separator + line
      separator = '\n'
      if (pending.length < CHUNK_CHARACTERS) continue
      writeSync(output, pending)
      pending = ''
    }
    writeSync(output, pending)
  } finally {
    closeSync(output)
  }
  return rows
}
