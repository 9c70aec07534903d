import { describe, expect, it } from 'vitest'
import type { Decision } from '../../src/contract/decision.js'
import type { Gate } from '../../src/contract/names.js'
import type { Act, Permission } from '../../src/contract/permission.js'
import type { Policy } from '../../src/contract/policy.js'
import type { PlanBound } from '../../src/contract/plan.js'
import type { RecordedDecision } from '../../src/contract/run.js'
import { hashOf } from '../../src/runbook/charter/charter-hash.js'
import { decisionText } from '../../src/runbook/people/signature.js'
import { whyNotPermitted, type PermittingCharter } from '../../src/runbook/permit.js'
import { requestFor } from '../workflows/request.js'
import { newHardwareKey, newSshKey, type SshKey } from './people/ssh-keys.js'

const RUN = { workflowId: 'migration/local/id', runId: 'run 1' }
const GATES_BEFORE = ['team-lead', 'environment', 'connectivity', 'preflight', 'plan', 'final'] as const
const keys: Record<string, SshKey> = { Ada: newSshKey(), Bea: newSshKey(), Cay: newSshKey() }
const people = Object.entries(keys).map(([name, { publicKey }]) => ({
  name,
  roles: name === 'Cay' ? [] : ['dba'],
  publicKeys: [publicKey],
}))

function charterWith(policy: Partial<Policy> = {}, production = true): PermittingCharter {
  const { policy: base, target } = requestFor(
    'id',
    {},
    { final: { roles: ['dba'], requesterMayApprove: false } },
  )
  const environment = {
    policy: { ...base, requireSignatures: true, ...policy },
    people,
    target: { ...target, production },
  }
  return { environment, charterHash: 'a charter' }
}

const bound: PlanBound = {
  version: 2,
  content: 'c',
  charterHash: 'a charter',
  requester: 'Ada',
  environment: 'local',
  databaseId: 'id',
  migrations: [{ name: '0001_a.sql', sha256: 'a', fingerprintBefore: 'x', fingerprintAfter: 'y' }],
  ledger: [],
  backupSha256: 'b',
}

/** A decision as a run keeps it, signed. */
function signed(
  gate: Gate,
  actor: string,
  change: Partial<Decision> = {},
  { key = keys[actor], run = RUN }: { key?: SshKey | undefined; run?: typeof RUN } = {},
): RecordedDecision {
  const planHash = gate === 'team-lead' ? {} : { planHash: hashOf(bound) }
  const decision: Decision = {
    gate,
    decision: 'approve',
    actor,
    decisionId: `${gate} ${actor}`,
    ...planHash,
    ...change,
  }
  const { gate: _gate, ...kept } = decision
  const signature = key?.sign(decisionText(run, decision)) ?? ''
  return { ...kept, decisionId: decision.decisionId ?? '', at: '2026-01-01T00:00:00Z', signature }
}

type Gates = Partial<Record<Gate, RecordedDecision[]>>
const allApproved = (): Gates => Object.fromEntries(GATES_BEFORE.map((gate) => [gate, [signed(gate, 'Bea')]]))

function permission(act: Act, gates: Gates, change: Partial<PlanBound> = {}): Permission {
  const list = Object.entries(gates).map(([gate, decisions]) => ({ gate: gate as Gate, decisions }))
  return { act, bound: { ...bound, ...change }, gates: list }
}

function why(given: Permission | undefined, act: Act = 'apply', charter = charterWith()): string | undefined {
  return whyNotPermitted({ permission: given, act, run: RUN, charter })
}

