import { RunbookError } from './failures.js'
import { HIDDEN_CHARACTER } from './hidden-characters.js'
import { cutText, LIMITS } from './limits.js'

/** Two names that differ in them alone look the same. */
const HIDDEN = new RegExp(`${HIDDEN_CHARACTER}|\\p{Cs}`, 'u')
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

/**
 * The first of these names that cannot be one, and why; undefined where each can, and no two are one file on some system. macOS and Windows
 * tell no capital from a small letter, macOS no accent that is a character of its own from one that is part of its letter.
 */
export function whyNoMigrationNames(names: readonly string[]): { name: string; why: string } | undefined {
  const files = new Map<string, string>()
  for (const name of names) {
    const why = whyNoMigrationName(name)
    if (why !== undefined) return { name, why }
    const twin = files.get(fileOf(name))
    if (twin === name) return { name, why: 'it is there twice' }
    if (twin !== undefined) return { name, why: `macOS and Windows take it for ${JSON.stringify(twin)}` }
    files.set(fileOf(name), name)
  }
  for (const name of files.values()) {
    const folder = foldersOf(fileOf(name)).find((above) => files.has(above))
    if (folder !== undefined)
      return { name, why: `${JSON.stringify(files.get(folder))} would be its folder, and is a file` }
  }
  return undefined
}

function fileOf(name: string): string {
  return name.normalize('NFC').toUpperCase().toLowerCase()
}

function foldersOf(name: string): string[] {
  const segments = name.split('/')
  return segments.slice(1).map((_, at) => segments.slice(0, at + 1).join('/'))
}

/** Throws `ValidationFailed` for what is no such name: names arrive with a bundle, and files are written by them. */
export function demandMigrationName(name: string): void {
  demandMigrationNames([name])
}

/** The same of all names of a folder, or of a request. */
export function demandMigrationNames(names: readonly string[]): void {
  const found = whyNoMigrationNames(names)
  if (found === undefined) return
  throw new RunbookError('ValidationFailed', `${noMigrationName(found)}.`, {
    advice: 'Rename the file: a path below the migrations folder, without "..", "\\" and a leading "/".',
  })
}

/** A sentence without its full stop. */
export function noMigrationName({ name, why }: { name: string; why: string }): string {
  return `${JSON.stringify(cutText(name, LIMITS.name))} is no name of a migration: ${why}`
}
