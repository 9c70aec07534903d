import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Decision } from '../../../src/contract/decision.js'
import { personSchema, type Person } from '../../../src/contract/policy.js'
import {
  changesTheCourse,
  decisionText,
  verifyDecision,
  type SteeringCommand,
} from '../../../src/runbook/people/signature.js'
import { defaultPolicy } from '../../../src/runbook/default-policy.js'
import { keyFingerprint, readPublicKey } from '../../../src/runbook/people/ssh-key.js'
import { newHardwareKey, newSshKey, type SshKey } from './ssh-keys.js'

const RUN = { workflowId: 'migration/production/db', runId: 'run-1' }
const DECISION: Decision = {
  gate: 'final',
  decision: 'approve',
  planHash: 'a'.repeat(64),
  decisionId: 'decision-1',
  actor: 'Ada Lovelace',
  strategy: 'time-travel',
  comment: 'seen: "the plan"\nand the rows',
}
const POLICY = defaultPolicy({ environment: 'production', production: true, people: [] })
const person = (name: string, ...publicKeys: string[]): Person => ({ name, roles: [], publicKeys })

/** Made once with OpenSSH 9.2 by `ssh-keygen -Y sign -n d1-runbook`, over the text of the decision above. */
const FIXED = {
  publicKey:
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII7czhJuzrj1dz/xJ6mPT62f6ERDQIXC4ZguOW3fSdu6 ada@example.com',
  fingerprint: 'SHA256:/Lww7s1rrlpb0T7vjZpJTdFNkbZX/lXuXQuVGNZuCiI',
  signature: `-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgjtzOEm7OuPV3P/EnqY9PrZ/oRE
NAhcLhmC45bd9J27oAAAAKZDEtcnVuYm9vawAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gt
ZWQyNTUxOQAAAEDgAcD0Oo0rHEj3nrm3RW8Rm0tjcMwy3rECCKc829d11QsqO10AFsi0JB
/B3RGdBDx8sLkhM1ZjxEpXf8kbg5MO
-----END SSH SIGNATURE-----`,
}

const people = [person('ada lovelace', FIXED.publicKey), person('Bob')]
const verdict = (change: Partial<Decision> = {}, run: Partial<typeof RUN> = {}) =>
  verifyDecision({
    run: { ...RUN, ...run },
    decision: { ...DECISION, signature: FIXED.signature, ...change },
    people,
    policy: POLICY,
  })

