import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  chartersInIdentity,
  keysInIdentity,
  knowsProposals,
  identityWith,
} from '../../../src/temporal/codec/identity.js'
import { readCodecKeys } from '../../../src/temporal/codec/keys.js'

const KEY = randomBytes(32).toString('base64')
const OTHER = randomBytes(32).toString('base64')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'd1-runbook-keys-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const read = (text: string) => readCodecKeys({ D1_RUNBOOK_CODEC_KEYS: text })

describe('keys that hold', () => {
  test.each([
    ['one', `k1:${KEY}`, ['k1']],
    ['two, of which the first one writes', `new:${KEY},old:${OTHER}`, ['new', 'old']],
    ['spaces, lines and comments', `# of August\n  k1: ${KEY} \r\n\n k2:${OTHER}\n`, ['k1', 'k2']],
    ['without padding', `k1:${KEY.replace('=', '')}`, ['k1']],
    ['of the URL alphabet', `k1:${Buffer.from(KEY, 'base64').toString('base64url')}`, ['k1']],
    ['one key under two names', `k1:${KEY},k2:${KEY}`, ['k1', 'k2']],
  ])('%s', (_, text, ids) => {
    const { writes, keys } = read(text)
    expect(writes).toBe(ids[0])
    expect([...keys.keys()]).toEqual(ids)
    expect(keys.get(ids[0] ?? '')?.export()).toEqual(Buffer.from(KEY, 'base64'))
  })

  test('a file of lines, and no variable at all', () => {
    const file = path.join(folder, 'keys')
    writeFileSync(file, `k1:${KEY}\nk2:${OTHER}\n`)
    expect([...readCodecKeys({ D1_RUNBOOK_CODEC_KEYS_FILE: file }).keys.keys()]).toEqual(['k1', 'k2'])
    for (const env of [{}, { D1_RUNBOOK_CODEC_KEYS: '', D1_RUNBOOK_CODEC_KEYS_FILE: '' }])
      expect(readCodecKeys(env)).toMatchObject({ writes: undefined, keys: new Map() })
  })
})

describe('keys that are refused, none of which is shown', () => {
  test.each([
    ['too short', `k1:${randomBytes(16).toString('base64')}`, /k1 has 16 bytes; AES-256 needs 32/],
    ['too long', `k1:${randomBytes(33).toString('base64')}`, /k1 has 33 bytes/],
    ['empty', 'k1:', /k1 has 0 bytes/],
    ['no base64', `k1:${'§'.repeat(43)}`, /k1 is not base64/],
    ['two of one name', `k1:${KEY},k1:${OTHER}`, /two keys of the id k1/],
    ['no name', KEY, /entry 1 is not id:base64/],
    ['an empty name', `k1:${KEY},:${OTHER}`, /entry 2 is not id:base64/],
    ['a name with a space', `my key:${KEY}`, /entry 1 is not id:base64/],
    ['a name of 65 letters', `${'k'.repeat(65)}:${KEY}`, /entry 1 is not id:base64/],
    ['only comments', '# none\n', /holds no key/],
  ])('%s', (_, text, message) => {
    expect(() => read(text)).toThrow(message)
    try {
      read(text)
    } catch (error) {
      expect(error).toMatchObject({ type: 'ConfigInvalid' })
      expect(String(error)).not.toContain(KEY.slice(0, 20))
    }
  })

  test('a file that is not there, and both variables at once', () => {
    const file = path.join(folder, 'missing')
    expect(() => readCodecKeys({ D1_RUNBOOK_CODEC_KEYS_FILE: file })).toThrow(/cannot be read: ENOENT/)
    const both = { D1_RUNBOOK_CODEC_KEYS_FILE: file, D1_RUNBOOK_CODEC_KEYS: `k1:${KEY}` }
    expect(() => readCodecKeys(both)).toThrow(/both set/)
  })
})

test.each([
  ['1@host', 'b:K,a:K', ['b', 'a']],
  ['1@host keys=', undefined, []],
  ['1@host', undefined, []],
])('the identity %s of a worker tells the names of its keys', (own, text, ids) => {
  const keys = text === undefined ? readCodecKeys({}) : read(text.replaceAll('K', KEY))
  expect(keysInIdentity(identityWith(own, keys))).toEqual(ids)
})

test('what a worker serves by stands in its identity, beside its keys and within its length', () => {
  const hash = (digit: string): string => digit.repeat(64)
  const none = readCodecKeys({})
  const key = read(`k1:${KEY}`)
  for (const keys of [none, key]) {
    const identity = identityWith('7@host', keys, [hash('a'), hash('b')])
    expect(chartersInIdentity(identity)).toEqual(['a'.repeat(12), 'b'.repeat(12)])
    expect(keysInIdentity(identity)).toEqual([...keys.keys.keys()])
    expect(knowsProposals(identity)).toBe(true)
  }
  expect(chartersInIdentity(identityWith('7@host', key))).toBeUndefined()
  expect(chartersInIdentity('7@host charters=x,<b>')).toEqual([])
  const many = Array.from({ length: 400 }, () => hash('c'))
  expect(identityWith('7@host', key, many).length).toBeLessThan(1_000)
  expect(chartersInIdentity(identityWith('7@host', key, many))).toBeUndefined()
})

test.each([
  '',
  '7@host',
  '7@host charters=aaaaaaaaaaaa keys=k1',
  '7@proposals keys= knows=proposals',
  '7@host knows=nothing',
])('a worker that does not say that it knows proposals is not taken to: %s', (identity) => {
  expect(knowsProposals(identity)).toBe(false)
})
