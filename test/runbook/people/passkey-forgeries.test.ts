import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Assertion, Decision } from '../../../src/contract/decision.js'
import type { PlanBound } from '../../../src/contract/plan.js'
import type { RecordedDecision } from '../../../src/contract/run.js'
import { hashOf } from '../../../src/runbook/charter/charter-hash.js'
import { decisionChallenge, decisionText, type SignedRun } from '../../../src/runbook/people/signature.js'
import { whyNotPermitted } from '../../../src/runbook/permit.js'
import { shownHash } from '../../../src/runbook/shown.js'
import { decide, gateOf, openGate, type GateState } from '../../../src/workflows/gates.js'
import { newRunView } from '../../../src/workflows/state.js'
import { SEED } from '../../fast-check.js'
import { FULL } from '../../full.js'
import { requestFor } from '../../workflows/request.js'
import { newPasskey, type Ceremony, type TestPasskey } from './passkeys.js'
import { newSshKey } from './ssh-keys.js'

/** Tries of each kind, with either curve: with the number of kinds they are more than a thousand. */
const TRIES = FULL ? 200 : 12
const RUN: SignedRun = { workflowId: 'migration/production/db', runId: 'run-1' }
const AT = '2026-01-02T03:04:05.000Z'
const SHOWS = ['Database: art-archive', 'Plan: one file']

/** What the attacker has: the namespace, the console's server, Ada's shell with her software key, and a passkey of their own. */
interface World {
  ada: TestPasskey
  bea: TestPasskey
  mallory: TestPasskey
  file: ReturnType<typeof newSshKey>
  state: GateState
  bound: PlanBound
  /** What Ada would really sign of the open gate. */
  meant: Decision
  /** Drawn from the seed: a number below `most`. */
  draw: (most: number) => number
}

function newWorld(draw: World['draw'], type: 'webauthn-es256' | 'webauthn-ed25519', counts = true): World {
  const [ada, bea, mallory] = [
    newPasskey({ type, counts }),
    newPasskey({ type, counts }),
    newPasskey({ type }),
  ]
  const file = newSshKey()
  const base = requestFor('db', {
    people: [
      { name: 'Ada', roles: ['dba'], publicKeys: [file.publicKey, ada.publicKey] },
      { name: 'Bea', roles: ['dba'], publicKeys: [bea.publicKey] },
    ],
    requester: 'Cay',
  })
  const gates = Object.fromEntries(
    Object.entries(base.policy.gates).map(([gate, rules]) => [
      gate,
      // Those before open by themselves: only what is sent to `final` can be missing.
      { ...rules, roles: ['dba'], automatic: gate !== 'final', requirePresence: gate === 'final' },
    ]),
  ) as typeof base.policy.gates
  const request = { ...base, policy: { ...base.policy, requireSignatures: true, gates } }
  const bound: PlanBound = {
    ...{ version: 2, content: 'c', charterHash: 'charter', requester: 'Cay', environment: 'local' },
    ...{ databaseId: 'db', migrations: [], ledger: [], backupSha256: 'b' },
  }
  const view = { ...newRunView(request, { ...RUN, startedAt: AT }), planHash: hashOf(bound) }
  const state: GateState = { request, view, mayRollBack: false }
  openGate(state, { gate: 'plan', shows: SHOWS, at: AT })
  openGate(state, { gate: 'final', shows: SHOWS, at: AT })
  const meant: Decision = {
    gate: 'final',
    decision: 'approve',
    actor: 'Ada',
    planHash: hashOf(bound),
    decisionId: 'decision-1',
    shown: shownHash(gateOf(state, 'final')),
  }
  return { ada, bea, mallory, file, state, bound, meant, draw }
}

function sign(passkey: TestPasskey, decision: Decision, how: Ceremony = {}, run = RUN): Decision {
  return { ...decision, assertion: passkey.get(decisionChallenge(run, decision), how) }
}

/** Signed by Ada for something else, and sent as what the attacker wants. */
function lent({ ada, meant }: World, other: Partial<Decision>, run = RUN): Decision {
  return { ...meant, assertion: sign(ada, { ...meant, ...other }, {}, run).assertion }
}

