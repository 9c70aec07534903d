import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import semver from 'semver'
import { RunbookError } from '../../contract/failures.js'
import { changedFile, nearestPackage, readTree, type PackageTree } from './package-tree.js'

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

interface Kept {
  tool: Wrangler
  packageFile: string
  tree: PackageTree
}

let kept: ReadonlyMap<string, Kept> | undefined

/**
 * From now on only the Wranglers are run that these projects have now, as long as their bytes and those of all packages that they load are the
 * same, and for every other folder the one that came with us: a worker has credentials, and must not hand them to what a checkout brings later.
 * Returns what ends that. A project whose Wrangler cannot be found has to do without one.
 */
export async function keepWranglers(projectDirs: readonly string[]): Promise<() => void> {
  const found = new Map<string, Kept>()
  for (const folder of new Set(projectDirs.map((projectDir) => resolve(projectDir)))) {
    const packageFile = nearestPackage(folder, 'wrangler')
    if (packageFile === undefined) continue
    const tool = await wranglerOf(packageFile, folder, 'project').catch(() => undefined)
    if (tool !== undefined) found.set(folder, { tool, packageFile, tree: await readTree(packageFile) })
  }
  kept = found
  return () => {
    kept = undefined
  }
}

/**
 * The project's own Wrangler (nearest `node_modules` from `projectDir` upwards), else the one that came with us. Its
 * JavaScript is run by this Node: no shell, no `.cmd` file, on any system. In a worker, the one that it found at its start.
 * Throws `ToolMissing`, `ToolTooOld`.
 */
export async function findWrangler(projectDir: string): Promise<Wrangler> {
  const folder = resolve(projectDir)
  if (kept === undefined) {
    const own = nearestPackage(folder, 'wrangler')
    return wranglerOf(own ?? bundledPackage(), folder, own === undefined ? 'bundled' : 'project')
  }
  const known = kept.get(folder)
  if (known === undefined) return wranglerOf(bundledPackage(), folder, 'bundled')
  const changed = await changedFile(known.packageFile, known.tree)
  if (changed === undefined) return known.tool
  throw new RunbookError(
    'ToolMissing',
    `${dirname(known.packageFile)} is not the Wrangler any more that this process found at its start: ${changed} is another one.`,
    {
      advice:
        'Where that is meant, as after an upgrade, start the worker again, or the server that answers agents.',
    },
  )
}

async function wranglerOf(
  packageFile: string,
  projectDir: string,
  source: Wrangler['source'],
): Promise<Wrangler> {
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
    source,
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
