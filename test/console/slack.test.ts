import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { closeInSlack, tellSlackApp } from '../../src/activities/slack-app.js'
import { createConsole } from '../../src/console/app.js'
import { Invitations } from '../../src/console/invitations.js'
import type { ConsoleRuns } from '../../src/console/runs.js'
import type { Channel } from '../../src/contract/announcement.js'
import { SLACK_PATH, type Ask } from '../../src/contract/ask.js'
import { RunbookError } from '../../src/contract/failures.js'
import type { Gate } from '../../src/contract/names.js'
import type { Person, Policy } from '../../src/contract/policy.js'
import type { ReportInput } from '../../src/runbook/report/input.js'
import { askedFor, readSealedAsk, sealAsk } from '../../src/runbook/sealed-ask.js'
import { shownHash } from '../../src/runbook/shown.js'
import { slackManifest } from '../../src/runbook/slack-manifest.js'
import { decide, gateOf, openGate, voidGate, type GateState } from '../../src/workflows/gates.js'
import { newRunView } from '../../src/workflows/state.js'
import {
  CHANNEL,
  openSlack,
  SIGNING_SECRET,
  slackHeaders,
  TOKEN,
  USER,
  type Press,
  type SlackStandIn,
} from '../activities/slack-stand-in.js'
import { newPasskey } from '../runbook/people/passkeys.js'
import { requestFor } from '../workflows/request.js'
import { TestBrowser } from './test-browser.js'

const ORIGIN = 'http://localhost:7433'
const RUN = { workflowId: 'migration/local/db', runId: 'run-1' }
const PLAN = 'a'.repeat(64)
const BEA = 'U0123456780'

