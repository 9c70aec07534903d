import { defaultPayloadConverter, type Payload } from '@temporalio/common'
import { fc } from '../../fast-check.js'
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { EncryptionCodec, keyIdOf } from '../../../src/temporal/codec/encryption.js'
import { NO_KEYS, parseCodecKeys } from '../../../src/temporal/codec/keys.js'

const A = `a:${randomBytes(32).toString('base64')}`
const B = `b:${randomBytes(32).toString('base64')}`
const codec = (...keys: string[]) =>
  new EncryptionCodec(keys.length === 0 ? NO_KEYS : parseCodecKeys(keys.join(), 'keys'))
const clear = (value: unknown): Payload => defaultPayloadConverter.toPayload(value)
const bytesOf = (payload: Payload): string =>
  [...Object.values(payload.metadata ?? {}), payload.data ?? new Uint8Array()]
    .map((bytes) => Buffer.from(bytes).toString('latin1'))
    .join()
async function seal(value: unknown, ...keys: string[]): Promise<Payload> {
  const [sealed] = await codec(...keys).encode([clear(value)])
  if (sealed === undefined) throw new Error('no payload')
  return sealed
}
const open = async (payload: Payload, ...keys: string[]): Promise<unknown> => {
  const [opened] = await codec(...keys).decode([payload])
  return opened === undefined ? undefined : defaultPayloadConverter.fromPayload(opened)
}

test('whatever is encrypted is the same after it was opened, and is not readable before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.jsonValue().filter((value) => !JSON.stringify(value).includes('-0') && !Object.is(value, -0)),
      async (value) => {
        expect(await open(await seal({ value }, A), A)).toEqual({ value })
      },
    ),
  )
  const sealed = await seal({ comment: 'the moon is made of cheese' }, A)
  expect(bytesOf(sealed)).not.toMatch(/cheese|comment|json/)
  expect(keyIdOf(sealed)).toBe('a')
})

test('the same twice is not the same text twice', async () => {
  expect(bytesOf(await seal('same', A))).not.toBe(bytesOf(await seal('same', A)))
})

test('bytes and undefined keep what they are', async () => {
  expect(await open(await seal(undefined, A), A)).toBeUndefined()
  expect(await open(await seal(new Uint8Array([0, 255]), A), A)).toEqual(new Uint8Array([0, 255]))
})

describe('rotation', () => {
  test('the first key writes, all read', async () => {
    const old = await seal('old', A)
    const now = await seal('new', B, A)
    expect(keyIdOf(now)).toBe('b')
    expect(await open(old, B, A)).toBe('old')
    expect(await open(now, A, B)).toBe('new')
  })

  test('what was never encrypted is read with keys and without', async () => {
    expect(await open(clear('plain'), A)).toBe('plain')
    expect(await open(clear('plain'))).toBe('plain')
    expect(await codec().encode([clear('plain')])).toEqual([clear('plain')])
  })
})

describe('what cannot be opened is refused, by the name of its key and the variable that gives it', () => {
  test.each([
    ['without a key', [], /encrypted with the key a, which this process does not have: it has no key/],
    ['with another key', [B], /the key a, which this process does not have: it has only b/],
    ['with other bytes under the name', [B.replace('b:', 'a:')], /the key of that name does not open it/],
  ])('%s', async (_, keys, message) => {
    const sealed = await seal('secret', A)
    await expect(open(sealed, ...keys)).rejects.toMatchObject({
      type: 'KeyMissing',
      message: expect.stringMatching(message) as string,
      advice: expect.stringContaining('D1_RUNBOOK_CODEC_KEYS') as string,
    })
  })

  test('any changed, cut or swapped byte', async () => {
    const sealed = await seal('secret', A)
    const data = Buffer.from(sealed.data ?? [])
    for (let index = 0; index < data.length; index += 1) {
      const changed = Buffer.from(data)
      changed[index] = (changed[index] ?? 0) ^ 1
      await expect(open({ ...sealed, data: changed }, A)).rejects.toMatchObject({ type: 'KeyMissing' })
    }
    for (const length of [0, 11, 27, 28, data.length - 1])
      await expect(open({ ...sealed, data: data.subarray(0, length) }, A)).rejects.toThrow(/does not open/)
  })

  test('the name of one key on what another one wrote, were they the same key', async () => {
    const sealed = await seal('secret', A)
    const renamed = { ...sealed.metadata, 'encryption-key-id': Buffer.from('b') }
    await expect(open({ ...sealed, metadata: renamed }, A.replace('a:', 'b:'))).rejects.toThrow(
      /does not open/,
    )
  })

  test('a name that is none of ours is not repeated', async () => {
    const sealed = await seal('secret', A)
    const named = (id: string) => ({
      ...sealed,
      metadata: { ...sealed.metadata, 'encryption-key-id': Buffer.from(id) },
    })
    for (const id of ['', '\u001b[2J', 'k'.repeat(1_000), 'a\nb'])
      await expect(open(named(id), A)).rejects.toThrow('a key whose name is none of ours')
  })
})

test('a list goes on over what it has no key for', async () => {
  const tolerant = new EncryptionCodec(NO_KEYS, { locked: 'hide' })
  const [opened] = await tolerant.decode([await seal('secret', A)])
  expect(opened && defaultPayloadConverter.fromPayload(opened)).toBeNull()
})
