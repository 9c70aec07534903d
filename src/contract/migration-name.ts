import { RunbookError } from './failures.js'
import { HIDDEN_CHARACTERS } from './hidden-characters.js'
import { cutText, LIMITS } from './limits.js'

const HIDDEN = new RegExp(`[${HIDDEN_CHARACTERS}\\p{Cs}]`, 'u')
/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const KEPT_BY_WINDOWS = /^(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?:\.|$)/i

/**
 * Why this can be no name of a migration in the ledger: a path below the migrations folder, its segments joined by `/`, that every system
 * can write as a file and that reads as it is. Undefined where it can. Anything else could lead out of the folder, into another line of what
 * is printed, or mean another file to the next worker.
 */
export function whyNoMigrationName(name: string): string | undefined {
  const segments = name.split('/')
  const outside = name.includes('\\') || segments.some((segment) => ['', '.', '..'].includes(segment))
  if (outside || /^[A-Za-z]:/.test(name)) return 'it must be a path below the migrations folder'
  if (HIDDEN.test(name)) return 'it holds characters that do not show, or turn the writing around'
  if (segments.some((segment) => KEPT_BY_WINDOWS.test(segment))) return 'Windows keeps that name for a device'
  if (segments.some((segment) => /[. ]$/.test(segment))) return 'Windows drops a dot or a space at the end'
  if (new TextEncoder().encode(name).length > LIMITS.fileName)
    return `it is longer than ${LIMITS.fileName} bytes`
  return undefined
}

/** Throws `ValidationFailed` for what is no such name: names arrive with a bundle, and files are written by them. */
export function demandMigrationName(name: string): void {
  const why = whyNoMigrationName(name)
  if (why === undefined) return
  throw new RunbookError(
    'ValidationFailed',
    `${JSON.stringify(cutText(name, LIMITS.name))} is no name of a migration: ${why}.`,
    {
      advice: 'Rename the file: a path below the migrations folder, without "..", "\\" and a leading "/".',
    },
  )
}
