import type { Hold, Holder } from './holds.js'

export interface StoredBackup {
  /** Absolute path, or location in the store. */
  file: string
  /** From the name, UTC. ISO 8601. */
  createdAt: string
  sizeBytes: number
}

/** Where the archives of one database are kept, and which of them runs need. */
export interface Archives {
  /** For people. */
  readonly place: string
  /** Runs `work` with a folder for an archive that is being made, on the disk that it will be on where that is this machine's. */
  atDesk<T>(work: (folder: string) => Promise<T>): Promise<T>
  /** Gives a complete archive its name and place; `held`: from the first moment on. Returns where it is. */
  publish(archive: string, held: Hold | undefined, signal?: AbortSignal): Promise<string>
  /** Puts the sealed form of an archive in its place, whole or not at all. Returns its size in bytes. */
  replace(file: string, sealed: string, signal?: AbortSignal): Promise<number>
  /**
   * Those of the target's environment, newest first, without those that say they are of another database. One that cannot be read may be
   * among them, since nothing says it is not.
   */
  list(): AsyncGenerator<StoredBackup>
  /** A file on this machine with its bytes. Throws what opening it throws. */
  open(file: string, options?: { sha256?: string; signal?: AbortSignal }): Promise<string>
  /** Notes that a run needs these, until it is over. Changes no note of another run. */
  hold(held: Hold): Promise<void>
  /** Which runs that may still go on need an archive, the one that had it first at the head. */
  holders(): Promise<(file: string) => Promise<Holder[]> | Holder[]>
  /** The run is over: its archives are subject to retention like all others, at the next backup. */
  release(run: string): Promise<void>
  /** Removes some; of those that stay, nobody but their owner reads. */
  settle(archives: { surplus: readonly string[]; kept: readonly string[] }): Promise<void>
  /** Whether a location, as it came with a message, is where an archive of this database would be. */
  owns(file: string): boolean
}
