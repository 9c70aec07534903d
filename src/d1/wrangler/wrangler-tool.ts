import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import semver from 'semver'
import { RunbookError } from '../../contract/failures.js'

/** Oldest Wrangler of the runbook. */
export const MINIMUM_WRANGLER = '4.33.2'
/** Before this one, files of equal number were applied in the order of the folder. */
export const ORDERED_WRANGLER = '4.80.0'

/**
 * From this one on, lines that end with CR LF outside of quotes are sent to remote D1 with LF: 4.123.0 has no such step, 4.124.0 has.
 * Source: https://github.com/cloudflare/workers-sdk/pull/15044
 */
export const LINE_FEED_WRANGLER = '4.124.0'

/**
 * The first that reads `migrations_pattern`: the key is nowhere in the package of 4.97.0. Those before take whatever is named `.sql`
 * directly in `migrations_dir`, hidden files and links too.
 * Source: https://github.com/cloudflare/workers-sdk/pull/14089
 */
export const PATTERN_WRANGLER = '4.98.0'

export const UPGRADE_WRANGLER = 'npm install --save-dev wrangler@4'

export interface Wrangler {
  command: string
  /** Stand before the arguments of the command line. */
  args: string[]
  version: string
  source: 'project' | 'bundled'
  /** It sends line feeds to remote D1 whatever the file has. */
  sendsLf: boolean
  /** It reads `migrations_pattern`, so it can apply a file of a sub-folder. */
  readsPatterns: boolean
  /** What a person should know although it works. */
  warning?: string
}

/**
 * The project's own Wrangler (nearest `node_modules` from `projectDir` upwards), else the one that came with us. Its
 * JavaScript is run by this Node: no shell, no `.cmd` file, on any system.
 * Throws `ToolMissing`, `ToolTooOld`.
 */
export async function findWrangler(projectDir: string): Promise<Wrangler> {
  const own = nearestPackage(resolve(projectDir))
  const packageFile = own ?? bundledPackage()
  const { version, bin } = await readPackage(packageFile)
  if (semver.lt(version, MINIMUM_WRANGLER)) {
    throw new RunbookError(
      'ToolTooOld',
      `Wrangler ${version} is older than ${MINIMUM_WRANGLER}, which the runbook needs.`,
      {
        advice: `Run \`npm install --save-dev wrangler@4\` in ${projectDir}.`,
      },
    )
  }
  const tool: Wrangler = {
    command: process.execPath,
    args: [join(dirname(packageFile), bin)],
    version,
    source: own === undefined ? 'bundled' : 'project',
    sendsLf: semver.gte(version, LINE_FEED_WRANGLER),
    readsPatterns: semver.gte(version, PATTERN_WRANGLER),
  }
  if (semver.lt(version, ORDERED_WRANGLER)) {
    tool.warning = `Wrangler ${version} applies files of equal number in the order of the folder; ${ORDERED_WRANGLER} or later sorts them.`
  }
  return tool
}

/** For files that only `migrations_pattern` names. Throws `ToolTooOld` where this Wrangler would run none of them and say nothing. */
export function demandPatterns({
  version,
  readsPatterns,
}: Pick<Wrangler, 'version' | 'readsPatterns'>): void {
  if (readsPatterns) return
  throw new RunbookError(
    'ToolTooOld',
    `Wrangler ${version} does not know migrations_pattern, which ${PATTERN_WRANGLER} brought: it would take up none of the files in sub-folders.`,
    { advice: `Run \`${UPGRADE_WRANGLER}\` where the worker runs.` },
  )
}

/** What a plan has to know of the Wrangler that would send its files; undefined where there is none, which whoever runs it will say. */
export async function knownWrangler(
  projectDir: string,
): Promise<Pick<Wrangler, 'version' | 'sendsLf'> | undefined> {
  try {
    const { version, sendsLf } = await findWrangler(projectDir)
    return { version, sendsLf }
  } catch (error) {
    if (error instanceof RunbookError) return undefined
    throw error
  }
}

function nearestPackage(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', 'wrangler', 'package.json')
    if (existsSync(candidate)) return candidate
    if (dirname(folder) === folder) return undefined
  }
}

function bundledPackage(): string {
  try {
    return createRequire(import.meta.url).resolve('wrangler/package.json')
  } catch (cause) {
    throw new RunbookError('ToolMissing', 'Wrangler is not installed.', {
      advice: 'Run `npm install --save-dev wrangler@4`.',
      cause,
    })
  }
}

async function readPackage(file: string): Promise<{ version: string; bin: string }> {
  const content: unknown = JSON.parse(await readFile(file, 'utf8'))
  const { version, bin } = content as { version?: unknown; bin?: unknown }
  const script = typeof bin === 'object' && bin !== null ? (bin as Record<string, unknown>)['wrangler'] : bin
  if (typeof version !== 'string' || typeof script !== 'string') {
    throw new RunbookError('ToolMissing', `${file} is not a working Wrangler.`, {
      advice: 'Run `npm install` again.',
    })
  }
  return { version, bin: script }
}
