import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { AnnouncementPlace, Channel } from '../../src/contract/announcement.js'
import { plain } from '../../src/contract/command-line.js'
import { decideSignal } from '../../src/contract/messages.js'
import { requestFor } from './request.js'
import { ALL_GATES, decideAll, gateOpen, until, useSkippingServer } from './skipping.js'
import { checkpoint, openWorld, type World } from './world.js'

const server = useSkippingServer()

const SLACK: Channel = {
  ...{ kind: 'slack-app', name: 'ops', channel: 'C0123456789', tokenEnv: 'RUNBOOK_SLACK_TOKEN' },
}

interface Sent {
  kind: string
  title: string
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
      const [title = ''] = plain(message.text).split('\n')
      sent.push({ kind: message.kind, title, ts, place })
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
  const heads = replies.map(({ place }) => plain(place?.head ?? '').split('\n'))
  expect(heads.map(([title]) => title)).toEqual(replies.map(({ title }) => title))
  expect(heads.at(-1)?.join('\n')).toContain(`It began with: ${root?.title ?? '?'}`)
  expect(heads.at(-1)?.[0]).toMatch(/Monitoring ended: healthy/)
  const updates = sent.filter(({ kind }) => kind === 'update')
  expect(updates.map(({ place }) => place?.replaces)).toEqual([undefined, updates[0]?.ts, updates[0]?.ts])
  expect(sent.filter(({ kind, place }) => kind !== 'update' && place?.replaces !== undefined)).toEqual([])
})

it('a channel without threads has the messages in their order, too: an alert does not overtake what was said before it', async () => {
  const heads: string[] = []
  const world = openWorld(() => ({
    runCheckpoint: async ({ number, plannedAt, late }) => checkpoint(number, plannedAt, late, 'breached'),
    announce: async ({ message }) => {
      const [title = ''] = plain(message.text).split('\n')
      if (title.includes('Kept as it is')) await pause(500)
      heads.push(title)
      return []
    },
  }))
  const request = requestFor(randomUUID(), { preApproved: true })
  const monitoring = { ...request.monitoring, offsetsMs: [300_000, 600_000] }
  await server.migrate(world, { ...request, monitoring }, async (handle) => {
    await until(handle, ({ monitoring: begun }) => begun !== null)
    await server.env.sleep('11 minutes')
    await until(handle, gateOpen('rollback'))
    await handle.signal(decideSignal, { gate: 'rollback', decision: 'reject', actor: 'Bea' })
    return handle.result()
  })
  expect(heads.slice(-2)).toEqual(['ℹ️ Kept as it is: Bea decided', '🚨 Applied, but not healthy'])
})
