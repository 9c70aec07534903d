import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Context } from '../../config/context.js'
import { demandMigrationNames } from '../../contract/migration-name.js'
import { RunbookError } from '../../contract/failures.js'
import type { Plan } from '../../contract/plan.js'
import type { Kept, RepositoryPaths } from '../../github/basis.js'
import type { CheckOutput } from '../../github/checks.js'
import type { PullRequest } from '../../github/pulls.js'
import type { GitHub } from '../../github/send.js'
import type { Entry, Trees } from '../../github/trees.js'
import { pathBelow } from '../../process/below.js'
import { git } from '../../process/programs.js'
import { redact, redactIn } from '../../process/redact.js'
import { scratchFolder } from '../../process/scratch-folder.js'
import { visible } from '../../text/visible.js'
import { makePlan } from '../jobs/make-plan.js'

/** One project and one repository, for the pull requests that are planned. */
export interface PullPlanner {
  context: Context
  github: GitHub
  trees: Trees
  paths: RepositoryPaths
  /** File of the archive to rehearse on. */
  archive: string | undefined
  detailsUrl: string | undefined
  note: (text: string) => void
  signal: AbortSignal
}

export async function openPlanner(
  context: Context,
  given: Pick<PullPlanner, 'github' | 'archive' | 'detailsUrl' | 'note' | 'signal'>,
): Promise<PullPlanner> {
  const { Trees } = await import('../../github/trees.js')
  const { knowCheckout, repositoryPaths } = await import('../../github/basis.js')
  const trees = new Trees(given.github)
  const paths = await repositoryPaths(context)
  await knowCheckout(trees, context.target)
  return { context, trees, paths, ...given }
}

/**
 * Plans what the base branch would hold with the pull request, and says it as a check at its head. Its migration files are read through the API, and rehearsed
 * by the configuration of this checkout: no code of the pull request is run. One that changes nothing of what a plan is made of is not planned. Whatever fails, the check ends. Throws what planning and GitHub throw.
 */
export async function planPullRequest(
  planner: PullPlanner,
  pull: PullRequest,
): Promise<{ plan: Plan | undefined; kept: Kept; check: { id: number; url: string | null } }> {
  const { context, github, trees, paths, signal } = planner
  const { beginCheck, endCheck } = await import('../../github/checks.js')
  const { testMerge } = await import('../../github/pulls.js')
  const { baseBasis, databaseBasis, externalIdOf, NOT_ASKED } = await import('../../github/basis.js')
  const { checkName, CONCLUSION, failedOutput, planOutput, unchangedOutput } =
    await import('../../github/plan-output.js')
  const { environment } = context.target
  const check = await beginCheck(github, {
    name: checkName(environment),
    head: pull.head,
    detailsUrl: planner.detailsUrl,
  })
  try {
    const merge = await testMerge(github, trees, pull, { signal })
    const base = await baseBasis(trees, merge.base, paths)
    const merged = await baseBasis(trees, merge.sha, paths)
    const { id, html_url: url } = check
    const end = async (kept: Kept, output: CheckOutput): Promise<void> =>
      endCheck(github, id, {
        ...{ output, conclusion: kept.verdict === 'none' ? 'success' : CONCLUSION[kept.verdict] },
        externalId: externalIdOf(kept),
      })
    if (base.inputs === merged.inputs) {
      const kept: Kept = { ...base, ...NOT_ASKED, verdict: 'none' }
      await end(kept, unchangedOutput(pull.baseBranch))
      return { plan: undefined, kept, check: { id, url } }
    }
    const plan = redactIn(
      await withFilesOf(planner, merge.tree, (with_) =>
        makePlan(with_, planner.archive, { onProgress: planner.note, signal }),
      ),
    )
    const kept = { ...base, ...databaseBasis(plan), verdict: plan.verdict }
    const output = planOutput(plan, {
      ...{ head: pull.head, base: merge.base, baseBranch: pull.baseBranch, migrations: paths.migrations },
      otherConfiguration: await otherConfiguration(planner, merge.tree),
      archive: planner.archive === undefined ? undefined : path.basename(planner.archive),
    })
    await end(kept, output)
    return { plan, kept, check: { id, url } }
  } catch (error) {
    const known = error instanceof RunbookError
    // What is no failure of ours to tell may say anything: it is for the log of the job.
    const message = known
      ? redact(error.message)
      : 'Something failed that was not foreseen; the log of the job says what.'
    await endCheck(github, check.id, {
      output: failedOutput(message, known ? error.adviceWords : ''),
      conclusion: signal.aborted ? 'cancelled' : 'failure',
    }).catch(() => undefined)
    throw error
  }
}

/** `work` with the migrations of that tree in the place of the checkout's, in a folder that is removed afterwards. */
async function withFilesOf<T>(
  { context, trees, paths }: PullPlanner,
  tree: string,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  const { isMigrationName } = await import('../../d1/migrations/listing.js')
  const { checksumsFile } = await import('../../d1/migrations/checksums.js')
  const folder = await trees.entryAt(tree, paths.migrations)
  const below = folder?.type === 'tree' ? await trees.filesBelow(folder.sha) : []
  const isMigration = ({ path: name }: Entry): boolean =>
    isMigrationName(name, context.target.migrationsPattern)
  const strange = below.find((entry) => isMigration(entry) && !isFile(entry))
  if (strange !== undefined)
    throw new RunbookError('ConfigInvalid', `${visible(strange.path)} is a link, or no file.`, {
      advice: 'Put the migration itself into the folder.',
    })
  const checksums = path.basename(checksumsFile(context.target.migrationsDir))
  const needed = below.filter(
    (entry) =>
      isFile(entry) && (entry.path.endsWith('.sql') || isMigration(entry) || entry.path === checksums),
  )
  // They become paths of this machine.
  demandMigrationNames(needed.map(({ path: name }) => name))
  const contents = await trees.read(needed)
  const scratch = await scratchFolder('pull')
  try {
    for (const [at, { path: name }] of needed.entries()) {
      const file = pathBelow(scratch.folder, name)
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, contents[at] ?? new Uint8Array(), { flag: 'wx' })
    }
    return await work({ ...context, target: { ...context.target, migrationsDir: scratch.folder } })
  } finally {
    await scratch.remove()
  }
}

function isFile({ type, mode }: Entry): boolean {
  return type === 'blob' && mode.startsWith('100')
}

/** Files of the configuration that the pull request has otherwise than this checkout. */
async function otherConfiguration({ context, trees, paths }: PullPlanner, tree: string): Promise<string[]> {
  const top = await git(context.project.projectDir, ['rev-parse', '--show-toplevel'])
  const differs = await Promise.all(
    paths.configuration.map(async (name) => {
      const theirs = (await trees.entryAt(tree, name))?.sha
      // As git would commit it: line ends, too.
      const ours = top === undefined ? undefined : await git(top, ['hash-object', '--', name])
      return theirs !== ours
    }),
  )
  return paths.configuration.filter((_, at) => differs[at])
}
