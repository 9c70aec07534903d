import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { RunbookError } from '../contract/failures.js'
import { isBelow, staysBelow } from '../process/below.js'
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../process/private-files.js'

/** The text of a file; undefined where there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** A reader never finds half a file. Makes the folder where it is missing. `mode`: of a new file; default: its owner's alone. */
export async function replaceFile(file: string, content: string, mode = PRIVATE_FILE): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: PRIVATE_FOLDER })
  await writeFileAtomic(file, content, existsSync(file) ? {} : { mode })
}

/** `name` as a path below `root`. Throws `NotPermitted` where it leads elsewhere: it came with a message. */
export function fileBelow(root: string, name: string): string {
  if (isBelow(root, name) && !name.includes('\0')) return path.resolve(root, name)
  throw outside(root, name)
}

/** Throws `NotPermitted` where a link leads out of `root`: what is written would land elsewhere. */
export function demandNoWayOut(root: string, file: string): void {
  if (!staysBelow(root, file)) throw outside(root, file)
}

function outside(root: string, name: string): RunbookError {
  return new RunbookError(
    'NotPermitted',
    `${JSON.stringify(name)} is not below ${root}, where alone this may be written.`,
    {
      advice: 'Give a path below the folder, without "..", and no link that leads out of it.',
    },
  )
}
