import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { cutText } from '../contract/limits.js'
import { RunbookError, messageOf, type FailureType } from '../contract/failures.js'
import { jsonOf } from '../contract/json.js'
import { oneLine } from '../text/one-line.js'
import { visible } from '../text/visible.js'

/** `owner/name`, checked: nothing else becomes part of an address. */
export interface Repository {
  owner: string
  name: string
}

/** One repository, whom to ask, and as whom. */
export interface GitHub {
  /** Of the API, without a slash at its end. */
  url: string
  repository: Repository
  /** A token that is good now. */
  token: () => Promise<string>
}

export interface Question {
  method?: 'GET' | 'POST' | 'PATCH'
  /** Below the repository: parts of a path, none of which can become another path. */
  path: readonly (string | number)[]
  search?: Record<string, string>
  body?: object
  /** Permission of the token that the call needs, as GitHub calls it: `checks: write`. */
  needs: string
  signal?: AbortSignal | undefined
}

/** https://docs.github.com/rest/about-the-rest-api/api-versions: the oldest that is supported, which each GitHub Enterprise Server knows. */
export const API_VERSION = '2022-11-28'
const ACCEPT = 'application/vnd.github+json'
/** GitHub refuses whoever does not say who asks. */
const USER_AGENT = 'd1-runbook'
const TIMEOUT_MS = 30_000
/** The longest that a limit is waited for in here; past it, whoever asked is told. Milliseconds. */
const LONGEST_WAIT_MS = 60_000
/** GitHub names no time: "wait for at least one minute". https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const UNNAMED_WAIT_MS = 60_000
/** A file of a repository is no larger in base64 than what travels with a run. Bytes. */
const MOST_BYTES = 64 * 1024 * 1024
const PER_PAGE = 100
const MOST_PAGES = 50

/** Throws `ConfigInvalid`. https://docs.github.com/rest/repos/repos names what an owner and a repository may be called. */
export function repositoryOf(text: string): Repository {
  const [, owner, name] = /^([A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}))\/([A-Za-z0-9._-]{1,100})$/.exec(text) ?? []
  if (owner !== undefined && name !== undefined && name !== '.' && name !== '..') return { owner, name }
  throw new RunbookError('ConfigInvalid', `${JSON.stringify(visible(text))} is no repository of GitHub.`, {
    advice: 'Give it as OWNER/NAME: --repo OWNER/NAME, or the variable GITHUB_REPOSITORY.',
  })
}

export function nameOf({ owner, name }: Repository): string {
  return `${owner}/${name}`
}

/** Throws `ConfigInvalid`: a token travels encrypted, or within this machine. */
export function apiUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const local = url !== undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
  const plainUrl = url?.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (plainUrl && (url.protocol === 'https:' || (local && url.protocol === 'http:')))
    return text.replace(/\/+$/, '')
  throw new RunbookError('ConfigInvalid', `${JSON.stringify(visible(text))} is no address of GitHub's API.`, {
    advice:
      'GITHUB_API_URL is such as https://api.github.com, or https://HOST/api/v3 of a GitHub Enterprise Server.',
  })
}

/**
 * The answer of one call, as `schema` reads it. A limit of GitHub's is waited for, up to a minute, and asked once more; nothing else is sent twice, since a
 * repeated POST makes a second thing. Throws `NotAuthenticated`, `NotPermitted`, `ConfigInvalid` where GitHub refuses what it was sent, `RateLimited`,
 * `Network`; `details.status` is GitHub's.
 */
export async function ask<T>(github: GitHub, question: Question, schema: z.ZodType<T>): Promise<T> {
  const { text } = await call(github, question)
  const parsed = schema.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  throw new RunbookError(
    'Network',
    `GitHub's answer to ${nameOfCall(question)} is not what its API describes.`,
    {
      advice: 'Is GITHUB_API_URL the address of its API? Else try again.',
      cause: parsed.error,
    },
  )
}

/** One that answers nothing that matters. Throws as {@link ask}. */
export async function tell(github: GitHub, question: Question): Promise<void> {
  await call(github, question)
}

/** All pages of a list; `itemsOf` reads one. Throws as {@link ask}, and `ConfigInvalid` past 5,000 entries. */
export async function askAll<Page, Item>(
  github: GitHub,
  question: Question,
  schema: z.ZodType<Page>,
  itemsOf: (page: Page) => readonly Item[],
): Promise<Item[]> {
  const found: Item[] = []
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const search = { ...question.search, per_page: String(PER_PAGE), page: String(page) }
    const items = itemsOf(await ask(github, { ...question, search }, schema))
    found.push(...items)
    if (items.length < PER_PAGE) return found
  }
  throw new RunbookError(
    'ConfigInvalid',
    `GitHub lists more than ${MOST_PAGES * PER_PAGE} for ${nameOfCall(question)}.`,
    {
      advice: 'That is more than is looked through here.',
    },
  )
}

