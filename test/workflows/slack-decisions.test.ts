import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { announce } from '../../src/activities/announce.js'
import { contextFor, defaultHome } from '../../src/activities/worker-place.js'
import type { Session } from '../../src/client/session.js'
import { createConsole } from '../../src/console/app.js'
import { Invitations } from '../../src/console/invitations.js'
import { runsOf } from '../../src/console/runs.js'
import type { Channel } from '../../src/contract/announcement.js'
import { abortSignal, statusQuery, submitDecisionUpdate } from '../../src/contract/messages.js'
import type { Decision } from '../../src/contract/decision.js'
import type { Person } from '../../src/contract/policy.js'
import type { MigrationRequest, RunView } from '../../src/contract/run.js'
import { renderMarkdown } from '../../src/runbook/report/markdown.js'
import { NO_KEYS } from '../../src/temporal/codec/keys.js'
import {
  CHANNEL,
  openSlack,
  SIGNING_SECRET,
  TOKEN,
  USER,
  type SlackStandIn,
} from '../activities/slack-stand-in.js'
import { newPasskey } from '../runbook/people/passkeys.js'
import { requestFor } from './request.js'
import { ALL_GATES, gateOpen, gateState, until, useRealTimeServer, type RunHandle } from './skipping.js'
import { openWorld, type World } from './world.js'

const server = useRealTimeServer()
const BEA = 'U0123456780'
const ORIGIN = 'http://localhost:7433'
const SLACK: Channel = {
  ...{ kind: 'slack-app', name: 'ops', channel: CHANNEL },
  ...{ tokenEnv: 'RUNBOOK_SLACK_TOKEN', apiUrlEnv: 'RUNBOOK_SLACK_API' },
  decisions: { console: ORIGIN, signingSecretEnv: 'RUNBOOK_SLACK_SIGNING_SECRET' },
}
const PEOPLE: Person[] = [
  { name: 'Ada', roles: ['dba'], publicKeys: [], slack: USER },
  { name: 'Bea', roles: ['reader'], publicKeys: [], slack: BEA },
]

