import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Context } from '../config/context.js'
import { RUNBOOK_CONFIG_EXTENSIONS } from '../config/runbook-file.js'
import { RunbookError } from '../contract/failures.js'
import { VERDICTS, type PlanVerdict } from '../contract/finding.js'
import { listMigrations } from '../d1/migrations/listing.js'
import { git } from '../process/programs.js'
import type { Trees } from './trees.js'

/** Where the repository has what a plan is made of. Paths below its root, with `/`. */
export interface RepositoryPaths {
  migrations: string
  /** The Wrangler file, and every name under which `runbook.config` may lie. */
  configuration: string[]
}

/** What a plan rests on. With the same basis the same plan would be made again. */
export interface Basis {
  /** Commit of the base branch. */
  base: string
  /** Hash of what the base has at {@link RepositoryPaths}. */
  inputs: string
  /** Hashes of the names in the ledger and of the schema. */
  ledger: string
  schema: string
}

/** What is not as it was. */
export type Moved = 'base' | 'ledger' | 'schema'

/**
 * What a check of ours keeps in its `external_id`: enough to see, without any memory of ours, whether its plan still holds. `none`: the pull request changes nothing
 * that a plan is made of, which stays true whatever moves on.
 */
export interface Kept extends Basis {
  verdict: PlanVerdict | 'none'
}

/** Letters of a hash that are kept: nobody gains by a second basis of the same one. */
const KEPT = 32
const MARK = 'd1-runbook.1'
const EXTERNAL_ID = new RegExp(
  `^${MARK.replaceAll('.', '\\.')}\\.([0-9a-f]{40})\\.([0-9a-f]{${KEPT}})\\.([0-9a-f]{${KEPT}})\\.([0-9a-f]{${KEPT}})\\.(${[...VERDICTS, 'none'].join('|')})$`,
)

export function externalIdOf({ base, inputs, ledger, schema, verdict }: Kept): string {
  return [MARK, base, inputs, ledger, schema, verdict].join('.')
}

/** Undefined for a check that is not ours, or holds no plan. */
export function keptIn(externalId: string | null): Kept | undefined {
  const [, base, inputs, ledger, schema, verdict] = EXTERNAL_ID.exec(externalId ?? '') ?? []
  if (base === undefined || inputs === undefined || ledger === undefined || schema === undefined)
    return undefined
  return { base, inputs, ledger, schema, verdict: verdict as Kept['verdict'] }
}

export function movedSince(before: Basis, now: Basis): Moved[] {
  return [
    // Most commits of a base branch touch nothing that a plan is made of.
    ...(before.inputs === now.inputs ? [] : ['base' as const]),
    ...(before.ledger === now.ledger ? [] : ['ledger' as const]),
    ...(before.schema === now.schema ? [] : ['schema' as const]),
  ]
}

/** Of a database that nobody had to ask. */
export const NOT_ASKED: Pick<Basis, 'ledger' | 'schema'> = {
  ledger: '0'.repeat(KEPT),
  schema: '0'.repeat(KEPT),
}

export function databaseBasis({
  ledger,
  schemaFingerprint,
}: {
  ledger: readonly string[]
  schemaFingerprint: string
}): Pick<Basis, 'ledger' | 'schema'> {
  return { ledger: hash(JSON.stringify(ledger)), schema: hash(schemaFingerprint) }
}

export async function baseBasis(
  trees: Trees,
  base: string,
  paths: RepositoryPaths,
): Promise<Pick<Basis, 'base' | 'inputs'>> {
  return { base, inputs: hash(JSON.stringify(await inputsAt(trees, base, paths))) }
}

/** What of {@link RepositoryPaths} two commits have otherwise, each as a path of the repository. */
export async function changedInputs(
  trees: Trees,
  [before, after]: readonly [string, string],
  paths: RepositoryPaths,
): Promise<string[]> {
  const [one, other] = await Promise.all([inputsAt(trees, before, paths), inputsAt(trees, after, paths)])
  const changed = one.filter(([name, sha]) => other.some(([same, now]) => same === name && now !== sha))
  const found = changed.map(([name]) => name)
  if (!found.includes(paths.migrations)) return found
  const files = await Promise.all([before, after].map((commit) => filesAt(trees, commit, paths.migrations)))
  const [old = new Map<string, string>(), now = new Map<string, string>()] = files
  const names = [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => old.get(name) !== now.get(name))
    .sort()
  return [
    ...found.filter((name) => name !== paths.migrations),
    ...names.map((name) => `${paths.migrations}/${name}`),
  ]
}

async function filesAt(trees: Trees, commit: string, folder: string): Promise<Map<string, string>> {
  const entry = await trees.entryAt((await trees.commit(commit)).tree, folder)
  if (entry?.type !== 'tree') return new Map()
  return new Map((await trees.filesBelow(entry.sha)).map((file) => [file.path, file.sha]))
}

/** Git names a whole folder by one hash. */
async function inputsAt(
  trees: Trees,
  commit: string,
  { migrations, configuration }: RepositoryPaths,
): Promise<[string, string | null][]> {
  const { tree } = await trees.commit(commit)
  return Promise.all(
    [migrations, ...configuration].map(async (name): Promise<[string, string | null]> => [
      name,
      (await trees.entryAt(tree, name))?.sha ?? null,
    ]),
  )
}

/** What the checkout has already is not asked for: of a long history that is nearly all. */
export async function knowCheckout(
  trees: Trees,
  { migrationsDir, migrationsPattern }: Context['target'],
): Promise<void> {
  for (const name of await listMigrations(migrationsDir, migrationsPattern))
    await readFile(path.join(migrationsDir, name)).then(
      (bytes) => trees.know(bytes),
      () => undefined,
    )
}

/** Throws `ConfigInvalid` where the project is in no checkout of a repository. */
export async function repositoryPaths({ project, target }: Context): Promise<RepositoryPaths> {
  const below = async (file: string): Promise<string> => {
    const prefix = await git(path.dirname(file), ['rev-parse', '--show-prefix'])
    if (prefix !== undefined) return `${prefix}${path.basename(file)}`
    throw new RunbookError('ConfigInvalid', `${path.dirname(file)} is in no checkout of a git repository.`, {
      advice: 'Run it in a checkout, such as that of actions/checkout.',
    })
  }
  const configs = RUNBOOK_CONFIG_EXTENSIONS.map((extension) =>
    path.join(project.projectDir, `runbook.config.${extension}`),
  )
  const [migrations = '', ...configuration] = await Promise.all(
    [target.migrationsDir, target.wranglerConfig, ...configs].map(below),
  )
  return { migrations, configuration }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, KEPT)
}
