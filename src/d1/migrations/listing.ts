import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Minimatch } from 'minimatch'
import { migrationOrder } from '../order/migration-order.js'

/** Folders that hold no migrations of the project's. */
export const SKIPPED = new Set(['node_modules', '.git', '.wrangler', 'dist', '.d1-runbook'])
/** How many folders down files are looked for that Wrangler does not read. */
const DEPTH = 4

/**
 * The names under which Wrangler takes up the files of the folder, in the order in which it applies them: paths below the
 * folder, with `/`. As Wrangler 4.98 and later walk: into folders that the pattern can still match below. Links and pipes
 * are among them, which Wrangler passes over without a word: whoever reads the files refuses those by name.
 * `pattern`: `migrations_pattern` below the folder.
 */
export async function listMigrations(dir: string, pattern = '*.sql'): Promise<string[]> {
  const matcher = matcherOf(pattern)
  const found = await walk(dir, (name) => matcher.match(name, true))
  return found.filter((name) => matcher.match(name)).sort(migrationOrder)
}

/**
 * What a Wrangler before `migrations_pattern` takes up of the same folder: whatever is named `.sql` directly in it, hidden
 * files, links and folders too.
 */
export async function listBeforePatterns(dir: string): Promise<string[]> {
  const names = await readdir(dir)
  return names.filter((name) => name.endsWith('.sql')).sort(migrationOrder)
}

/** Whether Wrangler would take up a file of this name, a path below the migrations folder. */
export function isMigrationName(name: string, pattern = '*.sql'): boolean {
  return matcherOf(pattern).match(name)
}

/** `.sql` files below the folder that Wrangler passes over, in order: nothing runs them. Those of hidden folders are left out. */
export async function listOverlooked(dir: string, pattern?: string): Promise<string[]> {
  const read = new Set(await listMigrations(dir, pattern))
  const below = await walk(dir, (name) => {
    const segments = name.split('/')
    return segments.length <= DEPTH && !segments.some((each) => each.startsWith('.') || SKIPPED.has(each))
  })
  return below
    .filter((name) => name.endsWith('.sql') && !read.has(name))
    .filter((name) => !(name.split('/').at(-1) ?? '').startsWith('.'))
    .sort(migrationOrder)
}

function matcherOf(pattern: string): Minimatch {
  return new Minimatch(pattern, { dot: false })
}

/** Names of what is no folder below `dir`; `enter` is asked for each folder. What cannot be read is passed over, as by Wrangler. */
async function walk(dir: string, enter: (name: string) => boolean): Promise<string[]> {
  const found: string[] = []
  const open = ['']
  for (let below = open.pop(); below !== undefined; below = open.pop()) {
    const entries = await readdir(join(dir, below), { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`
      if (!entry.isDirectory()) found.push(name)
      else if (enter(name)) open.push(name)
    }
  }
  return found
}
