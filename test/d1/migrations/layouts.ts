import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stringify } from 'smol-toml'

/** A project as somebody may have left it, and one question that Wrangler and we are asked of it. */
export interface Layout {
  files: Record<string, string>
  /** Path to what it points to. */
  links: Record<string, string>
  /** `[env.NAME]`; absent: the top level. */
  env: string | undefined
  /** A binding, or a `database_name` where no other entry answers to it. */
  database: string
  entry: Entry | undefined
}

type Entry = Record<string, string>
type Pick = <T>(choices: readonly T[]) => T

const NAMES = [
  '0001_first.sql',
  '1_other.sql',
  '0002_b.sql',
  '2_a.sql',
  '0010_ten.sql',
  '10.sql',
  '9_nine.sql',
  '20260101120000_dated.sql',
  'no_number.sql',
  'Änderung_é.sql',
  '3_with space.sql',
  '-4_sign.sql',
  '0x10_hex.sql',
  '1e3_exponent.sql',
  '5_UPPER.SQL',
  '6_copy.sql.bak',
  '.7_hidden.sql',
  '.sql',
  'notes.md',
]
const NESTED = [
  '0001_init/migration.sql',
  '2_next/migration.sql',
  '10_last/migration.sql',
  '10_last/down.sql',
  'no number/migration.sql',
  '.3_hidden/migration.sql',
  '4_deep/inner/migration.sql',
  '4_deep/inner/.hidden.sql',
  'seeds/all.sql',
  '5_folder.sql/inside.sql',
  'node_modules/p/1_p.sql',
]
const DIRS = [
  '',
  'migrations',
  './migrations',
  'migrations/',
  'db/migrations',
  './db//migrations/',
  'db/../sql',
  'Ordnung é',
  'a b/c',
]
const ODD_DIRS = ['.', '[x]', '{a,b}', '.hidden/sql', '../outside', 'a\\b']
const PATTERNS = [
  '*.sql',
  '*/migration.sql',
  '**/*.sql',
  '*/**/*.sql',
  '**/migration.sql',
  '{0001_init,2_next}/*.sql',
  '{*.sql,*/migration.sql}',
  '.*/migration.sql',
  '[0-9]*.sql',
  '????_*.sql',
  '!(*_a).sql',
  '*.{sql,SQL}',
  '*/../*.sql',
  './*/migration.sql',
  '**',
]

/** The same for the same number. */
export function layoutOf(seed: number): Layout {
  const random = mulberry32(seed)
  const pick: Pick = (choices) => choices[Math.floor(random() * choices.length)] as (typeof choices)[number]
  const chance = (of: number): boolean => random() < of

  const env = pick([undefined, undefined, undefined, 'staging'])
  const entries = entriesOf(pick, chance)
  const others = entriesOf(pick, chance)
  const bare = chance(0.08)
  const level = bare ? {} : { d1_databases: entries }
  const root =
    env === undefined
      ? { ...level, env: { staging: chance(0.5) ? { d1_databases: others } : { vars: { A: 'b' } } } }
      : { ...(chance(0.6) ? { d1_databases: others } : {}), env: { [env]: level } }

  const entry = bare ? undefined : pick(entries)
  const asked = entry ?? entries[0]
  const named = asked?.['database_name'] ?? ''
  const alone = entries.filter((each) => Object.values(each).includes(named)).length === 1
  const files: Record<string, string> = {
    ...wranglerFiles({ name: 'x', compatibility_date: '2025-01-01', ...root }, pick, chance),
    'runbook.config.json': JSON.stringify({ environments: { staging: { remote: false } } }),
  }
  const links: Record<string, string> = {}
  for (const each of [...entries, ...others]) {
    const dir = (each['migrations_dir'] ?? 'migrations').replaceAll('\\', '/')
    if (chance(0.06)) continue
    for (const name of NAMES) if (chance(0.4)) files[`${dir}/${name}`] = 'SELECT 1;'
    for (const name of NESTED) if (chance(0.35)) files[`${dir}/${name}`] = 'SELECT 1;'
    files[`${dir}/keep.txt`] = ''
    if (chance(0.05)) links[`${dir}/8_link.sql`] = 'keep.txt'
    if (chance(0.05)) links[`${dir}/8_linked`] = '.'
  }
  return {
    files,
    links,
    env,
    database: chance(0.3) && named !== '' && alone ? named : (asked?.['binding'] ?? 'DB'),
    entry,
  }
}

/** One to three entries: at times two of one database, at times a binding that is another's name. */
function entriesOf(pick: Pick, chance: (of: number) => boolean): Entry[] {
  const count = pick([1, 1, 2, 3])
  const entries: Entry[] = []
  for (let index = 0; index < count; index += 1) {
    const dir = pick(chance(0.15) ? ODD_DIRS : DIRS)
    const twin = entries[0]
    const entry: Entry = {
      binding: `DB${index}`,
      database_name: `name-${index}`,
      database_id: twin !== undefined && chance(0.3) ? (twin['database_id'] ?? '') : `id-${index}`,
    }
    if (dir !== '') entry['migrations_dir'] = dir
    if (chance(0.3)) entry['preview_database_id'] = pick([`preview-${index}`, 'preview', 'id-0'])
    if (chance(0.25)) entry['migrations_table'] = pick(['ledger', 'd1_migrations', 'my "ledger" é', 'Group'])
    if (chance(0.4)) {
      const start = pick([dir, dir, dir, normal(dir), 'elsewhere'])
      entry['migrations_pattern'] = `${start === '' ? 'migrations' : start}/${pick(PATTERNS)}`
    }
    if (chance(0.08)) delete entry['database_id']
    if (chance(0.08)) delete entry['database_name']
    if (chance(0.06))
      entry[pick(['migrations_dir', 'migrations_table', 'migrations_pattern', 'preview_database_id'])] = ''
    if (chance(0.05)) entry['migration_dir'] = 'unknown key'
    entries.push(entry)
  }
  return entries
}

const normal = (dir: string): string => dir.replace(/^\.\//, '').replace(/\/+$/, '')

/** One Wrangler file, or two of which Wrangler reads one. */
function wranglerFiles(config: object, pick: Pick, chance: (of: number) => boolean): Record<string, string> {
  const bom = chance(0.05) ? '\uFEFF' : ''
  const toml = `${bom}${stringify(config)}`
  const json = `${bom}${JSON.stringify(config, null, 2)}`
  const commented = `${bom}// a comment\n${JSON.stringify(config, null, 2).replace(/\n\}$/, ',\n /* the end, */ }')}`
  const decoy = stringify({ name: 'x', compatibility_date: '2025-01-01' })
  return pick([
    { 'wrangler.toml': toml },
    { 'wrangler.json': json },
    { 'wrangler.json': commented, 'wrangler.toml': decoy },
    { 'wrangler.jsonc': commented },
    { 'wrangler.jsonc': commented, 'wrangler.toml': decoy },
  ])
}

/** Writes the project to `folder`, which has a parent of its own: `migrations_dir` may lead out of it. */
export function writeLayout(folder: string, { files, links }: Layout): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  for (const [name, to] of Object.entries(links)) symlinkSync(to, join(folder, name))
}

function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
