import { existsSync } from 'node:fs'
import path from 'node:path'

/**
 * Folder of our own package: this file may run from `src`, or compiled from `dist/src`, in a checkout or inside
 * somebody's `node_modules`.
 */
export function packageRoot(): string {
  let folder = import.meta.dirname
  while (!existsSync(path.join(folder, 'package.json'))) {
    const above = path.dirname(folder)
    if (above === folder) throw new Error(`no package.json above ${import.meta.dirname}`)
    folder = above
  }
  return folder
}
