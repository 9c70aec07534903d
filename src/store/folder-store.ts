import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { diskFailure } from '../d1/sqlite/disk-failure.js'
import { fileSha256 } from '../process/file-sha256.js'
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../process/private-files.js'
import { keyOfPath, objectPath, partOf } from './object-path.js'
import { changed, foreign, missing } from './problems.js'
import type { ObjectKey, Store, StoredObject } from './store.js'

const CHECKSUM = '.sha256'

/** A folder that all workers have, under the same path: objects are files there, each with its checksum beside it. */
export function folderStore({ root, databaseId }: { root: string; databaseId: string }): Store {
  const fileOf = (key: ObjectKey): string => path.join(root, ...objectPath(databaseId, key).split('/'))
  const keyOf = (location: string): ObjectKey | undefined => {
    if (!path.isAbsolute(location) || location.includes('\0')) return undefined
    const below = path.relative(root, location).split(path.sep).join('/')
    const key = keyOfPath(databaseId, below)
    return key !== undefined && fileOf(key) === location ? key : undefined
  }
  const demandKey = (location: string): ObjectKey => {
    const key = keyOf(location)
    if (key === undefined) throw foreign(location, root)
    return key
  }
  const look = async (key: ObjectKey): Promise<StoredObject | undefined> => {
    const location = fileOf(key)
    const found = await stat(location).catch(unlessMissing)
    return found === undefined ? undefined : { key, location, sizeBytes: found.size, at: found.mtime }
  }
  return {
    place: root,
    keyOf,
    stat: look,
    async put(key, file, signal) {
      const location = fileOf(key)
      try {
        await mkdir(path.dirname(location), { recursive: true, mode: PRIVATE_FOLDER })
        const sha256 = await fileSha256(file, signal)
        // Object and note are two files: where one is replaced, both sums hold until it is done, whenever we die.
        const before = (await look(key)) === undefined ? undefined : await noted(location)
        await note(location, [sha256, ...(before ?? [])])
        await replace(location, (half) => copyFile(file, half))
        if ((await fileSha256(location, signal)) !== sha256) throw changed(key, location)
        if (before !== undefined) await note(location, [sha256])
        const kept = await look(key)
        if (kept === undefined) throw missing(key, location)
        return kept
      } catch (error) {
        throw diskFailure(error, root)
      }
    },
    async open(location, { sha256, signal } = {}) {
      const key = demandKey(location)
      const sums = await noted(location)
      const found = await fileSha256(location, signal).catch(unlessMissing)
      if (found === undefined || sums === undefined) throw missing(key, location)
      if (!sums.includes(found) || (sha256 !== undefined && found !== sha256)) throw changed(key, location)
      return location
    },
    async list() {
      const top = path.join(root, partOf(databaseId))
      const names = (await readdir(top, { recursive: true }).catch(unlessMissing)) ?? []
      const keys = names.flatMap((name) => keyOf(path.join(top, name)) ?? [])
      const found = await Promise.all(keys.filter(({ name }) => !name.endsWith(CHECKSUM)).map(look))
      return found.flatMap((one) => one ?? [])
    },
    async remove(location) {
      demandKey(location)
      await rm(location, { force: true })
      await rm(`${location}${CHECKSUM}`, { force: true })
    },
  }
}

/** The sums that the bytes of an object may have, one a line. */
async function noted(location: string): Promise<string[] | undefined> {
  const text = await readFile(`${location}${CHECKSUM}`, 'utf8').catch(unlessMissing)
  return text?.split('\n').filter((line) => line !== '')
}

async function note(location: string, sums: readonly string[]): Promise<void> {
  await replace(`${location}${CHECKSUM}`, (half) =>
    writeFile(half, `${[...new Set(sums)].join('\n')}\n`, { mode: PRIVATE_FILE }),
  )
}

/** There whole after a power cut, or not at all. The half begins with a dot, which no object does. */
async function replace(file: string, write: (half: string) => Promise<void>): Promise<void> {
  const half = path.join(path.dirname(file), `.${process.pid}.${path.basename(file)}`)
  try {
    await write(half)
    const handle = await open(half, 'r+')
    try {
      await handle.chmod(PRIVATE_FILE)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(half, file)
  } finally {
    await rm(half, { force: true })
  }
}

function unlessMissing(error: unknown): undefined {
  const code = (error as NodeJS.ErrnoException).code
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
}
