import { existsSync, lstatSync, realpathSync } from 'node:fs'
import path from 'node:path'

/** Whether a path is one below `root`, which it is not itself. Relative ones are meant from `root`; links are not followed. */
export function isBelow(root: string, file: string): boolean {
  const relative = path.relative(root, path.resolve(root, file))
  return (
    relative !== '' &&
    relative !== '..' &&
    !relative.startsWith(`..${path.sep}`) &&
    !path.isAbsolute(relative)
  )
}

/**
 * Whether what is written to `file` lands in `root` or below it, links followed as far as they are there. One that leads nowhere may lead
 * anywhere. True where there is no `root`.
 */
export function staysBelow(root: string, file: string): boolean {
  if (!existsSync(root)) return true
  const part = existingPart(file)
  if (part === undefined) return false
  const [real, there] = [realpathSync(root), realpathSync(part)]
  return there === real || isBelow(real, there)
}

/** The file, or the nearest folder above it that is there; undefined where a link that leads nowhere comes first. */
function existingPart(file: string): string | undefined {
  for (let part = file; ; part = path.dirname(part)) {
    if (existsSync(part)) return part
    if (lstatSync(part, { throwIfNoEntry: false })?.isSymbolicLink() === true) return undefined
    if (path.dirname(part) === part) return part
  }
}
