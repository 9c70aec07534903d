import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

/** A key of the test's own, which signs as `ssh-keygen -Y sign -n d1-runbook` does, in a tenth of a millisecond. */
export interface SshKey {
  /** As in `~/.ssh/id_ed25519.pub`. */
  publicKey: string
  sign: (text: string) => string
}

export function newSshKey(): SshKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  // The raw key is the end of its DER form.
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const blob = Buffer.concat([field('ssh-ed25519'), field(raw)])
  return {
    publicKey: `ssh-ed25519 ${blob.toString('base64')} test`,
    sign: (text) => signature(privateKey, blob, text),
  }
}

/**
 * A key as a FIDO2 device holds it (PROTOCOL.u2f of OpenSSH): it signs the application, flags, a counter and the hash of the message.
 * `ssh-keygen -Y verify` takes what it signs.
 */
export function newHardwareKey(
  type: 'sk-ssh-ed25519@openssh.com' | 'sk-ecdsa-sha2-nistp256@openssh.com' = 'sk-ssh-ed25519@openssh.com',
  { touched = true, application = 'ssh:' } = {},
): SshKey {
  const ecdsa = type === 'sk-ecdsa-sha2-nistp256@openssh.com'
  const { publicKey, privateKey } = ecdsa
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('ed25519')
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(ecdsa ? -65 : -32)
  const blob = Buffer.concat([
    field(type),
    ...(ecdsa ? [field('nistp256')] : []),
    field(raw),
    field(application),
  ])
  let counter = 0
  return {
    publicKey: `${type} ${blob.toString('base64')} test`,
    sign: (text) =>
      armoured(blob, text, (message) => {
        counter += 1
        const device = Buffer.alloc(5)
        device.writeUInt8(touched ? 1 : 0)
        device.writeUInt32BE(counter, 1)
        const signed = Buffer.concat([sha256(application), device, sha256(message)])
        const inner = ecdsa
          ? mpints(sign('sha256', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' }))
          : sign(null, signed, privateKey)
        return Buffer.concat([field(type), field(inner), device])
      }),
  }
}

function sha256(bytes: Buffer | string): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** Two numbers of 32 bytes, as SSH writes numbers: no leading zeros, but for one before a first bit. */
function mpints(pair: Buffer): Buffer {
  const number = (bytes: Buffer): Buffer => {
    const digits = bytes.subarray(bytes.findIndex((byte) => byte !== 0))
    return field((digits[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), digits]) : digits)
  }
  return Buffer.concat([number(pair.subarray(0, 32)), number(pair.subarray(32))])
}

function signature(privateKey: KeyObject, blob: Buffer, text: string): string {
  return armoured(blob, text, (message) =>
    Buffer.concat([field('ssh-ed25519'), field(sign(null, message, privateKey))]),
  )
}

/** PROTOCOL.sshsig of OpenSSH. */
function armoured(blob: Buffer, text: string, signed: (message: Buffer) => Buffer): string {
  const head = Buffer.concat([field('d1-runbook'), field(''), field('sha512')])
  const hash = createHash('sha512').update(text).digest()
  const message = Buffer.concat([Buffer.from('SSHSIG'), head, field(hash)])
  return Buffer.concat([
    Buffer.from('SSHSIG'),
    Buffer.from([0, 0, 0, 1]),
    field(blob),
    head,
    field(signed(message)),
  ]).toString('base64')
}

function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