const folder = mkdtempSync(path.join(os.tmpdir(), 'd1-slack-run-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let slack: SlackStandIn
beforeEach(async () => {
  slack = await openSlack()
})
afterEach(() => slack.close())

/** Tells Slack as a worker does. */
function tellingWorld(): World {
  const env = {
    RUNBOOK_SLACK_TOKEN: TOKEN,
    RUNBOOK_SLACK_API: slack.url,
    RUNBOOK_SLACK_SIGNING_SECRET: SIGNING_SECRET,
  }
  return openWorld(() => ({
    announce: (input) =>
      announce(
        contextFor(defaultHome({ home: folder, env, variables: [], print: () => undefined }), input.target),
        input,
      ),
  }))
}

function requestWith(more: (request: MigrationRequest) => Partial<MigrationRequest> = () => ({})) {
  const roles = Object.fromEntries(ALL_GATES.map((gate) => [gate, { roles: ['dba'] }]))
  const request = requestFor(randomUUID(), { channels: [SLACK], people: PEOPLE, requester: 'Cay' }, roles)
  return { ...request, ...more(request) }
}

/** The console of the project, over the run's own server. */
function openConsole() {
  const { client, namespace = 'default' } = server.env
  const session: Session = {
    ...{ client, listing: client, codecKeys: NO_KEYS, address: '', namespace },
    follow: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
  const app = createConsole({
    ...{ origin: ORIGIN, people: PEOPLE, timeZone: 'UTC', runs: runsOf(session, folder) },
    slack: [{ channel: CHANNEL, secret: SIGNING_SECRET, api: slack.url }],
    invitations: new Invitations(folder),
    addressOf: () => '127.0.0.1',
  })
  return async (ts: string, label: string, user = USER): Promise<string> => {
    const before = slack.ephemeral.length
    const sent = slack.press(ts, label, { user })
    const answer = await app.request(`${ORIGIN}${new URL(sent.url).pathname}`, {
      ...{ method: sent.method, headers: sent.headers, body: await sent.text() },
    })
    expect(answer.status).toBe(200)
    await expect.poll(() => slack.ephemeral.length).toBe(before + 1)
    return slack.ephemeral.at(-1) ?? ''
  }
}

/** The message that asks at this gate, once the run knows that it was delivered. */
async function asking(handle: RunHandle, gate: (typeof ALL_GATES)[number]): Promise<string> {
  const delivered = ({ announcements }: RunView): string[] =>
    announcements.flatMap(({ deliveries }) => deliveries.flatMap(({ ts }) => ts ?? []))
  const view = await until(handle, (seen) => {
    const last = slack.messages.at(-1)
    return (
      gateOpen(gate)(seen) &&
      last !== undefined &&
      last.buttons.length > 0 &&
      delivered(seen).includes(last.ts)
    )
  })
  return delivered(view).at(-1) ?? ''
}

describe('a run whose policy asks for no signatures', () => {
  it('is decided by buttons, gate by gate, and says so everywhere', async () => {
    const world = tellingWorld()
    const press = openConsole()
    const view = await server.migrate(
      world,
      requestWith(({ monitoring }) => ({ monitoring: { ...monitoring, timeScale: 1e9 } })),
      async (handle) => {
        for (const gate of ALL_GATES) {
          const ts = await asking(handle, gate)
          expect(await press(ts, 'Approve', 'U0999999999')).toContain('Nobody among the people')
          expect(await press(ts, 'Approve', BEA)).toContain('holds none of the roles')
          expect(gateState(await handle.query(statusQuery), gate)).toBe('open')
          expect(await press(ts, 'Approve')).toContain('It counts: you, Ada, approved')
          const message = () => slack.messages.find((one) => one.ts === ts)
          await expect.poll(() => message()?.buttons, { timeout: 60_000 }).toEqual([])
        }
        return handle.result()
      },
    )
    expect(view.outcome).toBe('completed')
    const decisions = ALL_GATES.map((gate) => view.gates.find((one) => one.gate === gate)?.decisions)
    for (const made of decisions)
      expect(made).toMatchObject([{ actor: 'Ada', by: 'slack', slackUser: USER, decision: 'approve' }])
    expect(view.refused.filter(({ actor }) => actor === 'Bea')).toHaveLength(ALL_GATES.length)
    expect(renderMarkdown({ view, plan: null, baseline: null })).toContain(
      `Slack, the button pressed by ${USER}; not signed`,
    )
    expect(slack.messages.every(({ buttons }) => buttons.length === 0)).toBe(true)
  })

  it('a button of a gate that is over decides nothing, and neither does one of a run that ended', async () => {
    const world = tellingWorld()
    const press = openConsole()
    await server.migrate(world, requestWith(), async (handle) => {
      const ts = await asking(handle, 'team-lead')
      const kept = slack.messages.find((one) => one.ts === ts)?.buttons ?? []
      const restore = (): void =>
        void Object.assign(slack.messages.find((one) => one.ts === ts) ?? {}, { buttons: kept })
      await press(ts, 'Approve')
      await until(handle, gateOpen('environment'))
      await expect.poll(() => slack.messages.find((one) => one.ts === ts)?.buttons).toEqual([])
      restore()
      expect(await press(ts, 'Decline')).toContain('is not open: approved')
      await asking(handle, 'environment')
      await handle.signal(abortSignal, { reason: 'enough', actor: 'Cay' })
      const { outcome } = await handle.result()
      expect(outcome).toBe('aborted')
      await expect.poll(() => slack.messages.at(-1)?.buttons).toEqual([])
      restore()
      expect(await press(ts, 'Approve')).toContain('The run is over (aborted)')
    })
  })
})

it('where signatures are asked for, a message has the link alone, and whatever claims to come from Slack counts for nothing', async () => {
  const world = tellingWorld()
  await server.migrate(
    world,
    requestWith(({ policy, people }) => ({
      policy: { ...policy, requireSignatures: true },
      people: people.map((person) => ({ ...person, publicKeys: [newPasskey().publicKey] })),
    })),
    async (handle) => {
      await until(handle, gateOpen('team-lead'))
      await expect.poll(() => slack.messages.length, { timeout: 60_000 }).toBe(1)
      expect(slack.messages[0]?.buttons.map(({ label }) => label)).toEqual(['Open the decision'])
      const decision: Decision = { gate: 'team-lead', decision: 'approve', actor: 'Ada', slackUser: USER }
      await expect(handle.executeUpdate(submitDecisionUpdate, { args: [decision] })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('a button in Slack is none, whoever sends it') as string },
      })
      expect(gateState(await handle.query(statusQuery), 'team-lead')).toBe('open')
    },
  )
})
