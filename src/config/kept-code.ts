import { realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { RunbookError } from '../contract/failures.js'
import { fileSha256 } from '../process/file-sha256.js'

/** What is read, and never run. */
const DATA = new Set(['.json', '.jsonc', '.yaml', '.yml'])

interface Kept {
  sha256: string
  value: unknown
}

let kept: ReadonlyMap<string, Kept> | undefined

/**
 * From now on no configuration runs in this process: of these, each that is code counts as `load` has it now, as long as its bytes are the same.
 * For a process that serves somebody who may write files and shall not have them run. What such a file imports is run now, too, and not again.
 * Returns what ends that.
 */
export async function keepCode(
  files: readonly string[],
  load: (file: string) => Promise<unknown>,
): Promise<() => void> {
  const found = new Map<string, Kept>()
  for (const file of files.filter((one) => !isData(one))) {
    const sha256 = await fileSha256(file).catch(() => undefined)
    const value = await load(file).catch((error: unknown) => error)
    // What cannot be loaded may be mended, and then it is another file.
    if (sha256 !== undefined && !(value instanceof Error)) found.set(file, { sha256, value })
  }
  kept = found
  return () => {
    kept = undefined
  }
}

/** The configuration of this file as it was kept; undefined where it is to be read now. Throws `ConfigInvalid` for code that is not what was kept. */
export async function keptConfig(file: string): Promise<{ value: unknown } | undefined> {
  if (kept === undefined || isData(file)) return undefined
  const known = kept.get(file)
  const same = known !== undefined && known.sha256 === (await fileSha256(file).catch(() => undefined))
  if (same) return { value: known.value }
  throw new RunbookError(
    'ConfigInvalid',
    known === undefined
      ? `${file} is code, and was not loaded when this process started: it is not run.`
      : `${file} is code, and is another one than when this process started: it is not run.`,
    {
      advice:
        'A person reads what changed in it, and starts this process again. What is no code (a file of JSON or YAML) is read anew each time.',
    },
  )
}

/** A link or a folder of such a name can lead to code. */
function isData(file: string): boolean {
  try {
    return statSync(file).isFile() && DATA.has(path.extname(realpathSync(file)).toLowerCase())
  } catch {
    return false
  }
}
