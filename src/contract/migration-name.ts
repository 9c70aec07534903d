import { RunbookError } from './failures.js'

/**
 * Whether this is the name of a migration in the ledger: a path below the migrations folder, its segments joined by `/`, without
 * control characters. Anything else could lead out of the folder, or into another line of what is printed.
 */
export function isPlainName(name: string): boolean {
  const clean = !/[\\\0-\x1F\x7F]/.test(name) && !/^[A-Za-z]:/.test(name)
  return clean && name.split('/').every((segment) => !['', '.', '..'].includes(segment))
}

/** Throws `ValidationFailed` for what is no plain name: names arrive with a bundle, and files are written by them. */
export function demandPlainName(name: string): void {
  if (isPlainName(name)) return
  throw new RunbookError(
    'ValidationFailed',
    `${JSON.stringify(name)} is no name of a migration: it must be a path below the migrations folder.`,
    { advice: 'Use names without "..", "\\" and a leading "/".' },
  )
}
