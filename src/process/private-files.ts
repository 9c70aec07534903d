import { chmodSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
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
