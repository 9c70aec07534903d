import { concatBytes } from '@noble/hashes/utils.js'
import { base64nopad } from '@scure/base'

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

/** The workflow sandbox has no `Buffer` and no `atob`. Undefined where it is no base64; its padding may be missing. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return base64nopad.decode(text.replace(/={1,2}$/, ''))
  } catch {
    return undefined
  }
}

/** Without padding, as OpenSSH shows fingerprints. */
export function toBase64(bytes: Uint8Array): string {
  return base64nopad.encode(bytes)
}