describe('a signature', () => {
  test('made by ssh-keygen counts, and says whose key it was', () => {
    expect(verdict()).toEqual({ good: true, key: FIXED.fingerprint, touched: false })
  })

  test.each<[string, Partial<Decision>, Partial<typeof RUN>]>([
    ['workflow', {}, { workflowId: 'migration/staging/db' }],
    ['run', {}, { runId: 'run-2' }],
    ['gate', { gate: 'plan' }, {}],
    ['decision', { decision: 'reject' }, {}],
    ['plan', { planHash: 'b'.repeat(64) }, {}],
    ['decision id', { decisionId: 'decision-2' }, {}],
    ['strategy', { strategy: 'none' }, {}],
    ['comment', { comment: 'not seen' }, {}],
    ['spelling of the actor', { actor: 'Ada  Lovelace' }, {}],
  ])('is worth nothing for another %s', (_, change, run) => {
    expect(verdict(change, run)).toEqual({
      good: false,
      reason: 'the signature does not fit this decision',
    })
  })

  test('is worth nothing for somebody else', () => {
    expect(verdict({ actor: 'Bob' })).toMatchObject({
      good: false,
      reason: expect.stringMatching(/no public key of 'Bob'/),
    })
    const others = [
      person('Bob', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
    ]
    const decision = { ...DECISION, actor: 'Bob', signature: FIXED.signature }
    expect(verifyDecision({ run: RUN, decision, people: others, policy: POLICY })).toMatchObject({
      good: false,
      reason: expect.stringContaining(FIXED.fingerprint),
    })
  })

  test('that is missing, or without an id that counts once, is refused', () => {
    const { signature: _, ...unsigned } = { ...DECISION, signature: '' }
    expect(verifyDecision({ run: RUN, decision: unsigned, people, policy: POLICY })).toMatchObject({
      good: false,
    })
    const { decisionId: __, ...nameless } = DECISION
    const decision = { ...nameless, signature: FIXED.signature }
    expect(verifyDecision({ run: RUN, decision, people, policy: POLICY })).toMatchObject({
      good: false,
      reason: expect.stringContaining('decisionId'),
    })
  })

  test('changed in any character is refused, never thrown over', () => {
    const text = FIXED.signature
    for (let at = 0; at < text.length; at += 1) {
      const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
      if (changed.replace(/=/g, '') === text.replace(/=/g, '')) continue
      const { good } = verdict({ signature: changed })
      // The last digit before the padding has bits that stand for nothing.
      if (good) expect(text.slice(at + 1)).toMatch(/^=*\s*-----END/)
    }
    for (let end = 0; end < text.length; end += 7) verdict({ signature: text.slice(0, end) })
    for (const junk of ['', 'x', '====', '\u0000', 'A'.repeat(5000), '😀']) {
      expect(verdict({ signature: junk }).good).toBe(false)
    }
  })
})

describe('a hardware key', () => {
  const TYPES = ['sk-ssh-ed25519@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com'] as const
  const present = {
    gates: { ...POLICY.gates, final: { ...POLICY.gates.final, requirePresence: true } },
  }
  const judged = (key: SshKey, change: Partial<Decision> = {}, policy: typeof present = present) =>
    verifyDecision({
      run: RUN,
      decision: { ...DECISION, signature: key.sign(decisionText(RUN, DECISION)), ...change },
      people: [person('Ada Lovelace', key.publicKey)],
      policy,
    })

  test.each(TYPES)('%s counts where presence is asked for, and where it is not', (type) => {
    const key = newHardwareKey(type)
    // The numbers of a signature on P-256 differ in length from one to the next.
    for (let tries = 0; tries < 40; tries += 1)
      expect(judged(key)).toMatchObject({ good: true, touched: true })
    expect(judged(key, {}, POLICY as typeof present)).toMatchObject({ good: true, touched: true })
  })

  test.each(TYPES)('%s that nobody touched counts nowhere', (type) => {
    const key = newHardwareKey(type, { touched: false })
    const untouched = { good: false, reason: 'the hardware key signed without being touched' }
    expect(judged(key)).toEqual(untouched)
    expect(judged(key, {}, POLICY as typeof present)).toEqual(untouched)
  })

  test.each(TYPES)('%s is worth nothing for another decision, nor changed in any byte', (type) => {
    const key = newHardwareKey(type)
    expect(judged(key, { comment: 'other' })).toMatchObject({ good: false })
    const bytes = Buffer.from(key.sign(decisionText(RUN, DECISION)), 'base64')
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(judged(key, { signature: changed.toString('base64') }).good).toBe(false)
    }
    for (let end = 0; end < bytes.length; end += 1)
      expect(judged(key, { signature: bytes.subarray(0, end).toString('base64') }).good).toBe(false)
  })

  test('made for a web site signs nothing here, whatever a page makes it sign', () => {
    const key = newHardwareKey('sk-ssh-ed25519@openssh.com', { application: 'https://example.com' })
    expect(readPublicKey(key.publicKey)).toBeUndefined()
    expect(judged(key).good).toBe(false)
  })

  test('is what the gate asks for: a key that is a file is refused there by name, and counts at others', () => {
    const key = newSshKey()
    expect(judged(key)).toMatchObject({
      good: false,
      reason: expect.stringMatching(/'final' asks for a hardware key.* SHA256:\S+ is a file$/),
    })
    expect(judged(key, {}, POLICY as typeof present)).toMatchObject({ good: true, touched: false })
  })

  test('is told apart from a file that claims its name', () => {
    const { publicKey } = newSshKey()
    const claimed = publicKey.replace('ssh-ed25519', 'sk-ssh-ed25519@openssh.com')
    expect(personSchema.safeParse(person('Ada', claimed)).success).toBe(true)
    expect(readPublicKey(claimed)).toBeUndefined()
  })
})

test('the signed text cannot be made to look like another one', () => {
  const forged = { ...DECISION, comment: 'x"\nid: "decision-2"', decisionId: 'decision-1' }
  expect(
    decisionText(RUN, forged)
      .split('\n')
      .filter((line) => line.startsWith('id:')),
  ).toEqual(['id: "decision-1"'])
})

test('the config takes lines of id_ed25519.pub, and refuses other keys by name', () => {
  expect(personSchema.safeParse(person('Ada', FIXED.publicKey)).success).toBe(true)
  expect(personSchema.safeParse(person('Ada', 'ssh-rsa AAAAB3NzaC1yc2E= ada')).error?.message).toMatch(
    /ssh-ed25519/,
  )
})

const hasKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined
if (!hasKeygen) console.warn('skipped: ssh-keygen is not installed here')

