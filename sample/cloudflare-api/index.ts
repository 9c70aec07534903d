import type { AnalyticsRows } from './jobs.js'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { DayLimit, FREE_PLAN, type DayRows } from './day-limit.js'
import { ALL_LIMITS, type EngineLimits } from './engine.js'
import { Faults, type FaultRule } from './faults.js'
import { History } from './history.js'
import { LocalDatabase, type CommitFailure } from './local-database.js'
import { CallCounter, DEFAULT_RATE_LIMIT, GRAPHQL_RATE_LIMIT, type RateLimit } from './rate-limit.js'
import { ALL_FAULTS, type SplitterFaults } from './splitter.js'
import { createApiServer } from './server.js'
import type { ApiCall, Service } from './service.js'

export type { FaultKind, FaultRule, RouteName } from './faults.js'
export type { AnalyticsRow, AnalyticsRows, Dataset } from './jobs.js'
export type { ApiCall } from './service.js'

export interface DatabaseSeed {
  id: string
  name: string
  /** An SQLite file to start from; it is copied, never changed. */
  file?: string
  /** SQL to run at the start, after `file`. */
  sql?: string
}

export interface CloudflareApiOptions {
  /** Where databases and snapshots lie; kept at the end, and databases found there go on. Default: a temporary folder. */
  dir?: string
  /** Default: any free one. */
  port?: number
  databases: DatabaseSeed[]
  accountId?: string
  token?: string
  /** Whose the token is. Default: a user's. */
  tokenOwner?: 'user' | 'account'
  /** What the token may do. Default: `edit`. */
  tokenPermission?: 'edit' | 'read'
  /** Which faults of D1's splitter the query routes have. Default: all that are known. */
  splitter?: Partial<SplitterFaults>
  /** Calls allowed in a window, and the block after an overrun. Default: Cloudflare's. */
  rateLimit?: RateLimit
  /** The same of GraphQL, beside it. Default: Cloudflare's. */
  graphqlLimit?: RateLimit
  /** Which limits of D1's engine are held. Default: all. */
  engine?: Partial<EngineLimits>
  /** Whether one query text is one transaction, or each of its statements. Sources differ, most of them for the default: `transaction`. */
  queryMode?: 'transaction' | 'statement'
  /** Whether D1 says which constraint a COMMIT broke, or only that it failed. Default: `hidden`. */
  commitFailure?: CommitFailure
  /** How long an abandoned export holds its database. Milliseconds; 0: an export holds nobody up. Default: 5000. */
  exportHoldMs?: number
  /** After how long without a poll an import is taken back. Milliseconds; 0: it ends at once and holds nobody up. Default: 15,000. */
  importHoldMs?: number
  /** What an `init` with the etag of a file that was uploaded before does. Default: `started`, without an upload. */
  importAgain?: 'started' | 'uploaded'
  /** How an import runs; sources differ, so the default is the one that asks more of a client: `statement`. */
  importMode?: 'statement' | 'chunk' | 'transaction'
  /** Rows that queries may read and write a day; null: as many as they like. Default: the free plan's. */
  dayRows?: DayRows | null
  /** Bytes of snapshots kept for Time Travel, for each database; older bookmarks expire. Default: 2 GiB. */
  keepBytes?: number
}

export interface CloudflareApi {
  /** What `CLOUDFLARE_API_BASE_URL` says. */
  url: string
  accountId: string
  token: string
  /** The three variables with which Wrangler and the SDK talk to this server. */
  env: Record<'CLOUDFLARE_API_BASE_URL' | 'CLOUDFLARE_API_TOKEN' | 'CLOUDFLARE_ACCOUNT_ID', string>
  fault(rule: FaultRule): void
  clearFaults(): void
  /** Uses up the user's calls, as a colleague's dashboard may: all are refused for so many milliseconds. */
  overrun(ms: number): void
  /** Every request that was understood, oldest first. */
  calls: ApiCall[]
  /** The database itself, for assertions; ask again after a Time Travel restore, which opens another file. */
  database(id: string): DatabaseSync
  /** Makes all bookmarks but the present one too old to restore. */
  expireBookmarks(id: string): void
  /** Rows that analytics answers from now on, by data set; `{}` brings the measured numbers back. */
  setAnalytics(rows: AnalyticsRows): void
  close(): Promise<void>
}

