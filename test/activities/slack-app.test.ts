import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { closeInSlack, tellSlackApp, whySlackIsSilent } from '../../src/activities/slack-app.js'
import { channelSchema, type AnnouncementPlace, type Channel } from '../../src/contract/announcement.js'
import { noteMessage } from '../../src/runbook/messages.js'
import type { Ask } from '../../src/contract/ask.js'
import { readSealedAsk, sealAsk } from '../../src/runbook/sealed-ask.js'
import { SLACK_SCOPES, slackManifest } from '../../src/runbook/slack-manifest.js'
import { CHANNEL, openSlack, SIGNING_SECRET, TEAM, TOKEN, type SlackStandIn } from './slack-stand-in.js'

const channel: Extract<Channel, { kind: 'slack-app' }> = {
  ...{ kind: 'slack-app', name: 'slack', channel: CHANNEL },
  ...{ tokenEnv: 'RUNBOOK_SLACK_TOKEN', apiUrlEnv: 'RUNBOOK_SLACK_API' },
}

const RUN = { workflowId: 'migration/production/db', runId: 'run-1', environment: 'production' }
const CONSOLE = 'https://runbook.example.com'
const asking: typeof channel = {
  ...channel,
  decisions: { console: CONSOLE, signingSecretEnv: 'RUNBOOK_SLACK_SIGNING_SECRET' },
}
const OPENED = '2026-01-02T03:04:05.000Z'
const plan: Ask = {
  ...{ gate: 'plan', openedAt: OPENED, planHash: 'a'.repeat(64), shown: 'b'.repeat(64), buttons: true },
}

let slack: SlackStandIn
beforeEach(async () => {
  slack = await openSlack()
})
afterEach(() => slack.close())

const here = (env: Record<string, string> = {}) => ({
  env: { RUNBOOK_SLACK_TOKEN: TOKEN, RUNBOOK_SLACK_API: slack.url, ...env },
  variables: [],
})
const note = (title: string, details: string[] = []) =>
  noteMessage({
    environment: 'production',
    database: { name: 'shop', id: 'id', remote: true },
    title,
    details,
  })
const tell = (title: string, place?: Partial<AnnouncementPlace>, forAll = false): Promise<string> =>
  tellSlackApp(here(), channel, {
    ...{ text: note(title), forAll, run: RUN },
    place: place === undefined ? undefined : { channel: 'slack', thread: '', ...place },
  })

test('the first message begins the thread, the others answer it, and what all must see is shown in the channel too', async () => {
  const thread = await tell('begun')
  await tell('goes on', { thread })
  await tell('asked', { thread }, true)
  expect(slack.messages.map(({ title, thread: of, broadcast }) => [title, of, broadcast])).toEqual([
    ['ℹ️ begun', undefined, false],
    ['ℹ️ goes on', thread, false],
    ['ℹ️ asked', thread, true],
  ])
})

test('newer news takes the place of the older', async () => {
  const thread = await tell('begun')
  const first = await tell('15 minutes', { thread })
  expect(await tell('30 minutes', { thread, replaces: first })).toBe(first)
  expect(slack.messages.map(({ title, edits }) => [title, edits])).toEqual([
    ['ℹ️ begun', 0],
    ['ℹ️ 30 minutes', 1],
  ])
})

test.each(['message_not_found', 'cant_update_message', 'edit_window_closed'])(
  'where the older cannot be replaced (%s) the newer is a message of its own',
  async (error) => {
    const thread = await tell('begun')
    const first = await tell('15 minutes', { thread })
    slack.refuse('chat.update', { error })
    expect(await tell('30 minutes', { thread, replaces: first })).not.toBe(first)
    expect(slack.messages.at(-1)).toMatchObject({ title: 'ℹ️ 30 minutes', thread })
  },
)

describe('the head of the thread says what is newest', () => {
  test('as it was told, and the reply is posted once', async () => {
    const thread = await tell('begun')
    await tell('goes on', { thread, head: note('goes on', ['began with: begun']) })
    await tell('ended', { thread, head: note('ended', ['began with: begun']) }, true)
    expect(slack.messages.map(({ title, edits }) => [title, edits])).toEqual([
      ['ℹ️ ended', 2],
      ['ℹ️ goes on', 0],
      ['ℹ️ ended', 0],
    ])
    expect(slack.messages[0]?.text).toContain('began with: begun')
  })

  test.each([{ error: 'cant_update_message' }, { error: 'internal_error' }, { status: 503 }])(
    'where it cannot be changed (%j) the message is delivered all the same, once',
    async (refusal) => {
      const thread = await tell('begun')
      slack.refuse('chat.update', refusal)
      await tell('goes on', { thread, head: note('goes on') })
      expect(slack.messages.map(({ title }) => title)).toEqual(['ℹ️ begun', 'ℹ️ goes on'])
    },
  )
})

