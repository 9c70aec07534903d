import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { tellSlackApp, whySlackIsSilent } from '../../src/activities/slack-app.js'
import { channelSchema, type AnnouncementPlace, type Channel } from '../../src/contract/announcement.js'
import { noteMessage } from '../../src/runbook/messages.js'
import { CHANNEL, openSlack, TOKEN, type SlackStandIn } from './slack-stand-in.js'

const channel: Extract<Channel, { kind: 'slack-app' }> = {
  ...{ kind: 'slack-app', name: 'slack', channel: CHANNEL },
  ...{ tokenEnv: 'RUNBOOK_SLACK_TOKEN', apiUrlEnv: 'RUNBOOK_SLACK_API' },
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
    text: note(title),
    forAll,
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
  await tellSlackApp(here(), channel, { text: long, forAll: false, place })
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
      tellSlackApp(wrong, channel, { text: 'x', forAll: false, place: undefined }),
    ).rejects.toThrow('Slack refused: invalid_auth')
    expect(await whySlackIsSilent(wrong, channel)).toBe('Slack refused: invalid_auth')
  })

  test('no token', async () => {
    await expect(
      tellSlackApp({ env: {}, variables: [] }, channel, { text: 'x', forAll: false, place: undefined }),
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