export const DEFAULT_ACCOUNT_ID = 'f0000000000000000000000000000001'
export const DEFAULT_TOKEN = 'local-api-token-local-api-token-00000000'

/** Starts the local Cloudflare API on 127.0.0.1. */
export async function startCloudflareApi(options: CloudflareApiOptions): Promise<CloudflareApi> {
  const folder = options.dir ?? mkdtempSync(join(tmpdir(), 'd1-runbook-api-'))
  mkdirSync(folder, { recursive: true })
  const service = openService(folder, options)
  const server = createApiServer(service)
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  service.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const url = `${service.origin}/client/v4`
  return {
    url,
    accountId: service.accountId,
    token: service.token,
    env: {
      CLOUDFLARE_API_BASE_URL: url,
      CLOUDFLARE_API_TOKEN: service.token,
      CLOUDFLARE_ACCOUNT_ID: service.accountId,
    },
    fault: (rule) => service.faults.add(rule),
    overrun: (ms) => service.counter.overrun(ms, Date.now()),
    clearFaults: () => service.faults.clear(),
    calls: service.calls,
    database: (id) => known(service.databases, id).connection,
    expireBookmarks: (id) => known(service.histories, id).expire(),
    setAnalytics: (rows) => {
      service.analytics = rows
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      for (const database of service.databases.values()) database.close()
      if (options.dir === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

function openService(folder: string, options: CloudflareApiOptions): Service {
  const limits = { ...ALL_LIMITS, ...options.engine }
  const { commitFailure = 'hidden' } = options
  const databases = new Map(
    options.databases.map((seed) => [seed.id, openDatabase(folder, seed, { limits, commitFailure })]),
  )
  const histories = [...databases].map(
    ([id, database]) =>
      [id, new History(database, join(folder, 'time-travel', id), options.keepBytes)] as const,
  )
  return {
    origin: 'http://127.0.0.1',
    accountId: options.accountId ?? DEFAULT_ACCOUNT_ID,
    token: options.token ?? DEFAULT_TOKEN,
    tokenOwner: options.tokenOwner ?? 'user',
    tokenPermission: options.tokenPermission ?? 'edit',
    splitter: { ...ALL_FAULTS, ...options.splitter },
    counter: new CallCounter(options.rateLimit ?? DEFAULT_RATE_LIMIT),
    graphqlCounter: new CallCounter(options.graphqlLimit ?? GRAPHQL_RATE_LIMIT),
    engine: { limits, commitFailure },
    queryMode: options.queryMode ?? 'transaction',
    exportHoldMs: options.exportHoldMs ?? 5000,
    importHoldMs: options.importHoldMs ?? 15_000,
    importAgain: options.importAgain ?? 'started',
    importMode: options.importMode ?? 'statement',
    day: new DayLimit(options.dayRows === undefined ? FREE_PLAN : (options.dayRows ?? undefined)),
    folder,
    databases,
    histories: new Map(histories),
    imports: new Map(),
    exports: new Map(),
    traffic: [],
    analytics: {},
    faults: new Faults(),
    calls: [],
  }
}

function openDatabase(
  folder: string,
  { id, name, file, sql }: DatabaseSeed,
  engine: Service['engine'],
): LocalDatabase {
  const path = join(folder, `${id}.sqlite`)
  const started = existsSync(path)
  if (!started && file !== undefined) {
    copyFileSync(file, path)
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${path}-wal`)
  }
  const database = new LocalDatabase({ id, name, file: path, ...engine })
  if (!started && sql !== undefined) database.run([{ sql }])
  return database
}

function known<T>(items: Map<string, T>, id: string): T {
  const item = items.get(id)
  if (item === undefined) throw new Error(`The local API has no database ${id}.`)
  return item
}
