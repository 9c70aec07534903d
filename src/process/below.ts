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
