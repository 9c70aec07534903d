import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
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
import { keyFingerprint, readPublicKey } from '../../../src/runbook/people/sshsig.js'

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
  })

describe('a signature', () => {
  test('made by ssh-keygen counts, and says whose key it was', () => {
    expect(verdict()).toEqual({ good: true, key: FIXED.fingerprint })
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
      reason: expect.stringMatching(/no ed25519/),
    })
    const others = [
      person('Bob', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
    ]
    const decision = { ...DECISION, actor: 'Bob', signature: FIXED.signature }
    expect(verifyDecision({ run: RUN, decision, people: others })).toMatchObject({
      good: false,
      reason: expect.stringContaining(FIXED.fingerprint),
    })
  })

  test('that is missing, or without an id that counts once, is refused', () => {
    const { signature: _, ...unsigned } = { ...DECISION, signature: '' }
    expect(verifyDecision({ run: RUN, decision: unsigned, people })).toMatchObject({ good: false })
    const { decisionId: __, ...nameless } = DECISION
    const decision = { ...nameless, signature: FIXED.signature }
    expect(verifyDecision({ run: RUN, decision, people })).toMatchObject({
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
    })

  test('a fresh key signs, with either hash, and its fingerprint is the one that ssh-keygen shows', () => {
    const file = newKey('ed25519')
    const shown = execFileSync('ssh-keygen', ['-l', '-f', `${file}.pub`])
      .toString()
      .split(' ')[1]
    expect(ask(file, sign(file))).toEqual({ good: true, key: shown })
    expect(ask(file, sign(file, 'd1-runbook', '-O', 'hashalg=sha256'))).toEqual({ good: true, key: shown })
    expect(keyFingerprint(readPublicKey(publicKey(file)) ?? new Uint8Array())).toBe(shown)
    expect(ask(file, sign(file, 'git'))).toMatchObject({
      good: false,
      reason: expect.stringMatching(/purpose/),
    })
  })

  test('a key of another kind is refused by name', () => {
    expect(ask(newKey('ecdsa'), sign(path.join(folder, 'id_ecdsa'))).good).toBe(false)
    const people = [person('Ada Lovelace', FIXED.publicKey)]
    const decision = { ...DECISION, signature: sign(path.join(folder, 'id_ecdsa')) }
    expect(verifyDecision({ run: RUN, decision, people })).toEqual({
      good: false,
      reason: 'only ssh-ed25519 keys may sign decisions',
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
