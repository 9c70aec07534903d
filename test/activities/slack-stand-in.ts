import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Slack's API as its documentation has it, as far as messages go: what it does not list is refused, and refusals come with 200.
 * https://docs.slack.dev/reference/methods/chat.postMessage, `chat.update`, `auth.test`, https://docs.slack.dev/reference/block-kit,
 * https://docs.slack.dev/reference/interaction-payloads/block_actions-payload, https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export interface SlackStandIn {
  url: string
  /** As a person sees the channel: top-level messages with their replies. */
  messages: Posted[]
  /** Refuses the next calls of this method so. */
  refuse: (method: string, ...answers: { status?: number; retryAfter?: number; error?: string }[]) => void
  calls: string[]
  /** What it sends when somebody presses this button of a message, signed by the app's secret. */
  press: (ts: string, label: string, how?: Press) => Request
  /** What was told to who pressed a button, and to nobody else. */
  ephemeral: string[]
  close: () => Promise<void>
}

/** How a press is made; what is left out is as in the channel, by a member of it, now. */
export interface Press {
  user?: string
  userTeam?: string
  secret?: string
  /** Epoch milliseconds. */
  at?: number
  /** In the place of what the button holds. */
  value?: string
  action?: string
  channel?: string
  responseUrl?: string
  /** Last words on the payload, before it is signed. */
  change?: (payload: Record<string, unknown>) => void
}

export interface Button {
  label: string
  action: string
  value?: string
  url?: string
  confirm: boolean
}

export interface Posted {
  ts: string
  title: string
  text: string
  thread?: string
  broadcast: boolean
  edits: number
  buttons: Button[]
  mentions: string[]
}

export const CHANNEL = 'C0123456789'
export const TOKEN = 'xoxb-1-of-a-test'
export const SIGNING_SECRET = '8f742231b10e8888abcd99yyyzzz85a5'
export const USER = 'U0123456789'
export const TEAM = 'T0123456789'
/** Of our app; Slack asks for nothing else where it is pressed. */
const PRESSED_AT = '/slack/interactive'

const SCOPES: Record<string, string> = { 'chat.postMessage': 'chat:write', 'chat.update': 'chat:write' }

const POST_ARGUMENTS = new Set(
  'channel text blocks mrkdwn unfurl_links unfurl_media thread_ts reply_broadcast'.split(' '),
)
const UPDATE_ARGUMENTS = new Set('channel ts text blocks'.split(' '))

type Fields = Record<string, unknown>
type Refusal = { status?: number; retryAfter?: number; error?: string }

