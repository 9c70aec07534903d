import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Slack's API as its documentation has it, as far as messages go: what it does not list is refused, and refusals come with 200.
 * https://docs.slack.dev/reference/methods/chat.postMessage, `chat.update`, `auth.test`, https://docs.slack.dev/reference/block-kit
 */
export interface SlackStandIn {
  url: string
  /** As a person sees the channel: top-level messages with their replies. */
  messages: Posted[]
  /** Refuses the next calls of this method so. */
  refuse: (method: string, ...answers: { status?: number; retryAfter?: number; error?: string }[]) => void
  calls: string[]
  close: () => Promise<void>
}

export interface Posted {
  ts: string
  title: string
  text: string
  thread?: string
  broadcast: boolean
  edits: number
}

export const CHANNEL = 'C0123456789'
export const TOKEN = 'xoxb-1-of-a-test'

const POST_ARGUMENTS = new Set(
  'channel text blocks mrkdwn unfurl_links unfurl_media thread_ts reply_broadcast'.split(' '),
)
const UPDATE_ARGUMENTS = new Set('channel ts text blocks'.split(' '))

type Fields = Record<string, unknown>
type Refusal = { status?: number; retryAfter?: number; error?: string }

export async function openSlack(): Promise<SlackStandIn> {
  const messages: Posted[] = []
  const calls: string[] = []
  const refusals = new Map<string, Refusal[]>()
  let clock = 0
  const methods: Record<string, (body: Fields) => Fields> = {
    'auth.test': () => ({ ok: true }),
    'chat.postMessage': (body) => {
      const wrong = wrongIn(body, POST_ARGUMENTS)
      if (wrong !== undefined) return no(wrong)
      const thread = body['thread_ts']
      if (thread === undefined && body['reply_broadcast'] !== undefined) return no('invalid_arguments')
      const parent = messages.find(({ ts }) => ts === thread)
      if (thread !== undefined && (parent === undefined || parent.thread !== undefined))
        return no('thread_not_found')
      clock += 1
      const ts = `1700000000.${String(clock).padStart(6, '0')}`
      const reply = parent === undefined ? {} : { thread: parent.ts }
      messages.push({ ts, ...shown(body), ...reply, broadcast: body['reply_broadcast'] === true, edits: 0 })
      return { ok: true, channel: CHANNEL, ts }
    },
    'chat.update': (body) => {
      const wrong = wrongIn(body, UPDATE_ARGUMENTS)
      if (wrong !== undefined) return no(wrong)
      if (String(body['text']).length > 4_000) return no('msg_too_long')
      const message = messages.find(({ ts }) => ts === body['ts'])
      if (message === undefined) return no('message_not_found')
      Object.assign(message, shown(body), { edits: message.edits + 1 })
      return { ok: true, channel: CHANNEL, ts: message.ts }
    },
  }
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, headers, body }) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers })
        response.end(JSON.stringify(body))
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    )
  })
  const answer = async (
    request: IncomingMessage,
  ): Promise<{ status: number; headers: Record<string, string>; body: object }> => {
    const method = (request.url ?? '').replace(/^\/api\//, '')
    calls.push(method)
    const plain = (body: object) => ({ status: 200, headers: {}, body })
    const refusal = refusals.get(method)?.shift()
    if (refusal?.status !== undefined) {
      const headers = refusal.retryAfter === undefined ? {} : { 'retry-after': String(refusal.retryAfter) }
      return { status: refusal.status, headers, body: no('ratelimited') }
    }
    if (refusal?.error !== undefined) return plain(no(refusal.error))
    const authorization = request.headers.authorization
    if (authorization === undefined) return plain(no('not_authed'))
    if (authorization !== `Bearer ${TOKEN}`) return plain(no('invalid_auth'))
    if (request.headers['content-type'] !== 'application/json; charset=utf-8')
      return plain(no('invalid_post_type'))
    const act = methods[method]
    return plain(act === undefined ? no('unknown_method') : act(JSON.parse(await textOf(request)) as Fields))
  }
  await listen(server)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    messages,
    calls,
    refuse: (method, ...answers) => void refusals.set(method, answers),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function no(error: string): Fields {
  return { ok: false, error }
}

function wrongIn(body: Fields, known: ReadonlySet<string>): string | undefined {
  if (Object.keys(body).some((name) => !known.has(name))) return 'invalid_arg_name'
  // Names of channels are taken for posts alone, and a message is changed by the channel's ID.
  if (body['channel'] !== CHANNEL) return 'channel_not_found'
  if (typeof body['text'] !== 'string' || body['text'] === '') return 'no_text'
  const blocks = body['blocks']
  return Array.isArray(blocks) && blocks.length <= 50 && blocks.every(isBlock) ? undefined : 'invalid_blocks'
}

function isBlock(value: unknown): boolean {
  const { type, text, elements } = value as { type?: string; text?: Fields; elements?: Fields[] }
  if (type === 'header') {
    const title = text?.['text']
    return (
      text?.['type'] === 'plain_text' && typeof title === 'string' && title.length > 0 && title.length <= 150
    )
  }
  if (type !== 'rich_text' || elements === undefined) return false
  return elements.every(
    (section) =>
      section['type'] === 'rich_text_section' &&
      (section['elements'] as Fields[]).every((one) => one['type'] === 'text' && one['text'] !== ''),
  )
}

function shown(body: Fields): Pick<Posted, 'title' | 'text'> {
  const [header] = body['blocks'] as { text?: { text?: string } }[]
  return { title: header?.text?.text ?? '', text: String(body['text']) }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
}
