import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { base64urlnopad } from '@scure/base'
import { PASSKEY } from '../../contract/passkey-line.js'
import { toBase64 } from './ssh-wire.js'

/** The passkeys that may sign decisions, by the length of what the line holds: an uncompressed point, or 32 bytes. */
const KEY_LENGTHS = { 'webauthn-es256': 65, 'webauthn-ed25519': 32 } as const
export type PasskeyType = keyof typeof KEY_LENGTHS

/**
 * A WebAuthn credential, and all that an answer of it is held against: a page, a server or a namespace can change none of it, since it
 * stands in the charter.
 */
export interface Passkey {
  type: PasskeyType
  point: Uint8Array
  /** Base64url without padding. */
  credentialId: string
  /** The domain that it was made for. */
  rpId: string
  /** Pages that may ask it, as browsers name them: `https://runbook.example.com`. */
  origins: readonly string[]
}

/** A line of `publicKeys` as {@link passkeyLine} writes it; undefined for anything else. */
export function readPasskey(line: string): Passkey | undefined {
  const [, type = '', key = '', id = '', rpId = '', named = ''] = PASSKEY.exec(line) ?? []
  const point = fromBase64url(key)
  const origins = named.split(',')
  if (!isPasskeyType(type) || point?.length !== KEY_LENGTHS[type] || !isKey(type, point)) return undefined
  if ((fromBase64url(id)?.length ?? 0) === 0) return undefined
  if (!origins.every((origin) => isOriginOf(origin, rpId))) return undefined
  return { type, point, credentialId: id, rpId, origins }
}

/** `comment`: whose it is, for who reviews the line. */
export function passkeyLine({ type, point, credentialId, rpId, origins }: Passkey, comment: string): string {
  const key = base64urlnopad.encode(point)
  return `${type} ${key} id=${credentialId} rp=${rpId} origin=${origins.join(',')} ${comment}`.trim()
}

/** `SHA256:…`, shown as that of an SSH key: of all but the pages that may ask it. */
export function passkeyFingerprint({ type, point, credentialId, rpId }: Passkey): string {
  const named = [type, base64urlnopad.encode(point), credentialId, rpId].join(' ')
  return `SHA256:${toBase64(sha256(utf8ToBytes(named)))}`
}

/** Undefined where it is not base64url without padding, in its one spelling. */
export function fromBase64url(text: string): Uint8Array | undefined {
  try {
    return base64urlnopad.decode(text)
  } catch {
    return undefined
  }
}

function isPasskeyType(name: string): name is PasskeyType {
  return Object.hasOwn(KEY_LENGTHS, name)
}

/** Whether it is a point of the curve with which something can be signed: neither beside it nor one of the few that any signature fits. */
export function isKey(type: PasskeyType, point: Uint8Array): boolean {
  if (type === 'webauthn-es256') return p256.utils.isValidPublicKey(point, false)
  return ed25519.utils.isValidPublicKey(point, false) && !ed25519.Point.fromBytes(point).isSmallOrder()
}

const ORIGIN = /^(https?):\/\/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::[1-9]\d{0,4})?$/

/** A page in the clear could be anybody's, but for one of this very machine. */
function isOriginOf(origin: string, rpId: string): boolean {
  const [, scheme, host = ''] = ORIGIN.exec(origin) ?? []
  const local = host === 'localhost' || host.endsWith('.localhost')
  return (host === rpId || host.endsWith(`.${rpId}`)) && (scheme === 'https' || local)
}
