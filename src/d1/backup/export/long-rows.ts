import { LONGEST_STATEMENT } from '../../sql/insert-room.js'
import { quoteName } from '../../sqlite/sqlite.js'

/** A value longer than this travels in pieces. Bytes. */
const PIECE = 48 * 1024
const QUOTE = 0x27
const OPEN = 0x28
const CLOSE = 0x29
const COMMA = 0x2c

/** Holds the pieces of one row at a time; dropped at the end of the dump. */
export class LongRows {
  readonly #table: string
  #created = false

  /** `name`: of a table that the database does not have. */
  constructor(name: string) {
    this.#table = quoteName(name)
  }

  /** A row with its head is longer than the 100,000 bytes that D1 takes as one statement. */
  static tooLong(head: string, tuple: Uint8Array): boolean {
    return head.length + tuple.byteLength > LONGEST_STATEMENT
  }

  /** Statements, without semicolons, that write one row whose literals together are too long for one. */
  *statements(head: string, tuple: Uint8Array): Generator<Uint8Array> {
    if (!this.#created) yield Buffer.from(`CREATE TABLE ${this.#table} (place INTEGER, piece INTEGER, value)`)
    this.#created = true
    yield Buffer.from(`DELETE FROM ${this.#table}`)
    const values: Uint8Array[] = []
    // The longest first until the rest fits: a row may hold many middling values.
    const literals = splitTuple(Buffer.from(tuple))
    let total = literals.reduce((sum, { byteLength }) => sum + byteLength, head.length)
    const apart = new Set<number>()
    for (const [place] of [...literals.entries()].sort(([, a], [, b]) => b.byteLength - a.byteLength)) {
      if (total <= PIECE) break
      total -= literals[place]?.byteLength ?? 0
      apart.add(place)
    }
    for (const [place, literal] of literals.entries()) {
      if (!apart.has(place)) {
        values.push(literal)
        continue
      }
      let count = 0
      const { pieces, whole } = piecesOf(literal)
      for (const piece of pieces) {
        yield Buffer.concat([
          Buffer.from(`INSERT INTO ${this.#table} VALUES (${place}, ${count}, `),
          piece,
          Buffer.from(')'),
        ])
        count += 1
      }
      const joined = `SELECT group_concat(value, '') FROM (SELECT value FROM ${this.#table} WHERE place = ${place} ORDER BY piece)`
      values.push(Buffer.from(whole(`(${joined})`)))
    }
    const parts = values.flatMap((value, at) => (at === 0 ? [value] : [Buffer.from(','), value]))
    yield Buffer.concat([Buffer.from(`${head}(`), ...parts, Buffer.from(')')])
  }

  /** What takes the table away again. */
  end(): string[] {
    return this.#created ? [`DROP TABLE ${this.#table}`] : []
  }
}

/** The literals of `(a,b,c)`, as `literalOf` writes them: a comma counts outside of quotes and inner parentheses. */
function splitTuple(tuple: Buffer): Buffer[] {
  const literals: Buffer[] = []
  let depth = 0
  let start = 1
  for (let at = 0; at < tuple.byteLength; at += 1) {
    const byte = tuple[at]
    if (byte === QUOTE) {
      // A doubled quote closes and opens again at once.
      at = tuple.indexOf(QUOTE, at + 1)
      if (at < 0) break
    } else if (byte === OPEN) depth += 1
    else if (byte === CLOSE) {
      depth -= 1
      if (depth === 0) literals.push(tuple.subarray(start, at))
    } else if (byte === COMMA && depth === 1) {
      literals.push(tuple.subarray(start, at))
      start = at + 1
    }
  }
  return literals
}

/** A text or blob literal as shorter ones, and what makes the value of them again. Anything else is short. */
function piecesOf(literal: Buffer): { pieces: Buffer[]; whole: (joined: string) => string } {
  const text = literal.subarray(0, 8).toString('latin1')
  if (text.startsWith("'"))
    return { pieces: [...quotedPieces(literal.subarray(1, -1))], whole: (joined) => joined }
  const hex = /^(?:CAST\()?X'/i.exec(text)
  if (hex === null) return { pieces: [literal], whole: (joined) => joined }
  const digits = literal.subarray(hex[0].length, literal.indexOf(QUOTE, hex[0].length))
  const pieces: Buffer[] = []
  for (let at = 0; at < digits.byteLength; at += PIECE) {
    // As text: joining blobs would stop at nothing, but what is joined is text either way.
    const piece = digits.subarray(at, at + PIECE).toString('latin1')
    pieces.push(Buffer.from(`CAST(X'${piece}' AS TEXT)`))
  }
  const isText = hex[0].startsWith('C') || hex[0].startsWith('c')
  return { pieces, whole: (joined) => (isText ? joined : `CAST(${joined} AS BLOB)`) }
}

/** Cut between characters, and not between the two quotes that stand for one. */
function* quotedPieces(content: Buffer): Generator<Buffer> {
  for (let start = 0; start < content.byteLength;) {
    let end = Math.min(start + PIECE, content.byteLength)
    while (end < content.byteLength && ((content[end] ?? 0) & 0xc0) === 0x80) end -= 1
    let quotes = 0
    while (content[end - 1 - quotes] === QUOTE && end - quotes > start) quotes += 1
    if (quotes % 2 === 1 && end < content.byteLength) end -= 1
    yield Buffer.concat([Buffer.from("'"), content.subarray(start, end), Buffer.from("'")])
    start = end
  }
}
