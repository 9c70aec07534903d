import { realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { STATE_FOLDER } from '../process/state-folder.js'

/**
 * Whose a note is that was found here and names the folder that it was made for. `copied`: that folder is there beside this
 * one, so what the note says is its, not ours. `moved`: that folder keeps nothing of ours any more (moved, restored, another
 * mount), so what is here is all there is.
 */
export type Origin = 'here' | 'moved' | 'copied'

/** By real path, then by the file system: one folder may have two paths. */
export function originOf(madeFor: string, projectDir: string): Origin {
  if (realFolder(madeFor) === realFolder(projectDir)) return 'here'
  const there = identity(path.join(madeFor, STATE_FOLDER))
  if (there === undefined) return 'moved'
  return there === identity(path.join(projectDir, STATE_FOLDER)) ? 'here' : 'copied'
}

export function realFolder(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return path.resolve(folder)
  }
}

function identity(folder: string): string | undefined {
  try {
    const { dev, ino } = statSync(folder, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}
