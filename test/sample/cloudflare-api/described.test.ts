import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { startCloudflareApi, type CloudflareApi } from '../../../sample/cloudflare-api/index.js'

/**
 * The local API against Cloudflare's description of its own, as the official SDK 7.3.0 of November 2026 has it (it is generated from
 * that description): what of it is used here. Every field is there optional; one that it does not name is a difference.
 */
const job = (type: 'export' | 'import', result: z.ZodObject): z.ZodObject =>
  z.strictObject({
    type: z.literal(type),
    success: z.boolean(),
    status: z.enum(['complete', 'error']),
    at_bookmark: z.string().optional(),
    error: z.string().optional(),
    messages: z.array(z.string()),
    result: result.optional(),
  })
const region = z.enum(['WNAM', 'ENAM', 'WEUR', 'EEUR', 'APAC', 'OC'])
const meta = z.strictObject({
  changed_db: z.boolean(),
  changes: z.number(),
  duration: z.number(),
  last_row_id: z.number(),
  rows_read: z.number(),
  rows_written: z.number(),
  served_by_primary: z.boolean(),
  served_by_region: region,
  size_after: z.number(),
  timings: z.strictObject({ sql_duration_ms: z.number() }),
})
const listed = z.strictObject({
  uuid: z.string(),
  name: z.string(),
  created_at: z.iso.datetime(),
  jurisdiction: z.enum(['eu', 'fedramp', 'us']).nullable(),
  version: z.string(),
})
const database = listed.extend({
  file_size: z.number(),
  num_tables: z.number(),
  read_replication: z.strictObject({ mode: z.enum(['auto', 'disabled']) }),
})
const imported = z.strictObject({ final_bookmark: z.string(), num_queries: z.number(), meta })
const DESCRIBED = {
  list: z.array(listed),
  database,
  deleted: z.unknown(),
  query: z.array(z.strictObject({ meta, success: z.literal(true), results: z.array(z.unknown()) })),
  raw: z.array(
    z.strictObject({
      meta,
      success: z.literal(true),
      results: z.strictObject({ columns: z.array(z.string()), rows: z.array(z.array(z.unknown())) }),
    }),
  ),
  export: job('export', z.strictObject({ filename: z.string(), signed_url: z.string() })),
  begun: z.strictObject({ filename: z.string(), upload_url: z.string() }),
  import: job('import', imported).extend({ filename: z.string() }),
  bookmark: z.strictObject({ bookmark: z.string() }),
  restore: z.strictObject({ bookmark: z.string(), message: z.string(), previous_bookmark: z.string() }),
}

/** Where the description is wrong or silent, and other sources are followed. Each must be met, or it is to be taken from here. */
const KNOWN_FAULTS: Record<string, string> = {
  'export status': 'is `active` while it runs, for which Wrangler waits',
  'import status': 'the same',
  'import errors': 'Wrangler reads it beside `error`',
  'database running_in_region': 'may be asked for by `fields`, and is no field of the answer',
  'query meta served_by': 'is in every answer that anybody shows',
  'raw meta served_by': 'the same',
  'import result meta served_by': 'the same',
}
const met = new Set<string>()

const ID = '11111111-1111-4111-8111-111111111111'
const envelope = z.strictObject({
  result: z.unknown(),
  success: z.boolean(),
  errors: z.array(z.strictObject({ code: z.number().min(1000), message: z.string() })),
  messages: z.array(z.unknown()),
  result_info: z
    .strictObject({
      page: z.number(),
      per_page: z.number(),
      count: z.number(),
      total_count: z.number(),
      total_pages: z.number(),
    })
    .optional(),
})
let api: CloudflareApi
beforeAll(async () => {
  api = await startCloudflareApi({ databases: [{ id: ID, name: 'production', sql: 'CREATE TABLE t (a)' }] })
})
afterAll(() => api.close())

interface Answer {
  status: number
  result: unknown
}

/** Asks, holds the answer against the description, and gives it. */
async function ask(
  kind: keyof typeof DESCRIBED,
  path: string,
  body?: object,
  method?: string,
): Promise<Answer> {
  const response = await fetch(`${api.url}/accounts/${api.accountId}/d1/database${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { authorization: `Bearer ${api.token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = envelope.parse(await response.json())
  expect(answer.success).toBe(response.ok)
  const issues = DESCRIBED[kind].safeParse(answer.result).error?.issues ?? []
  const differences = issues.flatMap((issue) => {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : ['']
    return keys.map((key) => [kind, ...fields(issue.path), key].join(' ').trim())
  })
  for (const difference of differences) met.add(difference)
  expect(differences.filter((difference) => !(difference in KNOWN_FAULTS))).toEqual([])
  return { status: response.status, result: answer.result }
}

const fields = (path: PropertyKey[]): string[] =>
  path.flatMap((part) => (typeof part === 'string' ? [part] : []))

const text = (answer: Answer, field: string): string =>
  z.object({ [field]: z.string() }).parse(answer.result)[field] ?? ''

test('databases are as described', async () => {
  await ask('list', '?per_page=10')
  await ask('database', `/${ID}`)
  const made = await ask('database', '', { name: 'another' })
  await ask('deleted', `/${text(made, 'uuid')}`, undefined, 'DELETE')
})

test('queries are as described', async () => {
  await ask('query', `/${ID}/query`, { sql: 'SELECT 1 AS a; INSERT INTO t VALUES (1)' })
  await ask('raw', `/${ID}/raw`, { sql: 'SELECT 1 AS a' })
})

test('an export is as described, and answers 202 while it runs', async () => {
  const begun = await ask('export', `/${ID}/export`, { output_format: 'polling' })
  const poll = { output_format: 'polling', current_bookmark: text(begun, 'at_bookmark') }
  const statuses = [begun.status]
  for (let polls = 0; polls < 2; polls += 1)
    statuses.push((await ask('export', `/${ID}/export`, poll)).status)
  expect(statuses).toEqual([202, 202, 200])
})

test.each(['INSERT INTO t VALUES (2);', 'INSERT INTO none VALUES (2);'])(
  'an import of %s is as described, and answers 202 while it runs',
  async (sql) => {
    const etag = createHash('md5').update(sql).digest('hex')
    const begun = await ask('begun', `/${ID}/import`, { action: 'init', etag })
    const filename = text(begun, 'filename')
    await fetch(text(begun, 'upload_url'), { method: 'PUT', body: sql })
    const running = await ask('import', `/${ID}/import`, { action: 'ingest', etag, filename })
    const refused = sql.includes('none')
    expect(running.status).toBe(refused ? 200 : 202)
    if (refused) return
    const poll = { action: 'poll', current_bookmark: text(running, 'at_bookmark') }
    expect((await ask('import', `/${ID}/import`, poll)).status).toBe(200)
  },
)

test('Time Travel is as described', async () => {
  const { result } = await ask('bookmark', `/${ID}/time_travel/bookmark`)
  const { bookmark } = DESCRIBED.bookmark.parse(result)
  await ask('restore', `/${ID}/time_travel/restore?bookmark=${bookmark}`, {})
})

test('every known fault of the description is one', () => {
  expect([...met].sort()).toEqual(Object.keys(KNOWN_FAULTS).sort())
})
