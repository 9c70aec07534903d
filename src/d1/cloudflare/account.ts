import type Cloudflare from 'cloudflare'
import { RunbookError } from '../../contract/failures.js'
import type { Target } from '../../contract/target.js'
import { askApi } from './api.js'

export interface Account {
  id: string
  name: string
}

/** Accounts that the token sees. */
export async function listAccounts(client: Cloudflare): Promise<Account[]> {
  const accounts: Account[] = []
  await askApi('Asking for the account', async () => {
    for await (const { id, name } of client.accounts.list()) accounts.push({ id, name })
  })
  return accounts
}

/**
 * The account of the target: its own, the environment's `CLOUDFLARE_ACCOUNT_ID`, or the only one that the token sees.
 * Throws `ConfigInvalid` when there is a choice: we do not guess which production is meant.
 */
export async function resolveAccount(target: Target, client: Cloudflare): Promise<string> {
  const given = target.accountId ?? process.env['CLOUDFLARE_ACCOUNT_ID']
  if (given !== undefined && given !== '') return given
  const accounts = await listAccounts(client)
  const [only] = accounts
  if (only !== undefined && accounts.length === 1) return only.id
  throw new RunbookError(
    accounts.length === 0 ? 'NotPermitted' : 'ConfigInvalid',
    accounts.length === 0
      ? 'The API token sees no account.'
      : `The API token sees ${accounts.length} accounts: ${accounts.map(({ id, name }) => `${name} (${id})`).join(', ')}.`,
    { advice: 'Set account_id in the Wrangler file, or CLOUDFLARE_ACCOUNT_ID.' },
  )
}