test('where the thread is gone, a message begins another one', async () => {
  const ts = await tell('asked', { thread: '1600000000.000001' }, true)
  expect(slack.messages).toMatchObject([{ ts, title: 'ℹ️ asked', broadcast: false }])
})

test('a message that is longer than a changed one may be is cut in what notifications show alone', async () => {
  const long = note(
    'long',
    Array.from({ length: 200 }, (_, index) => `<!channel> & line ${index} ${'x'.repeat(60)}`),
  )
  const thread = await tell('begun')
  const first = await tell('15 minutes', { thread })
  const place = { channel: 'slack', thread, replaces: first }
  await tellSlackApp(here(), channel, { text: long, forAll: false, place, run: RUN })
  const [, changed] = slack.messages
  expect(changed?.edits).toBe(1)
  expect(changed?.text.replaceAll(/&(?:lt|gt|amp);/g, '')).not.toMatch(/[<>&]/)
})

describe('a message that Slack does not take is told with its reason', () => {
  test.each([
    ['not_in_channel', 'Slack refused: not_in_channel'],
    ['is_archived', 'Slack refused: is_archived'],
    ['account_inactive', 'Slack refused: account_inactive'],
  ])('%s', async (error, said) => {
    slack.refuse('chat.postMessage', { error })
    await expect(tell('begun')).rejects.toThrow(said)
  })

  test('a token that is none', async () => {
    const wrong = here({ RUNBOOK_SLACK_TOKEN: 'xoxb-other' })
    await expect(
      tellSlackApp(wrong, channel, { text: 'x', forAll: false, place: undefined, run: RUN }),
    ).rejects.toThrow('Slack refused: invalid_auth')
    expect(await whySlackIsSilent(wrong, channel)).toBe('Slack refused: invalid_auth')
  })

  test('no token', async () => {
    await expect(
      tellSlackApp({ env: {}, variables: [] }, channel, {
        text: 'x',
        forAll: false,
        place: undefined,
        run: RUN,
      }),
    ).rejects.toThrow('the worker has no RUNBOOK_SLACK_TOKEN')
  })

  test('too many calls, once Slack was waited for as it asks', async () => {
    slack.refuse('chat.postMessage', { status: 429, retryAfter: 0 })
    await tell('begun')
    expect(slack.messages).toHaveLength(1)
    slack.refuse('chat.postMessage', { status: 429, retryAfter: 0 }, { status: 429, retryAfter: 0 })
    await expect(tell('again')).rejects.toThrow('answered with 429')
    slack.refuse('chat.postMessage', { status: 503 })
    await expect(tell('again')).rejects.toThrow('answered with 503')
  })
})

test('asking whether it answers posts nothing', async () => {
  expect(await whySlackIsSilent(here(), channel)).toBeUndefined()
  expect(slack.calls).toEqual(['auth.test'])
})

test.each(['#ops', 'ops', 'c0123', '../C0123456789', ''])('%j is no ID of a channel', (id) => {
  expect(channelSchema.safeParse({ ...channel, channel: id }).success).toBe(false)
})

