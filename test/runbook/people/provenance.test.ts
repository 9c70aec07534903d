import { describe, expect, it, test } from 'vitest'
import { proposerSchema } from '../../../src/contract/provenance.js'
import { recordedDecisionSchema } from '../../../src/contract/run.js'
import { proofText, provenanceOf, requestLine, startText } from '../../../src/runbook/people/provenance.js'
import { recordDecision } from '../../../src/runbook/policy.js'

const decision = { gate: 'plan', decision: 'approve', actor: 'Ada', decisionId: '1' } as const
const record = (proof: { signedWith?: string; touched?: true }) =>
  recordDecision({ decision, at: '2026-01-02T03:04:05.000Z', planHash: null, fallbackId: '-', ...proof })

describe('every recorded decision says what stood behind it', () => {
  test.each([
    [{}, 'unsigned', 'not signed'],
    [{ signedWith: 'SHA256:abc' }, 'software-key', 'key: SHA256:abc'],
    [{ signedWith: 'SHA256:abc', touched: true }, 'hardware-key', 'hardware key, touched: SHA256:abc'],
  ] as const)('%j', (proof, by, text) => {
    const recorded = record(proof)
    expect(recordedDecisionSchema.parse(recorded).by).toBe(by)
    expect(proofText(recorded)).toBe(text)
    // As earlier versions recorded it.
    const { by: _unsaid, ...before } = recorded
    expect(provenanceOf(before)).toBe(by)
  })
})

test('a decision that a passkey signed says so, and not that it was a hardware key', () => {
  const assertion = { credentialId: 'a', authenticatorData: 'b', clientDataJSON: 'c', signature: 'd' }
  const proof = { signedWith: 'SHA256:abc', touched: true } as const
  const recorded = recordDecision({
    decision: { ...decision, assertion, shown: 'e' },
    ...{ at: '2026-01-02T03:04:05.000Z', planHash: null, fallbackId: '-', ...proof },
  })
  expect(recordedDecisionSchema.parse(recorded)).toMatchObject({ by: 'passkey', assertion, shown: 'e' })
  expect(proofText(recorded)).toBe('passkey: SHA256:abc')
})

describe('a proposal', () => {
  it('is told from a request wherever somebody reads of it', () => {
    const proposedBy = { agent: 'a-client 1.0' }
    expect(requestLine({ requester: 'Ada' })).toBe('Requested by: Ada')
    expect(requestLine({ requester: 'Ada', proposedBy })).toBe('Proposed by: an agent (a-client 1.0) for Ada')
    expect(startText({ requester: 'Ada', proposedBy })).toBe(
      'The start: proposed by an agent (a-client 1.0) for Ada, which decided nothing.',
    )
  })

  test.each(['Ada) for Bea (', 'a\nb', 'a‮b', '`rm`', '<!channel>', '', ' ', 'x'.repeat(101)])(
    'no agent is called %j',
    (agent) => expect(proposerSchema.safeParse({ agent }).success).toBe(false),
  )

  test.each(['claude-code', 'Claude Desktop 1.2.0', '@org/client', 'Agent Ünal_3', '日本'])(
    '%j may be one',
    (agent) => expect(proposerSchema.parse({ agent })).toEqual({ agent }),
  )
})
