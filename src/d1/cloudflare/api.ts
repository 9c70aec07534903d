import { z } from 'zod'
import { RunbookError, type FailureType } from '../../contract/failures.js'
import { redact } from '../../process/redact.js'
import { isSqlRefusal } from '../wrangler/failure-texts.js'
import { ApiRefusal, ApiSilence, sendQuestion, type ApiClient, type ApiQuestion } from './send.js'
import { command, words } from '../../contract/next-command.js'

const CLOUDFLARE = 'https://api.cloudflare.com/client/v4'

/**
 * Access to Cloudflare's API, when a token is at hand. For reads only: what the runbook names as a change goes through
 * Wrangler. Six routes are read, so there is no SDK: the official one weighs 120 MB.
 */
export function apiClient(env: NodeJS.ProcessEnv = process.env): ApiClient | undefined {
  const token = env['CLOUDFLARE_API_TOKEN']
  if (token === undefined || token === '') return undefined
  const url = env['CLOUDFLARE_API_BASE_URL'] ?? ''
  return { token, url: url === '' ? CLOUDFLARE : url.replace(/\/+$/, ''), tries: 4 }
}

const envelopeSchema = z.object({
  result: z.unknown(),
  errors: z.array(z.object({ message: z.string() })).nullish(),
})

/**
 * The `result` of an answer, read by `schema`. Fails in the words of the failure table; `what`: such as "Reading art".
 * An answer without a result (status 200 around `success: false`), or with one of another shape, is no answer.
 */
export async function askApi<T>(
  client: ApiClient,
  question: ApiQuestion & { what: string; schema: z.ZodType<T> },
): Promise<T> {
  const { what, schema } = question
  const envelope = envelopeSchema.safeParse(await askRaw(client, question)).data
  if (envelope?.result === undefined || envelope.result === null) {
    const said = envelope?.errors?.[0]?.message ?? 'the API reported no success'
    throw failure('OutcomeUnknown', what, said)
  }
  const { success, data } = schema.safeParse(envelope.result)
  if (!success) throw failure('OutcomeUnknown', what, 'the answer has not the shape that the API describes')
  return data
}

/** The same without the envelope, which GraphQL has not. */
export async function askRaw(client: ApiClient, question: ApiQuestion & { what: string }): Promise<unknown> {
  try {
    return await sendQuestion(client, question)
  } catch (error) {
    if (error instanceof ApiSilence) throw failure('Network', question.what, error.message)
    if (!(error instanceof ApiRefusal)) throw error
    throw failure(typeOf(error.status, error.code, error.message), question.what, error.message)
  }
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

/** Without a cause: that of fetch may quote the request's headers. */
function failure(type: FailureType, what: string, message: string): RunbookError {
  return new RunbookError(type, `${what} failed: ${redact(message)}`, {
    advice: ADVICE[type] ?? words`Run ${command('doctor')}.`,
  })
}
