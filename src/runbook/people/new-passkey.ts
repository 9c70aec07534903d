import { equalBytes } from '@noble/curves/utils.js'
import { concatBytes } from '@noble/hashes/utils.js'
import { base64urlnopad } from '@scure/base'
import type { Assertion } from '../../contract/decision.js'
import { IS_COPIED, MAY_BE_COPIED, readCeremony } from './assertion.js'
import { fromBase64url, isKey, readPasskey, passkeyLine, type Passkey, type PasskeyType } from './passkey.js'

/** What a browser answers when it made a passkey, the parts that say which: base64url without padding. */
export type NewPasskey = Pick<Assertion, 'credentialId' | 'authenticatorData' | 'clientDataJSON'>

/** Of the flags: a new key follows. */
const HAS_KEY = 0x40
/** In the authenticator's data: behind hash, flags and counter, the model of the device, and the length of the ID. */
const MODEL_AT = 37
const ID_LENGTH_AT = MODEL_AT + 16

/**
 * COSE keys (RFC 9052) as CTAP 2 has them written, in one way only: kty EC2, alg ES256, crv P-256, x, y; and kty OKP, alg EdDSA, crv Ed25519, x.
 */
const ES256 = { head: hex('a5010203262001215820'), between: hex('225820') }
const ED25519 = { head: hex('a4010103272006215820') }

/**
 * The passkey that was made for this page; or why it is none, in a sentence. No attestation is asked for: who may sign is said by
 * whoever merges its line, not by the maker of a device.
 */
export function readNewPasskey(
  answer: NewPasskey,
  { rpId, origin, challenge }: { rpId: string; origin: string; challenge: Uint8Array },
): Passkey | string {
  const asked = { ...{ rpId, origins: [origin] }, type: 'webauthn.create', challenge }
  const ceremony = readCeremony(answer, asked)
  if (typeof ceremony === 'string') return ceremony
  const { data, flags } = ceremony
  if ((flags & HAS_KEY) === 0 || data.length < ID_LENGTH_AT + 2) return 'there is no new key in the answer'
  const length = new DataView(data.buffer, data.byteOffset + ID_LENGTH_AT, 2).getUint16(0)
  const id = data.subarray(ID_LENGTH_AT + 2, ID_LENGTH_AT + 2 + length)
  if (base64urlnopad.encode(id) !== answer.credentialId) return 'the answer names another passkey'
  const key = readCose(data.subarray(ID_LENGTH_AT + 2 + length))
  if (key === undefined) return 'its key is neither ES256 nor Ed25519'
  if (!isKey(key.type, key.point)) return 'its key is no point of its curve that can sign'
  const made: Passkey = { ...key, credentialId: answer.credentialId, rpId, origins: [origin] }
  // Whoever reads the line must find the same in it: a page that could not sign is found out here, not at a gate.
  return readPasskey(passkeyLine(made, '')) === undefined
    ? `a passkey of ${origin} cannot sign decisions: it is neither HTTPS nor this machine`
    : made
}

/** What the authenticator says of itself; nobody proves it. */
export interface AuthenticatorSaid {
  /** AAGUID, the number of its model; undefined where it says none. */
  model?: string | undefined
  /** Whether the passkey may be on several devices: as of a key chain in a cloud. */
  copies: 'none' | 'possible' | 'there'
}

/** Of an answer that {@link readNewPasskey} took. */
export function authenticatorOf({
  authenticatorData,
}: Pick<NewPasskey, 'authenticatorData'>): AuthenticatorSaid {
  const data = fromBase64url(authenticatorData) ?? new Uint8Array()
  const flags = data[32] ?? 0
  const digits = [...data.subarray(MODEL_AT, ID_LENGTH_AT)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
  const copies = (flags & IS_COPIED) !== 0 ? 'there' : (flags & MAY_BE_COPIED) !== 0 ? 'possible' : 'none'
  return /^0*$/.test(digits)
    ? { copies }
    : { copies, model: digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') }
}

const COPIES: Record<AuthenticatorSaid['copies'], string> = {
  none: 'the passkey is on one device, and stays there',
  possible: 'the passkey may be copied to other devices',
  there: 'the passkey is copied to other devices, as of a key chain in a cloud',
}

/** For whoever merges the line. */
export function authenticatorText({ model, copies }: AuthenticatorSaid): string {
  const named = model === undefined ? 'it does not say its model' : `model (AAGUID) ${model}`
  return `By the authenticator's own word, which nothing proves: ${named}; ${COPIES[copies]}.`
}

/** For somebody who does not stand in `people` yet: JSON, which YAML and JavaScript read as well. Their roles are for a person to fill in. */
export function peopleEntry(name: string, publicKey: string): string {
  return JSON.stringify({ name, roles: [], publicKeys: [publicKey] }, null, 2)
}

function readCose(bytes: Uint8Array): { type: PasskeyType; point: Uint8Array } | undefined {
  const x = bytes.subarray(10, 42)
  if (equalBytes(bytes.subarray(0, 10), ED25519.head) && bytes.length === 42)
    return { type: 'webauthn-ed25519', point: x }
  if (!equalBytes(bytes.subarray(0, 10), ES256.head) || bytes.length !== 77) return undefined
  if (!equalBytes(bytes.subarray(42, 45), ES256.between)) return undefined
  return { type: 'webauthn-es256', point: concatBytes(Uint8Array.of(0x04), x, bytes.subarray(45)) }
}

function hex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** Of a challenge as a page was given it. */
export function challengeBytes(text: string): Uint8Array {
  return fromBase64url(text) ?? new Uint8Array()
}
