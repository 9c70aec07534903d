import path from 'node:path'
import { pathBelow } from './below.js'

export const STATE_FOLDER = '.d1-runbook'

/**
 * Folder of what we keep in a project, as an absolute path; `parts`: something in it. A checkout may bring it as a link: throws
 * `NotPermitted` where one leads out of the project.
 */
export function stateFolder(projectDir: string, ...parts: string[]): string {
  return pathBelow(path.resolve(projectDir), STATE_FOLDER, ...parts)
}
