import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { LONGEST_HOLD_MS, type Store } from '../../store/store.js'
import { putContent, readContent } from '../../store/text-object.js'

/** Bundles by the SHA-256 of their bytes; whoever loads one checks it. */
export interface Artifacts {
  /** For people. */
  readonly place: string
  keep(sha256: string, bytes: Uint8Array): Promise<void>
  /** Undefined where it is not there. */
  load(sha256: string): Promise<Buffer | undefined>
  /**
   * Removes those that no run has asked for as long as what a run needs is kept without a word from it: whoever loads one renews it. They are shared
   * by runs, and of no environment.
   */
  prune(): Promise<void>
}

/** How old a bundle may be when a run asks for it: past it, its age is made that of its last use. Milliseconds. */
const RENEWED_MS = 24 * 60 * 60_000

function isPast(limitMs: number, at: Date): boolean {
  return Date.now() - at.getTime() >= limitMs
}

export function artifactFolder(folder: string): Artifacts {
  return {
    place: folder,
    async keep(sha256, bytes) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const temporary = join(folder, `.${sha256}.${randomUUID()}.tmp`)
      const handle = await open(temporary, 'wx', 0o600)
      try {
        await handle.writeFile(bytes)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(temporary, join(folder, `${sha256}.gz`))
    },
    async load(sha256) {
      const file = join(folder, `${sha256}.gz`)
      const bytes = await readFile(file).catch(() => undefined)
      if (bytes !== undefined && isPast(RENEWED_MS, (await stat(file)).mtime)) {
        const now = new Date()
        await utimes(file, now, now)
      }
      return bytes
    },
    async prune() {
      for (const name of await readdir(folder).catch((): string[] => [])) {
        const file = join(folder, name)
        // The half of one that was killed while it wrote, too.
        if (!/^(?:[0-9a-f]{64}\.gz|\.[0-9a-f]{64}\..+\.tmp)$/.test(name)) continue
        const at = (await stat(file).catch(() => undefined))?.mtime
        if (at !== undefined && isPast(LONGEST_HOLD_MS, at)) await rm(file, { force: true })
      }
    },
  }
}

/** Of no run: `start` packs before there is one. Nothing but their age tells retention which are in use. */
export function storedArtifacts(store: Store): Artifacts {
  const key = (sha256: string) => ({ run: 'bundles', kind: 'bundle', name: `${sha256}.gz` }) as const
  return {
    place: store.place,
    keep: async (sha256, bytes) => {
      await putContent(store, key(sha256), bytes)
    },
    async load(sha256) {
      const bytes = await readContent(store, key(sha256))
      const at = bytes === undefined ? undefined : (await store.stat(key(sha256)))?.at
      if (bytes !== undefined && (at === undefined || isPast(RENEWED_MS, at)))
        await putContent(store, key(sha256), bytes)
      return bytes
    },
    async prune() {
      for (const { key, at } of await store.list()) {
        if (key.kind !== 'bundle' || !isPast(LONGEST_HOLD_MS, at)) continue
        // A run may have asked for it meanwhile.
        const now = await store.stat(key)
        if (now !== undefined && isPast(LONGEST_HOLD_MS, now.at)) await store.remove(now.location)
      }
    },
  }
}