describe.skipIf(!hasKeygen)('with the ssh-keygen of this machine', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'd1 schlüssel-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  function newKey(type: string): string {
    const file = path.join(folder, `id_${type}`)
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'ada@example.com', '-f', file])
    return file
  }
  function sign(file: string, namespace = 'd1-runbook', ...more: string[]): string {
    return execFileSync('ssh-keygen', ['-Y', 'sign', '-q', '-n', namespace, ...more, '-f', file], {
      input: decisionText(RUN, DECISION),
      stdio: ['pipe', 'pipe', 'ignore'],
    }).toString()
  }
  const publicKey = (file: string): string => readFileSync(`${file}.pub`, 'utf8')
  const ask = (file: string, signature: string) =>
    verifyDecision({
      run: RUN,
      decision: { ...DECISION, signature },
      people: [person('Ada Lovelace', publicKey(file))],
      policy: POLICY,
    })

  test('a fresh key signs, with either hash, and its fingerprint is the one that ssh-keygen shows', () => {
    const file = newKey('ed25519')
    const shown = execFileSync('ssh-keygen', ['-l', '-f', `${file}.pub`])
      .toString()
      .split(' ')[1]
    expect(ask(file, sign(file))).toEqual({ good: true, key: shown, touched: false })
    expect(ask(file, sign(file, 'd1-runbook', '-O', 'hashalg=sha256'))).toEqual({
      good: true,
      key: shown,
      touched: false,
    })
    const read = readPublicKey(publicKey(file))
    expect(read === undefined ? undefined : keyFingerprint(read)).toBe(shown)
    expect(ask(file, sign(file, 'git'))).toMatchObject({
      good: false,
      reason: expect.stringMatching(/purpose/),
    })
  })

  test.each(['sk-ssh-ed25519@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com'] as const)(
    'what our tests sign as a device with %s is taken by ssh-keygen too',
    (type) => {
      const verify = (key: SshKey) => {
        const signed = path.join(folder, 'signed.sig')
        const lines = key.sign('text').match(/.{1,70}/g) ?? []
        writeFileSync(
          signed,
          ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n'),
        )
        const allowed = path.join(folder, 'allowed')
        writeFileSync(allowed, `ada ${key.publicKey}\n`)
        const args = ['-Y', 'verify', '-n', 'd1-runbook', '-I', 'ada', '-f', allowed, '-s', signed]
        return spawnSync('ssh-keygen', args, { input: 'text' }).status
      }
      const key = newHardwareKey(type)
      expect(verify(key)).toBe(0)
      const file = path.join(folder, 'device.pub')
      writeFileSync(file, `${key.publicKey}\n`)
      const shown = execFileSync('ssh-keygen', ['-l', '-f', file]).toString().split(' ')[1]
      const read = readPublicKey(key.publicKey)
      expect(read === undefined ? undefined : keyFingerprint(read)).toBe(shown)
    },
  )

  test('a key of another kind is refused by name', () => {
    expect(ask(newKey('ecdsa'), sign(path.join(folder, 'id_ecdsa'))).good).toBe(false)
    const people = [person('Ada Lovelace', FIXED.publicKey)]
    const decision = { ...DECISION, signature: sign(path.join(folder, 'id_ecdsa')) }
    expect(verifyDecision({ run: RUN, decision, people, policy: POLICY })).toEqual({
      good: false,
      reason: 'only ssh-ed25519, sk-ssh-ed25519 and sk-ecdsa keys made for SSH may sign decisions',
    })
  })
})

test.each<[string, boolean, Omit<SteeringCommand, 'actor'>]>([
  ['a pause', true, { command: 'pause' }],
  ['a resume', true, { command: 'resume' }],
  ['an abort', true, { command: 'abort' }],
  ['a supersede', true, { command: 'supersede' }],
  ['a major issue', true, { command: 'report-issue', severity: 'major' }],
  ['a critical issue', true, { command: 'report-issue', severity: 'critical' }],
  ['an issue of a severity that nobody knows', true, { command: 'report-issue', severity: 'Minor ' }],
  ['an issue without a severity', true, { command: 'report-issue' }],
  ['a pause that calls itself minor', true, { command: 'pause', severity: 'minor' }],
  ['a minor issue', false, { command: 'report-issue', severity: 'minor' }],
])(
  '%s changes the course of a run, so that the client and the run ask for its signature: %s',
  (_what, changes, command) => {
    expect(changesTheCourse({ actor: 'Ada', ...command })).toBe(changes)
  },
)
