import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { announce } from '../../src/activities/announce.js'
import { contextFor, defaultHome } from '../../src/activities/worker-place.js'
import { channelSchema, type Channel } from '../../src/contract/announcement.js'
import { plain } from '../../src/contract/command-line.js'
import { abortSignal, decideSignal } from '../../src/contract/messages.js'
import type { Person } from '../../src/contract/policy.js'
import type { MigrationRequest, RunView } from '../../src/contract/run.js'
import { renderMarkdown } from '../../src/runbook/report/markdown.js'
import { openMail } from '../activities/mail-stand-in.js'
import { GENIE_KEY, openPagers, ROUTING_KEY, type PagerStandIn } from '../activities/pager-stand-in.js'
import { CHANNEL, openSlack, TOKEN, USER, type SlackStandIn } from '../activities/slack-stand-in.js'
import { requestFor } from './request.js'
import { gateOpen, until, useSkippingServer, type RunHandle } from './skipping.js'
import { checkpoint, openWorld, type World } from './world.js'

const server = useSkippingServer()
const MINUTE = 60_000
const PEOPLE: Person[] = [
  { name: 'Ada', roles: ['on-call'], publicKeys: [], contact: '+49 1', slack: USER },
  { name: 'Bea', roles: ['dba'], publicKeys: [], contact: '+49 2' },
]
const CHANNELS: Channel[] = [
  channelSchema.parse({
    ...{ kind: 'slack-app', name: 'ops', channel: CHANNEL },
    ...{ tokenEnv: 'RUNBOOK_SLACK_TOKEN', apiUrlEnv: 'RUNBOOK_SLACK_API' },
  }),
  channelSchema.parse({ kind: 'pagerduty', routingKeyEnv: 'RUNBOOK_PAGERDUTY', apiUrlEnv: 'RUNBOOK_PAGERS' }),
  channelSchema.parse({
    ...{ kind: 'opsgenie', name: 'second line' },
    ...{ apiKeyEnv: 'RUNBOOK_OPSGENIE', apiUrlEnv: 'RUNBOOK_PAGERS' },
  }),
]

