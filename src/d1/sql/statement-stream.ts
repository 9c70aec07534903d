import { isTrigger, triggerEnds } from './statements.js'
import { significantTokens } from './tokens.js'

/** Bytes that can change what the following ones mean. */
const QUOTE = 0x27
const DOUBLE = 0x22
const BACKTICK = 0x60
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const DASH = 0x2d
const SLASH = 0x2f
const STAR = 0x2a
const NEWLINE = 0x0a
const SEMICOLON = 0x3b

type Inside = 'code' | 'quote' | 'line-comment' | 'block-comment'

/**
 * Cuts a stream of SQL into complete statements, byte by byte and without holding more than one of them. A trigger's body
 * ends by the same rule as in {@link splitStatements}, which reads a whole text and counts its lines.
 */
export class StatementStream {
  #rest: Buffer = Buffer.alloc(0)
  #scanned = 0
  #inside: Inside = 'code'
  #closer = 0

  /** The statements that `chunk` completes, each with its semicolon. */
  push(chunk: Buffer): Uint8Array[] {
    this.#rest = this.#rest.byteLength === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    return this.#cut(false)
  }

  /** What is left, as a last statement without a semicolon. */
  end(): Uint8Array[] {
    const statements = this.#cut(true)
    const last = this.#rest
    this.#rest = Buffer.alloc(0)
    return last.toString('latin1').trim() === '' ? statements : [...statements, last]
  }

  #cut(atEnd: boolean): Uint8Array[] {
    const bytes = this.#rest
    const statements: Uint8Array[] = []
    let start = 0
    let at = this.#scanned
    // Two-byte marks need the next byte: unless this is the end, the last byte waits for it.
    const limit = atEnd ? bytes.byteLength : bytes.byteLength - 1
    while (at < limit) {
      if (this.#inside === 'code') {
        const byte = bytes[at] ?? 0
        const next = bytes[at + 1] ?? 0
        if (byte === SEMICOLON) {
          if (this.#endsStatement(bytes, start, at)) {
            statements.push(bytes.subarray(start, at + 1))
            start = at + 1
          }
        } else if (byte === QUOTE || byte === DOUBLE || byte === BACKTICK) this.#enter('quote', byte)
        else if (byte === OPEN_BRACKET) this.#enter('quote', CLOSE_BRACKET)
        else if (byte === DASH && next === DASH) this.#enter('line-comment', NEWLINE)
        else if (byte === SLASH && next === STAR) {
          this.#enter('block-comment', STAR)
          at += 1
        }
        at += 1
        continue
      }
      // A doubled quote closes and opens again at once: the same as staying inside.
      const close = bytes.indexOf(this.#closer, at)
      if (close < 0 || close >= limit) {
        at = limit
        break
      }
      at = close + 1
      if (this.#inside !== 'block-comment') this.#inside = 'code'
      else if (bytes[at] === SLASH) {
        this.#inside = 'code'
        at += 1
      }
    }
    this.#rest = bytes.subarray(start)
    this.#scanned = at - start
    return statements
  }

  #enter(inside: Inside, closer: number): void {
    this.#inside = inside
    this.#closer = closer
  }

  /** A semicolon within a trigger's body separates its statements; only the one after its END ends it. */
  #endsStatement(bytes: Buffer, start: number, at: number): boolean {
    if (!mayBeTrigger(bytes, start, at)) return true
    // Latin-1 keeps every byte; what is beyond ASCII is part of words and quotes only.
    const tokens = significantTokens(bytes.toString('latin1', start, at))
    return !isTrigger(tokens) || triggerEnds(tokens)
  }
}

/** Most statements of a dump are INSERTs: their first word says so, without reading them once more. */
function mayBeTrigger(bytes: Buffer, start: number, at: number): boolean {
  const head = bytes.toString('latin1', start, Math.min(at, start + 64))
  const [first] = significantTokens(head)
  if (first === undefined || first.start + first.text.length === head.length) return true
  return /^(?:CREATE|EXPLAIN)$/i.test(first.text)
}
