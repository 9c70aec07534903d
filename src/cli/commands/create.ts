import { defined } from '../../contract/defined.js'
import type { Command } from 'commander'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { adoptNewFiles } from '../../d1/migrations/checksums.js'
import { RunbookError } from '../../contract/failures.js'
import { isMigrationName, listMigrations } from '../../d1/migrations/listing.js'
import { readMigrationFiles } from '../../d1/migrations/migration-files.js'
import type { App } from '../terminal/app.js'
import { openContext } from '../../config/context.js'
import { command, words } from '../../contract/next-command.js'

/** Runbook, scenario 2: `migrate:create "rollback_YYYY_MM_DD"`. */
export function createCommand(app: App, summary: string): Command {
  return app
    .command('create <name>', summary, [
      'create add_photos',
      'create "rollback_2026_03_01" --project src/workers',
    ])
    .action(
      app.action(async ({ options, args: [name = ''], output }) => {
        const { target } = await openContext(options, { touchesDatabase: false, filesOnly: true })
        const { file, checksums } = await createMigration({
          folder: target.migrationsDir,
          name,
          ...defined({ pattern: target.migrationsPattern }),
        })
        const updated = checksums === undefined ? {} : { checksums }
        output.document({ success: true, file, migration: path.basename(file), ...updated })
        if (!output.json) output.line(`Created ${file}`)
        if (!output.json) output.line(words`Next: write its SQL, then ${command('validate')}`)
        return 0
      }),
    )
}

/**
 * The file `NNNN_name.sql` after the highest number there is, which is its own even when two people create at once. Where the project keeps `checksums.json`, the files before it are taken up
 * there (its path is then `checksums`); the new one is still to be written, and follows with the next one, or once applied.
 * `pattern`: glob of the migrations below the folder. Throws `ConfigInvalid` where it would pass over the new file.
 */
export async function createMigration(input: {
  folder: string
  name: string
  pattern?: string
  sql?: string
}): Promise<{ file: string; checksums?: string }> {
  const slug = slugOf(input.name)
  await mkdir(input.folder, { recursive: true })
  const earlier = await readMigrationFiles(input.folder, input.pattern)
  const file = await openFreeName(input, slug)
  const checksums = await adoptNewFiles(input.folder, earlier)
  return { file, ...defined({ checksums }) }
}

async function openFreeName(
  input: { folder: string; pattern?: string; sql?: string },
  slug: string,
): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const taken = [...(await readdir(input.folder)), ...(await listMigrations(input.folder, input.pattern))]
    const number = nextNumber(taken)
    const name = `${number}_${slug}.sql`
    if (!isMigrationName(name, input.pattern)) throw passedOver(name, input.pattern)
    const file = await claimNumber(input.folder, number, name)
    if (file === undefined) continue
    try {
      await writeFile(file, input.sql ?? `-- Migration number: ${number} \t ${new Date().toISOString()}\n`)
      return file
    } catch (error) {
      // Wrangler would record an empty file as applied.
      await rm(file, { force: true })
      throw error
    }
  }
  throw new RunbookError('NotPermitted', `No free migration number in ${input.folder}.`, {
    advice: 'Look at the names in that folder.',
  })
}

/**
 * Makes the empty file, or undefined where somebody else takes the same number at this moment. Of two that come at once
 * under different names, the later one sees the earlier when it looks again; where both see each other, both step back.
 */
async function claimNumber(folder: string, number: string, name: string): Promise<string | undefined> {
  const file = path.join(folder, name)
  try {
    await writeFile(file, '', { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
  const rivals = (await readdir(folder)).filter(
    (other) => other !== name && numberOf(other) === BigInt(number),
  )
  if (rivals.length === 0) return file
  await rm(file, { force: true })
  await setTimeout(Math.random() * 50)
  return undefined
}

function passedOver(name: string, pattern: string | undefined): RunbookError {
  return new RunbookError(
    'ConfigInvalid',
    `${name} would not match migrations_pattern (below migrations_dir: "${pattern ?? ''}"), so Wrangler would pass over it.`,
    {
      advice:
        'Make the migration with the tool that writes this layout (such as `drizzle-kit generate`), or let migrations_pattern name top-level files too.',
    },
  )
}

/** Four digits as Wrangler writes them; longer where the folder already uses longer numbers, such as dates. */
export function nextNumber(names: readonly string[]): string {
  const prefixes = names.map(prefixOf).filter((prefix) => prefix !== undefined)
  const highest = prefixes.reduce((max, prefix) => (BigInt(prefix) > max ? BigInt(prefix) : max), 0n)
  const width = prefixes.reduce((max, prefix) => Math.max(max, prefix.length), 4)
  return String(highest + 1n).padStart(width, '0')
}

/** The digits that a migration's name begins with; undefined where it has none, or is no SQL file. */
function prefixOf(name: string): string | undefined {
  return name.endsWith('.sql') ? /^\d+/.exec(name)?.[0] : undefined
}

function numberOf(name: string): bigint | undefined {
  const prefix = prefixOf(name)
  return prefix === undefined ? undefined : BigInt(prefix)
}

/** Letters of any language, digits, `-` and `_`; spaces become `_`. Refuses what would leave the folder. */
export function slugOf(name: string): string {
  const slug = name
    .trim()
    .replace(/\.sql$/i, '')
    .replaceAll(/\s+/g, '_')
  if (/^[\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}_.-]*$/u.test(slug) && slug.length <= 120) return slug
  throw new RunbookError('ConfigInvalid', `"${name}" cannot be the name of a migration.`, {
    advice: words`Use letters, digits, "-" and "_", such as: ${command('create', 'add_photos')}`,
  })
}
