import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { fromBase64, latin, Reader, string, toBase64 } from './ssh-wire.js'

/**
 * SSHSIG, the signatures that `ssh-keygen -Y sign` writes (PROTOCOL.sshsig of OpenSSH), of ed25519 keys only. Synchronous
 * and without Node modules: it runs inside the workflow.
 */

const MAGIC = 'SSHSIG'
const KEY_TYPE = 'ssh-ed25519'
/** A real one has about 300 characters. */
const MAX_LENGTH = 4096
const NOT_ONE = 'the signature is not what ssh-keygen writes'

/** The 32 bytes of a line of `id_ed25519.pub`; undefined for anything else. */
export function readPublicKey(line: string): Uint8Array | undefined {
  const [type, blob] = line.trim().split(/\s+/)
  const bytes = type === KEY_TYPE && blob !== undefined ? fromBase64(blob) : undefined
  return bytes === undefined ? undefined : keyOfBlob(bytes)
}

/** `SHA256:…`, as `ssh-keygen -l` shows it. */
export function keyFingerprint(key: Uint8Array): string {
  return `SHA256:${toBase64(sha256(concatBytes(string(utf8ToBytes(KEY_TYPE)), string(key))))}`
}

export interface Signature {
  publicKey: Uint8Array
  hash: 'sha256' | 'sha512'
  signature: Uint8Array
}

/** The parts of an SSHSIG made for `namespace`, armoured or as bare base64; or, in a sentence, why it is none. */
export function readSignature(text: string, namespace: string): Signature | string {
  if (text.length > MAX_LENGTH) return 'the signature is too long to be one'
  const bytes = fromBase64(text.replace(/-----(?:BEGIN|END) SSH SIGNATURE-----/g, '').replace(/\s+/g, ''))
  if (bytes === undefined) return NOT_ONE
  const reader = new Reader(bytes)
  const magic = reader.take(MAGIC.length)
  const version = reader.uint32()
  const keyBlob = reader.string()
  const purpose = reader.string()
  const reserved = reader.string()
  const hash = reader.string()
  const blob = reader.string()
  if (magic === undefined || latin(magic) !== MAGIC || version !== 1 || keyBlob === undefined) return NOT_ONE
  if (purpose === undefined || latin(purpose) !== namespace)
    return `the signature is for another purpose than '${namespace}'`
  const algorithm = hash === undefined ? '' : latin(hash)
  if (reserved?.length !== 0 || blob === undefined || !reader.atEnd || !isHash(algorithm)) return NOT_ONE
  const publicKey = keyOfBlob(keyBlob)
  const signature = ed25519Part(blob, 64)
  if (publicKey === undefined || signature === undefined) return 'only ssh-ed25519 keys may sign decisions'
  return { publicKey, hash: algorithm, signature }
}

/** Whether `publicKey` signed this text for this purpose. Strict as RFC 8032 wants it. */
export function signatureFits(
  { publicKey, hash, signature }: Signature,
  signed: { text: string; namespace: string },
): boolean {
  const digest = (hash === 'sha512' ? sha512 : sha256)(utf8ToBytes(signed.text))
  const message = concatBytes(
    utf8ToBytes(MAGIC),
    string(utf8ToBytes(signed.namespace)),
    string(new Uint8Array()),
    string(utf8ToBytes(hash)),
    string(digest),
  )
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false })
  } catch {
    return false
  }
}

function keyOfBlob(blob: Uint8Array): Uint8Array | undefined {
  return ed25519Part(blob, 32)
}

/** SSH writes a key and a signature alike: the type, then the bytes. */
function ed25519Part(blob: Uint8Array, length: number): Uint8Array | undefined {
  const reader = new Reader(blob)
  const type = reader.string()
  const part = reader.string()
  if (type === undefined || latin(type) !== KEY_TYPE || part?.length !== length || !reader.atEnd)
    return undefined
  return part
}

function isHash(name: string): name is Signature['hash'] {
  return name === 'sha256' || name === 'sha512'
}
