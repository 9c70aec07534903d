import { RunbookError } from './failures.js'

/**
 * The name of a migration in the ledger: a path below the migrations folder, its segments joined by `/`. Throws
 * `ValidationFailed` for one that could lead out of the folder: names arrive with a bundle, and files are written by them.
 */
export function demandPlainName(name: string): void {
  const plain = !/[\\\0]/.test(name) && name.split('/').every((segment) => !['', '.', '..'].includes(segment))
  if (plain) return
  throw new RunbookError(
    'ValidationFailed',
    `${JSON.stringify(name)} is no name of a migration: it must be a path below the migrations folder.`,
    { advice: 'Use names without "..", "\\" and a leading "/".' },
  )
}
