import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from '../../store/store.js'
import { putContent, readContent } from '../../store/text-object.js'

/** Bundles by the SHA-256 of their bytes; whoever loads one checks it. */
export interface Artifacts {
  /** For people. */
  readonly place: string
  keep(sha256: string, bytes: Uint8Array): Promise<void>
  /** Undefined where it is not there. */
  load(sha256: string): Promise<Buffer | undefined>
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
    load: (sha256) => readFile(join(folder, `${sha256}.gz`)).catch(() => undefined),
  }
}

/** How old a bundle may be when a run asks for it: past it, it is put there anew, and its age is that of its last use. Milliseconds. */
const RENEWED_MS = 24 * 60 * 60_000

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
      if (bytes !== undefined && (at === undefined || Date.now() - at.getTime() >= RENEWED_MS))
        await putContent(store, key(sha256), bytes)
      return bytes
    },
  }
}
