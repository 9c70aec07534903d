/**
 * What D1's engine takes in one INSERT … VALUES. It refuses a program of more than 25,000 operations as `out of memory:
 * SQLITE_NOMEM`, and one row costs about an operation a column and one more (measured: rows x (columns + 1) = 21,492); a
 * statement of more than 100,000 bytes is `statement too long`. Both bounds leave room for literals that are computed.
 * Source: cloudflare/workerd src/workerd/util/sqlite.c++, SQLITE_LIMIT_VDBE_OP and SQLITE_LIMIT_SQL_LENGTH
 */
const OPERATIONS = 12_000
const BYTES = 64 * 1024

/** The longest statement that D1 takes, with a margin. Bytes. */
export const LONGEST_STATEMENT = 96 * 1024

/** Counts the rows of one INSERT … VALUES, and says when the next one has to begin. */
export class InsertRoom {
  readonly #operationsARow: number
  #operations = 0
  #bytes = 0

  constructor(columns: number) {
    this.#operationsARow = columns + 1
  }

  /** True: the row joins the statement. False: a new statement begins with it. */
  take(rowBytes: number): boolean {
    const joins =
      this.#bytes > 0 &&
      this.#bytes + rowBytes <= BYTES &&
      this.#operations + this.#operationsARow <= OPERATIONS
    if (!joins) {
      this.#operations = 0
      this.#bytes = 0
    }
    this.#operations += this.#operationsARow
    this.#bytes += rowBytes
    return joins
  }

  /** The statement was ended by something else: the next row begins another. */
  close(): void {
    this.#operations = 0
    this.#bytes = 0
  }
}
