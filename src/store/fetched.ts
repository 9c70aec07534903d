import { copyFile, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import { fileSha256 } from '../process/file-sha256.js'
import { PRIVATE_FOLDER } from '../process/private-files.js'

/** Production data does not lie about longer than a run's next step needs it; what is gone is fetched again. Milliseconds. */
const KEPT_MS = 6 * 60 * 60_000

/**
 * Copies of objects on this machine, each in a folder that its SHA-256 names. What was not used for hours goes at the next look.
 * A copy whose bytes changed is none.
 */
export interface Fetched {
  /** Undefined where there is none. */
  find(sha256: string, name: string, signal?: AbortSignal): Promise<string | undefined>
  /** Takes a file over, whose SHA-256 the caller has computed from its bytes. */
  take(file: string, sha256: string, name: string): Promise<string>
  /** A place for a file that is about to be taken. */
  desk(): Promise<string>
}

export function fetchedBelow(folder: string): Fetched {
  const fileOf = (sha256: string, name: string): string => path.join(folder, sha256, name)
  const make = (place: string): Promise<unknown> => mkdir(place, { recursive: true, mode: PRIVATE_FOLDER })
  let count = 0
  return {
    async find(sha256, name, signal) {
      await sweep(folder, sha256)
      const file = fileOf(sha256, name)
      const found = await fileSha256(file, signal).catch(unlessMissing)
      if (found === undefined) return undefined
      if (found !== sha256) {
        await rm(path.dirname(file), { recursive: true, force: true })
        return undefined
      }
      await touch(path.dirname(file))
      return file
    },
    async take(file, sha256, name) {
      const to = fileOf(sha256, name)
      await make(path.dirname(to))
      await move(file, to)
      await touch(path.dirname(to))
      return to
    },
    async desk() {
      await make(folder)
      count += 1
      return path.join(folder, `.${process.pid}-${Date.now()}-${count}`)
    },
  }
}

/** Also from another disk. */
async function move(file: string, to: string): Promise<void> {
  try {
    await rename(file, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    await copyFile(file, `${to}.half`)
    await rename(`${to}.half`, to)
    await rm(file)
  }
}

async function touch(folder: string): Promise<void> {
  await utimes(folder, new Date(), new Date())
}

/** Another process may be doing the same. */
async function sweep(folder: string, but: string): Promise<void> {
  const names = (await readdir(folder).catch(unlessMissing)) ?? []
  await Promise.allSettled(
    names
      .filter((name) => name !== but)
      .map(async (name) => {
        const old = path.join(folder, name)
        if (Date.now() - (await stat(old)).mtimeMs > KEPT_MS) await rm(old, { recursive: true, force: true })
      }),
  )
}

function unlessMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
