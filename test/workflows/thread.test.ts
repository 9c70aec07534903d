import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import type { AnnouncementPlace, Channel } from '../../src/contract/announcement.js'
import { decideSignal } from '../../src/contract/messages.js'
import { requestFor } from './request.js'
import { ALL_GATES, decideAll, gateOpen, until, useSkippingServer } from './skipping.js'
import { openWorld, type World } from './world.js'

const server = useSkippingServer()

const SLACK: Channel = {
  ...{ kind: 'slack-app', name: 'ops', channel: 'C0123456789', tokenEnv: 'RUNBOOK_SLACK_TOKEN' },
}

interface Sent {
  kind: string
  ts: string
  place: AnnouncementPlace | undefined
}

/** Slack takes each message, and the first one slowly. */
function tellingWorld(): { world: World; sent: Sent[] } {
  const sent: Sent[] = []
  const world = openWorld(() => ({
    announce: async ({ message, places }) => {
      const place = places?.find(({ channel }) => channel === 'ops')
      const ts = place?.replaces ?? `1700000000.${String(sent.length + 1)}`
      sent.push({ kind: message.kind, ts, place })
      return [{ channel: 'ops', delivered: true, ts }]
    },
  }))
  return { world, sent }
}

it('all messages of a run stand in the thread that its first one began, and an update replaces the one before it', async () => {
  const { world, sent } = tellingWorld()
  const request = requestFor(randomUUID(), { channels: [SLACK] })
  await server.migrate(world, request, async (handle) => {
    const [first = 'team-lead', ...others] = ALL_GATES
    await until(handle, gateOpen(first))
    await handle.signal(decideSignal, { gate: first, decision: 'approve', actor: 'Ada' })
    await until(handle, gateOpen('environment'))
    await server.env.sleep('50 minutes')
    await decideAll(handle, others)
    return handle.result()
  })
  const [root, ...replies] = sent
  expect(root?.place).toBeUndefined()
  expect(replies.length).toBeGreaterThan(3)
  expect(replies.map(({ place }) => place?.thread)).toEqual(replies.map(() => root?.ts))
  const updates = sent.filter(({ kind }) => kind === 'update')
  expect(updates.map(({ place }) => place?.replaces)).toEqual([undefined, updates[0]?.ts, updates[0]?.ts])
  expect(sent.filter(({ kind, place }) => kind !== 'update' && place?.replaces !== undefined)).toEqual([])
})
