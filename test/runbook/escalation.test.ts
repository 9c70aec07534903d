import { describe, expect, test } from 'vitest'
import { channelSchema, type Channel } from '../../src/contract/announcement.js'
import { gatePolicySchema, type EscalationStep, type Person } from '../../src/contract/policy.js'
import { alarmsOf, channelsFor, escalationLines, firstSteps, reached } from '../../src/runbook/escalation.js'

const MINUTE = 60_000
const PEOPLE: Person[] = [
  { name: 'Ada', roles: ['on-call'], publicKeys: [], contact: '+49 1' },
  { name: 'Bea', roles: ['On Call', 'dba'], publicKeys: [] },
]
const step = (minutes: number, to: string[], channels?: string[]): EscalationStep => ({
  ...{ afterMs: minutes * MINUTE, to },
  ...(channels === undefined ? {} : { channels }),
})
const policy = (remindersMs: number[], escalation?: EscalationStep[], escalateTo: string[] = []) =>
  gatePolicySchema.parse({ remindersMs, escalation, escalateTo })

describe('when people hear of a gate that waits', () => {
  test('without steps: the reminders, as they were written, the last one with its roles', () => {
    expect(alarmsOf(policy([3 * MINUTE, MINUTE], undefined, ['dba']))).toEqual([
      { afterMs: 3 * MINUTE, escalated: [], steps: [] },
      { afterMs: MINUTE, escalated: ['dba'], steps: [] },
    ])
  })

  test('with steps: all in the order of time, and one message for what falls together', () => {
    const [first, five, ten] = [step(0, ['Ada']), step(5, ['Bea']), step(10, ['dba'])]
    const alarms = alarmsOf(policy([5 * MINUTE, 15 * MINUTE], [ten, first, five], ['on-call']))
    expect(alarms).toEqual([
      { afterMs: 5 * MINUTE, escalated: [], steps: [five] },
      { afterMs: 10 * MINUTE, escalated: [], steps: [ten] },
      { afterMs: 15 * MINUTE, escalated: ['on-call'], steps: [] },
    ])
    expect(firstSteps({ escalation: [ten, first, five] })).toEqual([first])
  })
})

describe('which channels hear of it', () => {
  const channels: Channel[] = [
    { kind: 'terminal', name: 'terminal' },
    { kind: 'terminal', name: 'boss' },
    channelSchema.parse({ kind: 'pagerduty', routingKeyEnv: 'RUNBOOK_A' }),
    channelSchema.parse({ kind: 'opsgenie', apiKeyEnv: 'RUNBOOK_B' }),
  ]
  const at = (gate: 'rollback' | 'final', minutes: number, escalation: EscalationStep[] = []) =>
    channelsFor(channels, { gate, afterMs: minutes * MINUTE, escalation })

  test('nobody is woken for a message that asks nothing', () => {
    expect(channelsFor(channels)).toEqual(['terminal', 'boss'])
  })

  test('nor for a gate whose steps name no pager, but rollback', () => {
    expect(at('final', 0)).toEqual(['terminal', 'boss'])
    expect(at('rollback', 0)).toEqual(['terminal', 'boss', 'pagerduty', 'opsgenie'])
  })

  test('a channel that a step names hears of that gate from then on', () => {
    const escalation = [step(0, ['Ada'], ['opsgenie']), step(10, ['Bea'], ['boss', 'pagerduty'])]
    expect(at('rollback', 0, escalation)).toEqual(['terminal', 'opsgenie'])
    expect(at('rollback', 9, escalation)).toEqual(['terminal', 'opsgenie'])
    expect(at('rollback', 10, escalation)).toEqual(['terminal', 'boss', 'pagerduty', 'opsgenie'])
    expect(at('final', 10, escalation)).toEqual(['terminal', 'boss', 'pagerduty', 'opsgenie'])
  })
})

test('mail hears of what asks nothing, too, and of a gate from the step that names it on', () => {
  const parts = {
    kind: 'email',
    server: 'smtps://smtp.example.com',
    from: 'a@example.com',
    to: ['b@example.com'],
  }
  const mail = channelSchema.parse(parts)
  const channels: Channel[] = [{ kind: 'terminal', name: 'terminal' }, mail]
  const escalation = [step(10, ['Bea'], ['email'])]
  const at = (minutes: number) =>
    channelsFor(channels, { gate: 'final', afterMs: minutes * MINUTE, escalation })
  expect(channelsFor(channels)).toEqual(['terminal', 'email'])
  expect(at(0)).toEqual(['terminal'])
  expect(at(10)).toEqual(['terminal', 'email'])
})

test('names and roles are people, each once, in their order', () => {
  const names = (to: string[]) => reached(to, PEOPLE).map(({ name }) => name)
  expect(names(['bea', 'on-call'])).toEqual(['Bea', 'Ada'])
  expect(names(['on call'])).toEqual(['Ada', 'Bea'])
  expect(reached(['nobody'], PEOPLE)).toEqual([{ name: 'nobody' }])
})

test('a message says who is reached now, and who next and when', () => {
  const openedAt = Date.parse('2026-01-02T10:00:00Z')
  const escalation = [step(0, ['Ada']), step(10, ['Bea'], ['pager']), step(30, ['dba'])]
  const at = (minutes: number) =>
    escalationLines(escalation, { afterMs: minutes * MINUTE, openedAt, timeZone: 'UTC', people: PEOPLE })
  expect(at(0)).toEqual([
    'Reach first: Ada, +49 1',
    expect.stringMatching(/^If nobody has decided by 10:10.*: Bea, no contact configured by pager$/),
    expect.stringMatching(/^If nobody has decided by 10:30.*: Bea, no contact configured$/),
  ])
  expect(at(5)[0]).toContain('by 10:10')
  expect(at(10)).toEqual([
    'Now reached: Bea, no contact configured by pager',
    expect.stringMatching(/^If nobody has decided by 10:30/),
  ])
  expect(at(30)).toEqual(['Now reached: Bea, no contact configured'])
  expect(at(31)).toEqual([])
})
