import { concatBytes } from '@noble/hashes/utils.js'

/** Reads SSH's wire format (RFC 4251, section 5); undefined past the end. */
export class Reader {
  private readonly bytes: Uint8Array
  private at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get atEnd(): boolean {
    return this.at === this.bytes.length
  }

  take(length: number): Uint8Array | undefined {
    if (this.at + length > this.bytes.length) return undefined
    this.at += length
    return this.bytes.slice(this.at - length, this.at)
  }

  uint32(): number | undefined {
    const bytes = this.take(4)
    return bytes === undefined ? undefined : new DataView(bytes.buffer).getUint32(0)
  }

  string(): Uint8Array | undefined {
    const length = this.uint32()
    return length === undefined ? undefined : this.take(length)
  }
}

/** Length, then bytes. */
export function string(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, bytes.length)
  return concatBytes(length, bytes)
}

/** The first 256 bytes as Latin text: names in SSH are ASCII. */
export function latin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.slice(0, 256))
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The workflow sandbox has no `Buffer` and no `atob`. Undefined where it is no base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  const digits = text.replace(/=+$/, '')
  const bytes = new Uint8Array(Math.floor((digits.length * 6) / 8))
  let bits = 0
  let value = 0
  let at = 0
  for (const digit of digits) {
    value = ((value << 6) | BASE64.indexOf(digit)) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[at] = (value >> bits) & 0xff
    at += 1
  }
  return bytes
}

/** Without padding, as OpenSSH shows fingerprints. */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff
    bits += 8
    while (bits >= 6) {
      bits -= 6
      text += BASE64.charAt((value >> bits) & 0x3f)
    }
  }
  return bits === 0 ? text : text + BASE64.charAt((value << (6 - bits)) & 0x3f)
}
