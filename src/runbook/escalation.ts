import type { Channel } from '../contract/announcement.js'
import type { Gate } from '../contract/names.js'
import type { EscalationStep, GatePolicy, Person } from '../contract/policy.js'
import { timeToldAt } from '../text/clock.js'
import { holdsRole, samePerson } from './people/people.js'

/** A moment at which people hear of a gate that still waits: reminded, and reached one step higher. Milliseconds after it opened. */
export interface Alarm {
  afterMs: number
  /** Roles that are told behind the last reminder. */
  escalated: readonly string[]
  steps: readonly EscalationStep[]
}

/** Reminders as they stand, where nobody else is reached; with steps in the order of time, and one message for what falls together. */
export function alarmsOf({ remindersMs, escalateTo, escalation }: GatePolicy): Alarm[] {
  const reminders = remindersMs.map((afterMs, index) => ({
    afterMs,
    escalated: index === remindersMs.length - 1 ? escalateTo : [],
    steps: [],
  }))
  const later = (escalation ?? []).filter(({ afterMs }) => afterMs > 0)
  if (later.length === 0) return reminders
  const times = [...new Set([...remindersMs, ...later.map(({ afterMs }) => afterMs)])].sort((a, b) => a - b)
  return times.map((afterMs) => ({
    afterMs,
    escalated: reminders.filter((one) => one.afterMs === afterMs).flatMap(({ escalated }) => escalated),
    steps: later.filter((one) => one.afterMs === afterMs),
  }))
}

/** Those who are reached as soon as the gate opens. */
export function firstSteps({ escalation = [] }: Pick<GatePolicy, 'escalation'>): EscalationStep[] {
  return escalation.filter(({ afterMs }) => afterMs === 0)
}

/** Whether a channel wakes people, and so hears of nothing but a gate that asks: `rollback`, or one whose steps name it. */
export function isPager({ kind }: Channel): boolean {
  return kind === 'pagerduty' || kind === 'opsgenie'
}

/**
 * Names of the channels that hear of a message. `asks`: the gate at which it asks, so long after its opening (milliseconds). A channel that a step of that gate
 * names hears of the gate from that step on.
 */
export function channelsFor(
  channels: readonly Channel[],
  asks?: { gate: Gate; afterMs: number; escalation: readonly EscalationStep[] },
): string[] {
  return channels
    .filter((channel) => {
      const named = (asks?.escalation ?? []).filter((step) => step.channels?.includes(channel.name) === true)
      if (named.length > 0) return named.some(({ afterMs }) => afterMs <= (asks?.afterMs ?? 0))
      return !isPager(channel) || asks?.gate === 'rollback'
    })
    .map(({ name }) => name)
}

type Chain = { people: readonly Person[] }

/** The people of names and roles, each once, in this order. Roles that nobody holds stay roles. */
export function reached(
  to: readonly string[],
  people: readonly Person[],
): { name: string; person?: Person }[] {
  const found = to.flatMap((one): { name: string; person?: Person }[] => {
    const named = people.filter(({ name }) => samePerson(name, one))
    const held = named.length > 0 ? named : people.filter(({ name }) => holdsRole(name, [one], people))
    return held.length === 0 ? [{ name: one }] : held.map((person) => ({ name: person.name, person }))
  })
  return found.filter(({ name }, index) => found.findIndex((one) => samePerson(one.name, name)) === index)
}

/** `Ada, +49 …, then by pager`: whom these steps reach, and how. */
export function reachedText(steps: readonly EscalationStep[], { people }: Chain): string {
  const who = reached(
    steps.flatMap(({ to }) => to),
    people,
  ).map(({ name, person }) => `${name}, ${person?.contact ?? 'no contact configured'}`)
  const by = [...new Set(steps.flatMap(({ channels = [] }) => channels))]
  return [who.join('; '), ...(by.length === 0 ? [] : [`by ${by.join(', ')}`])].filter(Boolean).join(' ')
}

/** What stands in a message of a gate: who is reached now, and who next where nobody decides. `afterMs`: since the gate opened. */
export function escalationLines(
  escalation: readonly EscalationStep[],
  now: { afterMs: number; openedAt: number; timeZone: string; people: readonly Person[] },
): string[] {
  const { afterMs, openedAt, timeZone } = now
  const current = escalation.filter((step) => step.afterMs === afterMs)
  const next = escalation.filter((step) => step.afterMs > afterMs)
  const at = (step: EscalationStep): string =>
    timeToldAt(openedAt + afterMs, { at: openedAt + step.afterMs, timeZone })
  return [
    ...(current.length === 0
      ? []
      : [`${afterMs === 0 ? 'Reach first' : 'Now reached'}: ${reachedText(current, now)}`]),
    ...next.map((step) => `If nobody has decided by ${at(step)}: ${reachedText([step], now)}`),
  ]
}
