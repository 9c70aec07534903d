import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { loadProject } from '../../../src/config/project.js'
import { resolveTarget } from '../../../src/config/target.js'
import { RunbookError } from '../../../src/contract/failures.js'
import type { Target } from '../../../src/contract/target.js'
import { listBeforePatterns } from '../../../src/d1/migrations/listing.js'
import { readMigrationFiles } from '../../../src/d1/migrations/migration-files.js'
import { targetFile } from '../../../src/d1/read/local-reader.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { startWrangler } from '../../sample/cloudflare-api/resident-wrangler.js'
import { layoutOf, writeLayout, type Layout } from './layouts.js'

export interface Place {
  seed: number
  layout: Layout
  folder: string
}

/** What Wrangler said: the names in its order; undefined when it refused. */
export interface Said {
  names: string[] | undefined
  output: string
}

export type Read = { target: Target; names: string[] } | { refused: RunbookError; target?: Target }

/** Projects on the disk, one for each seed from `first` on. */
export function places(root: string, first: number, count: number): Place[] {
  return Array.from({ length: count }, (_, index) => {
    const seed = first + index
    const layout = layoutOf(seed)
    const folder = join(root, String(index), 'project')
    writeLayout(folder, layout)
    return { seed, layout, folder }
  })
}

export async function read({ layout, folder }: Place): Promise<Read> {
  let target: Target | undefined
  try {
    const project = await loadProject({ projectDir: folder })
    target = resolveTarget(project, layout.env ?? 'local', { database: layout.database })
    const files = await readMigrationFiles(target.migrationsDir, target.migrationsPattern)
    return { target, names: files.map(({ name }) => name) }
  } catch (error) {
    if (error instanceof RunbookError) return { refused: error, ...(target === undefined ? {} : { target }) }
    throw error
  }
}

/** Undefined: the same files in the same order, in the same database under the same ledger, or both refuse. */
export function differenceToday(ours: Read, said: Said, layout: Layout): string | undefined {
  if ('names' in ours) {
    if (said.names === undefined) return `we read ${JSON.stringify(ours.names)}, Wrangler refuses`
    return otherNames(ours.names, said.names) ?? ledgerMissing(ours.target)
  }
  if (said.names === undefined) return undefined
  const why = ours.refused.message
  // A link is refused by name, which Wrangler passes over without a word.
  if (Object.keys(layout.links).length > 0 && / is a link\.$/.test(why)) return undefined
  // An empty text is refused by name, which Wrangler takes for an ID or for the folder of its file.
  if (
    Object.entries(layout.entry ?? {}).some(([key, value]) => value === '' && why.startsWith(`${key} of the`))
  )
    return undefined
  return `we refuse with "${why}", Wrangler lists ${JSON.stringify(said.names)}`
}

/** What that Wrangler does not understand: nothing to compare. */
export const UNLIKE = 'unlike'

/**
 * The same of a Wrangler before `migrations_pattern`: which files, without their order, which its list does not have.
 */
export async function differenceBeforePatterns(
  ours: Read,
  said: Said,
  { entry }: Layout,
): Promise<string | undefined> {
  // It knows no entry without an ID and a name, refuses the whole file for one, puts the ledger's name into SQL as it is, and
  // leaves backslashes alone.
  if (/must have a "database_id" field/.test(said.output)) return UNLIKE
  if (!entry?.['database_id'] || !entry['database_name']) return UNLIKE
  if (/\W|Group/.test(entry['migrations_table'] ?? '') || entry['migrations_dir']?.includes('\\') === true)
    return UNLIKE
  if ('refused' in ours && ours.target === undefined) return UNLIKE
  const target = ours.target
  if (target === undefined || said.names === undefined)
    return said.names === undefined && !existsSync(target?.migrationsDir ?? '')
      ? undefined
      : 'only one of us refuses'
  const taken = await listBeforePatterns(target.migrationsDir)
  return otherNames([...taken].sort(), [...said.names].sort()) ?? ledgerMissing(target)
}

function otherNames(ours: string[], theirs: string[]): string | undefined {
  return JSON.stringify(ours) === JSON.stringify(theirs)
    ? undefined
    : `we read ${JSON.stringify(ours)}, Wrangler ${JSON.stringify(theirs)}`
}

/** Wrangler makes the ledger when it lists: in the database and under the name that we hold for it, or elsewhere. */
function ledgerMissing(target: Target): string | undefined {
  const file = targetFile(target)
  if (!existsSync(file)) return `Wrangler used another database than ${target.database.id}`
  const database = openSqlite(file, { readOnly: true })
  try {
    const sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"
    return database.prepare(sql).get(target.migrationsTable) === undefined
      ? `${target.database.id} has no table ${target.migrationsTable}`
      : undefined
  } finally {
    database.close()
  }
}

/** Runs each of them with the Wrangler whose script that is. */
export async function ask(script: string, asked: Place[]): Promise<[Place, Said][]> {
  const wrangler = startWrangler(script, { NO_COLOR: '1', WRANGLER_LOG: 'log' })
  try {
    const answers: [Place, Said][] = []
    for (const place of asked) {
      const { env, database } = place.layout
      const inEnvironment = env === undefined ? [] : ['--env', env]
      const args = ['d1', 'migrations', 'list', database, '--local', ...inEnvironment]
      const { failed, all } = await wrangler.run(place.folder, args)
      answers.push([place, { names: failed ? undefined : namesIn(all), output: all }])
    }
    return answers
  } finally {
    await wrangler.close()
  }
}

/** The column of Wrangler's table. */
function namesIn(output: string): string[] {
  const cells = [...output.matchAll(/^│ (.*?) *│$/gm)].map(([, cell]) => cell ?? '')
  return cells[0] === 'Name' ? cells.slice(1) : []
}
