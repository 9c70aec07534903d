import { existsSync } from 'node:fs'
import type { Check } from '../../contract/run.js'
import type { MigrationFile, Target } from '../../contract/target.js'
import { plural } from '../../text/plural.js'
import type { Wrangler } from '../../d1/wrangler/wrangler-tool.js'

type Seen = string | Pick<Check, 'state' | 'message' | 'advice'>

/**
 * Which Wrangler would run, and what this one would do to the files of this project otherwise than one of today.
 * Throws `ToolMissing`, `ToolTooOld`, the latter also where it could apply none of the files.
 */
export async function examineWrangler(projectDir: string, target: Target | undefined): Promise<Seen> {
  const { demandPatterns, findWrangler, UPGRADE_WRANGLER } =
    await import('../../d1/wrangler/wrangler-tool.js')
  const wrangler = await findWrangler(projectDir)
  const { version, source, warning } = wrangler
  const message = `${version}, ${source === 'project' ? "the project's own" : 'the one that comes with d1-runbook'}`
  const said = warning === undefined ? [] : [warning.replace(/\.$/, '')]
  if (target !== undefined && existsSync(target.migrationsDir)) {
    const { needsPattern } = await import('../../d1/wrangler/stage.js')
    const files = await filesOf(target)
    if (files.some(({ name }) => needsPattern(name))) demandPatterns(wrangler)
    said.push(
      ...(await takenOtherwise(wrangler, target, files)),
      ...(await refusedTriggers(wrangler, target, files)),
    )
  }
  return said.length === 0
    ? message
    : { state: 'warned', message: [message, ...said].join('. '), advice: UPGRADE_WRANGLER }
}

/** None where they cannot be read, which the check of the folder says. */
async function filesOf(target: Target): Promise<MigrationFile[]> {
  const { readMigrationFiles } = await import('../../d1/migrations/migration-files.js')
  return readMigrationFiles(target.migrationsDir, target.migrationsPattern).catch(() => [])
}

/** A run applies its own list in any case; `wrangler d1 migrations apply` by hand would not. */
async function takenOtherwise(
  { version, readsPatterns }: Wrangler,
  { migrationsDir }: Target,
  files: MigrationFile[],
): Promise<string[]> {
  if (readsPatterns) return []
  const { listBeforePatterns } = await import('../../d1/migrations/listing.js')
  const known = new Set(files.map(({ name }) => name))
  const taken = await listBeforePatterns(migrationsDir)
  const more = taken.filter((name) => !known.has(name))
  return more.length === 0
    ? []
    : [`Wrangler ${version} would also take up ${more.join(', ')}, which newer ones pass over`]
}

async function refusedTriggers(
  { version, sendsLf }: Wrangler,
  { database }: Target,
  files: MigrationFile[],
): Promise<string[]> {
  if (sendsLf || !database.remote) return []
  const { remoteTriggers } = await import('../../d1/sql/remote-triggers.js')
  const { LINE_FEED_WRANGLER } = await import('../../d1/wrangler/wrangler-tool.js')
  const named = files.filter(({ sql }) => remoteTriggers(sql).some(({ shapes }) => shapes.includes('crlf')))
  if (named.length === 0) return []
  return [
    `${plural(named.length, 'file')} with a trigger between line ends of Windows (${named.map(({ name }) => name).join(', ')}): ` +
      `remote D1 has refused such text, and Wrangler ${version} sends it as it is, ${LINE_FEED_WRANGLER} and later with line feeds`,
  ]
}
