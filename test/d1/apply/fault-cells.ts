import { RunbookError } from '../../../src/contract/failures.js'
import type { Target } from '../../../src/contract/target.js'
import { applyMigration, type ApplyRequest } from '../../../src/d1/apply/apply.js'
import { migrationFile } from '../../../src/d1/migrations/migration-files.js'
import type { ApiCall, CloudflareApi, FaultKind, RouteName } from '../../../sample/cloudflare-api/index.js'
import { fingerprintOf } from '../fingerprint.js'
import { LEDGER_SQL } from '../local-target.js'

/** One request of an apply. */
export interface Step {
  name: string
  route: RouteName
  /** Which request of its route, from 1. */
  call: number
  /** What it carries. */
  sql?: RegExp
  /** Our client tries a failed request again three times by itself; Wrangler does not, and what only explains is asked once. */
  by: 'sdk' | 'wrangler' | 'once'
}

/** Every request that applying one file makes, in its order. */
export const STEPS: Step[] = [
  { name: 'identity', route: 'info', call: 1, by: 'sdk' },
  {
    name: 'before: ledger there?',
    route: 'query',
    call: 1,
    by: 'sdk',
    sql: /SELECT name FROM sqlite_schema/,
  },
  { name: 'before: ledger', route: 'query', call: 2, by: 'sdk', sql: /applied_at FROM "d1_migrations"/ },
  { name: 'before: catalog', route: 'query', call: 3, by: 'sdk', sql: /SELECT type, name, tbl_name/ },
  { name: 'before: bookmark', route: 'bookmark', call: 1, by: 'once' },
  { name: 'ledger created', route: 'query', call: 4, by: 'wrangler', sql: /CREATE TABLE IF NOT EXISTS/ },
  { name: 'pending read', route: 'query', call: 5, by: 'wrangler', sql: /SELECT \*[\s\S]*d1_migrations/ },
  { name: 'THE FILE', route: 'query', call: 6, by: 'wrangler', sql: /INSERT INTO "d1_migrations"/ },
  {
    name: 'after: ledger there?',
    route: 'query',
    call: 7,
    by: 'sdk',
    sql: /SELECT name FROM sqlite_schema/,
  },
  { name: 'after: ledger', route: 'query', call: 8, by: 'sdk', sql: /applied_at FROM "d1_migrations"/ },
  { name: 'after: catalog', route: 'query', call: 9, by: 'sdk', sql: /SELECT type, name, tbl_name/ },
]

export const KINDS: FaultKind[] = [
  '429',
  '500',
  '504-before',
  '504-after',
  'reset-before',
  'reset-after',
  'cut',
  'truncated',
  'success-false',
  'revoked',
]

const BEFORE = `CREATE TABLE artists (id INTEGER PRIMARY KEY, name TEXT NOT NULL, visits INTEGER DEFAULT 0);`

/** Three files whose second run would show: a column twice, a number added twice, a row twice. */
export const FILES = [
  { name: '0002_bio.sql', sql: 'ALTER TABLE artists ADD COLUMN bio TEXT;' },
  { name: '0003_visits.sql', sql: 'UPDATE artists SET visits = visits + 1;' },
  {
    name: '0004_more.sql',
    sql: `INSERT INTO artists (name) VALUES ('Eva'); CREATE INDEX by_name ON artists (name);`,
  },
]

/** The database with the first `count` of the files applied. */
export function seedAfter(count: number): string {
  const done = FILES.slice(0, count)
  const names = ['0001_artists.sql', ...done.map(({ name }) => name)].map((name) => `('${name}')`)
  return [
    BEFORE,
    `INSERT INTO artists (name) VALUES ('Ema'), ('Jan');`,
    ...done.map(({ sql }) => sql),
    LEDGER_SQL,
    `INSERT INTO d1_migrations (name) VALUES ${names.join(', ')};`,
  ].join('\n')
}

export function requestFor(target: Target, index: number, stageRoot: string): ApplyRequest {
  const earlier = FILES.slice(0, index)
  const { name, sql } = FILES[index] ?? { name: '', sql: '' }
  const schema = BEFORE + earlier.map((file) => file.sql).join('')
  return {
    target,
    file: migrationFile(name, Buffer.from(sql)),
    ledgerBefore: ['0001_artists.sql', ...earlier.map((file) => file.name)],
    fingerprintBefore: fingerprintOf(schema),
    fingerprintAfter: fingerprintOf(schema + sql),
    stageRoot,
  }
}

/** The SDK's first request and its three retries. */
const SDK_REQUESTS = 4

/** Makes the fault strike `step`: once for Wrangler, until it gives up for the SDK. */
export function strike(api: CloudflareApi, step: Step, kind: FaultKind): void {
  const times = step.by === 'sdk' ? SDK_REQUESTS : 1
  for (let again = 0; again < times; again += 1)
    api.fault({ route: step.route, call: step.call + again, kind })
}

/** The request that the fault was meant for was made, and was that one. */
export function struck(step: Step, calls: ApiCall[]): boolean {
  const call = calls.filter(({ route }) => route === step.route)[step.call - 1]
  return call !== undefined && (step.sql === undefined || step.sql.test(call.sql ?? ''))
}

/**
 * Tries again what may be tried again, as the workflow's retry policy does; what may not (a token that is worth nothing any
 * more) once a person has mended it. Returns what each try came to. `look` is asked after each one.
 */
export async function applyLikeTemporal(
  request: ApplyRequest,
  mend: () => void,
  look: (said: string) => void,
): Promise<string[]> {
  const said: string[] = []
  for (;;) {
    try {
      said.push((await applyMigration(request)).state)
    } catch (error) {
      if (!(error instanceof RunbookError)) throw error
      said.push(error.type)
      if (error.type === 'NotAuthenticated') mend()
      else if (!error.retryable || said.length > 5) throw error
    }
    look(said.at(-1) ?? '')
    if (said.at(-1) === 'applied') return said
  }
}
