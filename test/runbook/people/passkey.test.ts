import { describe, expect, test } from 'vitest'
import type { Decision } from '../../../src/contract/decision.js'
import { personSchema, type Person } from '../../../src/contract/policy.js'
import { defaultPolicy } from '../../../src/runbook/default-policy.js'
import { passkeyFingerprint, passkeyLine, readPasskey } from '../../../src/runbook/people/passkey.js'
import { holdsKey, verifyDecision } from '../../../src/runbook/people/signature.js'
import { newPasskey } from './passkeys.js'

const RUN = { workflowId: 'migration/production/db', runId: 'run-1' }
const DECISION: Decision = {
  gate: 'final',
  decision: 'approve',
  planHash: 'a'.repeat(64),
  decisionId: 'decision-1',
  actor: 'Ada Lovelace',
  strategy: 'time-travel',
  comment: 'seen: "the plan"\nand the rows',
  shown: 'c'.repeat(64),
}
const POLICY = defaultPolicy({ environment: 'production', production: true, people: [] })
const present = { gates: { ...POLICY.gates, final: { ...POLICY.gates.final, requirePresence: true } } }
const person = (name: string, ...publicKeys: string[]): Person => ({ name, roles: [], publicKeys })

/** Made once by the virtual authenticator of Chromium 156, which a page of http://localhost:7433 asked to sign the decision above. */
const FIXED = [
  {
    publicKey:
      'webauthn-es256 BNwZkySmQ7Sxa_rrvQRbLnfA47fW1zs1dRHZbjTd-Agol3_EwV0yb7L2IZ5P2cPwREHxgRModMBvscEcST1-w84',
    assertion: {
      credentialId: 'Ia0BkpKj7kVRdu9shIqrCqbSw6RUJX87g1wD9Sbfrl0',
      authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg',
      clientDataJSON:
        'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiVXRwMS12eHJqLUYyZDNsaGZvVmhBLXFKelRfMHhOYWl2QUxTVTduMGRQSSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6NzQzMyIsImNyb3NzT3JpZ2luIjpmYWxzZX0',
      signature:
        'MEYCIQC5mvPQ_A9OrIPHUV5Ip93Xvb-7_WhahpSTPOvSil8ZvwIhANZnJ2B6NQjD7wAC89JvqQ3EUY5IgD-az1EXtckbqQ4R',
    },
  },
  {
    publicKey: 'webauthn-ed25519 uxH1FYgAl68RWXoO93y5yF86vzZIL1W3EBMeRvqUXRE',
    assertion: {
      credentialId: 'jlgzGD1iTkesVYxlSi-AOZc--NsRteQvMT5LOG9OkdU',
      authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg',
      clientDataJSON:
        'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiVXRwMS12eHJqLUYyZDNsaGZvVmhBLXFKelRfMHhOYWl2QUxTVTduMGRQSSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6NzQzMyIsImNyb3NzT3JpZ2luIjpmYWxzZSwib3RoZXJfa2V5c19jYW5fYmVfYWRkZWRfaGVyZSI6ImRvIG5vdCBjb21wYXJlIGNsaWVudERhdGFKU09OIGFnYWluc3QgYSB0ZW1wbGF0ZS4gU2VlIGh0dHBzOi8vZ29vLmdsL3lhYlBleCJ9',
      signature: '4EuA454HcRBnqq_u4Lunz6FeFKhp3RhYcfzQ0WYI1jnPChSrYW8xkBnv3FRuRc0ExiDyPYSjBLgAQUNb1pcoDw',
    },
  },
].map(({ publicKey, assertion }) => ({
  line: `${publicKey} id=${assertion.credentialId} rp=localhost origin=http://localhost:7433 Ada's phone`,
  assertion,
}))

describe('a passkey', () => {
  test.each(FIXED)('of a browser counts where presence is asked for: $line', ({ line, assertion }) => {
    const known = readPasskey(line)
    if (known === undefined) throw new Error('not read')
    const asked = (change: Partial<Decision> = {}) =>
      verifyDecision({
        run: RUN,
        decision: { ...DECISION, assertion, ...change },
        people: [person('ada lovelace', line)],
        policy: present,
      })
    expect(asked()).toEqual({ good: true, key: passkeyFingerprint(known), touched: true })
    expect(asked({ comment: 'other' })).toEqual({ good: false, reason: 'the passkey signed something else' })
  })

  test('changed in any byte of its answer is refused, never thrown over', () => {
    for (const { line, assertion } of FIXED)
      for (const part of ['authenticatorData', 'clientDataJSON', 'signature', 'credentialId'] as const) {
        const bytes = Buffer.from(assertion[part], 'base64url')
        // One at a time of what is long: the curve is what takes time.
        for (let at = 0; at < bytes.length; at += bytes.length > 100 ? 7 : 2) {
          const changed = Buffer.from(bytes)
          changed[at] = (changed[at] ?? 0) ^ 1
          const decision = { ...DECISION, assertion: { ...assertion, [part]: changed.toString('base64url') } }
          const asked = { run: RUN, decision, people: [person('Ada Lovelace', line)], policy: present }
          expect(verifyDecision(asked).good).toBe(false)
        }
      }
  })

  test('is a key that somebody must be there for; a line that is none is no key', () => {
    const { publicKey } = newPasskey()
    expect(holdsKey([publicKey], true)).toBe(true)
    expect(holdsKey([publicKey.replace('webauthn-es256', 'webauthn-ed25519')], false)).toBe(false)
  })
})

describe('its line', () => {
  test.each(['webauthn-es256', 'webauthn-ed25519'] as const)('%s is read as it is written', (type) => {
    const { publicKey } = newPasskey({ type, rpId: 'example.com', origin: 'https://runbook.example.com' })
    const read = readPasskey(publicKey)
    expect(read).toMatchObject({ type, rpId: 'example.com', origins: ['https://runbook.example.com'] })
    expect(read === undefined ? undefined : passkeyLine(read, 'test')).toBe(publicKey)
    expect(personSchema.safeParse(person('Ada', publicKey)).error).toBeUndefined()
  })

  const line = newPasskey().publicKey
  const at = (rp: string, origin: string): string =>
    line.replace('rp=localhost', `rp=${rp}`).replace('origin=http://localhost:7433', `origin=${origin}`)
  test.each([
    ['a page in the clear', at('example.com', 'http://example.com')],
    ['a page of another domain', at('example.com', 'https://example.net')],
    ['a domain that only ends alike', at('example.com', 'https://badexample.com')],
    ['a page with a path', at('example.com', 'https://example.com/runs')],
    ['a page with capitals, which no browser sends', at('example.com', 'https://Example.com')],
    ['one good page and one bad', at('example.com', 'https://example.com,https://example.net')],
    ['no page', at('example.com', ',')],
    ['a key cut off', line.replace(/ (\S{20})\S+ id=/, ' $1 id=')],
    ['no ID', line.replace(/id=\S+ /, '')],
    ['another kind of key', line.replace('es256', 'rs256')],
  ])('with %s is no key', (_what, text) => {
    expect(readPasskey(text)).toBeUndefined()
  })

  test('may name several pages of its domain, and those of this machine without TLS', () => {
    const several = at('example.com', 'https://example.com,https://runbook.example.com:8443')
    expect(readPasskey(several)?.origins).toHaveLength(2)
    expect(readPasskey(at('localhost', 'http://localhost:7433,http://app.localhost'))?.origins).toHaveLength(
      2,
    )
  })
})
