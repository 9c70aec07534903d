import { sha256 } from '@noble/hashes/sha2.js'
import { equalBytes } from '@noble/curves/utils.js'
import { fromBase64, latin, Reader, toBase64 } from './ssh-wire.js'

/** The keys that may sign decisions, as OpenSSH names them. `hardware`: the private half never leaves a device that asks for a touch. */
export const KEY_TYPES = {
  'ssh-ed25519': { hardware: false },
  'sk-ssh-ed25519@openssh.com': { hardware: true },
  'sk-ecdsa-sha2-nistp256@openssh.com': { hardware: true },
} as const
export type KeyType = keyof typeof KEY_TYPES

export interface SshPublicKey {
  type: KeyType
  /** As it stands in a file and in a signature: what the fingerprint is of. */
  blob: Uint8Array
  /** Ed25519: 32 bytes; P-256: an uncompressed point of 65. */
  point: Uint8Array
  /** What a hardware key was made for; empty for others. */
  application: Uint8Array
}

/** One line of `id_ed25519.pub` and the like; undefined for anything else. */
export function readPublicKey(line: string): SshPublicKey | undefined {
  const [type, blob] = line.trim().split(/\s+/)
  const bytes = blob === undefined ? undefined : fromBase64(blob)
  const key = bytes === undefined ? undefined : keyOfBlob(bytes)
  return key?.type === type ? key : undefined
}

/** The wire form of a public key: PROTOCOL.u2f of OpenSSH, RFC 8709. */
export function keyOfBlob(blob: Uint8Array): SshPublicKey | undefined {
  const reader = new Reader(blob)
  const type = readKeyType(reader)
  if (type === undefined) return undefined
  if (type === 'sk-ecdsa-sha2-nistp256@openssh.com') {
    const curve = reader.string()
    if (curve === undefined || latin(curve) !== 'nistp256') return undefined
  }
  const point = reader.string()
  const application = KEY_TYPES[type].hardware ? reader.string() : new Uint8Array()
  const length = type === 'sk-ecdsa-sha2-nistp256@openssh.com' ? 65 : 32
  if (point?.length !== length || application === undefined || !reader.atEnd) return undefined
  // The same device signs for web sites, under their names: those signatures must never count here.
  if (KEY_TYPES[type].hardware && !latin(application).startsWith('ssh:')) return undefined
  return { type, blob, point, application }
}

export function readKeyType(reader: Reader): KeyType | undefined {
  const bytes = reader.string()
  const name = bytes === undefined ? '' : latin(bytes)
  return Object.hasOwn(KEY_TYPES, name) ? (name as KeyType) : undefined
}

/** `SHA256:…`, as `ssh-keygen -l` shows it. */
export function keyFingerprint({ blob }: Pick<SshPublicKey, 'blob'>): string {
  return `SHA256:${toBase64(sha256(blob))}`
}

export function isHardwareKey({ type }: Pick<SshPublicKey, 'type'>): boolean {
  return KEY_TYPES[type].hardware
}

export function sameKey(one: SshPublicKey, other: SshPublicKey): boolean {
  return equalBytes(one.blob, other.blob)
}
