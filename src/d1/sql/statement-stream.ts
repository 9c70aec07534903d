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
 * ends with its `END;`. For dumps, whose statements are whole; the analysis has a splitter of its own with lines.
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
    const head = bytes.toString('latin1', start, Math.min(at, start + 400))
    if (!/^\s*(?:--[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*CREATE\s+(?:TEMP\w*\s+)?TRIGGER\b/i.test(head))
      return true
    const body = bytes.toString('latin1', start, at)
    return /(?:^|[\s;])END\s*$/i.test(withoutTrailingComments(body)) && balanced(body)
  }
}

function withoutTrailingComments(text: string): string {
  return text.replace(/(?:\s*(?:--[^\n]*\n|\/\*[\s\S]*?\*\/))+\s*$/, '')
}

/** As many END as BEGIN and CASE: the END of a CASE before a semicolon does not end the trigger. */
function balanced(body: string): boolean {
  const code = body.replaceAll(
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\//g,
    ' ',
  )
  const opened = code.match(/\b(?:BEGIN|CASE)\b/gi)?.length ?? 0
  const closed = code.match(/\bEND\b/gi)?.length ?? 0
  return opened === closed
}