describe('a message that asks for a decision', () => {
  const signing = { RUNBOOK_SLACK_SIGNING_SECRET: SIGNING_SECRET }
  const ask = (asks: Ask, place?: Partial<AnnouncementPlace>, env: Record<string, string> = signing) =>
    tellSlackApp(here(env), asking, {
      ...{ text: note('asked'), forAll: true, run: RUN, asks },
      place: place === undefined ? undefined : { channel: 'slack', thread: '', ...place },
    })
  const labels = () => slack.messages.map(({ buttons }) => buttons.map(({ label }) => label))

  test('leads to the console, and has two buttons that decide once they are confirmed', async () => {
    await ask(plan)
    expect(labels()).toEqual([['Open the decision', 'Approve', 'Decline']])
    const [open, approve, decline] = slack.messages[0]?.buttons ?? []
    expect(open?.url).toMatch(/^https:\/\/runbook\.example\.com\/asked\?by=/)
    expect(open?.value).toBeUndefined()
    expect([open?.confirm, approve?.confirm, decline?.confirm]).toEqual([false, true, true])
  })

  test('what each is good for is sealed: for this run, gate, opening, plan and page, and for three days at most', async () => {
    await ask(plan)
    const [open, approve, decline] = slack.messages[0]?.buttons ?? []
    const sealed = [new URL(open?.url ?? '').searchParams.get('by') ?? '', approve?.value, decline?.value]
    const read = sealed.map((one) => readSealedAsk(one ?? ''))
    expect(read.map((one) => one?.for)).toEqual(['link', 'approve', 'reject'])
    for (const [index, one] of read.entries()) {
      expect(one).toMatchObject({ workflow: RUN.workflowId, run: RUN.runId, gate: 'plan', openedAt: OPENED })
      expect(one).toMatchObject({ planHash: plan.planHash, shown: plan.shown })
      const leftMs = Date.parse(one?.until ?? '') - Date.now()
      expect(leftMs).toBeLessThanOrEqual(3 * 86_400_000)
      if (one !== undefined) expect(sealAsk(one, SIGNING_SECRET)).toBe(sealed[index])
      if (one !== undefined) expect(sealAsk(one, 'another secret')).not.toBe(sealed[index])
    }
  })

  test('those that decide are of the workspace that the token is of, which is asked for them alone', async () => {
    await ask({ ...plan, buttons: false })
    await ask(plan)
    const values = slack.messages[1]?.buttons.map(({ value }) => readSealedAsk(value ?? '')?.team)
    expect(values).toEqual([undefined, TEAM, TEAM])
    expect(slack.calls).toEqual(['chat.postMessage', 'auth.test', 'chat.postMessage'])
  })

  test('the link alone is there where the app is installed in a whole organization', async () => {
    const all = await openSlack({ everywhere: true })
    await tellSlackApp(here({ ...signing, RUNBOOK_SLACK_API: all.url }), asking, {
      ...{ text: note('asked'), forAll: true, run: RUN, asks: plan, place: undefined },
    })
    expect(all.messages.map(({ buttons }) => buttons.map(({ label }) => label))).toEqual([
      ['Open the decision'],
    ])
    await all.close()
  })

  test('is told later, where Slack does not say the workspace now', async () => {
    slack.refuse('auth.test', { status: 503 })
    await expect(ask(plan)).rejects.toThrow('answered with 503')
    await ask(plan)
    expect(labels()).toEqual([['Open the decision', 'Approve', 'Decline']])
  })

  test('no longer than the gate is open', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString()
    await ask({ ...plan, expiresAt })
    expect(readSealedAsk(slack.messages[0]?.buttons[1]?.value ?? '')?.until).toBe(expiresAt)
  })

  test('has the link alone where a button may not decide', async () => {
    await ask({ ...plan, buttons: false })
    expect(labels()).toEqual([['Open the decision']])
  })

  test.each([
    ['the channel has no console', channel, signing],
    ['the worker has no secret to seal with', asking, {}],
  ])('has no buttons where %s, and is delivered all the same', async (_case, where, env) => {
    await tellSlackApp(here(env), where, {
      ...{ text: note('asked'), forAll: true, run: RUN, asks: plan, place: undefined },
    })
    expect(labels()).toEqual([[]])
  })

  test('keeps its buttons as the head of the thread, as long as it asks', async () => {
    const thread = await ask(plan)
    await ask(plan, { thread, head: note('reminded'), headAsks: plan })
    expect(labels()[0]).toEqual(['Open the decision', 'Approve', 'Decline'])
    await tell('goes on', { thread, head: note('goes on') })
    expect(labels()[0]).toEqual([])
  })

  test('loses them, and says what became of it, once nobody is asked; one that is gone keeps nothing from it', async () => {
    const first = await ask(plan)
    const second = await ask(plan, { thread: first })
    await closeInSlack(here(signing), asking, {
      text: note('Approved: the plan'),
      asked: [first, '1600000000.000001', second],
    })
    expect(labels()).toEqual([[], []])
    expect(slack.messages.map(({ title }) => title)).toEqual([
      'ℹ️ Approved: the plan',
      'ℹ️ Approved: the plan',
    ])
    slack.refuse('chat.update', { error: 'internal_error' })
    await expect(closeInSlack(here(signing), asking, { text: 'x', asked: [first] })).rejects.toThrow(
      'internal_error',
    )
  })
})

describe('the manifest of the app', () => {
  test('has every scope that the calls need, and none beside them', async () => {
    const { oauth_config } = slackManifest(undefined)
    expect(oauth_config).toEqual({ scopes: { bot: [...SLACK_SCOPES] } })
    const all = await tell('begun')
    await tell('goes on', { thread: all, head: note('goes on') })
    expect(new Set(slack.calls)).toEqual(new Set(['chat.postMessage', 'chat.update']))
    for (const scope of SLACK_SCOPES) {
      const less = await openSlack({ scopes: SLACK_SCOPES.filter((one: string) => one !== scope) })
      const there = here({ RUNBOOK_SLACK_API: less.url })
      await expect(
        tellSlackApp(there, channel, { text: 'x', forAll: false, place: undefined, run: RUN }),
      ).rejects.toThrow(`Slack refused: missing_scope, it needs the scope ${scope}`)
      await less.close()
    }
  })
})
