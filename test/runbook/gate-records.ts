import type { Gate } from '../../src/contract/names.js'
import type { GateRecord } from '../../src/runbook/policy.js'

/** The hash of the plan that these records are about. */
export const PLAN = 'a'.repeat(64)

/** A gate in a state, with the approvals of these people. */
export function recordOf(gate: Gate, state: GateRecord['state'], approvers: readonly string[]): GateRecord {
  return {
    gate,
    state,
    decisions: approvers.map((actor) => ({
      actor,
      decision: 'approve',
      at: '2026-01-01T00:00:00Z',
      planHash: PLAN,
      decisionId: `${gate}/${actor}`,
    })),
  }
}
