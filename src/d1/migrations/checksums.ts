import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { RunbookError } from '../../contract/failures.js'
import type { MigrationRef } from '../../contract/target.js'
import { command, words } from '../../contract/next-command.js'

const NAME = 'checksums.json'

const schema = z.object({
  version: z.literal(1),
  /** SHA-256 by file name. */
  files: z.record(z.string(), z.string().length(64)),
})

/** Where the project keeps them, if it does. */
export function checksumsFile(migrationsDir: string): string {
  return join(migrationsDir, NAME)
}

/** SHA-256 by file name from `checksums.json` in the migrations folder; undefined where nobody ran `lock`. Throws `ConfigInvalid`. */
export async function readChecksums(migrationsDir: string): Promise<Record<string, string> | undefined> {
  const file = checksumsFile(migrationsDir)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  try {
    return schema.parse(JSON.parse(text)).files
  } catch (cause) {
    throw new RunbookError(
      'ConfigInvalid',
      `${file} cannot be read: it is not what the command lock writes.`,
      {
        advice: words`Take it from version control, or write it anew: ${command('lock')}`,
        cause,
      },
    )
  }
}

/** Writes `checksums.json` for these files, sorted, whole or not at all; returns its path. */
export function writeChecksums(migrationsDir: string, files: MigrationRef[]): Promise<string> {
  return writeEntries(migrationsDir, entriesOf(files))
}

/**
 * Takes up the files that `checksums.json` does not know yet and changes no entry that it has: an edit stays visible.
 * Returns the path; undefined, and nothing is written, where nobody ran `lock` or nothing is new.
 */
export async function adoptNewFiles(
  migrationsDir: string,
  files: MigrationRef[],
): Promise<string | undefined> {
  const known = await readChecksums(migrationsDir)
  if (known === undefined || files.every(({ name }) => known[name] !== undefined)) return undefined
  return writeEntries(migrationsDir, { ...entriesOf(files), ...known })
}

/** Makes these bytes the known ones. Returns the path; undefined, and nothing is written, where nobody ran `lock`. */
export async function recordChecksums(
  migrationsDir: string,
  files: MigrationRef[],
): Promise<string | undefined> {
  const known = await readChecksums(migrationsDir)
  return known === undefined ? undefined : writeEntries(migrationsDir, { ...known, ...entriesOf(files) })
}

function entriesOf(files: readonly MigrationRef[]): Record<string, string> {
  return Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256]))
}

async function writeEntries(migrationsDir: string, entries: Record<string, string>): Promise<string> {
  const file = checksumsFile(migrationsDir)
  const sorted = Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1))
  const content = { version: 1, files: Object.fromEntries(sorted) }
  await writeFileAtomic(file, `${JSON.stringify(content, null, 2)}\n`)
  return file
}