async function call(github: GitHub, question: Question): Promise<{ text: string }> {
  for (let tries = 1; ; tries += 1) {
    const { response, text } = await send(github, question)
    if (response.ok) return { text }
    const waitMs = limitOf(response, text)
    if (waitMs === undefined) throw refusalOf(response.status, text, question)
    if (tries > 1 || waitMs > LONGEST_WAIT_MS)
      throw new RunbookError(
        'RateLimited',
        `GitHub answers no more calls of this token for ${Math.ceil(waitMs / 1000)} s.`,
        {
          advice: 'Run it again after that.',
          details: { status: response.status },
        },
      )
    await sleep(waitMs, undefined, { signal: question.signal })
  }
}

async function send(
  { url, repository, token }: GitHub,
  { method = 'GET', path, search, body, signal }: Question,
): Promise<{ response: Response; text: string }> {
  const place = ['repos', repository.owner, repository.name, ...path].map(
    (part) => `/${encodeURIComponent(part)}`,
  )
  return sendTo(
    `${url}${place.join('')}${search === undefined ? '' : `?${new URLSearchParams(search).toString()}`}`,
    {
      ...{ method, token: await token(), body, signal },
    },
  )
}

/** One request with GitHub's headers; the token goes nowhere but to the address that was named. Throws `Network`. */
export async function sendTo(
  address: string,
  {
    method,
    token,
    body,
    signal,
  }: { method: string; token: string; body?: object | undefined; signal?: AbortSignal | undefined },
): Promise<{ response: Response; text: string }> {
  const deadline = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const response = await fetch(address, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: ACCEPT,
        'x-github-api-version': API_VERSION,
        'user-agent': USER_AGENT,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      redirect: 'manual',
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { response, text: await readText(response) }
  } catch (cause) {
    signal?.throwIfAborted()
    const why = deadline.aborted ? `no answer in ${TIMEOUT_MS / 1000} s` : reasonOf(cause)
    throw new RunbookError('Network', `${new URL(address).host} cannot be asked: ${why}.`, {
      advice: 'Run it again; the address is that of GITHUB_API_URL.',
      cause,
    })
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** How long GitHub asks to wait; undefined where it refused for another reason. Milliseconds. */
function limitOf({ status, headers }: Response, text: string): number | undefined {
  if (status !== 403 && status !== 429) return undefined
  const after = headers.get('retry-after')
  if (after !== null && /^\d+$/.test(after)) return 1000 * Number(after)
  const reset = headers.get('x-ratelimit-reset')
  if (headers.get('x-ratelimit-remaining') === '0' && reset !== null && /^\d+$/.test(reset))
    return Math.max(1000, 1000 * Number(reset) - Date.now())
  // Of a secondary limit nothing else may tell.
  const limited = status === 429 || /secondary rate limit/i.test(messageIn(text) ?? '')
  return limited ? UNNAMED_WAIT_MS : undefined
}

function refusalOf(status: number, text: string, question: Question): RunbookError {
  const [type, advice] = meaningOf(status, question)
  const said = messageIn(text)
  return new RunbookError(
    type,
    `GitHub refuses ${nameOfCall(question)} with ${status}${said === undefined ? '' : `: ${said}`}`,
    { advice, details: { status } },
  )
}

function meaningOf(status: number, { needs }: Question): [FailureType, string] {
  if (status === 401)
    return [
      'NotAuthenticated',
      'Give a token that is good: docs/github.md says by which variables, and with which permissions.',
    ]
  if (status === 403) return ['NotPermitted', `The token needs the permission "${needs}".`]
  if (status === 404)
    return [
      'NotPermitted',
      `Is the repository named as it is? A token without the permission "${needs}" gets this answer, too.`,
    ]
  if (status >= 300 && status < 400)
    return ['ConfigInvalid', 'Was the repository renamed? Name it as it is called now: --repo OWNER/NAME.']
  if (status >= 500) return ['Network', 'Run it again: GitHub has a difficulty of its own.']
  return ['ConfigInvalid', 'See docs/github.md for what must be set up.']
}

/** What GitHub says of a refusal, in one line; of others, and cut. */
function messageIn(text: string): string | undefined {
  const value = jsonOf(text)
  if (typeof value !== 'object' || value === null) return undefined
  const { message, errors } = value as { message?: unknown; errors?: unknown }
  const more = Array.isArray(errors)
    ? errors.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
    : []
  const said = [...(typeof message === 'string' ? [message] : []), ...more].join('; ')
  return said === '' ? undefined : cutText(visible(oneLine(said)), 300)
}

function nameOfCall({ method = 'GET', path }: Question): string {
  return `${method} ${visible(path.join('/'))}`
}

/** What fetch says is "fetch failed"; why is in its cause. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : messageOf(error)
}