const folder = mkdtempSync(path.join(os.tmpdir(), 'd1-slack-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let slack: SlackStandIn
beforeEach(async () => {
  slack = await openSlack()
})
afterEach(() => slack.close())

const channel: Extract<Channel, { kind: 'slack-app' }> = {
  ...{ kind: 'slack-app', name: 'ops', channel: CHANNEL },
  ...{ tokenEnv: 'RUNBOOK_SLACK_TOKEN', apiUrlEnv: 'RUNBOOK_SLACK_API' },
  decisions: { console: ORIGIN, signingSecretEnv: 'RUNBOOK_SLACK_SIGNING_SECRET' },
}

interface Setting {
  people?: Person[]
  requester?: string
  gate?: Gate
  policy?: (policy: Policy) => Policy
  more?: Partial<ConsoleRuns>
  /** Roles that read the environment. */
  readers?: string[]
}

/** A console over one run whose gates are the workflow's own, and a message about the open one in Slack. */
async function open({
  readers,
  people,
  requester = 'Cay',
  gate = 'plan',
  policy = (one) => one,
  more = {},
}: Setting = {}) {
  const ada = newPasskey()
  const everybody: Person[] = people ?? [
    { name: 'Ada', roles: ['dba'], publicKeys: [ada.publicKey], slack: USER },
    { name: 'Bea', roles: ['reader'], publicKeys: [], slack: BEA },
  ]
  const base = requestFor('db', { people: everybody, requester })
  const gates = Object.fromEntries(
    Object.entries(base.policy.gates).map(([name, rules]) => [name, { ...rules, roles: ['dba'] }]),
  ) as Policy['gates']
  const request = { ...base, policy: policy({ ...base.policy, gates }) }
  const clock = { at: Date.parse('2026-01-02T03:04:05.000Z') }
  const at = new Date(clock.at).toISOString()
  const view = { ...newRunView(request, { ...RUN, startedAt: at }), planHash: PLAN }
  const state: GateState = { request, view, mayRollBack: false }
  openGate(state, { gate, shows: ['Apply 2: 0001.sql, 0002.sql'], at })
  const decided = vi.fn()
  const runs: ConsoleRuns = {
    inbox: () => Promise.resolve({ waiting: [], unknown: [] }),
    list: () => Promise.resolve([]),
    read: ({ workflowId, runId }) =>
      workflowId === RUN.workflowId && runId === RUN.runId
        ? Promise.resolve(structuredClone(view))
        : Promise.reject(new RunbookError('RunNotFound', 'There is no such run.', { advice: 'Look again.' })),
    lastRuns: () => Promise.resolve({ open: [], last: undefined }),
    predictedSchema: () => Promise.resolve(undefined),
    known: (_run, seen = view): Promise<ReportInput> =>
      Promise.resolve({ view: seen, plan: null, baseline: null }),
    peopleOf: () => Promise.resolve(request.people),
    decide: (_view, decision) => {
      decided(decision)
      const answer = decide(state, decision, at)
      return answer.counted
        ? Promise.resolve()
        : Promise.reject(new RunbookError('DecisionRefused', `Refused: ${answer.reason}`, { advice: '' }))
    },
    async *follow() {
      await Promise.resolve()
    },
    ...more,
  }
  const app = createConsole({
    ...{ origin: ORIGIN, people: everybody, timeZone: 'UTC', runs },
    ...(readers === undefined ? {} : { readers: { local: readers } }),
    slack: [{ channel: CHANNEL, secret: SIGNING_SECRET, api: slack.url }],
    invitations: new Invitations(folder),
    addressOf: () => '127.0.0.1',
    now: () => clock.at,
  })
  vi.spyOn(Date, 'now').mockImplementation(() => clock.at)
  const env = {
    RUNBOOK_SLACK_TOKEN: TOKEN,
    RUNBOOK_SLACK_API: slack.url,
    RUNBOOK_SLACK_SIGNING_SECRET: SIGNING_SECRET,
  }
  const asks = (): Ask => ({
    ...{ gate, openedAt: gateOf(state, gate).openedAt ?? '', planHash: view.planHash },
    ...{ shown: shownHash(gateOf(state, gate)), buttons: true },
  })
  const ts = await tellSlackApp({ env, variables: [] }, channel, {
    ...{ text: '🔔 Approval needed', forAll: true, run: { ...RUN, environment: 'local' } },
    ...{ asks: asks(), place: undefined },
  })
  const said = { kind: 'reminder' as const, text: '🔔', at, dedupeId: '1' }
  view.announcements.push({ ...said, deliveries: [{ channel: 'ops', delivered: true, ts }] })
  const send = async (request: Request): Promise<Response> =>
    app.request(`${ORIGIN}${new URL(request.url).pathname}`, {
      ...{ method: request.method, headers: request.headers, body: await request.text() },
    })
  const press = async (label: string, how: Press = {}) =>
    send(slack.press(ts, label, { at: clock.at, ...how }))
  /** What the person who pressed was told. */
  const told = async (label: string, how: Press = {}) => {
    const before = slack.ephemeral.length
    expect((await press(label, how)).status).toBe(200)
    await expect.poll(() => slack.ephemeral.length).toBe(before + 1)
    return slack.ephemeral.at(-1) ?? ''
  }
  const link = slack.messages[0]?.buttons[0]?.url ?? ''
  const browser = new TestBrowser((to, init) => app.request(new URL(to, ORIGIN).href, init), ORIGIN)
  return { app, ada, browser, state, view, clock, ts, env, send, press, told, decided, link, asks }
}
afterEach(() => void vi.restoreAllMocks())

/** What a button of the message holds, changed and sealed again: by somebody who has the secret, unless another one is given. */
function resealed(
  change: (ask: NonNullable<ReturnType<typeof readSealedAsk>>) => object,
  secret = SIGNING_SECRET,
) {
  const approve = slack.messages[0]?.buttons.find(({ label }) => label === 'Approve')
  const ask = readSealedAsk(approve?.value ?? '')
  if (ask === undefined) throw new Error('there is no button')
  return sealAsk({ ...ask, ...change(ask) }, secret)
}

function withoutTeam(payload: Record<string, unknown>): void {
  payload['user'] = { ...(payload['user'] as object), team_id: undefined }
}

describe('a button decides', () => {
  test('as the person whose Slack user pressed it, for the plan and the page of the message', async () => {
    const { told, state, decided } = await open()
    expect(await told('Approve')).toMatch(/^It counts: you, Ada, approved .+\. The gate: approved\.$/)
    expect(decided).toHaveBeenCalledTimes(1)
    expect(gateOf(state, 'plan').decisions).toEqual([
      expect.objectContaining({
        ...{ actor: 'Ada', decision: 'approve', planHash: PLAN, by: 'slack', slackUser: USER },
        decisionId: expect.stringMatching(/^slack-[0-9a-f]{64}$/),
      }),
    ])
  })

  test('declines, too', async () => {
    const { told, state } = await open()
    expect(await told('Decline')).toContain('you, Ada, declined')
    expect(gateOf(state, 'plan').state).toBe('rejected')
  })

  test('and says how many more are needed', async () => {
    const { told } = await open({
      policy: (policy) => ({
        ...policy,
        gates: { ...policy.gates, plan: { ...policy.gates.plan, approvals: 2 } },
      }),
    })
    expect(await told('Approve')).toContain('. 1 more approval needed.')
    expect(await told('Approve')).toContain("'Ada' has approved gate 'plan' already")
  })

  test('the manifest names the address that takes it', async () => {
    const { settings } = slackManifest(ORIGIN)
    expect(settings).toMatchObject({
      interactivity: { is_enabled: true, request_url: `${ORIGIN}${SLACK_PATH}` },
    })
  })

  test('the press of a link decides nothing, and nothing is told of it', async () => {
    const { press, decided } = await open()
    expect((await press('Open the decision')).status).toBe(200)
    expect(slack.ephemeral).toEqual([])
    expect(decided).not.toHaveBeenCalled()
  })
})

describe('what Slack did not send is taken for nothing', () => {
  const refused = async (answer: Response, status: number, { decided }: { decided: unknown }) => {
    expect(answer.status).toBe(status)
    expect(decided).not.toHaveBeenCalled()
    expect(slack.ephemeral).toEqual([])
  }

  test.each([
    ['a secret of somebody else', { secret: 'another secret' }],
    ['an empty secret', { secret: '' }],
  ])('signed with %s', async (_case, how) => {
    const opened = await open()
    await refused(await opened.press('Approve', how), 401, opened)
  })

  test.each<[string, (headers: Headers) => void]>([
    ['no signature', (headers: Headers) => headers.delete('x-slack-signature')],
    ['no time', (headers: Headers) => headers.delete('x-slack-request-timestamp')],
    ['a version of its own', (headers: Headers) => headers.set('x-slack-signature', 'v1=00')],
    [
      'a signature that is cut',
      (headers: Headers) =>
        headers.set('x-slack-signature', (headers.get('x-slack-signature') ?? '').slice(0, 20)),
    ],
    [
      'another time than was signed',
      (headers: Headers) =>
        headers.set(
          'x-slack-request-timestamp',
          String(Number(headers.get('x-slack-request-timestamp')) + 1),
        ),
    ],
    ['a time that is none', (headers: Headers) => headers.set('x-slack-request-timestamp', 'NaN')],
  ])('with %s', async (_case, change) => {
    const opened = await open()
    const request = slack.press(opened.ts, 'Approve', { at: opened.clock.at })
    change(request.headers)
    await refused(await opened.send(request), 401, opened)
  })

  test('a body that was changed behind the signature', async () => {
    const opened = await open()
    const request = slack.press(opened.ts, 'Decline', { at: opened.clock.at })
    const body = (await request.text()).replace('d1-runbook-reject', 'd1-runbook-approve')
    const answer = await opened.app.request(`${ORIGIN}${SLACK_PATH}`, {
      ...{ method: 'POST', headers: request.headers, body },
    })
    await refused(answer, 401, opened)
  })

  test.each([-301_000, 301_000, -86_400_000])('signed %i ms away from now', async (awayMs) => {
    const opened = await open()
    await refused(await opened.press('Approve', { at: opened.clock.at + awayMs }), 401, opened)
  })

  test('within five minutes it is taken, as Slack asks', async () => {
    const { told, clock } = await open()
    expect(await told('Approve', { at: clock.at - 299_000 })).toContain('It counts')
  })

  test('the same once more, at once and later', async () => {
    const { ts, clock, send, decided } = await open()
    const again = () => slack.press(ts, 'Approve', { at: clock.at })
    const first = again()
    const copies = [first.clone(), first.clone()]
    expect((await send(first)).status).toBe(200)
    await expect.poll(() => slack.ephemeral.length).toBe(1)
    for (const copy of copies) expect((await send(copy)).status).toBe(401)
    expect(decided).toHaveBeenCalledTimes(1)
  })

  test('the same press in a console that was started again: it has the same ID, which counts once', async () => {
    const { ts, clock, send, decided } = await open({
      policy: (policy) => ({
        ...policy,
        gates: { ...policy.gates, plan: { ...policy.gates.plan, approvals: 2 } },
      }),
    })
    const first = slack.press(ts, 'Approve', { at: clock.at })
    const body = await first.clone().text()
    await send(first)
    await expect.poll(() => slack.ephemeral.length).toBe(1)
    clock.at += 1_000
    // Signed anew, for this process remembers the signature: what it says is the same.
    const headers = slackHeaders(body, SIGNING_SECRET, clock.at)
    await send(new Request(first.url, { method: 'POST', headers, body }))
    await expect.poll(() => slack.ephemeral.length).toBe(2)
    expect(slack.ephemeral[1]).toContain('was counted before')
    const ids = decided.mock.calls.map(([decision]: { decisionId?: string }[]) => decision?.decisionId)
    expect(new Set(ids).size).toBe(1)
  })

  test.each([
    ['application/json', 415],
    ['multipart/form-data; boundary=x', 415],
    ['text/plain', 415],
    ['application/x-www-form-urlencoded-but-not', 415],
  ])('of the type %s', async (type, status) => {
    const opened = await open()
    const request = slack.press(opened.ts, 'Approve', { at: opened.clock.at })
    request.headers.set('content-type', type)
    await refused(await opened.send(request), status, opened)
  })

  test('longer than any message', async () => {
    const opened = await open()
    const change = (payload: Record<string, unknown>): void => void (payload['more'] = 'x'.repeat(300_000))
    await refused(await opened.press('Approve', { change }), 413, opened)
  })

  test.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'payload=x'],
    ['another payload', `payload=${encodeURIComponent('{"type":"view_submission"}')}`],
    ['two payloads', 'payload={}&payload={}'],
  ])('%s, though it is signed', async (_case, body) => {
    const opened = await open()
    const headers = slackHeaders(body, SIGNING_SECRET, opened.clock.at)
    await refused(
      await opened.send(new Request(`http://x${SLACK_PATH}`, { method: 'POST', headers, body })),
      400,
      opened,
    )
  })

  test('two buttons in one press', async () => {
    const opened = await open()
    const change = (payload: Record<string, unknown>): void => {
      const actions = payload['actions'] as object[]
      payload['actions'] = [...actions, ...actions]
    }
    await refused(await opened.press('Approve', { change }), 400, opened)
  })

  test('a page of another site that has a form, and any console without Slack', async () => {
    const { app } = await open()
    const posted = await app.request(`${ORIGIN}${SLACK_PATH}`, {
      ...{ method: 'POST', body: 'payload={}' },
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' },
    })
    expect(posted.status).toBe(401)
    const without = createConsole({
      ...{ origin: ORIGIN, people: [], timeZone: 'UTC', invitations: new Invitations(folder) },
      addressOf: () => '127.0.0.1',
    })
    expect((await without.request(`${ORIGIN}${SLACK_PATH}`, { method: 'POST' })).status).toBe(403)
  })
})

