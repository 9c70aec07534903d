import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { defined } from '../../contract/defined.js'
import { rowOf, type FailureRow } from '../wrangler/failure-table.js'
import { inSpan } from '../../process/span.js'
import { jsonOf } from '../../contract/json.js'
import { budgetOf, graphqlBudgetOf, type CallBudget, type Purpose } from './budget.js'

/** Whom to ask, and as whom. */
export interface ApiClient {
  token: string
  /** Without a slash at its end. */
  url: string
  /** How often one question is asked at most. */
  tries: number
  /** What it asks for; the last calls of a budget are kept for `change`, the default. */
  purpose?: Purpose
}

/** One request of Cloudflare's API. All that we send only reads, a D1 query too: it may be sent again. */
export interface ApiQuestion {
  path: string
  search?: Record<string, string>
  /** With one it is a POST. */
  body?: object
  /** Only of a database that the caller has made itself. */
  method?: 'DELETE'
  signal?: AbortSignal
}

/** The API answered, but not what was asked for. */
export class ApiRefusal extends Error {
  readonly status: number
  /** Cloudflare's own number of the first error. */
  readonly code: number | undefined
  /** Milliseconds. */
  readonly retryAfterMs: number

  constructor(message: string, answer: { status: number; code?: number | undefined; retryAfterMs?: number }) {
    super(message)
    this.status = answer.status
    this.code = answer.code
    this.retryAfterMs = answer.retryAfterMs ?? 0
  }
}

/** No answer came, or not the whole of it. */
export class ApiSilence extends Error {}

const TIMEOUT_MS = 60_000
/** Before the second try; doubled before each further one. Milliseconds. */
const PAUSE_MS = 500
/** The longest wait in here, well below the time of the shortest activity; past it, whoever asked decides. Milliseconds. */
const LONGEST_WAIT_MS = 20_000

const GRAPHQL = '/graphql'

/** Parts of a path, none of which can become another path. */
export function apiPath(...parts: string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join('')
}

/**
 * The JSON of an answer that is no error. Throws {@link ApiRefusal}, {@link ApiSilence}, or the reason of the question's
 * own signal.
 */
export async function sendQuestion(client: ApiClient, question: ApiQuestion): Promise<unknown> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await sendOnce(client, question)
    } catch (error) {
      question.signal?.throwIfAborted()
      const pause = Math.max(
        PAUSE_MS * 2 ** (tried - 1),
        error instanceof ApiRefusal ? error.retryAfterMs : 0,
      )
      if (tried >= client.tries || !mayHelpAgain(error) || pause > LONGEST_WAIT_MS) throw error
      await sleep(pause, undefined, defined({ signal: question.signal }))
    }
  }
}

function mayHelpAgain(error: unknown): boolean {
  if (error instanceof ApiSilence) return true
  if (!(error instanceof ApiRefusal)) return false
  // A database that one query made D1 reset would be reset by it again.
  if (isOfD1(error.code) && rowOfRefusal(error).type === 'LimitReached') return false
  return error.status >= 500 || error.status === 408 || error.status === 429
}

/**
 * Numbers of what D1 itself says of one database, with any status: an overload (7429) and an eleventh restore (7500) come with 429, and other
 * databases are served.
 */
export function isOfD1(code: number | undefined): boolean {
  return code !== undefined && code >= 7400 && code < 7600
}

/** What the words of a refusal mean, as Wrangler would print them. */
export function rowOfRefusal({ code, message }: ApiRefusal): FailureRow {
  return rowOf(code === undefined ? message : `${message} [code: ${code}]`, 'remote')
}

/** An answer as it came, whatever it says. */
export interface RawAnswer {
  status: number
  headers: Headers
  /** undefined: not JSON. */
  answer: unknown
}

/** Asks once, within the budget. For who wants to see how the API answers, not what. Throws {@link ApiSilence}. */
export async function sendAsItIs(client: ApiClient, question: ApiQuestion): Promise<RawAnswer> {
  await spendBudgets(client, question)
  const { response, text } = await exchange(client, question)
  return { status: response.status, headers: response.headers, answer: jsonOf(text) }
}

