import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { scratchFolder } from '../process/scratch-folder.js'
import type { ObjectKey, Store } from './store.js'

/** Keeps a text or a few bytes; returns the location. */
export async function putContent(
  store: Store,
  key: ObjectKey,
  content: string | Uint8Array,
): Promise<string> {
  const { folder, remove } = await scratchFolder('store')
  try {
    const file = path.join(folder, 'object')
    await writeFile(file, content, { mode: 0o600 })
    return (await store.put(key, file)).location
  } finally {
    await remove()
  }
}

/** Undefined where there is none. */
export async function readContent(store: Store, key: ObjectKey): Promise<Buffer | undefined> {
  const there = await store.stat(key)
  return there === undefined ? undefined : readFile(await store.open(there.location))
}
