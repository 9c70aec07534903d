import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { isHardwareKey, keyOfBlob, readKeyType, type KeyType, type SshPublicKey } from './ssh-key.js'
import { fromBase64, latin, Reader, string } from './ssh-wire.js'

/**
 * SSHSIG, the signatures that `ssh-keygen -Y sign` writes (PROTOCOL.sshsig of OpenSSH), of ed25519 keys and of hardware keys
 * (PROTOCOL.u2f). Synchronous and without Node modules: it runs inside the workflow.
 */

const MAGIC = 'SSHSIG'
/** A real one has about 400 characters. */
const MAX_LENGTH = 4096
const NOT_ONE = 'the signature is not what ssh-keygen writes'
/** Of the flags that a hardware key signs along: somebody touched it. */
const TOUCHED = 0x01

export interface Signature {
  publicKey: SshPublicKey
  hash: 'sha256' | 'sha512'
  /** 64 bytes, of either curve. */
  signature: Uint8Array
  /** What a hardware key signs behind the application: flags, and the counter of its signatures. Empty for others. */
  device: Uint8Array
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
  if (publicKey === undefined)
    return 'only ssh-ed25519, sk-ssh-ed25519 and sk-ecdsa keys made for SSH may sign decisions'
  const parts = signatureParts(blob, publicKey.type)
  return parts === undefined ? NOT_ONE : { publicKey, hash: algorithm, ...parts }
}

/** Whether somebody touched the hardware key to make it; false of a key that is a file. */
export function wasTouched({ device }: Signature): boolean {
  return ((device[0] ?? 0) & TOUCHED) !== 0
}

/** Whether its key signed this text for this purpose. Ed25519 strict as RFC 8032 wants it. */
export function signatureFits(
  { publicKey, hash, signature, device }: Signature,
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
  const { point, application } = publicKey
  const bytes = isHardwareKey(publicKey) ? concatBytes(sha256(application), device, sha256(message)) : message
  try {
    // P-256 has no one right half for `s`: devices write either.
    return publicKey.type === 'sk-ecdsa-sha2-nistp256@openssh.com'
      ? p256.verify(signature, bytes, point, { lowS: false })
      : ed25519.verify(signature, bytes, point, { zip215: false })
  } catch {
    return false
  }
}

/** The type of the key again, the signature, and from a hardware key its flags and its counter. */
function signatureParts(
  blob: Uint8Array,
  type: KeyType,
): Pick<Signature, 'signature' | 'device'> | undefined {
  const reader = new Reader(blob)
  if (readKeyType(reader) !== type) return undefined
  const inner = reader.string()
  const device = isHardwareKey({ type }) ? reader.take(5) : new Uint8Array()
  const signature = type === 'sk-ecdsa-sha2-nistp256@openssh.com' ? ecdsaNumbers(inner) : inner
  if (signature?.length !== 64 || device === undefined || !reader.atEnd) return undefined
  return { signature, device }
}

/** SSH writes `r` and `s` as numbers without leading zeros, and with one where the first bit is set (RFC 4251, mpint). */
function ecdsaNumbers(bytes: Uint8Array | undefined): Uint8Array | undefined {
  if (bytes === undefined) return undefined
  const reader = new Reader(bytes)
  const numbers = [reader.string(), reader.string()].map((number) => {
    const digits = number?.[0] === 0 ? number.slice(1) : number
    if (digits === undefined || digits.length > 32) return undefined
    return concatBytes(new Uint8Array(32 - digits.length), digits)
  })
  const [r, s] = numbers
  return r === undefined || s === undefined || !reader.atEnd ? undefined : concatBytes(r, s)
}

function isHash(name: string): name is Signature['hash'] {
  return name === 'sha256' || name === 'sha512'
}