function flipped({ ada, meant, draw }: World, part: keyof Assertion): Decision {
  const signed = sign(ada, meant).assertion ?? {}
  const bytes = Buffer.from(String({ ...signed }[part as never]), 'base64url')
  const at = draw(bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << draw(8))
  return { ...meant, assertion: { ...signed, [part]: bytes.toString('base64url') } as Assertion }
}

const text = (draw: World['draw']): string => `x${draw(1_000_000)}`
const withClient = (client: Record<string, unknown>) => (world: World) =>
  sign(world.ada, world.meant, { client })

const KINDS: [string, (world: World) => unknown][] = [
  ['no proof at all', ({ meant }) => meant],
  ['a claim that somebody was there', ({ meant }) => ({ ...meant, touched: true, signedWith: 'SHA256:x' })],
  ["Ada's software key", ({ meant, file }) => ({ ...meant, signature: file.sign(decisionText(RUN, meant)) })],
  [
    "Ada's software key beside an assertion of another decision",
    (world) => ({
      ...lent(world, { decisionId: text(world.draw) }),
      signature: world.file.sign(decisionText(RUN, world.meant)),
    }),
  ],
  [
    "Ada's software key in the place of her passkey's signature",
    ({ ada, meant, file }) => {
      const { assertion } = sign(ada, meant)
      const signature = Buffer.from(file.sign(decisionText(RUN, meant))).toString('base64url')
      return { ...meant, assertion: { ...assertion, signature: signature.slice(0, 2_000) } }
    },
  ],
  ['a passkey that nobody configured', ({ mallory, meant }) => sign(mallory, meant)],
  [
    "a passkey of one's own under the ID of Ada's",
    ({ ada, mallory, meant }) => {
      const { assertion } = sign(mallory, meant)
      return { ...meant, assertion: { ...assertion, credentialId: ada.credentialId } }
    },
  ],
  ["Bea's passkey in Ada's name", ({ bea, meant }) => sign(bea, meant)],
  ["Ada's decision in Bea's name", ({ ada, meant }) => ({ ...sign(ada, meant), actor: 'Bea' })],
  ["Ada's name in another spelling", ({ ada, meant }) => ({ ...sign(ada, meant), actor: 'ADA' })],
  ['a decision of another run', (world) => lent(world, {}, { ...RUN, runId: text(world.draw) })],
  ['of another workflow', (world) => lent(world, {}, { ...RUN, workflowId: text(world.draw) })],
  ['of another gate', (world) => lent(world, { gate: 'plan' })],
  ['a rejection sent as an approval', (world) => lent(world, { decision: 'reject' })],
  ['of another plan', (world) => lent(world, { planHash: hashOf(text(world.draw)) })],
  [
    'sent for a plan that is not there',
    ({ ada, meant, draw }) => sign(ada, { ...meant, planHash: hashOf(text(draw)) }),
  ],
  ['of another way back', (world) => lent(world, { strategy: 'none' })],
  ['under another comment', (world) => ({ ...sign(world.ada, world.meant), comment: text(world.draw) })],
  ['under another id', (world) => ({ ...sign(world.ada, world.meant), decisionId: text(world.draw) })],
  ['without an id', ({ ada, meant }) => ({ ...sign(ada, meant), decisionId: undefined })],
  ['without a plan', ({ ada, meant }) => sign(ada, { ...meant, planHash: undefined })],
  ['shown otherwise than signed', (world) => lent(world, { shown: hashOf(text(world.draw)) })],
  ['without what was shown', ({ ada, meant }) => sign(ada, { ...meant, shown: undefined })],
  [
    'what a page had signed to let somebody in',
    ({ ada, meant }) => ({ ...meant, assertion: ada.get(randomBytes(32)) }),
  ],
  [
    'what a passkey answered when it was made',
    ({ ada, meant }) => sign(ada, meant, { type: 'webauthn.create' }),
  ],
  ['a page of another site', ({ ada, meant }) => sign(ada, meant, { origin: 'https://runbook.example.net' })],
  [
    'a page on another port',
    ({ ada, meant, draw }) => sign(ada, meant, { origin: `http://localhost:${8_000 + draw(1_000)}` }),
  ],
  ['a page that stands in another one', withClient({ crossOrigin: true })],
  ['a page that says who is around it', withClient({ topOrigin: 'http://localhost:7433' })],
  ['another domain', ({ ada, meant, draw }) => sign(ada, meant, { rpId: `${text(draw)}.example` })],
  ['nobody there', ({ ada, meant }) => sign(ada, meant, { flags: 0x04 })],
  ['somebody there whom the device did not know', ({ ada, meant }) => sign(ada, meant, { flags: 0x01 })],
  ['a new key in the answer', ({ ada, meant }) => sign(ada, meant, { flags: 0x45 })],
  [
    'extensions that nobody asked for',
    ({ ada, meant }) => sign(ada, meant, { flags: 0x85, extensions: Buffer.from([0xa0]) }),
  ],
  [
    'bytes behind its data',
    ({ ada, meant, draw }) => sign(ada, meant, { extensions: randomBytes(1 + draw(40)) }),
  ],
  ['a copy without the right to be one', ({ ada, meant }) => sign(ada, meant, { flags: 0x15 })],
  ['a byte of its data', (world) => flipped(world, 'authenticatorData')],
  ['a byte of what the page said', (world) => flipped(world, 'clientDataJSON')],
  ['a byte of the signature', (world) => flipped(world, 'signature')],
  ['a byte of its ID', (world) => flipped(world, 'credentialId')],
  [
    'a signature cut off',
    ({ ada, meant, draw }) => {
      const signed = sign(ada, meant)
      const { assertion } = signed
      if (assertion === undefined) throw new Error('not signed')
      return { ...meant, assertion: { ...assertion, signature: assertion.signature.slice(0, draw(80)) } }
    },
  ],
  [
    'a signature with more behind it',
    ({ ada, meant, draw }) => {
      const { assertion } = sign(ada, meant)
      const longer = Buffer.concat([
        Buffer.from(assertion?.signature ?? '', 'base64url'),
        randomBytes(1 + draw(9)),
      ])
      return { ...meant, assertion: { ...assertion, signature: longer.toString('base64url') } }
    },
  ],
  [
    'a signature of random bytes',
    ({ ada, meant }) => {
      const { assertion } = sign(ada, meant)
      return { ...meant, assertion: { ...assertion, signature: randomBytes(64).toString('base64url') } }
    },
  ],
  [
    'the assertion of another decision',
    ({ bea, meant, draw }) => ({
      ...meant,
      assertion: sign(bea, { ...meant, actor: 'Bea', decisionId: text(draw) }).assertion,
    }),
  ],
  [
    'parts that are no parts',
    ({ ada, meant, draw }) => {
      const { assertion } = sign(ada, meant)
      const junk = [null, 7, '', '====', '\u0000', 'A'.repeat(9_000), {}, []][draw(8)]
      const part = ['credentialId', 'authenticatorData', 'clientDataJSON', 'signature'][draw(4)] ?? ''
      return { ...meant, assertion: { ...assertion, [part]: junk } }
    },
  ],
]

