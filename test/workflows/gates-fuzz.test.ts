import { fc } from '../fast-check.js'
import { expect, it } from 'vitest'
import { GATES, type Gate } from '../../src/contract/names.js'
import type { Policy } from '../../src/contract/policy.js'
import type { Decision } from '../../src/contract/decision.js'
import { decisionText } from '../../src/runbook/people/signature.js'
import { newSshKey } from '../runbook/people/ssh-keys.js'
import { newRunView } from '../../src/workflows/state.js'
import { decide, expireGate, gateOf, openGate, voidGate, type GateState } from '../../src/workflows/gates.js'
import { requestFor } from './request.js'

const PEOPLE = ['Ada', 'Bea', 'Cy', 'Dan']
/** What needs several moves at one gate, such as an approval kept over a voided gate, is seen late. */
const RUNS = 20_000
const AT = '2026-01-02T03:04:05.000Z'

/** One is met often: what two people say of it, and again after it was voided, takes five moves that concern the same gate. */
const gateName = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Gate>('plan') },
  { weight: 2, arbitrary: fc.constant<Gate>('final') },
  { weight: 1, arbitrary: fc.constantFrom(...GATES) },
)

/** What people really send. */
const plainBody = fc.record(
  {
    gate: gateName,
    decision: fc.constantFrom('approve', 'approve', 'approve', 'approve', 'reject'),
    actor: fc.constantFrom(...PEOPLE),
    decisionId: fc.constantFrom('1', '2', '3', '4'),
    planHash: fc.constantFrom('plan', 'other'),
  },
  { requiredKeys: ['gate', 'decision', 'actor'] },
)

