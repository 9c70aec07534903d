import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'

const FLUSH_BYTES = 256 * 1024

/** What a written file holds. */
export interface WrittenFile {
  sha256: string
  sizeBytes: number
}

/** Writes text to a file in large pieces, with its SHA-256; can go back to a mark. */
export class SqlFile {
  readonly #handle: FileHandle
  #pieces: Uint8Array[] = []
  #pending = 0
  #sizeBytes = 0
  #digest = createHash('sha256')

  private constructor(handle: FileHandle) {
    this.#handle = handle
  }

  static async create(path: string): Promise<SqlFile> {
    return new SqlFile(await open(path, 'wx', 0o600))
  }

  /** True when it is time to `flush`. */
  write(piece: string | Uint8Array): boolean {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
    this.#pieces.push(bytes)
    this.#pending += bytes.byteLength
    return this.#pending >= FLUSH_BYTES
  }

  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#pending = 0
    this.#digest.update(bytes)
    await this.#handle.writeFile(bytes)
    this.#sizeBytes += bytes.byteLength
  }

  async mark(): Promise<{ sizeBytes: number; digest: ReturnType<typeof createHash> }> {
    await this.flush()
    return { sizeBytes: this.#sizeBytes, digest: this.#digest.copy() }
  }

  /** Forgets what was written since the mark. */
  async rewind(mark: Awaited<ReturnType<SqlFile['mark']>>): Promise<void> {
    this.#pieces = []
    this.#pending = 0
    await this.#handle.truncate(mark.sizeBytes)
    this.#sizeBytes = mark.sizeBytes
    this.#digest = mark.digest.copy()
  }

  async close(): Promise<WrittenFile> {
    await this.flush()
    await this.#handle.sync()
    await this.#handle.close()
    return { sha256: this.#digest.digest('hex'), sizeBytes: this.#sizeBytes }
  }

  async abandon(): Promise<void> {
    await this.#handle.close()
  }
}
