import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { RunbookError } from '../contract/failures.js'
import { TASK_QUEUE } from '../contract/names.js'
import { shellWord } from '../contract/shell.js'
import { didYouMean } from './closest.js'
import { freezesOf } from './freezes.js'
import { readRunbookFile } from './runbook-file.js'
import { environmentConfigSchema, type EnvironmentConfig, type RunbookConfig } from './schema.js'
import {
  findWranglerFile,
  findWranglerFilesBelow,
  readWranglerFile,
  type WranglerFile,
} from './wrangler-file.js'

/** One environment as both files together describe it. */
export interface Environment {
  name: string
  remote: boolean
  production: boolean
  /** `[env.NAME]` of the Wrangler file; undefined for its top level. */
  wranglerEnv: string | undefined
  settings: EnvironmentConfig
}

export interface Project {
  /** Absolute. */
  projectDir: string
  wrangler: WranglerFile
  config: RunbookConfig
  /** Absolute path of `runbook.config.*`, when there is one. */
  configFile: string | undefined
  environments: Map<string, Environment>
  taskQueue: string
}

/**
 * Reads the Wrangler file and `runbook.config.*` of a project folder. Opens no database.
 * Throws `ProjectNotFound` or `ConfigInvalid`.
 */
export async function loadProject({ projectDir }: { projectDir: string }): Promise<Project> {
  const folder = path.resolve(projectDir)
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new RunbookError('ProjectNotFound', `There is no folder ${folder}.`, {
      advice: 'Give the folder that holds the Wrangler file: --project DIR.',
    })
  }
  const { file, config } = await readRunbookFile(folder)
  const wrangler = await readWranglerFile(await locateWranglerFile(folder, config, file))
  const environments = environmentsOf(wrangler, config, file)
  // In the zone of each: what no run could take is refused by every command alike.
  for (const { settings } of environments.values()) freezesOf(config, settings)
  return {
    projectDir: folder,
    wrangler,
    config,
    configFile: file,
    environments,
    taskQueue: config.taskQueue ?? TASK_QUEUE,
  }
}

async function locateWranglerFile(
  folder: string,
  config: RunbookConfig,
  configFile: string | undefined,
): Promise<string> {
  if (config.wranglerConfig !== undefined) {
    const named = path.resolve(folder, config.wranglerConfig)
    if (existsSync(named) && statSync(named).isFile()) return named
    throw new RunbookError('ProjectNotFound', `\`wranglerConfig\` names ${named}, which is not there.`, {
      advice: `Correct \`wranglerConfig\` in ${configFile ?? 'runbook.config'}; it is relative to that file.`,
    })
  }
  const file = findWranglerFile(folder)
  if (file !== undefined) return file
  const below = (await findWranglerFilesBelow(folder)).map((found) => path.relative(folder, found))
  const missing = `No Wrangler file (wrangler.toml, wrangler.json or wrangler.jsonc) in ${folder}.`
  const nearest = below[0]
  if (nearest === undefined) {
    throw new RunbookError('ProjectNotFound', missing, {
      advice: 'Go to the folder of your Worker, or give it: --project DIR.',
    })
  }
  throw new RunbookError('ProjectNotFound', `${missing} There is ${below.slice(0, 3).join(', ')}.`, {
    advice:
      `Add --project ${shellWord(path.dirname(path.join(folder, nearest)))}, ` +
      `or write a runbook.config.json with {"wranglerConfig": ${JSON.stringify(nearest)}} here.`,
    details: { below },
  })
}

/** The top-level database run locally is `local`; each `[env.NAME]` with a database is remote; the config adds and changes. */
function environmentsOf(
  wrangler: WranglerFile,
  config: RunbookConfig,
  configFile: string | undefined,
): Map<string, Environment> {
  const names = new Set<string>()
  if (wrangler.top.databases.length > 0) names.add('local')
  for (const [name, level] of wrangler.environments) if (level.databases.length > 0) names.add(name)
  for (const name of Object.keys(config.environments)) names.add(name)
  const environments = new Map<string, Environment>()
  for (const name of names) {
    const settings = config.environments[name] ?? environmentConfigSchema.parse({})
    const wranglerEnv = wranglerEnvOf(name, settings, wrangler, configFile)
    environments.set(name, {
      name,
      remote: settings.remote ?? name !== 'local',
      production: settings.production ?? name === 'production',
      wranglerEnv,
      settings,
    })
  }
  return environments
}

function wranglerEnvOf(
  name: string,
  settings: EnvironmentConfig,
  wrangler: WranglerFile,
  configFile: string | undefined,
): string | undefined {
  const asked = settings.wranglerEnv
  if (asked === null) return undefined
  if (asked === undefined) {
    if (name === 'local' && wrangler.top.databases.length > 0) return undefined
    return wrangler.environments.has(name) ? name : undefined
  }
  if (wrangler.environments.has(asked)) return asked
  const known = [...wrangler.environments.keys()]
  throw new RunbookError(
    'ConfigInvalid',
    `environments.${name}.wranglerEnv is "${asked}", but ${wrangler.file} has no [env.${asked}].${didYouMean(asked, known)}`,
    {
      advice: `Correct it in ${configFile ?? 'runbook.config'}. The Wrangler file has: ${known.join(', ') || 'no [env.…] at all'}; null means its top level.`,
    },
  )
}