async function sendOnce(client: ApiClient, question: ApiQuestion): Promise<unknown> {
  // The headers of an answer speak of the budget that is asked from: GraphQL has one of its own.
  const budget = await spendBudgets(client, question)
  const { response, text } = await exchange(client, question)
  budget.learn(response.headers, Date.now())
  const answer = jsonOf(text)
  if (response.ok && answer !== undefined) return answer
  if (response.ok) throw new ApiRefusal('the answer was not complete', { status: response.status })
  const [first] = refusalSchema.safeParse(answer).data?.errors ?? []
  const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1000 || 0
  if (response.status === 429 && !isOfD1(first?.code)) budget.block(retryAfterMs, Date.now())
  throw new ApiRefusal(first?.message ?? `${response.status} ${response.statusText}`, {
    status: response.status,
    code: first?.code,
    retryAfterMs,
  })
}

/** Waits until the call may be made, and counts it; the narrowest budget that it is counted in. */
async function spendBudgets(client: ApiClient, { path, signal }: ApiQuestion): Promise<CallBudget> {
  const budgets = path === GRAPHQL ? [budgetOf(client), graphqlBudgetOf(client)] : [budgetOf(client)]
  for (const budget of budgets) await awaitBudget(client, budget, signal)
  for (const budget of budgets) budget.spend(Date.now())
  return budgets.at(-1) ?? budgetOf(client)
}

/** Throws the refusal that the call would meet, or that others would because of it, when the wait is long. */
async function awaitBudget(
  { purpose = 'change' }: ApiClient,
  budget: CallBudget,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (;;) {
    const waitMs = budget.waitMs(purpose, Date.now())
    if (waitMs === 0) return
    if (waitMs > LONGEST_WAIT_MS) {
      const seconds = Math.ceil(waitMs / 1000)
      const message = `the calls that Cloudflare allows are used up${budget.keptFrom(purpose) > 0 ? ', but for those kept for the migration' : ''}; there are more in ${seconds} s`
      throw new ApiRefusal(message, { status: 429, retryAfterMs: waitMs })
    }
    await sleep(waitMs, undefined, defined({ signal }))
  }
}

/** Words of paths of the API: all others are IDs and names. */
const PATH_WORDS = new Set([
  ...[
    'accounts',
    'user',
    'tokens',
    'verify',
    'graphql',
    'd1',
    'database',
    'query',
    'raw',
    'import',
    'export',
  ],
  ...['time_travel', 'bookmark', 'restore', 'insights'],
])

function exchange(client: ApiClient, question: ApiQuestion): Promise<{ response: Response; text: string }> {
  const template = question.path.replaceAll(/[^/]+/g, (part) => (PATH_WORDS.has(part) ? part : '{}'))
  const method = question.method ?? (question.body === undefined ? 'GET' : 'POST')
  const facts = { 'http.request.method': method, 'url.template': template }
  return inSpan(`Cloudflare ${method} ${template}`, facts, async (note) => {
    const answered = await exchangeOnce(client, question)
    note({ 'http.response.status_code': answered.response.status })
    return answered
  })
}

async function exchangeOnce(
  { token, url }: ApiClient,
  { path, search, body, method, signal }: ApiQuestion,
): Promise<{ response: Response; text: string }> {
  // What fetch says of it quotes it.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new ApiRefusal('the API token holds a space, a line break or a letter that no token has', {
      status: 401,
    })
  }
  const deadline = AbortSignal.timeout(TIMEOUT_MS)
  const query = search === undefined ? '' : `?${new URLSearchParams(search).toString()}`
  try {
    const response = await fetch(`${url}${path}${query}`, {
      ...defined({ method }),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    })
    return { response, text: await response.text() }
  } catch (cause) {
    throw new ApiSilence(deadline.aborted ? `no answer in ${TIMEOUT_MS / 1000} s` : reasonOf(cause), {
      cause,
    })
  }
}

/** What fetch says is "fetch failed" or "terminated"; why is in its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}

const refusalSchema = z.object({
  errors: z.array(z.object({ message: z.string(), code: z.number().optional() })),
})