/** One way to make numbers from a seed; which one does not matter. */
function drawFrom(seed: number): World['draw'] {
  let state = seed
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * most)
  }
}

/** Why a worker would not act on a history in which this stands as counted; undefined where it would. */
function permitted(
  { state, bound }: World,
  sent: unknown,
  before: RecordedDecision[] = [],
): string | undefined {
  const recorded = { at: AT, ...(sent as object) } as RecordedDecision
  return whyNotPermitted({
    permission: {
      ...{ act: 'apply', bound },
      gates: [
        { gate: 'plan', decisions: before },
        { gate: 'final', decisions: [recorded] },
      ],
    },
    act: 'apply',
    run: RUN,
    charter: {
      environment: {
        policy: state.request.policy,
        people: [...state.request.people],
        target: { ...requestFor('db').target, production: true },
      },
      charterHash: 'charter',
    },
  })
}

describe.each(['webauthn-es256', 'webauthn-ed25519'] as const)(
  'at a gate that asks for presence, %s',
  (type) => {
    test('the passkey counts, in the run and in the worker that acts, whether it counts its signatures or not', () => {
      for (const counts of [true, false]) {
        const world = newWorld(drawFrom(SEED), type, counts)
        const sent = sign(world.ada, world.meant)
        expect(permitted(world, sent)).toBeUndefined()
        expect(decide(world.state, sent, AT)).toMatchObject({
          ...{ counted: true, state: 'approved', touched: true },
        })
        expect(decide(world.state, sent, AT)).toMatchObject({ counted: false })
        expect(gateOf(world.state, 'final').decisions).toMatchObject([
          { actor: 'Ada', by: 'passkey', shown: world.meant.shown, assertion: sent.assertion },
        ])
      }
    })

    test.each(KINDS)('%s counts for nothing, in neither', (_kind, forge) => {
      const world = newWorld(drawFrom(SEED), type)
      for (let seed = 0; seed < TRIES; seed += 1) {
        const sent = forge({ ...world, draw: drawFrom(SEED + seed) })
        expect(permitted(world, sent)).toBeTypeOf('string')
        expect(decide(world.state, sent, AT).counted).toBe(false)
      }
      expect(gateOf(world.state, 'final')).toMatchObject({ state: 'open', decisions: [] })
    })
  },
)