describe('an apply is permitted', () => {
  it('by the signed approvals of every gate, for this plan, this run and this charter', () => {
    expect(why(permission('apply', allApproved()))).toBeUndefined()
  })

  it('without a word where the policy asks for no signatures', () => {
    expect(why(undefined, 'apply', charterWith({ requireSignatures: false }))).toBeUndefined()
  })

  it('without people at a gate that the charter opens by itself, but never at final in production', () => {
    const gates = charterWith().environment.policy.gates
    const opening = (gate: Gate): Partial<Policy> => ({
      gates: { ...gates, [gate]: { ...gates[gate], automatic: true } },
    })
    const { plan: _plan, ...withoutPlan } = allApproved()
    expect(why(permission('apply', withoutPlan), 'apply', charterWith(opening('plan')))).toBeUndefined()
    const { final: _final, ...withoutFinal } = allApproved()
    expect(why(permission('apply', withoutFinal), 'apply', charterWith(opening('final')))).toMatch(/final/)
    expect(
      why(permission('apply', withoutFinal), 'apply', charterWith(opening('final'), false)),
    ).toBeUndefined()
  })

  it('of what an agent proposed only by people at each gate, and only as a proposal of that agent', () => {
    const { gates } = charterWith().environment.policy
    const opening = charterWith({ gates: { ...gates, plan: { ...gates.plan, automatic: true } } })
    const proposal = { proposedBy: { agent: 'a-client 1.0' } }
    const planHash = hashOf({ ...bound, ...proposal })
    const approved: Gates = Object.fromEntries(
      GATES_BEFORE.map((gate) => [gate, [signed(gate, 'Bea', gate === 'team-lead' ? {} : { planHash })]]),
    )
    const { plan: _plan, ...withoutPlan } = approved
    expect(why(permission('apply', approved, proposal), 'apply', opening)).toBeUndefined()
    expect(why(permission('apply', withoutPlan, proposal), 'apply', opening)).toMatch(
      /plan.* is not approved/,
    )
    for (const other of [{}, { proposedBy: { agent: 'a-client 1.1' } }])
      expect(why(permission('apply', approved, other), 'apply', opening)).toMatch(/is for another plan/)
  })

  it('only with a touched hardware key at a gate that asks for presence, whatever the history says', () => {
    const { gates } = charterWith().environment.policy
    const asking = charterWith({ gates: { ...gates, final: { ...gates.final, requirePresence: true } } })
    const device = newHardwareKey()
    const withDevice = {
      ...asking,
      environment: {
        ...asking.environment,
        people: people.map((one) =>
          one.name === 'Bea' ? { ...one, publicKeys: [...one.publicKeys, device.publicKey] } : one,
        ),
      },
    }
    const byFile = permission('apply', allApproved())
    expect(why(byFile, 'apply', asking)).toMatch(/asks for a hardware key/)
    const claimed = { ...signed('final', 'Bea'), touched: true as const }
    expect(why(permission('apply', { ...allApproved(), final: [claimed] }), 'apply', withDevice)).toMatch(
      /asks for a hardware key/,
    )
    const touched = signed('final', 'Bea', {}, { key: device })
    expect(
      why(permission('apply', { ...allApproved(), final: [touched] }), 'apply', withDevice),
    ).toBeUndefined()
  })

  const other = { ...RUN, runId: 'run 2' }
  it.each<[string, Permission | undefined, RegExp]>([
    ['nothing', undefined, /no signed decisions/],
    [
      'a gate left out',
      permission('apply', { ...allApproved(), connectivity: [] }),
      /'connectivity' is not approved/,
    ],
    ['no gate', permission('apply', {}), /'team-lead' is not approved/],
    [
      'a decision that is not signed',
      permission('apply', { ...allApproved(), plan: [{ ...signed('plan', 'Bea'), signature: undefined }] }),
      /not signed/,
    ],
    [
      'a key of somebody else',
      permission('apply', { ...allApproved(), plan: [signed('plan', 'Bea', {}, { key: newSshKey() })] }),
      /not one of 'Bea'/,
    ],
    [
      'the signature of another run',
      permission('apply', { ...allApproved(), final: [signed('final', 'Bea', {}, { run: other })] }),
      /does not fit/,
    ],
    [
      'the signature of another gate',
      permission('apply', { ...allApproved(), final: [{ ...signed('plan', 'Bea'), decisionId: 'x' }] }),
      /does not fit/,
    ],
    [
      'an approval of another plan',
      permission('apply', { ...allApproved(), plan: [signed('plan', 'Bea', { planHash: 'f'.repeat(64) })] }),
      /another plan/,
    ],
    [
      'a plan that was changed after',
      permission('apply', allApproved(), { ledger: ['more'] }),
      /another plan/,
    ],
    [
      'another requester than the one who was shown',
      permission('apply', allApproved(), { requester: 'Eve' }),
      /another plan/,
    ],
    [
      'a rejection',
      permission('apply', { ...allApproved(), final: [signed('final', 'Bea', { decision: 'reject' })] }),
      /declined/,
    ],
    [
      'the requester, where they may not',
      permission('apply', { ...allApproved(), final: [signed('final', 'Ada')] }),
      /requested this run/,
    ],
    [
      'somebody without the role',
      permission('apply', { ...allApproved(), final: [signed('final', 'Cay')] }),
      /holds none of the roles/,
    ],
    ['another charter', permission('apply', allApproved(), { charterHash: 'of before' }), /another charter/],
    ['another database', permission('apply', allApproved(), { databaseId: 'id2' }), /another database/],
    ['what was given for a way back', permission('time-travel', allApproved()), /time-travel, not apply/],
  ])('not by %s', (_what, given, message) => {
    expect(why(given)).toMatch(message)
  })

  it('not by one person twice where the charter asks for two', () => {
    const { policy } = charterWith().environment
    const two = charterWith({ gates: { ...policy.gates, plan: { ...policy.gates.plan, approvals: 2 } } })
    const twice = [signed('plan', 'Bea'), signed('plan', 'Bea', { decisionId: 'again' })]
    expect(why(permission('apply', { ...allApproved(), plan: twice }), 'apply', two)).toMatch(
      /different people/,
    )
    const both = [signed('plan', 'Bea'), signed('plan', 'Ada')]
    expect(why(permission('apply', { ...allApproved(), plan: both }), 'apply', two)).toBeUndefined()
  })
})

