import fc from 'fast-check'
import { expect, it } from 'vitest'
import { GATES, type Gate } from '../../src/contract/names.js'
import type { Policy } from '../../src/contract/policy.js'
import { newRunView } from '../../src/workflows/state.js'
import { decide, expireGate, gateOf, openGate, voidGate, type GateState } from '../../src/workflows/gates.js'
import { requestFor } from './request.js'

const PEOPLE = ['Ada', 'Bea', 'Cy', 'Dan']
const AT = '2026-01-02T03:04:05.000Z'

const body = fc.oneof(
  fc.record(
    {
      gate: fc.oneof(fc.constantFrom(...GATES), fc.string({ maxLength: 6 })),
      decision: fc.constantFrom('approve', 'approve', 'approve', 'reject', 'maybe'),
      actor: fc.constantFrom(...PEOPLE, ' ada ', '', 'Eve'),
      decisionId: fc.constantFrom('1', '2', '3', undefined),
      planHash: fc.constantFrom('plan', 'other', undefined),
    },
    { requiredKeys: [] },
  ),
  fc.jsonValue(),
)
const move = fc.oneof(
  { weight: 8, arbitrary: body.map((value) => ({ kind: 'decide' as const, value })) },
  { weight: 3, arbitrary: fc.constantFrom(...GATES).map((gate) => ({ kind: 'open' as const, gate })) },
  { weight: 1, arbitrary: fc.constantFrom(...GATES).map((gate) => ({ kind: 'expire' as const, gate })) },
  { weight: 1, arbitrary: fc.constantFrom(...GATES).map((gate) => ({ kind: 'void' as const, gate })) },
)
const rules = fc.record({
  approvals: fc.integer({ min: 1, max: 3 }),
  requesterMayApprove: fc.boolean(),
  roles: fc.constantFrom<string[]>([], ['lead']),
})

/** Who said what to whom, kept by the test alone. */
interface Sent {
  gate: unknown
  decision: unknown
  actor: unknown
}

it('never approves what nobody approved, over 20,000 random runs of signals', () => {
  fc.assert(
    fc.property(
      fc.array(move, { maxLength: 40 }),
      fc.tuple(...GATES.map(() => rules)),
      fc.boolean(),
      (moves, policies, preApproved) => {
        const request = requestFor('db', {
          preApproved,
          people: PEOPLE.map((name, index) => ({
            name,
            roles: index % 2 === 0 ? ['lead'] : [],
            publicKeys: [],
          })),
        })
        const gates = { ...request.policy.gates }
        for (const [index, gate] of GATES.entries()) gates[gate] = { ...gates[gate], ...policies[index] }
        const policy: Policy = { ...request.policy, gates }
        const view = {
          ...newRunView(request, { workflowId: 'w', runId: 'r', startedAt: AT }),
          planHash: 'plan',
        }
        const state: GateState = { request: { ...request, policy }, view, mayRollBack: false }
        const sinceOpening = new Map<Gate, Sent[]>(GATES.map((gate) => [gate, []]))

        for (const one of moves) {
          const before = new Map(view.gates.map(({ gate, state: known }) => [gate, known]))
          if (one.kind === 'open') openGate(state, { gate: one.gate, shows: [], at: AT })
          if (one.kind === 'expire') expireGate(state, one.gate)
          if (one.kind === 'void') {
            voidGate(state, one.gate)
            sinceOpening.set(one.gate, [])
          }
          if (one.kind === 'decide') {
            const sent = (one.value ?? {}) as Sent
            const answer = decide(state, one.value, AT)
            if (answer.counted) sinceOpening.get(answer.gate)?.push(sent)
            // Only an open gate can be decided, and a decided one stays decided.
            if (answer.counted) expect(before.get(answer.gate)).toBe('open')
          }
          for (const { gate, state: known, decisions } of view.gates) {
            if (known !== 'approved') continue
            const wanted = policy.gates[gate]
            const yes = new Set(
              decisions.filter(({ decision }) => decision === 'approve').map(({ actor }) => actor),
            )
            expect(yes.size).toBeGreaterThanOrEqual(wanted.approvals)
            expect(decisions.every(({ decision }) => decision === 'approve')).toBe(true)
            if (!wanted.requesterMayApprove) expect(yes.has('Ada')).toBe(false)
            const inAdvance = preApproved ? 1 : 0
            expect((sinceOpening.get(gate)?.length ?? 0) + inAdvance).toBeGreaterThanOrEqual(wanted.approvals)
          }
        }
        expect(gateOf(state, 'final')).toBeDefined()
      },
    ),
    { numRuns: 20_000, seed: 20_260_102 },
  )
}, 120_000)
