import { existsSync, lstatSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { RunbookError } from '../contract/failures.js'

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
  const part = existingPart(path.resolve(root, file))
  if (part === undefined) return false
  const [real, there] = [realpathSync(root), realpathSync(part)]
  return there === real || isBelow(real, there)
}

/**
 * A path of ours below `root`: what is written or read there is nobody else's. Asked for each time it is used, since a link may have come
 * meanwhile. Throws `NotPermitted` where a name leads elsewhere, such as by `..`, or a link does on the way or at the end.
 */
export function pathBelow(root: string, ...parts: string[]): string {
  const name = path.join(...parts)
  if (!isBelow(root, name) || name.includes('\0')) throw outside(root, name)
  const file = path.resolve(root, name)
  demandNoWayOut(root, file)
  return file
}

/** Throws `NotPermitted` where a link leads out of `root`: what is written would land elsewhere. */
export function demandNoWayOut(root: string, file: string): void {
  if (staysBelow(root, file)) return
  throw new RunbookError(
    'NotPermitted',
    `By a link, ${JSON.stringify(file)} is not below ${root}, where alone this may be written.`,
    { advice: 'Put a folder or a file in the place of the link: a checkout must not choose where it leads.' },
  )
}

function outside(root: string, name: string): RunbookError {
  return new RunbookError(
    'NotPermitted',
    `${JSON.stringify(name)} is not below ${root}, where alone this may be written.`,
    { advice: 'Give a path below the folder, without "..".' },
  )
}

/** The file, or the nearest folder above it that is there; undefined where a link that leads nowhere comes first. */
function existingPart(file: string): string | undefined {
  for (let part = file; ; part = path.dirname(part)) {
    if (existsSync(part)) return part
    if (lstatSync(part, { throwIfNoEntry: false })?.isSymbolicLink() === true) return undefined
    if (path.dirname(part) === part) return part
  }
}
