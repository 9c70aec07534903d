import { createHash, hash } from 'node:crypto'

const LANES = 8
const LANE_LIMIT = 2 ** 48

/**
 * A checksum of a set of rows in which their order does not count: the SHA-256 of each row, added lane by lane. A changed,
 * missing, added or doubled row changes it.
 */
export class RowChecksum {
  #rows = 0
  readonly #lanes = new Array<number>(LANES).fill(0)

  add(row: Uint8Array): void {
    const digest = hash('sha256', row, 'buffer')
    for (let lane = 0; lane < LANES; lane += 1) {
      this.#lanes[lane] = ((this.#lanes[lane] ?? 0) + digest.readUInt32LE(lane * 4)) % LANE_LIMIT
    }
    this.#rows += 1
  }

  get rows(): number {
    return this.#rows
  }

  digest(): string {
    return createHash('sha256')
      .update(JSON.stringify([this.#rows, this.#lanes]))
      .digest('hex')
  }
}
