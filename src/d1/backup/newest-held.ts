import type { Archives } from './archives.js'
import type { Holder } from './holds.js'

/** The newest archive that a run holds, and who had it first; undefined where none is held. */
export async function newestHeld(archives: Archives): Promise<(Holder & { file: string }) | undefined> {
  const holdersOf = await archives.holders()
  for await (const { file } of archives.list()) {
    const [first] = await holdersOf(file)
    if (first !== undefined) return { file, ...first }
  }
  return undefined
}
