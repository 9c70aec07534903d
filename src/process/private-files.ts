import { chmodSync, statSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Modes of what holds production data: its owner's alone. */
export const PRIVATE_FILE = 0o600
export const PRIVATE_FOLDER = 0o700

let usual: number | undefined

/** From here on nobody but this user reads what this process and its children write. */
export function keepPrivate(): void {
  usual ??= process.umask(0o077)
}

/** Mode of what belongs to the project and not to us, such as `MIGRATIONS.md`: as the user's own tools would write it. */
export function projectFileMode(): number {
  return 0o666 & ~(usual ?? process.umask())
}

/** Takes group and others off what an earlier version left open, folders and files below too. Leaves what is not ours, and links. */
export async function closeToOthers(folder: string): Promise<void> {
  if (process.platform === 'win32' || !closeOne(folder)) return
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) await closeToOthers(file)
    else if (entry.isFile()) closeOne(file)
  }
}

/** False where there is nothing, or it is somebody else's. */
function closeOne(file: string): boolean {
  try {
    const { mode } = statSync(file)
    if ((mode & 0o077) !== 0) chmodSync(file, mode & 0o700)
    return true
  } catch {
    return false
  }
}

/**
 * Makes a folder of ours and keeps what is in it out of git, by a `.gitignore` of its own. One that is there is left as it is. That
 * it cannot be written is no reason not to go on.
 */
export async function keepOutOfGit(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER })
    await writeFile(path.join(folder, '.gitignore'), '*\n', { flag: 'wx', mode: PRIVATE_FILE })
  } catch {
    // It is there, or the folder is not ours to write: whoever needs it says so.
  }
}
