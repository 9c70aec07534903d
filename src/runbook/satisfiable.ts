import { GATES, type Gate } from '../contract/names.js'
import type { Person, Policy } from '../contract/policy.js'
import { samePerson } from './people/people.js'
import { couldApprove, unreachableGates } from './policy.js'

interface Rules {
  policy: Policy
  people: readonly Person[]
  requester: string
  production: boolean
}

export const UNDECIDABLE_ADVICE =
  'Add people with these roles to `people` in runbook.config, with `publicKeys` where decisions are signed (hardware keys or passkeys where a gate has requirePresence), or relax the policy of the environment.'

/**
 * Gates that these people cannot approve, whoever decides what, if this one asks for the run. Roles of the rollback, which may never come,
 * may still be given to somebody; a key that nobody has is too late when it comes.
 */
export function undecidableGates(rules: Rules): { gate: Gate; reason: string }[] {
  const needsDevice = rules.policy.gates.rollback.requirePresence === true
  const alone = unreachableGates(rules).filter(({ gate }) => gate !== 'rollback' || needsDevice)
  const together = alone.length === 0 ? gateWithoutPeople(rules) : undefined
  return together === undefined ? alone : [together]
}

interface Demand {
  gate: Gate
  approvals: number
  differentFrom: readonly Gate[]
  /** Who may approve it, by index in `people`, whatever they did before. */
  able: ReadonlySet<number>
}

/**
 * Whether the people suffice for all gates together: `plan` by two and `final` by somebody else cannot be had from two. The
 * gate at which nobody would be left, however the ones before it are shared out; undefined where there is a way. Each gate
 * alone is for `unreachableGates`.
 */
function gateWithoutPeople(input: Rules): { gate: Gate; reason: string } | undefined {
  const demands = GATES.flatMap((gate) => demandOf(gate, input))
  const linked = demands.filter(
    ({ gate, differentFrom }) =>
      differentFrom.length > 0 || demands.some((other) => other.differentFrom.includes(gate)),
  )
  const furthest = share(linked)
  const stuck = linked[furthest]
  if (stuck === undefined) return undefined
  const others = linked
    .filter(({ gate }) => stuck.differentFrom.includes(gate))
    .map(({ gate, approvals }) => `${approvals} at ${gate}`)
  return {
    gate: stuck.gate,
    reason:
      `it needs ${stuck.approvals} of ${stuck.able.size} who may, and other people than the ${others.join(' and ')}: ` +
      'however they are shared out, too few are left',
  }
}

/** Undefined people, and gates that open by themselves, demand nobody. */
function demandOf(gate: Gate, rules: Rules): Demand[] {
  const { policy, people, production } = rules
  const { roles, approvals, differentFrom, automatic } = policy.gates[gate]
  const opensItself = automatic && !(gate === 'final' && production)
  const anybody = roles.length === 0 && !policy.requireSignatures
  if (gate === 'rollback' || opensItself || anybody) return []
  const able = people.flatMap((person, index) =>
    couldApprove(person, gate, rules) &&
    people.findIndex((other) => samePerson(other.name, person.name)) === index
      ? [index]
      : [],
  )
  // What comes later has no approvals yet when this one is decided.
  const before = differentFrom.filter((other) => GATES.indexOf(other) < GATES.indexOf(gate))
  return [{ gate, approvals, differentFrom: before, able: new Set(able) }]
}

/**
 * How many demands can be met in order, at most. People who may and did the same are one class, so that the ways to share
 * them out stay few; a state that was met before is not tried again.
 */
function share(demands: readonly Demand[]): number {
  const everybody = new Set(demands.flatMap(({ able }) => [...able]))
  const start = new Map<string, number>()
  for (const person of everybody) {
    const key = demands.map(({ able }) => (able.has(person) ? 'm' : '-')).join('')
    start.set(key, (start.get(key) ?? 0) + 1)
  }
  let furthest = 0
  const seen = new Set<string>()
  const meet = (at: number, classes: ReadonlyMap<string, number>): boolean => {
    furthest = Math.max(furthest, at)
    const demand = demands[at]
    if (demand === undefined) return true
    const state = `${at} ${[...classes].sort().join(' ')}`
    if (seen.has(state)) return false
    seen.add(state)
    const barred = demand.differentFrom.map((gate) => demands.findIndex((other) => other.gate === gate))
    const free = [...classes.keys()].filter(
      (key) => key.charAt(at) === 'm' && !barred.some((index) => key.charAt(index) === 'a'),
    )
    return choices(free, classes, demand.approvals).some((chosen) =>
      meet(at + 1, approved(classes, chosen, at)),
    )
  }
  return meet(0, start) ? demands.length : furthest
}

/** Each way to take so many out of these classes, as counts by class. */
function choices(
  keys: readonly string[],
  classes: ReadonlyMap<string, number>,
  wanted: number,
): Map<string, number>[] {
  const [key, ...rest] = keys
  if (key === undefined) return wanted === 0 ? [new Map<string, number>()] : []
  const most = Math.min(wanted, classes.get(key) ?? 0)
  return Array.from({ length: most + 1 }, (_, taken) => taken).flatMap((taken) =>
    choices(rest, classes, wanted - taken).map((others) => new Map(others).set(key, taken)),
  )
}

function approved(
  classes: ReadonlyMap<string, number>,
  chosen: ReadonlyMap<string, number>,
  at: number,
): Map<string, number> {
  const next = new Map(classes)
  for (const [key, taken] of chosen) {
    if (taken === 0) continue
    const marked = `${key.slice(0, at)}a${key.slice(at + 1)}`
    const left = (next.get(key) ?? 0) - taken
    if (left === 0) next.delete(key)
    else next.set(key, left)
    next.set(marked, (next.get(marked) ?? 0) + taken)
  }
  return next
}
