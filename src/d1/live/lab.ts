import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { RunbookError, messageOf } from '../../contract/failures.js'
import { defined } from '../../contract/defined.js'
import { apiPath, sendAsItIs, type ApiClient, type RawAnswer } from '../cloudflare/send.js'

/** What Cloudflare said, as far as it can be read. */
export interface Said {
  status: number
  headers: Headers
  ok: boolean
  /** Of the first error; empty where there is none. */
  message: string
  result: unknown
  /** Rows of the last statement, for a query. */
  rows: Record<string, unknown>[]
}

/** A throw-away database and the ways to talk to it; to no other. */
export interface Lab {
  client: ApiClient
  account: string
  database: { id: string; name: string }
  /** Pause between two looks. Milliseconds. */
  pauseMs: number
  /** A path below the database, such as `query`. */
  ask: (path: string[], body?: object, search?: Record<string, string>) => Promise<Said>
  /** `params`: of the last statement. */
  query: (sql: string, params?: readonly number[]) => Promise<Said>
  /** By the import API; `refused` in D1's words, undefined where it was taken. */
  import: (sql: string) => Promise<{ refused: string | undefined; etag: string }>
  /** The same without waiting for its end. */
  beginImport: (sql: string) => Promise<{ state: Said; etag: string }>
  /** What several probes look at, done once; what it threw, too. */
  once: <T>(what: string, look: () => Promise<T>) => Promise<T>
  /** Of the last answer about the database. */
  lastHeaders: () => Headers | undefined
}

const NAME = /^d1-runbook-probe-[0-9a-f]{16}$/
const envelope = z.object({
  success: z.boolean().nullish(),
  result: z.unknown(),
  errors: z.array(z.object({ message: z.string(), code: z.number().nullish() })).nullish(),
})
const created = z.object({ uuid: z.string().min(1), name: z.string() })
const listed = z.array(created)
const statements = z.array(z.object({ results: z.array(z.record(z.string(), z.unknown())).nullish() }))
const job = z.object({
  status: z.string().nullish(),
  error: z.string().nullish(),
  success: z.boolean().nullish(),
  at_bookmark: z.string().nullish(),
  filename: z.string().nullish(),
  upload_url: z.string().nullish(),
})

/**
 * A new database with a name of its own, given to `work`, and deleted after it. `leftBehind`: its name where nothing says that it is
 * gone. Refused unless the name was free. Throws what making it threw; what `work` throws.
 */
export async function inThrowAwayDatabase<T>(
  { client, account, pauseMs }: { client: ApiClient; account: string; pauseMs: number },
  work: (lab: Lab) => Promise<T>,
): Promise<{ outcome: T; leftBehind: string | undefined }> {
  const name = `d1-runbook-probe-${randomBytes(8).toString('hex')}`
  const base = { client, account }
  if ((await idsOf(base, name)).length > 0)
    throw new RunbookError('ConfigInvalid', `The account has a database ${name} already.`, {
      advice: 'Run the same command again: another name is drawn.',
    })
  let outcome: { value: T } | { error: unknown }
  try {
    const id = await create(base, name)
    outcome = { value: await work(labOf({ ...base, pauseMs, database: { id, name } })) }
  } catch (error) {
    outcome = { error }
  }
  const leftBehind = (await remove(base, name, pauseMs)) ? undefined : name
  if ('value' in outcome) return { outcome: outcome.value, leftBehind }
  if (leftBehind === undefined) throw outcome.error
  throw new RunbookError(
    'OutcomeUnknown',
    `${messageOf(outcome.error)} The database ${leftBehind} may be left behind.`,
    {
      advice: `Delete it: \`wrangler d1 delete ${leftBehind}\`.`,
      cause: outcome.error,
    },
  )
}

interface Base {
  client: ApiClient
  account: string
}

async function create({ client, account }: Base, name: string): Promise<string> {
  const path = apiPath('accounts', account, 'd1', 'database')
  const said = saidOf(await sendAsItIs(client, { path, body: { name } }))
  const made = created.safeParse(said.result).data
  if (said.ok && made?.name === name) return made.uuid
  throw new RunbookError(
    'NotPermitted',
    `The database ${name} was not made: ${said.message || said.status}`,
    {
      advice:
        'The token needs "D1: Edit" on the account, and the account room for one more database (10 on the free plan).',
    },
  )
}