/** `scopes`: those of the token; `everywhere`: the app is installed in a whole organization. */
export async function openSlack({
  scopes = ['chat:write'],
  everywhere = false,
}: { scopes?: string[]; everywhere?: boolean } = {}): Promise<SlackStandIn> {
  const ephemeral: string[] = []
  let presses = 0
  const messages: Posted[] = []
  const calls: string[] = []
  const refusals = new Map<string, Refusal[]>()
  let clock = 0
  const methods: Record<string, (body: Fields) => Fields> = {
    'auth.test': () => ({
      ...{ ok: true, url: 'https://team.slack.com/', team: 'team', user: 'runbook', user_id: 'U0RUNBOOK00' },
      ...(everywhere ? { team_id: 'E0123456789', is_enterprise_install: true } : { team_id: TEAM }),
    }),
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
    const plain = (body: object) => ({ status: 200, headers: {}, body })
    if (method.startsWith('/actions/')) return plain(await answered(request))
    calls.push(method)
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
    const scope = SCOPES[method]
    if (scope !== undefined && !scopes.includes(scope))
      return plain({ ...no('missing_scope'), needed: scope, provided: scopes.join(',') })
    const act = methods[method]
    return plain(act === undefined ? no('unknown_method') : act(JSON.parse(await textOf(request)) as Fields))
  }
  /** What a `response_url` takes: a message for who pressed the button. https://docs.slack.dev/interactivity/handling-user-interaction */
  const answered = async (request: IncomingMessage): Promise<Fields> => {
    const body = JSON.parse(await textOf(request)) as Fields
    const { response_type: type, replace_original: replaces, text, ...others } = body
    if (
      type !== 'ephemeral' ||
      replaces !== false ||
      typeof text !== 'string' ||
      Object.keys(others).length > 0
    )
      return no('invalid_payload')
    ephemeral.push(text)
    return { ok: true }
  }
  await listen(server)
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const press = (ts: string, label: string, how: Press = {}): Request => {
    const message = messages.find((one) => one.ts === ts)
    const button = message?.buttons.find((one) => one.label === label)
    if (message === undefined || button === undefined) throw new Error(`no button ${label} is there to press`)
    const at = how.at ?? Date.now()
    presses += 1
    const actionTs = `${Math.floor(at / 1000)}.${String(presses).padStart(6, '0')}`
    const payload: Record<string, unknown> = {
      type: 'block_actions',
      user: { id: how.user ?? USER, username: 'ada', name: 'ada', team_id: how.userTeam ?? TEAM },
      api_app_id: 'A0123456789',
      token: 'of-older-apps',
      container: { type: 'message', message_ts: ts, channel_id: CHANNEL, is_ephemeral: false },
      trigger_id: `${presses}.1.f`,
      team: { id: TEAM, domain: 'team' },
      enterprise: null,
      is_enterprise_install: false,
      channel: { id: how.channel ?? CHANNEL, name: 'ops' },
      message: { type: 'message', bot_id: 'B0123456789', text: message.text, ts, blocks: [] },
      state: { values: {} },
      response_url: how.responseUrl ?? `${origin}/actions/${TEAM}/${presses}/secret`,
      actions: [
        {
          ...{ action_id: how.action ?? button.action, block_id: 'b1', type: 'button', action_ts: actionTs },
          ...{ text: { type: 'plain_text', text: label }, value: how.value ?? button.value },
        },
      ],
    }
    how.change?.(payload)
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
    return new Request(`http://localhost${PRESSED_AT}`, {
      method: 'POST',
      headers: slackHeaders(body, how.secret ?? SIGNING_SECRET, at),
      body,
    })
  }
  return {
    press,
    ephemeral,
    url: `${origin}/api`,
    messages,
    calls,
    refuse: (method, ...answers) => void refusals.set(method, answers),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** As Slack signs what it sends. `at`: epoch milliseconds. */
export function slackHeaders(body: string, secret: string, at: number): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000))
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')
  return {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${signature}`,
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
  if (type === 'actions')
    return (
      elements !== undefined &&
      elements.length > 0 &&
      elements.length <= 25 &&
      elements.every(isButton) &&
      new Set(elements.map((one) => one['action_id'])).size === elements.length
    )
  if (type !== 'rich_text' || elements === undefined) return false
  return elements.every(
    (section) =>
      section['type'] === 'rich_text_section' &&
      (section['elements'] as Fields[]).every((one) =>
        one['type'] === 'user'
          ? typeof one['user_id'] === 'string'
          : one['type'] === 'text' && one['text'] !== '',
      ),
  )
}

/** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
function isButton(one: Fields): boolean {
  const { type, text, action_id: id, url, value, style, confirm, ...others } = one
  const short = (given: unknown, most: number): boolean => typeof given === 'string' && given.length <= most
  return (
    type === 'button' &&
    isPlain(text, 75) &&
    short(id, 255) &&
    (url === undefined || (typeof url === 'string' && url.length <= 3_000 && URL.canParse(url))) &&
    (value === undefined || short(value, 2_000)) &&
    (style === undefined || style === 'primary' || style === 'danger') &&
    (confirm === undefined || isConfirmation(confirm as Fields)) &&
    Object.keys(others).length === 0
  )
}

/** https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object */
function isConfirmation({ title, text, confirm, deny, ...others }: Fields): boolean {
  return (
    isPlain(title, 100) &&
    isPlain(text, 300) &&
    isPlain(confirm, 30) &&
    isPlain(deny, 30) &&
    Object.keys(others).length === 0
  )
}

function isPlain(value: unknown, most: number): boolean {
  const { type, text } = value as Fields
  return type === 'plain_text' && typeof text === 'string' && text.length > 0 && text.length <= most
}

function shown(body: Fields): Pick<Posted, 'title' | 'text' | 'buttons' | 'mentions'> {
  const blocks = body['blocks'] as { type: string; text?: { text?: string }; elements?: Fields[] }[]
  const [header] = blocks
  const buttons = blocks.flatMap(({ type, elements = [] }) =>
    type === 'actions' ? elements.map(buttonOf) : [],
  )
  const mentions = blocks
    .flatMap(({ type, elements = [] }) => (type === 'rich_text' ? elements : []))
    .flatMap((section) =>
      (section['elements'] as Fields[]).flatMap(({ user_id: user }) =>
        typeof user === 'string' ? [user] : [],
      ),
    )
  return { title: header?.text?.text ?? '', text: String(body['text']), buttons, mentions }
}

function buttonOf({ text, action_id: action, value, url, confirm }: Fields): Button {
  return {
    label: String((text as Fields)['text']),
    action: String(action),
    confirm: confirm !== undefined,
    ...(typeof value === 'string' ? { value } : {}),
    ...(typeof url === 'string' ? { url } : {}),
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
}