describe('what was pressed is refused, and who pressed it is told why', () => {
  /** Told, and nothing counted. */
  const refusedWith = async (
    opened: Awaited<ReturnType<typeof open>>,
    how: Press,
    said: string | RegExp,
    label = 'Approve',
  ) => {
    const answer = await opened.told(label, how)
    expect(answer).toMatch(/^Not counted\. /)
    expect(answer).toMatch(said)
    expect(opened.view.gates.flatMap(({ decisions }) => decisions)).toEqual([])
  }

  test('a user whom no person has', async () => {
    await refusedWith(await open(), { user: 'U0999999999' }, 'your Slack user, U0999999999')
  })

  test('a user of another role', async () => {
    await refusedWith(await open(), { user: BEA }, "'Bea' holds none of the roles of gate 'plan'")
  })

  test('a user of two people', async () => {
    const people = ['Ada', 'Bea'].map((name) => ({ name, roles: ['dba'], publicKeys: [], slack: USER }))
    await refusedWith(await open({ people }), {}, 'Two people of this run have your Slack user')
  })

  test.each<[string, Press]>([
    ['a user of another workspace, in a channel that both share', { userTeam: 'T0999999999' }],
    [
      'a press of another workspace, by a user of that one',
      { userTeam: 'T0999999999', change: (payload) => void (payload['team'] = { id: 'T0999999999' }) },
    ],
    [
      'a press of another workspace, by a user of ours',
      { change: (payload) => void (payload['team'] = { id: 'T0999999999' }) },
    ],
    ['a press that says no workspace of its user', { change: withoutTeam }],
    [
      'a press that says no workspace at all',
      {
        change: (payload) => {
          withoutTeam(payload)
          payload['team'] = null
        },
      },
    ],
  ])('%s', async (_what, how) => {
    const opened = await open()
    await refusedWith(opened, how, 'the workspace in which this app is installed')
    expect(opened.decided).not.toHaveBeenCalled()
  })

  test('a button that does not say of which workspace it is', async () => {
    const opened = await open()
    await refusedWith(opened, { value: resealed(() => ({ team: undefined })) }, 'decide in the console')
  })

  test('but not a press that names the workspace of its user alone', async () => {
    const change = (payload: Record<string, unknown>): void => void (payload['team'] = null)
    expect(await (await open()).told('Approve', { change })).toContain('It counts')
  })

  test.each<[string, string[], string]>([
    ['somebody whose roles do not read the environment', ['auditor'], BEA],
    ['somebody who would decide, and does not read it', ['auditor'], USER],
    ['a user whom nobody of the configuration has', ['dba', 'reader'], 'U0999999999'],
    ['a user whom nobody of the configuration has, where all who sign in read', [], 'U0999999999'],
  ])('%s: as of a run that is not there', async (_who, readers, user) => {
    const opened = await open({ readers })
    const notThere = { user, value: resealed(() => ({ run: 'run-2' })) }
    const said = await opened.told('Approve', notThere)
    expect(said).toMatch(/^Not counted\. There is no such run, or it is not for you to read\. /)
    expect(await opened.told('Approve', { user })).toBe(said)
    expect(opened.decided).not.toHaveBeenCalled()
    expect(gateOf(opened.state, 'plan').decisions).toEqual([])
  })

  test('but not who reads the environment', async () => {
    expect(await (await open({ readers: ['dba'] })).told('Approve')).toContain('It counts: you, Ada')
    expect(await (await open({ readers: [] })).told('Approve')).toContain('It counts: you, Ada')
  })

  test('the requester, where they may not approve', async () => {
    const opened = await open({
      requester: 'Ada',
      policy: (policy) => ({
        ...policy,
        gates: { ...policy.gates, plan: { ...policy.gates.plan, requesterMayApprove: false } },
      }),
    })
    await refusedWith(opened, {}, "'Ada' requested this run")
  })

  test('whoever approved the gate that asks for somebody else', async () => {
    const opened = await open({
      gate: 'final',
      people: [
        { name: 'Ada', roles: ['dba'], publicKeys: [], slack: USER },
        { name: 'Bea', roles: ['dba'], publicKeys: [], slack: BEA },
      ],
      policy: (policy) => ({
        ...policy,
        gates: { ...policy.gates, final: { ...policy.gates.final, differentFrom: ['plan'] } },
      }),
    })
    const { state, view } = opened
    openGate(state, { gate: 'plan', shows: [], at: new Date(opened.clock.at).toISOString() })
    decide(state, { gate: 'plan', decision: 'approve', actor: 'Ada', planHash: PLAN }, view.startedAt)
    expect(await opened.told('Approve')).toContain(
      "'Ada' approved gate 'plan'; gate 'final' needs somebody else",
    )
    expect(gateOf(state, 'final').decisions).toEqual([])
    expect(await opened.told('Approve', { user: BEA })).toContain('It counts')
  })

  test('a run that counts signed decisions alone', async () => {
    const opened = await open({ policy: (policy) => ({ ...policy, requireSignatures: true }) })
    await refusedWith(opened, {}, 'signed decisions alone')
    expect(opened.decided).not.toHaveBeenCalled()
  })

  test('the gate at which a database is taken back', async () => {
    const opened = await open({ gate: 'rollback' })
    await refusedWith(opened, {}, 'no button in Slack takes a database back')
  })

  test.each<[string, object]>([
    ['another run', { run: 'run-2' }],
    ['another workflow', { workflow: 'migration/production/other' }],
    ['another gate', { gate: 'final' }],
    ['another plan', { planHash: 'c'.repeat(64) }],
    ['no plan', { planHash: null }],
    ['another opening', { openedAt: '2026-01-01T00:00:00.000Z' }],
    ['another page', { shown: 'c'.repeat(64) }],
    ['a link', { for: 'link' }],
    ['the other answer', { for: 'reject' }],
    ['a time that is over', { until: '2026-01-01T00:00:00.000Z' }],
  ])('a value of %s, also where it is sealed', async (_case, change) => {
    const opened = await open()
    await refusedWith(opened, { value: resealed(() => change) }, '')
    expect(opened.decided).not.toHaveBeenCalled()
  })

  test.each<[string, () => string]>([
    ['sealed with another secret', () => resealed(() => ({}), 'another')],
    [
      'with the seal of another value',
      () => `${resealed(() => ({ gate: 'final' })).split('.')[0]}.${resealed(() => ({})).split('.')[1]}`,
    ],
    ['without a seal', () => resealed(() => ({})).split('.')[0] ?? ''],
    ['with something behind it', () => `${resealed(() => ({}))}.x`],
    [
      'with a name more',
      () => {
        const ask = readSealedAsk(resealed(() => ({})))
        if (ask === undefined) throw new Error('none')
        return sealAsk({ ...ask, more: 'x' } as typeof ask, SIGNING_SECRET)
      },
    ],
    ['of words', () => 'approve'],
    ['that is empty', () => ''],
    ['of the link', () => new URL(slack.messages[0]?.buttons[0]?.url ?? '').searchParams.get('by') ?? ''],
  ])('a value %s', async (_case, value) => {
    const opened = await open()
    await refusedWith(opened, { value: value() }, 'No run of this project made this button')
    expect(opened.decided).not.toHaveBeenCalled()
  })

  test('the value of one button under the name of the other', async () => {
    await refusedWith(await open(), { action: 'd1-runbook-approve' }, 'made this button', 'Decline')
  })

  test('a good button in a message that the run did not send', async () => {
    const opened = await open()
    opened.view.announcements = []
    await refusedWith(opened, {}, 'no message that the run is known to have sent')
  })

  test('a good button in another channel', async () => {
    await refusedWith(await open(), { channel: 'C0999999999' }, 'no channel of a run')
  })

  test('a gate that was decided, one that was opened again, another plan, other lines, a run that is over', async () => {
    const at = '2026-01-02T04:00:00.000Z'
    const lines = ['Apply 2: 0001.sql, 0002.sql']
    const cases: [(opened: Awaited<ReturnType<typeof open>>) => void, RegExp][] = [
      [({ state }) => void (gateOf(state, 'plan').state = 'approved'), /is not open: approved/],
      [
        ({ state }) => {
          voidGate(state, 'plan')
          openGate(state, { gate: 'plan', shows: lines, at })
        },
        /shows something else by now/,
      ],
      [({ view }) => void (view.planHash = 'c'.repeat(64)), /is about another plan by now/],
      [({ state }) => void (gateOf(state, 'plan').shows = ['Apply 3']), /shows something else by now/],
      [({ view }) => void Object.assign(view, { outcome: 'aborted' }), /The run is over \(aborted\)/],
    ]
    for (const [change, said] of cases) {
      const opened = await open()
      change(opened)
      slack.messages.splice(0, slack.messages.length - 1)
      await refusedWith(opened, {}, said)
      expect(opened.decided).not.toHaveBeenCalled()
    }
  })

  test('more presses of one user than a person makes', async () => {
    const opened = await open()
    for (let count = 0; count < 30; count += 1) await opened.told('Approve', { user: 'U0999999999' })
    expect(await opened.told('Approve', { user: 'U0999999999' })).toContain('Too much was pressed')
    expect(await opened.told('Approve')).toContain('It counts')
  })

  test('a bug says nothing of itself', async () => {
    const error = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const opened = await open({
      more: { peopleOf: () => Promise.reject(new Error('the secret of the house')) },
    })
    expect(await opened.told('Approve')).toBe(
      'Not known whether it counted: the console met an error; its terminal says which.',
    )
    expect(error).toHaveBeenCalledTimes(1)
  })

  test('the answer goes to Slack alone, whatever address stands in the press', async () => {
    const error = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const fetched = vi.spyOn(globalThis, 'fetch')
    const opened = await open()
    fetched.mockClear()
    await opened.press('Approve', { responseUrl: 'http://169.254.169.254/latest/meta-data' })
    await expect.poll(() => error.mock.calls.length).toBe(1)
    expect(fetched).not.toHaveBeenCalled()
  })

  test('what a name or a reason holds is shown as it is', async () => {
    const people = [{ name: '<!channel> & <@U1>', roles: ['dba'], publicKeys: [], slack: USER }]
    expect(await (await open({ people })).told('Approve')).toContain(
      'you, &lt;!channel&gt; &amp; &lt;@U1&gt;,',
    )
  })
})