test('these are a thousand tries, of more than twenty kinds', () => {
  expect(KINDS.length).toBeGreaterThan(20)
  expect(new Set(KINDS.map(([name]) => name)).size).toBe(KINDS.length)
  expect(KINDS.length * TRIES * 2).toBeGreaterThanOrEqual(1_000)
})

test('what was shown is what the gate shows: where it changed meanwhile, nobody approved what they did not see', () => {
  const world = newWorld(drawFrom(SEED), 'webauthn-es256')
  const sent = sign(world.ada, world.meant)
  const elsewhere = sign(world.ada, { ...world.meant, shown: hashOf('another page') })
  openGate(world.state, { gate: 'final', shows: [...SHOWS, 'Plan: two files'], at: AT })
  for (const one of [sent, elsewhere])
    expect(decide(world.state, one, AT)).toMatchObject({
      counted: false,
      reason: expect.stringContaining('what was shown is not what the gate shows now'),
    })
  const again = { ...world.meant, shown: shownHash(gateOf(world.state, 'final')) }
  expect(decide(world.state, sign(world.ada, again), AT)).toMatchObject({ counted: true })
})

test('a copy of a passkey is found out by its counter, once the other has decided', () => {
  const world = newWorld(drawFrom(SEED), 'webauthn-es256')
  const { ada, state, meant } = world
  gateOf(state, 'plan').state = 'open'
  const first: Decision = {
    ...{ ...meant, gate: 'plan', decisionId: '0' },
    shown: shownHash(gateOf(state, 'plan')),
  }
  expect(decide(state, sign(ada, first, { counter: 6 }), AT)).toMatchObject({ counted: true })
  const before = gateOf(state, 'plan').decisions
  for (const counter of [0, 1, 6]) {
    const sent = sign(ada, meant, { counter })
    expect(decide(state, sent, AT)).toMatchObject({ reason: expect.stringContaining('counter') })
    expect(permitted(world, sent, before)).toContain('counter')
  }
  const next = sign(ada, meant, { counter: 7 })
  expect(permitted(world, next, before)).toBeUndefined()
  expect(decide(state, next, AT)).toMatchObject({ counted: true })
})

test('a passkey that was merged after the start is told as one of which the run does not know', () => {
  const { state, ada, meant } = newWorld(drawFrom(SEED), 'webauthn-es256')
  const sent = sign(ada, meant)
  const known = state.request.people
  const without = (publicKeys: readonly string[]) =>
    publicKeys.filter(
      (line) => !line.startsWith('webauthn-') || !line.includes(` id=${sent.assertion?.credentialId} `),
    )
  const another = newPasskey().publicKey
  for (const added of [[], [another]]) {
    state.request.people = known.map((one) => ({
      ...one,
      publicKeys: [...without(one.publicKeys), ...added],
    }))
    expect(decide(state, sent, AT)).toEqual({
      ...{ counted: false, unrecorded: false },
      reason: "this run knows the people and keys of its start: none of 'Ada' is this passkey",
    })
  }
})
