import { defined } from '../../contract/defined.js'
import { z } from 'zod'
import { RunbookError } from '../../contract/failures.js'
import type { Target } from '../../contract/target.js'
import { givenAccount, listAccounts, resolveAccount, type Account } from '../cloudflare/account.js'
import { apiClient, askApi } from '../cloudflare/api.js'
import { apiPath, type ApiClient } from '../cloudflare/send.js'
import { withReader } from './open-reader.js'
import { cellText, type SqlValue } from '../sqlite/sqlite.js'
import {
  classify,
  demandSuccess,
  parseJsonOutput,
  runWrangler,
  wranglerFailure,
} from '../wrangler/wrangler.js'

export interface Identity {
  name: string
  id: string
  accountId?: string
  sizeBytes?: number
  tables?: number
}

/**
 * The database as the one who holds it reports it, never as the configuration says. Throws `WrongTarget` when name, UUID
 * or account are not those of the target, `NotAuthenticated`, `DatabaseNotFound`.
 */
export async function readIdentity(target: Target): Promise<Identity> {
  const identity = target.database.remote ? await remoteIdentity(target) : await localIdentity(target)
  demandSame('UUID', target.database.id, identity.id, target)
  demandSame('name', target.database.name, identity.name, target)
  if (target.accountId !== undefined && identity.accountId !== undefined) {
    demandSame('account', target.accountId, identity.accountId, target)
  }
  return identity
}

function demandSame(what: string, expected: string, found: string, target: Target): void {
  if (expected === found) return
  throw new RunbookError(
    'WrongTarget',
    `The ${what} of the database of "${target.environment}" should be ${expected}, but ${found} answered.`,
    {
      advice: 'Correct database_name, database_id and account_id in the Wrangler file, then make a new plan.',
    },
  )
}

/** A local database has no name of its own: its file is derived from the ID, which is the proof. */
async function localIdentity(target: Target): Promise<Identity> {
  const [found] = await withReader(target, (reader) =>
    // Its file alone may hold next to nothing: what was written last stands in the WAL until a checkpoint.
    reader.query(`SELECT (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size) AS bytes,
      count(*) AS tables FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'`),
  )
  return {
    name: target.database.name,
    id: target.database.id,
    sizeBytes: Number(found?.['bytes'] ?? 0),
    tables: Number(found?.['tables'] ?? 0),
  }
}

const databaseSchema = z.object({
  name: z.string().optional(),
  uuid: z.string().optional(),
  file_size: z.number().optional(),
  num_tables: z.number().optional(),
})

async function remoteIdentity(target: Target): Promise<Identity> {
  const client = apiClient()
  if (client === undefined) return wranglerIdentity(target)
  const accountId = await resolveAccount(target, client)
  const found = await askApi(client, {
    what: `Asking for the database ${target.database.name}`,
    path: apiPath('accounts', accountId, 'd1', 'database', target.database.id),
    schema: databaseSchema,
  })
  return {
    name: found.name ?? '',
    id: found.uuid ?? '',
    accountId,
    ...defined({ sizeBytes: found.file_size, tables: found.num_tables }),
  }
}

/** As `wrangler d1 info` reports it; it does not say of which account. */
export async function wranglerIdentity(target: Target): Promise<Identity> {
  const what = `Asking for the database ${target.database.name}`
  const result = await runWrangler({
    target,
    args: ['d1', 'info', target.database.name, '--json'],
    timeoutMs: 60_000,
  })
  const info = parseJsonOutput(demandSuccess(result, what).stdout) as Record<string, SqlValue>
  const size = Number(info['database_size'] ?? info['file_size'])
  const tables = Number(info['num_tables'])
  return {
    name: cellText(info['name']),
    id: cellText(info['uuid']),
    ...defined({ accountId: target.accountId }),
    ...(Number.isFinite(size) ? { sizeBytes: size } : {}),
    ...(Number.isFinite(tables) ? { tables } : {}),
  }
}

/**
 * Who the worker is to Cloudflare, and which accounts it is known to reach. Throws `NotAuthenticated`: `wrangler whoami` says so
 * with exit code 0, so its text is read.
 */
export async function whoAmI(target: Target): Promise<{ accounts: Account[]; via: 'token' | 'login' }> {
  const client = apiClient()
  if (client === undefined) return { accounts: await wranglerAccounts(target), via: 'login' }
  try {
    await verifyToken(client, apiPath('user', 'tokens', 'verify'))
  } catch (error) {
    // A token of an account, which Cloudflare recommends for machines, is none of a user: only its account knows it.
    const id = givenAccount(target)
    const unknown = error instanceof RunbookError && error.type === 'NotAuthenticated'
    if (!unknown || id === undefined) throw error
    await verifyToken(client, apiPath('accounts', id, 'tokens', 'verify'))
    return { accounts: [{ id, name: 'of the token' }], via: 'token' }
  }
  return { accounts: await listAccounts(client), via: 'token' }
}

/** Throws `NotAuthenticated` where the API does not know the token, or knows it as disabled or expired. */
async function verifyToken(client: ApiClient, path: string): Promise<void> {
  const schema = z.object({ status: z.string() })
  const { status } = await askApi(client, { what: 'Checking the API token', path, schema })
  if (status === 'active') return
  throw new RunbookError('NotAuthenticated', `The API token is ${status}.`, {
    advice: 'Set CLOUDFLARE_API_TOKEN to a valid token.',
  })
}

/** The accounts that `wrangler whoami` lists. */
export async function wranglerAccounts(target: Target): Promise<Account[]> {
  const result = await runWrangler({ target, args: ['whoami'], timeoutMs: 60_000 })
  const loggedIn = /You are logged in|associated with the email|API Token/i.test(result.stdout)
  if (result.exitCode === 0 && loggedIn) return accountsOf(result.stdout)
  const asError = { ...result, exitCode: result.exitCode === 0 ? 1 : result.exitCode }
  if (classify(asError).type === 'NotAuthenticated') {
    throw new RunbookError('NotAuthenticated', 'Wrangler is not logged in to Cloudflare.', {
      advice: 'Run `wrangler login`, or set CLOUDFLARE_API_TOKEN.',
    })
  }
  throw wranglerFailure(asError, 'Asking who is logged in')
}

/** `whoami` has no JSON: an account ID is 32 hex digits in the table's second column. */
function accountsOf(stdout: string): Account[] {
  return [...stdout.matchAll(/[│|]\s*(.+?)\s*[│|]\s*([0-9a-f]{32})\s*[│|]/g)].map(
    ([, name = '', id = '']) => ({
      id,
      name,
    }),
  )
}