describe('the link of a message', () => {
  const path = (url: string) => url.slice(ORIGIN.length)

  test('leads to the decision, through signing in', async () => {
    const { browser, ada, link } = await open()
    expect((await browser.get(path(link))).html).toContain('<h1>Sign in</h1>')
    const { html } = await browser.signIn(ada, { to: path(link) })
    expect(html).toContain('Apply 2: 0001.sql, 0002.sql')
  })

  test('does not ask whoever is signed in to do so again: Slack is another site, whose links bring no cookie of ours', async () => {
    const { browser, ada, link, app } = await open()
    await browser.signIn(ada)
    const headers = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    }
    const there = await app.request(link, { headers })
    expect(there.status).toBe(200)
    const onwards = /content="0; url=([^"]+)"/.exec(await there.text())?.[1] ?? ''
    expect(onwards.replaceAll('&amp;', '&')).toBe(path(link))
    expect((await browser.get(path(link))).html).toContain('Apply 2: 0001.sql, 0002.sql')
  })

  test.each<[string, (link: string) => string]>([
    ['without anything', () => `${ORIGIN}/asked`],
    ['that was changed', (link) => `${link}x`],
    ['of a button', () => `${ORIGIN}/asked?by=${slack.messages[0]?.buttons[1]?.value ?? ''}`],
    ['sealed by somebody else', () => `${ORIGIN}/asked?by=${resealed(() => ({ for: 'link' }), 'another')}`],
  ])('one %s is none', async (_case, change) => {
    const { browser, ada, link } = await open()
    await browser.signIn(ada)
    const { status, html } = await browser.get(path(change(link)))
    expect(status).toBe(404)
    expect(html).not.toContain('Apply 2')
  })

  test('shows nothing to whoever may not read the run', async () => {
    const { browser, ada, link } = await open({ readers: ['auditor'] })
    await browser.signIn(ada)
    const { status, html } = await browser.get(path(link))
    expect(status).toBe(404)
    expect(html).not.toContain('Apply 2')
  })

  test('is refused after its time', async () => {
    const { browser, ada, link, clock, asks } = await open()
    await browser.signIn(ada)
    clock.at += 3 * 86_400_000 + 1
    expect((await browser.get(path(link))).status).toBe(410)
    const long = askedFor(
      'link',
      { ...asks(), expiresAt: new Date(clock.at - 1).toISOString() },
      { run: RUN, at: clock.at },
    )
    expect((await browser.get(`/asked?by=${sealAsk(long, SIGNING_SECRET)}`)).status).toBe(410)
  })

  test('is refused once the gate has changed', async () => {
    const { browser, ada, link, state } = await open()
    await browser.signIn(ada)
    gateOf(state, 'plan').shows = ['Apply 3']
    const changed = await browser.get(path(link))
    expect(changed.status).toBe(409)
    expect(changed.html).toContain('shows something else by now')
    gateOf(state, 'plan').state = 'rejected'
    expect((await browser.get(path(link))).html).toContain('is not open: rejected')
  })
})

test('a message that asks no more has nothing left to press', async () => {
  const { env, ts } = await open()
  await closeInSlack({ env, variables: [] }, channel, { text: '✅ Approved', asked: [ts] })
  expect(slack.messages[0]?.buttons).toEqual([])
})