/** Whether the database is known to be gone. Found by its name: an answer that was lost may have made one. */
async function remove({ client, account }: Base, name: string, pauseMs: number): Promise<boolean> {
  for (let tries = 1; tries <= REMOVALS; tries += 1) {
    try {
      const ids = await idsOf({ client, account }, name)
      if (ids.length === 0) return true
      for (const id of ids)
        await sendAsItIs(client, {
          path: apiPath('accounts', account, 'd1', 'database', id),
          method: 'DELETE',
        })
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pauseMs * tries))
    }
  }
  return false
}

const REMOVALS = 5

/** The guard of everything that deletes: databases of exactly this name, which only we draw. Throws where the list is no list. */
async function idsOf({ client, account }: Base, name: string): Promise<string[]> {
  if (!NAME.test(name)) throw new Error(`${name} is no throw-away database.`)
  const path = apiPath('accounts', account, 'd1', 'database')
  const said = saidOf(await sendAsItIs(client, { path, search: { name, per_page: '100' } }))
  const found = listed.safeParse(said.result).data
  if (!said.ok || found === undefined)
    throw new RunbookError(
      'NotPermitted',
      `The databases of the account cannot be listed: ${said.message || said.status}`,
      {
        advice: 'The token needs "D1: Edit" on the account.',
      },
    )
  return found.filter((one) => one.name === name).map(({ uuid }) => uuid)
}

function labOf(of: Base & { pauseMs: number; database: { id: string; name: string } }): Lab {
  const { client, account, database, pauseMs } = of
  const looked = new Map<string, Promise<unknown>>()
  let headers: Headers | undefined
  const ask: Lab['ask'] = async (path, body, search) => {
    const whole = apiPath('accounts', account, 'd1', 'database', database.id, ...path)
    const said = saidOf(await sendAsItIs(client, { path: whole, ...defined({ body, search }) }))
    headers = said.headers
    return said
  }
  const begin: Lab['beginImport'] = (sql) => beginImport(ask, sql)
  return {
    ...of,
    ask,
    query: (sql, params) => ask(['query'], { sql, ...defined({ params }) }),
    beginImport: begin,
    import: async (sql) => {
      const { state, etag } = await begin(sql)
      return { refused: await settled(ask, 'import', state, pauseMs), etag }
    },
    once: <T>(what: string, look: () => Promise<T>) => {
      const known = (looked.get(what) as Promise<T> | undefined) ?? look()
      looked.set(what, known)
      return known
    },
    lastHeaders: () => headers,
  }
}

async function beginImport(ask: Lab['ask'], sql: string): Promise<{ state: Said; etag: string }> {
  const etag = createHash('md5').update(sql).digest('hex')
  const begun = await ask(['import'], { action: 'init', etag })
  const { filename, upload_url: address } = job.safeParse(begun.result).data ?? {}
  if (typeof address !== 'string' || typeof filename !== 'string') return { state: begun, etag }
  await fetch(address, { method: 'PUT', body: sql })
  return { state: await ask(['import'], { action: 'ingest', etag, filename }), etag }
}

/** Small jobs end at once. Milliseconds. */
const FIRST_PAUSE_MS = 50

/** Polls a job until it ends; undefined where it is complete, else why it is not. */
export async function settled(
  ask: Lab['ask'],
  kind: 'import' | 'export',
  first: Said,
  pauseMs: number,
): Promise<string | undefined> {
  let said = first
  for (let polls = 0; polls < 120; polls += 1) {
    const now = job.safeParse(said.result).data
    if (now?.status === 'complete') return undefined
    if (now?.status === 'error' || typeof now?.error === 'string') return now.error ?? 'no reason was given'
    if (!said.ok || now === undefined || typeof now.at_bookmark !== 'string')
      return said.message || `status ${said.status}`
    await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, FIRST_PAUSE_MS * 2 ** polls)))
    const poll = { current_bookmark: now.at_bookmark }
    said = await ask(
      [kind],
      kind === 'import' ? { action: 'poll', ...poll } : { output_format: 'polling', ...poll },
    )
  }
  return 'it did not end'
}

function saidOf({ status, headers, answer }: RawAnswer): Said {
  const { success, result, errors } = envelope.safeParse(answer).data ?? {}
  const ok = status < 300 && success !== false
  const rows = statements.safeParse(result).data?.at(-1)?.results ?? []
  return { status, headers, ok, message: errors?.[0]?.message ?? '', result, rows }
}