const body = fc.oneof(
  fc.record(
    {
      gate: fc.oneof(
        { weight: 5, arbitrary: gateName },
        { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
      ),
      decision: fc.constantFrom('approve', 'approve', 'approve', 'reject', 'maybe'),
      actor: fc.constantFrom(...PEOPLE, ' ada ', '', 'Eve'),
      decisionId: fc.constantFrom('1', '2', '3', undefined),
      planHash: fc.constantFrom('plan', 'other', undefined),
    },
    { requiredKeys: [] },
  ),
  fc.jsonValue(),
)

const MALLORY = newSshKey()
const KEYS = new Map(PEOPLE.map((name) => [name, newSshKey()]))
const SIGNED_RUN = { workflowId: 'w', runId: 'r' }

/** A decision with a signature, and what is wrong with it: nothing, or one thing that makes it worthless. */
const signedBody = fc
  .record({
    gate: gateName,
    decision: fc.constantFrom('approve' as const, 'approve' as const, 'reject' as const),
    actor: fc.constantFrom(...PEOPLE),
    // A small number comes twice at times.
    decisionId: fc.integer({ min: 1, max: 60 }).map(String),
    trick: fc.constantFrom(
      ...([
        'none',
        'none',
        'none',
        'forged',
        'other-gate',
        'other-run',
        'other-plan',
        'other-decision',
      ] as const),
      ...(['other-id', 'no-plan', 'no-id'] as const),
    ),
  })
  .map(({ trick, ...rest }) => {
    const decision: Decision = { ...rest, planHash: 'plan' }
    const told: Decision = { ...decision }
    if (trick === 'other-gate') told.gate = decision.gate === 'plan' ? 'final' : 'plan'
    if (trick === 'other-plan') told.planHash = 'other'
    if (trick === 'other-decision') told.decision = decision.decision === 'approve' ? 'reject' : 'approve'
    if (trick === 'other-id') told.decisionId = 'another'
    if (trick === 'no-plan') delete told.planHash
    if (trick === 'no-id') delete told.decisionId
    const run = trick === 'other-run' ? { ...SIGNED_RUN, runId: 'earlier' } : SIGNED_RUN
    const signer = trick === 'forged' ? MALLORY : KEYS.get(decision.actor)
    const signature = (signer ?? MALLORY).sign(decisionText(run, told))
    // What is signed without a plan or an id is sent without it.
    const sent = trick === 'no-plan' || trick === 'no-id' ? told : decision
    return { ...sent, signature, honest: trick === 'none' }
  })

const move = fc.oneof(
  { weight: 4, arbitrary: signedBody.map((value) => ({ kind: 'decide' as const, value })) },
  { weight: 8, arbitrary: plainBody.map((value) => ({ kind: 'decide' as const, value })) },
  { weight: 3, arbitrary: body.map((value) => ({ kind: 'decide' as const, value })) },
  { weight: 6, arbitrary: gateName.map((gate) => ({ kind: 'open' as const, gate })) },
  { weight: 1, arbitrary: gateName.map((gate) => ({ kind: 'expire' as const, gate })) },
  { weight: 2, arbitrary: gateName.map((gate) => ({ kind: 'void' as const, gate })) },
  // Drift: another plan, while a gate may be open with an approval of the one before.
  { weight: 1, arbitrary: fc.constantFrom('plan', 'other').map((hash) => ({ kind: 'plan' as const, hash })) },
)
const rules = fc.record({
  approvals: fc.integer({ min: 1, max: 3 }),
  requesterMayApprove: fc.boolean(),
  roles: fc.constantFrom<string[]>([], ['lead']),
  differentFrom: fc.constantFrom<Gate[]>([], [], ['plan']),
  automatic: fc.constantFrom(false, false, false, false, true),
})

/** Who said what to whom, kept by the test alone. */
interface Sent {
  gate: unknown
  decision: unknown
  actor: unknown
  planHash?: unknown
  decisionId?: unknown
  /** Of a signed one: whether the signature is what it should be. */
  honest?: boolean
}

/** One person, however the name is written. */
const person = (name: unknown): string => String(name).trim().toLowerCase()
const LEADS = PEOPLE.filter((_, index) => index % 2 === 0).map(person)

it('never approves what nobody approved, over 20,000 random runs of signals', () => {
  const tally = { counted: 0, refused: 0 }
  fc.assert(
    fc.property(
      fc.array(move, { maxLength: 20, size: 'max' }),
      fc.tuple(...GATES.map(() => rules)),
      fc.record({ preApproved: fc.boolean(), requireSignatures: fc.boolean(), production: fc.boolean() }),
      (moves, policies, { preApproved, requireSignatures, production }) => {
        const made = requestFor('db')
        const request = requestFor('db', {
          preApproved,
          target: { ...made.target, production },
          people: PEOPLE.map((name, index) => ({
            name,
            roles: index % 2 === 0 ? ['lead'] : [],
            publicKeys: [KEYS.get(name)?.publicKey ?? ''],
          })),
        })
        const gates = { ...request.policy.gates }
        for (const [index, gate] of GATES.entries()) gates[gate] = { ...gates[gate], ...policies[index] }
        const policy: Policy = { ...request.policy, gates, requireSignatures }
        const view = {
          ...newRunView(request, { workflowId: 'w', runId: 'r', startedAt: AT }),
          planHash: 'plan',
        }
        const state: GateState = { request: { ...request, policy }, view, mayRollBack: false }
        const sinceOpening = new Map<Gate, (Sent & { plan: string })[]>(GATES.map((gate) => [gate, []]))
        const ids = new Set<unknown>()
        // Who approved which gate for which plan, by what was counted.
        const approvedBy = (gate: Gate): string[] =>
          (sinceOpening.get(gate) ?? [])
            .filter(({ decision, plan }) => decision === 'approve' && plan === view.planHash)
            .map(({ actor }) => person(actor))

        for (const one of moves) {
          const before = new Map(view.gates.map(({ gate, state: known }) => [gate, known]))
          if (one.kind === 'open') openGate(state, { gate: one.gate, shows: [], at: AT })
          if (one.kind === 'expire') expireGate(state, one.gate)
          if (one.kind === 'void') {
            voidGate(state, one.gate)
            sinceOpening.set(one.gate, [])
          }
          if (one.kind === 'plan') view.planHash = one.hash
          if (one.kind === 'decide') {
            const sent = (one.value ?? {}) as Sent
            const answer = decide(state, one.value, AT)
            if (answer.counted) {
              const wanted = policy.gates[answer.gate]
              const by = person(sent.actor)
              // Once, also at another gate, and where what it was counted for is void by now.
              if (sent.decisionId !== undefined) {
                expect(ids).not.toContain(sent.decisionId)
                ids.add(sent.decisionId)
              }
              expect(sent.planHash ?? view.planHash).toBe(view.planHash)
              if (wanted.roles.length > 0) expect(LEADS).toContain(by)
              // Whoever may approve may stop it as well, and nobody else's approval outweighs that.
              if (sent.decision === 'reject') expect(answer.state).toBe('rejected')
              else
                for (const gate of [answer.gate, ...wanted.differentFrom])
                  expect(approvedBy(gate)).not.toContain(by)
              sinceOpening.get(answer.gate)?.push({ ...sent, plan: view.planHash })
            }
            // Only an open gate can be decided, and a decided one stays decided.
            if (answer.counted) expect(before.get(answer.gate)).toBe('open')
            const { honest } = sent
            // A forged, borrowed or replayed signature counts nowhere; none at all only where nobody asks for it.
            if (answer.counted) expect(honest ?? !requireSignatures).toBe(true)
            tally.counted += answer.counted && honest === true && requireSignatures ? 1 : 0
            tally.refused += !answer.counted && honest === false ? 1 : 0
          }
          for (const { gate, state: known, decisions } of view.gates) {
            if (known === 'skipped') {
              expect(policy.gates[gate].automatic).toBe(true)
              expect(gate === 'rollback' || (gate === 'final' && production)).toBe(false)
            }
            if (known !== 'approved') continue
            const wanted = policy.gates[gate]
            const closedFor = decisions.at(-1)?.planHash
            const yes = new Set(
              decisions
                .filter(({ decision, planHash }) => decision === 'approve' && planHash === closedFor)
                .map(({ actor }) => person(actor)),
            )
            expect(yes.size).toBeGreaterThanOrEqual(wanted.approvals)
            expect(decisions.every(({ decision }) => decision === 'approve')).toBe(true)
            if (!wanted.requesterMayApprove) expect(yes.has('ada')).toBe(false)
            // Nobody takes a database back in advance.
            const inAdvance = preApproved && !requireSignatures && gate !== 'rollback' ? 1 : 0
            if (requireSignatures)
              expect(decisions.every(({ signedWith }) => signedWith !== undefined)).toBe(true)
            expect(new Set(decisions.map(({ decisionId }) => decisionId)).size).toBe(decisions.length)
            const counted = sinceOpening.get(gate)?.filter(({ plan }) => plan === closedFor) ?? []
            expect(counted.length + inAdvance).toBeGreaterThanOrEqual(wanted.approvals)
          }
        }
        expect(gateOf(state, 'final')).toBeDefined()
      },
    ),
    { numRuns: RUNS },
  )
  // The test would prove nothing if no signature had counted, or none had been refused.
  expect(tally.counted).toBeGreaterThan(RUNS / 50)
  expect(tally.refused).toBeGreaterThan(RUNS / 40)
})
