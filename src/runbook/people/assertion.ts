import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { equalBytes } from '@noble/curves/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { base64urlnopad } from '@scure/base'
import type { Assertion } from '../../contract/decision.js'
import { fromBase64url, type Passkey } from './passkey.js'

/**
 * What a passkey answers to a page (WebAuthn level 3, section 7.2), verified as the standard asks. Synchronous and without Node
 * modules: it runs inside the workflow.
 */

/** Of the flags: somebody was there, and the device knew them (by finger, face or PIN). */
const PRESENT = 0x01
const VERIFIED = 0x04
/** It may be copied to other devices, and is: the second says nothing without the first. */
export const MAY_BE_COPIED = 0x08
export const IS_COPIED = 0x10
/** More would follow: a new key, which belongs to no answer, or extensions, for which nobody asked. */
const MORE_FOLLOWS = 0x40 | 0x80
const DATA_LENGTH = 37
const NOT_ONE = 'the assertion is not what a passkey answers'

/** Why it is none by this passkey for this challenge; else the counter of its signatures, 0 where it does not count. Never throws. */
export function readAnswer(
  assertion: Assertion,
  { passkey, challenge }: { passkey: Passkey; challenge: Uint8Array },
): { counter: number } | string {
  const ceremony = readCeremony(assertion, { ...passkey, type: 'webauthn.get', challenge })
  if (typeof ceremony === 'string') return ceremony
  const { data, client, flags } = ceremony
  const signature = fromBase64url(assertion.signature)
  if (data.length !== DATA_LENGTH || (flags & MORE_FOLLOWS) !== 0 || signature === undefined) return NOT_ONE
  if (!signed(passkey, signature, concatBytes(data, sha256(client))))
    return 'the signature of the passkey does not fit'
  return { counter: counterOf(data) }
}

/** What every answer of a passkey shows, made or used: what for, to which page and domain, and who was there. Nothing of it is signed yet. */
export function readCeremony(
  answer: Pick<Assertion, 'authenticatorData' | 'clientDataJSON'>,
  asked: { type: string; challenge: Uint8Array; rpId: string; origins: readonly string[] },
): { data: Uint8Array; client: Uint8Array; flags: number } | string {
  const data = fromBase64url(answer.authenticatorData)
  const client = fromBase64url(answer.clientDataJSON)
  if (data === undefined || data.length < DATA_LENGTH || client === undefined) return NOT_ONE
  const said = clientData(client)
  if (said === undefined) return NOT_ONE
  if (said['type'] !== asked.type) return 'the passkey was asked for something else'
  if (said['challenge'] !== base64urlnopad.encode(asked.challenge)) return 'the passkey signed something else'
  if (!asked.origins.some((origin) => origin === said['origin']))
    return 'the page that asked the passkey is none of those that may'
  if ((said['crossOrigin'] ?? false) !== false || said['topOrigin'] !== undefined)
    return 'the page that asked the passkey stood inside of another one'
  if (!equalBytes(data.subarray(0, 32), sha256(utf8ToBytes(asked.rpId))))
    return 'the passkey signed for another domain'
  const flags = data[32] ?? 0
  if ((flags & IS_COPIED) !== 0 && (flags & MAY_BE_COPIED) === 0) return NOT_ONE
  if ((flags & PRESENT) === 0) return 'the passkey signed with nobody there'
  if ((flags & VERIFIED) === 0) return 'the passkey signed without knowing who was there'
  return { data, client, flags }
}

/**
 * The counter that an assertion claims, whoever made it: of one that was verified, that of its passkey. 0: it does not count, or it is
 * none.
 */
export function claimedCounter({ authenticatorData }: Pick<Assertion, 'authenticatorData'>): number {
  const data = fromBase64url(authenticatorData)
  return data?.length === DATA_LENGTH ? counterOf(data) : 0
}

function counterOf(data: Uint8Array): number {
  return new DataView(data.buffer, data.byteOffset + 33, 4).getUint32(0)
}

/** JSON in ASCII, as browsers write it; undefined where it is not an object. */
function clientData(bytes: Uint8Array): Record<string, unknown> | undefined {
  if (bytes.some((byte) => byte > 0x7e)) return undefined
  try {
    const value: unknown = JSON.parse(String.fromCharCode(...bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function signed({ type, point }: Passkey, signature: Uint8Array, bytes: Uint8Array): boolean {
  try {
    // P-256 has no one right half for `s`: devices write either. A signature of its is in DER, which is read strictly.
    return type === 'webauthn-es256'
      ? p256.verify(signature, bytes, point, { format: 'der', lowS: false })
      : ed25519.verify(signature, bytes, point, { zip215: false })
  } catch {
    return false
  }
}
