import { defined } from '../../contract/defined.js'
import Cloudflare from 'cloudflare'
import { RunbookError, type FailureType } from '../../contract/failures.js'
import { isSqlRefusal } from '../wrangler/failure-texts.js'
import { redact } from '../../process/redact.js'

/** The official SDK, when a token is at hand. Reads only; what the runbook names as a change goes through Wrangler. */
export function apiClient(env: NodeJS.ProcessEnv = process.env): Cloudflare | undefined {
  const apiToken = env['CLOUDFLARE_API_TOKEN']
  if (apiToken === undefined || apiToken === '') return undefined
  const baseURL = env['CLOUDFLARE_API_BASE_URL']
  return new Cloudflare({
    apiToken,
    maxRetries: 3,
    timeout: 60_000,
    ...defined({ baseURL }),
  })
}

/**
 * Runs `work` and names what the API says in the words of the failure table. `what`: such as "Reading art". An answer
 * without a result (status 200 around `success: false`) is no answer.
 */
export async function askApi<T>(what: string, work: () => Promise<T>): Promise<T> {
  const answer = await work().catch((error: unknown) => {
    throw apiFailure(what, error)
  })
  if (answer !== null) return answer
  throw new RunbookError('OutcomeUnknown', `${what} failed: the API reported no success.`, {
    advice: ADVICE.OutcomeUnknown ?? '',
  })
}

export function apiFailure(what: string, error: unknown): unknown {
  if (error instanceof Cloudflare.APIConnectionError) {
    return failure('Network', what, error.message, error)
  }
  if (!(error instanceof Cloudflare.APIError)) return brokenAnswer(what, error)
  const [first] = error.errors
  const message = first?.message ?? error.message
  return failure(typeOf(Number(error.status), first?.code, message), what, message, error)
}

/** What the SDK throws when an answer breaks off, or ends early, after its head came: bare errors of fetch and JSON. */
function brokenAnswer(what: string, error: unknown): unknown {
  if (error instanceof SyntaxError)
    return failure('OutcomeUnknown', what, 'the answer was not complete', error)
  const cause = error instanceof TypeError ? (error.cause as { code?: unknown } | undefined) : undefined
  if (error instanceof TypeError && typeof cause?.code === 'string') {
    return failure('Network', what, `the answer broke off (${error.message})`, error)
  }
  return error
}

function typeOf(status: number, code: number | undefined, message: string): FailureType {
  if (status === 401 || code === 10000 || code === 9109) return 'NotAuthenticated'
  if (status === 403) return 'NotPermitted'
  if (status === 404) return 'DatabaseNotFound'
  if (status === 429) return 'RateLimited'
  if (status >= 500) return 'OutcomeUnknown'
  return isSqlRefusal(message) ? 'SqlRefused' : 'OutcomeUnknown'
}

const ADVICE: Partial<Record<FailureType, string>> = {
  NotAuthenticated: 'Set CLOUDFLARE_API_TOKEN to a valid token, or unset it and run `wrangler login`.',
  NotPermitted: 'Give the token the permission "D1: Edit" on this account.',
  DatabaseNotFound: 'Check database_id and account_id in the Wrangler file (`wrangler d1 list`).',
  RateLimited: 'Wait a few minutes; the work is tried again by itself.',
  Network: 'Check the connection to api.cloudflare.com; the work is tried again by itself.',
  OutcomeUnknown: 'The work is tried again by itself; see https://www.cloudflarestatus.com if it goes on.',
  SqlRefused: 'Correct the SQL.',
}

function failure(type: FailureType, what: string, message: string, cause: Error): RunbookError {
  // The cause holds request headers: only its text goes on.
  const safe = new Error(redact(cause.message))
  return new RunbookError(type, `${what} failed: ${redact(message)}`, {
    advice: ADVICE[type] ?? 'Run `d1-runbook doctor`.',
    cause: safe,
  })
}
