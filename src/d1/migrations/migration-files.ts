import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { demandMigrationName, demandMigrationNames } from '../../contract/migration-name.js'
import { RunbookError } from '../../contract/failures.js'
import type { MigrationFile } from '../../contract/target.js'
import { command, words } from '../../contract/next-command.js'
import { listMigrations, SKIPPED } from './listing.js'

/**
 * All files of the folder that Wrangler takes up, in the order in which it applies them, with their bytes' SHA-256.
 * `pattern`: as in {@link listMigrations}. Throws `MigrationsNotFound`, naming the nearest folder that looks right; `ValidationFailed` for names
 * that a worker would not take.
 */
export async function readMigrationFiles(dir: string, pattern?: string): Promise<MigrationFile[]> {
  if (!existsSync(dir)) throw await missing(dir)
  const names = await listMigrations(dir, pattern)
  demandMigrationNames(names)
  return Promise.all(names.map((name) => readMigrationFile(dir, name)))
}

/**
 * A link would carry whatever it points to, the environment of this process too, into a run's history; a pipe never ends.
 * Throws `ConfigInvalid` for both.
 */
async function readMigrationFile(dir: string, name: string): Promise<MigrationFile> {
  const entry = await lstat(join(dir, name))
  if (!entry.isFile()) {
    throw new RunbookError(
      'ConfigInvalid',
      `${name} is ${entry.isSymbolicLink() ? 'a link' : 'no regular file'}.`,
      {
        advice: 'Put the migration itself into the folder.',
      },
    )
  }
  const bytes = await readFile(join(dir, name))
  return migrationFile(name, bytes)
}

/**
 * Throws `ConfigInvalid` when the bytes are not UTF-8, as Wrangler would run something else than what was reviewed;
 * `ValidationFailed` for a name that leads out of the folder.
 */
export function migrationFile(name: string, bytes: Uint8Array): MigrationFile {
  demandMigrationName(name)
  if (!isUtf8(bytes)) {
    throw new RunbookError('ConfigInvalid', `${name} is not UTF-8 text.`, {
      advice: 'Save the file as UTF-8.',
    })
  }
  return {
    name,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.byteLength,
    sql: Buffer.from(bytes).toString('utf8'),
  }
}

async function missing(dir: string): Promise<RunbookError> {
  const nearest = await nearestMigrations(dir)
  const hint = nearest === undefined ? '' : ` ${nearest} holds migration files.`
  return new RunbookError(
    'MigrationsNotFound',
    `No migrations directory found: ${dir} does not exist.${hint}`,
    {
      advice:
        nearest === undefined
          ? words`Create the first migration with ${command('create', 'NAME')}.`
          : 'Set migrations_dir of the d1_databases entry (not of the environment) to it, relative to the Wrangler file.',
      details: nearest === undefined ? {} : { nearest },
    },
  )
}

/** Looks up to three folders up and, from each, up to three down for a folder named like one that holds `NNNN_*.sql`. */
async function nearestMigrations(dir: string): Promise<string | undefined> {
  let from = dirname(resolve(dir))
  for (let up = 0; up < 3; up += 1, from = dirname(from)) {
    if (dirname(from) === from) return undefined
    const found = existsSync(from) ? await searchBelow(from, 3) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

async function searchBelow(folder: string, depth: number): Promise<string | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  if (entries.some((entry) => entry.isFile() && /^\d+.*\.sql$/.test(entry.name))) return folder
  if (depth === 0) return undefined
  for (const entry of entries) {
    if (!entry.isDirectory() || SKIPPED.has(entry.name)) continue
    const found = await searchBelow(join(folder, entry.name), depth - 1)
    if (found !== undefined) return found
  }
  return undefined
}
