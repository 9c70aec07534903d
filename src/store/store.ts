/**
 * How long what a run needs is kept for it without a word from it: one that was terminated never lets go by itself. A run that waits for people
 * says so again in time (`workflows/needs.ts`). Milliseconds.
 */
export const LONGEST_HOLD_MS = 30 * 24 * 60 * 60_000

/** What is kept: a backup; a note that a run needs one; migration files too large for a history; what a run wrote for people. */
export const KINDS = ['archive', 'hold', 'bundle', 'document'] as const
export type Kind = (typeof KINDS)[number]

/** Names one object of a database. */
export interface ObjectKey {
  /** Key of the run that wrote it, or another word where none did. */
  run: string
  kind: Kind
  name: string
}

export interface StoredObject {
  key: ObjectKey
  /** An absolute path, or `s3://bucket/…`: what people are shown, and what a record names. */
  location: string
  sizeBytes: number
  /** When it was put there. */
  at: Date
}

/**
 * Where objects of one database are kept, each under `<database>/<run>/<kind>/<name>` with the SHA-256 of its bytes. Where an object is
 * missing or has other bytes: `BackupInvalid` for an archive, `ValidationFailed` for the others. All throw `Network`, `RateLimited`,
 * `NotPermitted` and `ConfigInvalid` where the place cannot be reached, does not let us, or is not there; `DiskFull`.
 */
export interface Store {
  /** For people. */
  readonly place: string
  /** Keeps the bytes of `file`, which may be moved away, and reads them back before it says so. Replaces what was under the key. */
  put(key: ObjectKey, file: string, signal?: AbortSignal): Promise<StoredObject>
  /**
   * A file on this machine that holds the object, its bytes proven against the SHA-256 that was kept with it, and against `sha256`. It is
   * to be read at once, and not to be written.
   */
  open(location: string, options?: { sha256?: string; signal?: AbortSignal }): Promise<string>
  /** Undefined where there is none. */
  stat(key: ObjectKey): Promise<StoredObject | undefined>
  /** Everything of the database. */
  list(signal?: AbortSignal): Promise<StoredObject[]>
  /** Removing what is not there is no error. */
  remove(location: string): Promise<void>
  /** The key behind a location; undefined for what is no place of this database here. */
  keyOf(location: string): ObjectKey | undefined
}
