import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { RunbookError } from '../contract/failures.js'
import type { Target } from '../contract/target.js'
import type { Project } from './project.js'
import { command, words } from '../contract/next-command.js'

/** A `migrations_dir` that Wrangler does not read, and where it belongs; undefined when there is none. */
export function misplacedMigrationsDir(project: Project, target: Target): string | undefined {
  const { wrangler } = project
  const level = target.wranglerEnv === undefined ? undefined : wrangler.environments.get(target.wranglerEnv)
  const entryHeader =
    target.wranglerEnv === undefined ? '[[d1_databases]]' : `[[env.${target.wranglerEnv}.d1_databases]]`
  const inEnv = level?.misplacedMigrationsDir
  const found = inEnv ?? wrangler.top.misplacedMigrationsDir
  if (found === undefined) return undefined
  const where = inEnv === undefined ? 'the top level' : `[env.${target.wranglerEnv}]`
  return (
    `migrations_dir = "${found}" stands at ${where} of ${path.basename(wrangler.file)}, where Wrangler ignores it; ` +
    `it belongs into the ${entryHeader} entry of ${target.database.name}.`
  )
}

/** Throws `MigrationsNotFound`: the runbook's "No migrations directory found", with what to change. */
export function requireMigrationsDir(project: Project, target: Target): string {
  const folder = target.migrationsDir
  if (existsSync(folder) && statSync(folder).isDirectory()) return folder
  const misplaced = misplacedMigrationsDir(project, target)
  const because = misplaced === undefined ? '' : ` ${misplaced}`
  throw new RunbookError(
    'MigrationsNotFound',
    `No migrations directory found: ${folder} is not there.${because}`,
    {
      advice:
        misplaced === undefined
          ? words`Set migrations_dir in the d1_databases entry of ${project.wrangler.file} (it is relative to that file), or write the first migration: ${command('create', 'NAME')}.`
          : 'Move that line, then run the command again.',
    },
  )
}
