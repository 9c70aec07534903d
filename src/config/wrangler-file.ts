import { readFile, readdir } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { RunbookError } from '../contract/failures.js'
import { command, words } from '../contract/next-command.js'
import { closest } from './closest.js'

/** In the order in which Wrangler itself looks. */
export const WRANGLER_FILE_NAMES = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml'] as const

/** One entry of `d1_databases`. */
export interface D1Entry {
  binding: string
  /** `database_name`, else the binding. */
  name: string
  id: string | undefined
  previewId: string | undefined
  /** As written; relative to the Wrangler file. */
  migrationsDir: string | undefined
  /** Glob as written; relative to the Wrangler file. */
  migrationsPattern: string | undefined
  migrationsTable: string | undefined
  /** Keys that Wrangler does not know either. */
  unknownKeys: string[]
  /** Known keys that hold an empty text: absent to us, and at times a value to Wrangler. */
  emptyKeys: string[]
}

/** The top level or one `[env.NAME]`. `d1_databases` is not inherited from the top level by Wrangler's rules. */
export interface WranglerLevel {
  databases: D1Entry[]
  accountId: string | undefined
  /** Keys that look like `d1_databases`, under which Wrangler finds no database: `d1_database`, `D1_databases`. */
  likeDatabases: string[]
  /** `migrations_dir` written outside of a `d1_databases` entry, where Wrangler ignores it. */
  misplacedMigrationsDir: string | undefined
}

export interface WranglerFile {
  /** Absolute. */
  file: string
  folder: string
  top: WranglerLevel
  environments: Map<string, WranglerLevel>
}

export function findWranglerFile(folder: string): string | undefined {
  return WRANGLER_FILE_NAMES.map((name) => path.join(folder, name)).find((file) => existsSync(file))
}

/** Wrangler files at most `depth` folders below, nearest first; for the message that names them. */
export async function findWranglerFilesBelow(folder: string, depth = 4): Promise<string[]> {
  const found: string[] = []
  let level = [folder]
  for (let down = 0; down < depth && level.length > 0 && level.length < 500; down += 1) {
    const next: string[] = []
    for (const parent of level) {
      const entries = await readdir(parent, { withFileTypes: true }).catch(() => [])
      for (const entry of entries) {
        if (!entry.isDirectory() || entry.name.startsWith('.') || entry.name === 'node_modules') continue
        const child = path.join(parent, entry.name)
        const file = findWranglerFile(child)
        if (file !== undefined) found.push(file)
        next.push(child)
      }
    }
    level = next
  }
  return found
}

/** Throws `ConfigInvalid` naming the line where the file cannot be read. */
export async function readWranglerFile(file: string): Promise<WranglerFile> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RunbookError('ProjectNotFound', `Cannot read the Wrangler file ${file}.`, {
      advice: 'Check the path in --project or in `wranglerConfig` of runbook.config.',
      cause,
    })
  })
  const written = text.replace(/^\uFEFF/, '')
  const parsed = file.endsWith('.toml') ? await parseToml(written, file) : await parseJsonc(written, file)
  const root = asTable(parsed, file, 'the file')
  const environments = new Map<string, WranglerLevel>()
  for (const [name, value] of Object.entries(asTable(root['env'] ?? {}, file, 'env'))) {
    environments.set(name, readLevel(asTable(value, file, `env.${name}`), file, `env.${name}.`))
  }
  return { file, folder: path.dirname(file), top: readLevel(root, file, ''), environments }
}

async function parseToml(text: string, file: string): Promise<unknown> {
  const { parse, TomlError } = await import('smol-toml')
  try {
    return parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw unreadable(file, cause instanceof TomlError ? `${reason} on line ${cause.line}` : reason, cause)
  }
}

async function parseJsonc(text: string, file: string): Promise<unknown> {
  const { parse, printParseErrorCode } = await import('jsonc-parser')
  const errors: { error: number; offset: number; length: number }[] = []
  const value: unknown = parse(text, errors, { allowTrailingComma: true })
  const first = errors[0]
  if (first === undefined) return value
  const line = text.slice(0, first.offset).split('\n').length
  throw unreadable(file, `${printParseErrorCode(first.error)} on line ${line}`)
}

function unreadable(file: string, reason: string, cause?: unknown): RunbookError {
  return new RunbookError('ConfigInvalid', `The Wrangler file ${file} does not parse: ${reason}.`, {
    advice: words`Correct that line; ${command('doctor')} reads the file again.`,
    cause,
  })
}

type Table = Record<string, unknown>

function asTable(value: unknown, file: string, where: string): Table {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Table
  throw wrongType(file, where, 'a table', value)
}

function readLevel(level: Table, file: string, prefix: string): WranglerLevel {
  const entries = level['d1_databases'] ?? []
  if (!Array.isArray(entries)) throw wrongType(file, `${prefix}d1_databases`, 'a list', entries)
  return {
    databases: entries.map((entry: unknown, index) =>
      readEntry(
        asTable(entry, file, `${prefix}d1_databases[${index}]`),
        file,
        `${prefix}d1_databases[${index}]`,
      ),
    ),
    accountId: text(level, 'account_id', file, prefix),
    likeDatabases: Object.keys(level).filter(isLikeDatabases),
    misplacedMigrationsDir: text(level, 'migrations_dir', file, prefix),
  }
}

/** `databases`, `d1` and whatever is nearly the name: no other key of Wrangler's is. */
function isLikeDatabases(key: string): boolean {
  if (key === 'd1_databases') return false
  const plain = key.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  return (
    /^(?:d1)?databases?$|^d1(?:dbs?)?$|^d1bindings?$/.test(plain) ||
    closest(plain, ['d1databases']) !== undefined
  )
}

/** Wrangler 4.150 takes these and warns of others. */
export const ENTRY_KEYS = new Set([
  'binding',
  'database_id',
  'database_internal_env',
  'database_name',
  'migrations_dir',
  'migrations_pattern',
  'migrations_table',
  'preview_database_id',
  'remote',
])

function readEntry(entry: Table, file: string, where: string): D1Entry {
  const prefix = `${where}.`
  const binding = text(entry, 'binding', file, prefix)
  if (binding === undefined) throw wrongType(file, `${prefix}binding`, 'a text', undefined)
  return {
    binding,
    name: text(entry, 'database_name', file, prefix) ?? binding,
    id: text(entry, 'database_id', file, prefix),
    previewId: text(entry, 'preview_database_id', file, prefix),
    migrationsDir: text(entry, 'migrations_dir', file, prefix),
    migrationsPattern: text(entry, 'migrations_pattern', file, prefix),
    migrationsTable: text(entry, 'migrations_table', file, prefix),
    unknownKeys: Object.keys(entry).filter((key) => !ENTRY_KEYS.has(key)),
    emptyKeys: Object.keys(entry).filter((key) => ENTRY_KEYS.has(key) && entry[key] === ''),
  }
}

/** Empty text counts as absent: it is what a template leaves behind. */
function text(table: Table, key: string, file: string, prefix: string): string | undefined {
  const value = table[key]
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') throw wrongType(file, `${prefix}${key}`, 'a text', value)
  return value
}

function wrongType(file: string, where: string, expected: string, found: unknown): RunbookError {
  const shown = found === undefined ? 'nothing' : JSON.stringify(found)
  return new RunbookError('ConfigInvalid', `${file}: ${where} must be ${expected}, found ${shown}.`, {
    advice: words`See "D1 databases" in Wrangler's configuration reference and correct the entry; ${command('doctor')} reads the file again.`,
  })
}