const folder = mkdtempSync(path.join(os.tmpdir(), 'd1-escalation-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let pagers: PagerStandIn
let slack: SlackStandIn
beforeEach(async () => {
  pagers = await openPagers()
  slack = await openSlack()
})
afterEach(async () => {
  await pagers.close()
  await slack.close()
})

/** Applied, and not well: the gate `rollback` opens in the monitoring. Tells as a worker does. */
function breachedWorld(): World {
  const env = {
    ...{ RUNBOOK_SLACK_TOKEN: TOKEN, RUNBOOK_SLACK_API: slack.url },
    ...{ RUNBOOK_PAGERDUTY: ROUTING_KEY, RUNBOOK_OPSGENIE: GENIE_KEY, RUNBOOK_PAGERS: pagers.url },
  }
  return openWorld(() => ({
    runCheckpoint: async ({ number, plannedAt, late }) => checkpoint(number, plannedAt, late, 'breached'),
    announce: (input) =>
      announce(
        contextFor(defaultHome({ home: folder, env, variables: [], print: () => undefined }), input.target),
        input,
      ),
  }))
}

function breachedRequest(channels: Channel[] = CHANNELS): MigrationRequest {
  const request = requestFor(
    randomUUID(),
    { preApproved: true, channels, people: PEOPLE },
    {
      rollback: {
        remindersMs: [5 * MINUTE],
        escalation: [
          { afterMs: 0, to: ['Ada'] },
          { afterMs: 10 * MINUTE, to: ['dba'], channels: ['second line'] },
          { afterMs: 20 * MINUTE, to: ['on-call', 'Bea'] },
        ],
      },
    },
  )
  return { ...request, monitoring: { ...request.monitoring, offsetsMs: [5 * MINUTE, 10 * MINUTE] } }
}

async function untilRollback(handle: RunHandle): Promise<void> {
  await until(handle, ({ monitoring }) => monitoring !== null)
  await server.env.sleep('11 minutes')
  await until(handle, gateOpen('rollback'))
}

/** Which alerts are open, by how often they were told. */
const open = () => [...pagers.alerts.values()].filter((one) => one.open).map(({ times }) => times)
const delivered = (said: RegExp) => (view: RunView) =>
  view.announcements.some(
    ({ text, deliveries }) =>
      said.test(plain(text)) && deliveries.length > 0 && deliveries.every((one) => one.delivered),
  )
const atRollback = ({ gates }: RunView) => gates.find(({ gate }) => gate === 'rollback')

it('an unanswered gate rollback goes up its chain, each step by its channels, until somebody decides', async () => {
  const view = await server.migrate(breachedWorld(), breachedRequest(), async (handle) => {
    await untilRollback(handle)
    await until(handle, delivered(/Reach first: Ada, \+49 1/))
    // PagerDuty stands in no step, so it hears of it at once; Opsgenie is the second line.
    expect(open()).toEqual([1])
    expect(slack.messages.at(-1)?.mentions).toEqual([USER])
    await server.env.sleep('6 minutes')
    await until(handle, delivered(/Still waiting: .*\n[^]*If nobody has decided by/))
    expect(open()).toEqual([2])
    await server.env.sleep('5 minutes')
    await until(handle, delivered(/Now reached: Bea, \+49 2 by second line/))
    expect(pagers.alerts.size).toBe(1)
    await server.env.sleep('10 minutes')
    const seen = await until(handle, delivered(/Now reached: Ada, \+49 1; Bea, \+49 2/))
    expect(seen.outcome).toBeNull()
    expect(open().length).toBeGreaterThan(0)
    await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
    await until(handle, delivered(/Declined: /))
    return handle.result()
  })
  expect(open()).toEqual([])
  expect(atRollback(view)?.escalated?.map(({ to, channels }) => [to, channels])).toEqual([
    [['Ada'], []],
    [['Bea'], ['second line']],
    [['Ada', 'Bea'], []],
  ])
  const report = renderMarkdown({ view, plan: null, baseline: null })
  expect(report).toContain('Who was reached while a gate waited')
  expect(report).toMatch(/\| Bea \| second line \|/)
  // Nobody was woken for anything else.
  const woken = view.announcements.filter(({ deliveries }) =>
    deliveries.some(({ channel }) => channel === 'pagerduty'),
  )
  expect(woken.map(({ kind }) => kind)).toEqual(['reminder', 'reminder', 'reminder', 'reminder', 'note'])
})

it('whoever stops the run ends no alert, for the run still asks; the answer does', async () => {
  const view = await server.migrate(breachedWorld(), breachedRequest(), async (handle) => {
    await untilRollback(handle)
    await until(handle, delivered(/Reach first: Ada/))
    await handle.signal(abortSignal, { reason: 'enough', actor: 'Bea' })
    await until(handle, ({ interventions = [] }) => interventions.length > 0)
    await server.env.sleep('6 minutes')
    await until(handle, delivered(/Still waiting: /))
    expect(open()).toEqual([2])
    await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
    return handle.result()
  })
  expect(view.outcome).toBe('aborted')
  expect(open()).toEqual([])
})

it('a run whose channels show nothing that must be taken back tells nobody that a gate is over', async () => {
  const channels: Channel[] = CHANNELS.filter(({ kind }) => kind === 'slack-app')
  const view = await server.migrate(breachedWorld(), breachedRequest(channels), async (handle) => {
    await untilRollback(handle)
    await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
    return handle.result()
  })
  expect(view.announcements.filter(({ closes }) => closes !== undefined)).toEqual([])
  expect(pagers.alerts.size).toBe(0)
})

it('mail as the second line hears of the gate from its step on, and of all that asks nothing, in one thread', async () => {
  const mail = await openMail({ disabledCommands: ['STARTTLS', 'AUTH'] })
  try {
    const channel = channelSchema.parse({
      ...{ kind: 'email', name: 'second line', server: `smtp://127.0.0.1:${mail.port}` },
      ...{ from: 'runbook@example.com', to: ['bea@example.com'] },
    })
    const view = await server.migrate(
      breachedWorld(),
      breachedRequest([{ kind: 'terminal', name: 'terminal' }, channel]),
      async (handle) => {
        await untilRollback(handle)
        await until(handle, delivered(/Reach first: Ada, \+49 1/))
        await server.env.sleep('11 minutes')
        await until(handle, delivered(/Now reached: Bea, \+49 2 by second line/))
        await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
        return handle.result()
      },
    )
    const bodies = mail.mails.map(({ body }) => body)
    expect(bodies.some((body) => body.includes('Now reached: Bea, +49 2 by second line'))).toBe(true)
    expect(bodies.some((body) => body.includes('Reach first: Ada'))).toBe(false)
    const told = view.announcements.filter(({ deliveries }) =>
      deliveries.some(({ channel: name }) => name === 'second line'),
    )
    expect(told.length).toBeGreaterThan(1)
    expect(told.flatMap(({ deliveries }) => deliveries).every(({ delivered: had }) => had)).toBe(true)
    expect(mail.mails).toHaveLength(told.length)
    expect(new Set(mail.mails.map(({ headers }) => headers.get('references')?.[0])).size).toBe(1)
    expect(new Set(mail.mails.map(({ headers }) => headers.get('message-id')?.[0])).size).toBe(told.length)
  } finally {
    await mail.close()
  }
})
