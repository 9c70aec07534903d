import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { Assertion } from '../../../src/contract/decision.js'
import { passkeyLine, type PasskeyType } from '../../../src/runbook/people/passkey.js'

/** What an authenticator and its browser write into an answer; each part can be another one, as an attacker would have it. */
export interface Ceremony {
  type?: string
  origin?: string
  rpId?: string
  /** UP 1, UV 4, BE 8, BS 16, AT 64, ED 128. */
  flags?: number
  /** Of the answer; else the authenticator's own, one more each time where it counts. */
  counter?: number
  /** Further fields of the client data. */
  client?: Record<string, unknown>
  /** Bytes behind the authenticator's data. */
  extensions?: Buffer
}

/** An authenticator of the test's own, in software: it writes what a device and a browser would write (WebAuthn, CTAP 2). */
export interface TestPasskey {
  credentialId: string
  /** As `d1-runbook enroll` writes it. */
  publicKey: string
  /** Answer of `navigator.credentials.create`, the parts that a page sends. */
  create: (
    challenge: string,
    how?: Ceremony,
  ) => { credentialId: string; authenticatorData: string; clientDataJSON: string; attestationObject: string }
  /** Answer of `navigator.credentials.get`. */
  get: (challenge: Uint8Array | string, how?: Ceremony) => Assertion
}

const PRESENT_AND_VERIFIED = 0x05
const NEW_KEY = 0x40

export function newPasskey({
  type = 'webauthn-es256',
  rpId = 'localhost',
  origin = 'http://localhost:7433',
  counts = true,
}: {
  type?: PasskeyType
  rpId?: string
  origin?: string
  counts?: boolean
} = {}): TestPasskey {
  const ecdsa = type === 'webauthn-es256'
  const { publicKey, privateKey } = ecdsa
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('ed25519')
  // The raw key is the end of its DER form.
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(ecdsa ? -65 : -32)
  const id = randomBytes(16)
  const credentialId = id.toString('base64url')
  let counter = 0

  function dataOf(how: Ceremony, flags: number, rest: Buffer[]): Buffer {
    if (counts) counter += 1
    const numbers = Buffer.alloc(5)
    numbers.writeUInt8(how.flags ?? flags)
    numbers.writeUInt32BE(how.counter ?? counter, 1)
    return Buffer.concat([
      sha256(how.rpId ?? rpId),
      numbers,
      ...rest,
      ...(how.extensions === undefined ? [] : [how.extensions]),
    ])
  }
  function clientOf(challenge: Uint8Array | string, how: Ceremony, type: string): Buffer {
    const text = typeof challenge === 'string' ? challenge : Buffer.from(challenge).toString('base64url')
    return Buffer.from(
      JSON.stringify({
        type: how.type ?? type,
        challenge: text,
        origin: how.origin ?? origin,
        crossOrigin: false,
        ...how.client,
      }),
    )
  }

  return {
    credentialId,
    publicKey: passkeyLine({ type, point, credentialId, rpId, origins: [origin] }, 'test'),
    create(challenge, how = {}) {
      const size = Buffer.alloc(2)
      size.writeUInt16BE(id.length)
      const cose = ecdsa ? coseEs256(point) : coseEd25519(point)
      const data = dataOf(how, PRESENT_AND_VERIFIED | NEW_KEY, [Buffer.alloc(16), size, id, cose])
      return {
        credentialId,
        authenticatorData: data.toString('base64url'),
        clientDataJSON: clientOf(challenge, how, 'webauthn.create').toString('base64url'),
        attestationObject: attestation(data).toString('base64url'),
      }
    },
    get(challenge, how = {}) {
      const data = dataOf(how, PRESENT_AND_VERIFIED, [])
      const client = clientOf(challenge, how, 'webauthn.get')
      const signed = Buffer.concat([data, sha256(client)])
      // Node writes ECDSA in DER, as an authenticator does.
      const signature = sign(ecdsa ? 'sha256' : null, signed, privateKey)
      return {
        credentialId,
        authenticatorData: data.toString('base64url'),
        clientDataJSON: client.toString('base64url'),
        signature: signature.toString('base64url'),
      }
    },
  }
}

/** A COSE key (RFC 9052) as CTAP 2 wants it, canonical: kty EC2, alg ES256, crv P-256, x, y. */
function coseEs256(point: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]),
    point.subarray(1, 33),
    Buffer.from([0x22, 0x58, 0x20]),
    point.subarray(33),
  ])
}

/** kty OKP, alg EdDSA, crv Ed25519, x. */
function coseEd25519(key: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20]), key])
}

/** CBOR: {"fmt": "none", "attStmt": {}, "authData": bytes}. */
function attestation(data: Buffer): Buffer {
  const text = (value: string): Buffer =>
    Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)])
  const size = Buffer.alloc(3)
  size.writeUInt8(0x59)
  size.writeUInt16BE(data.length, 1)
  return Buffer.concat([
    Buffer.from([0xa3]),
    ...[text('fmt'), text('none'), text('attStmt'), Buffer.from([0xa0]), text('authData'), size, data],
  ])
}

function sha256(bytes: Buffer | string): Buffer {
  return createHash('sha256').update(bytes).digest()
}
