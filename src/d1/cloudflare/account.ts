import { z } from 'zod'
import { RunbookError } from '../../contract/failures.js'
import type { Target } from '../../contract/target.js'
import { askPage } from './api.js'
import { apiPath, type ApiClient } from './send.js'

const accountsSchema = z.array(z.object({ id: z.string(), name: z.string() }))
export type Account = z.infer<typeof accountsSchema>[number]

/** Five thousand accounts. */
const MOST_PAGES = 100

/**
 * Accounts that the token sees. The API gives them in pages of a size that it may choose, and says how many; where it does not, a
 * page without anything new is the end, so that one which is given again and again is asked for once more only. Throws `OutcomeUnknown` for
 * a list that does not end.
 */
export async function listAccounts(client: ApiClient): Promise<Account[]> {
  const accounts: Account[] = []
  for (let page = 1; ; page += 1) {
    const { result: found, totalPages } = await askPage(client, {
      what: 'Asking for the account',
      path: apiPath('accounts'),
      search: { page: String(page), per_page: '50' },
      schema: accountsSchema,
    })
    const fresh = found.filter(({ id }) => !accounts.some((known) => known.id === id))
    accounts.push(...fresh)
    if (fresh.length === 0 || page >= (totalPages ?? Infinity)) return accounts
    if (page >= MOST_PAGES)
      throw new RunbookError('OutcomeUnknown', `The list of accounts does not end in ${MOST_PAGES} pages.`, {
        advice: 'Set account_id in the Wrangler file, or CLOUDFLARE_ACCOUNT_ID.',
      })
  }
}

/** The account that the files or the environment name. */
export function givenAccount({ accountId }: Pick<Target, 'accountId'>): string | undefined {
  const given = accountId ?? process.env['CLOUDFLARE_ACCOUNT_ID']
  return given === '' ? undefined : given
}

/**
 * The account of the target: its own, the environment's `CLOUDFLARE_ACCOUNT_ID`, or the only one that the token sees.
 * Throws `ConfigInvalid` when there is a choice: we do not guess which production is meant.
 */
export async function resolveAccount(target: Pick<Target, 'accountId'>, client: ApiClient): Promise<string> {
  const given = givenAccount(target)
  if (given !== undefined) return given
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