describe('a way back is permitted', () => {
  const rollback = (strategy?: Exclude<Act, 'adopt'>): Gates => ({
    rollback: [signed('rollback', 'Bea', strategy === undefined || strategy === 'apply' ? {} : { strategy })],
  })

  it('by who decided for it, or for any', () => {
    expect(why(permission('restore-backup', rollback('restore-backup')), 'restore-backup')).toBeUndefined()
    expect(why(permission('time-travel', rollback()), 'time-travel')).toBeUndefined()
  })

  it.each<[string, Permission, RegExp]>([
    [
      'who decided for another',
      permission('restore-backup', rollback('time-travel')),
      /decided for time-travel/,
    ],
    ['nobody', permission('restore-backup', {}), /'rollback' is not approved/],
    ['who approved the apply', permission('restore-backup', allApproved()), /'rollback' is not approved/],
  ])('not by %s', (_what, given, message) => {
    expect(why(given, 'restore-backup')).toMatch(message)
  })

  it('by the policy itself, of what people let this run apply, and only in its way', () => {
    const automatic = charterWith({ automaticRollback: true, automaticRollbackStrategy: 'time-travel' })
    expect(why(permission('time-travel', allApproved()), 'time-travel', automatic)).toBeUndefined()
    expect(why(permission('time-travel', {}), 'time-travel', automatic)).toMatch(
      /'team-lead' is not approved/,
    )
    expect(why(permission('restore-backup', allApproved()), 'restore-backup', automatic)).toMatch(/rollback/)
  })
})

it('approving that files are recorded is not approving that they run, nor the other way round', () => {
  const adopting = { ...bound, act: 'adopt' as const }
  const given = (act: Act, of: PlanBound): Permission => ({
    ...{ act, bound: of },
    gates: GATES_BEFORE.map((gate) => {
      const planHash = gate === 'team-lead' ? {} : { planHash: hashOf(of) }
      return { gate, decisions: [signed(gate, 'Bea', planHash)] }
    }),
  })
  const asked = (act: Act, of: PlanBound): string | undefined => why(given(act, of), act)
  expect(asked('adopt', adopting)).toBeUndefined()
  expect(asked('apply', bound)).toBeUndefined()
  expect(asked('apply', adopting)).toContain('to record files, not to run them')
  expect(asked('reverse-migration', adopting)).toContain('to record files, not to run them')
  expect(asked('adopt', bound)).toContain('to run files, not to record them')
})
