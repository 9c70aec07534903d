import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import writeFileAtomic from 'write-file-atomic'
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
