import { z } from 'zod'
import { RunbookError, type FailureType } from '../../contract/failures.js'
import { defined } from '../../contract/defined.js'
import { redact } from '../../process/redact.js'
import { FAILURE_TABLE, READ_BACK } from '../wrangler/failure-table.js'
import type { Purpose } from './budget.js'
import {
  ApiRefusal,
  ApiSilence,
  isOfD1,
  rowOfRefusal,
  sendQuestion,
  type ApiClient,
  type ApiQuestion,
} from './send.js'
import { command, words, type Words } from '../../contract/next-command.js'

const CLOUDFLARE = 'https://api.cloudflare.com/client/v4'

/**
 * Access to Cloudflare's API, when a token is at hand. For reads only: what the runbook names as a change goes through
 * Wrangler. Six routes are read, so there is no SDK: the official one weighs 120 MB.
 */
export function apiClient(
  env: NodeJS.ProcessEnv = process.env,
  purpose: Purpose = 'change',
): ApiClient | undefined {
  const token = env['CLOUDFLARE_API_TOKEN']
  if (token === undefined || token === '') return undefined
  const url = env['CLOUDFLARE_API_BASE_URL'] ?? ''
  return { token, url: url === '' ? CLOUDFLARE : url.replace(/\/+$/, ''), tries: 4, purpose }
}

const envelopeSchema = z.object({
  result: z.unknown(),
  errors: z.array(z.object({ message: z.string() })).nullish(),
  result_info: z.object({ total_pages: z.number() }).nullish().catch(null),
})

/**
 * The `result` of an answer, read by `schema`. Fails in the words of the failure table; `what`: such as "Reading art".
 * An answer without a result (status 200 around `success: false`), or with one of another shape, is no answer.
 */
export async function askApi<T>(
  client: ApiClient,
  question: ApiQuestion & { what: string; schema: z.ZodType<T> },
): Promise<T> {
  return (await askPage(client, question)).result
}

/** The same of a list that comes in pages; `totalPages` is undefined where the API does not say how many there are. */
export async function askPage<T>(
  client: ApiClient,
  question: ApiQuestion & { what: string; schema: z.ZodType<T> },
): Promise<{ result: T; totalPages: number | undefined }> {
  const { what, schema } = question
  const envelope = envelopeSchema.safeParse(await askRaw(client, question)).data
  if (envelope?.result === undefined || envelope.result === null) {
    const said = envelope?.errors?.[0]?.message ?? 'the API reported no success'
    throw failure('OutcomeUnknown', what, said)
  }
  const { success, data } = schema.safeParse(envelope.result)
  if (!success) throw failure('OutcomeUnknown', what, 'the answer has not the shape that the API describes')
  return { result: data, totalPages: envelope.result_info?.total_pages }
}

/** The same without the envelope, which GraphQL has not. */
export async function askRaw(client: ApiClient, question: ApiQuestion & { what: string }): Promise<unknown> {
  try {
    return await sendQuestion(client, question)
  } catch (error) {
    if (error instanceof ApiSilence) throw failure('Network', question.what, error.message)
    if (!(error instanceof ApiRefusal)) throw error
    const { type, advice, retryAfterMs } = meant(error)
    const details = retryAfterMs === undefined ? undefined : { retryAfterMs }
    throw failure(type, question.what, error.message, { advice, ...defined({ details }) })
  }
}

/** What the API means: by its status where that leaves no doubt, else by its words, as Wrangler would print them. */
function meant(refusal: ApiRefusal): { type: FailureType; advice: Words; retryAfterMs?: number } {
  const { status, code, retryAfterMs } = refusal
  const said = rowOfRefusal(refusal)
  const type = typeOf(status, code) ?? said.type
  // A gateway may quote the statement: of SQL, a server error says nothing.
  if (status >= 500 && said.type === 'SqlRefused') return { type: 'OutcomeUnknown', advice: AGAIN }
  const row = said.type === type ? said : FAILURE_TABLE.find((one) => one.type === type)
  const wait = retryAfterMs > 0 ? retryAfterMs : row?.retryAfterMs
  return {
    type,
    advice: row === undefined || row.advice === READ_BACK ? adviceOf(type) : row.advice,
    ...defined({ retryAfterMs: wait }),
  }
}

function typeOf(status: number, code: number | undefined): FailureType | undefined {
  if (status === 401 || code === 10000 || code === 9109) return 'NotAuthenticated'
  if (status === 403) return 'NotPermitted'
  if (status === 404) return 'DatabaseNotFound'
  return status === 429 && !isOfD1(code) ? 'RateLimited' : undefined
}

const AGAIN = 'The work is tried again by itself; see https://www.cloudflarestatus.com if it goes on.'

function adviceOf(type: FailureType): Words {
  if (type === 'OutcomeUnknown') return AGAIN
  return FAILURE_TABLE.find((row) => row.type === type)?.advice ?? words`Run ${command('doctor')}.`
}

/** Without a cause: that of fetch may quote the request's headers. */
function failure(
  type: FailureType,
  what: string,
  message: string,
  more: { advice?: Words; details?: Record<string, unknown> } = {},
): RunbookError {
  return new RunbookError(type, `${what} failed: ${redact(message)}`, { advice: adviceOf(type), ...more })
}
