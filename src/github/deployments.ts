import { z } from 'zod'
import { cutText } from '../contract/limits.js'
import type { MigrationRequest, RunView } from '../contract/run.js'
import { gateTitle } from '../runbook/steps.js'
import { jsonOf } from '../contract/json.js'
import { oneLine } from '../text/one-line.js'
import { plural } from '../text/plural.js'
import { visible } from '../text/visible.js'
import { ask, askAll, tell, type GitHub } from './send.js'
import { SHA, shaSchema } from './trees.js'

const NEEDS = 'deployments: write'
/** Beside the deployments of the application, which share the environment. */
const TASK = 'd1-runbook'
/** GitHub's limit. Characters. */
const LONGEST_DESCRIPTION = 140

export interface DeploymentStatus {
  state: 'queued' | 'in_progress' | 'success' | 'failure' | 'inactive'
  description: string
}

const deploymentSchema = z.object({ id: z.number().int().positive(), sha: shaSchema, payload: z.unknown() })
const statusSchema = z.object({
  id: z.number().int().positive(),
  state: z.string(),
  description: z.string().nullable(),
})

/** The commit that holds exactly the files of a run, as whoever started it found; undefined where none does. */
export function commitOf({ evidence }: Pick<MigrationRequest, 'evidence'>): string | undefined {
  const commit = evidence.find(({ name, state }) => name === 'git-state' && state === 'passed')?.commit
  return commit !== undefined && SHA.test(commit) ? commit : undefined
}

/**
 * The status of a run as a deployment of its commit. All that is needed to go on is at GitHub: the deployment names its run, and its newest status what was told
 * last, so nothing is told twice, whoever asks, and after whatever end. Throws as `ask` does, `ConfigInvalid` where GitHub has not got the commit.
 */
export async function showDeployment(
  github: GitHub,
  {
    view,
    commit,
    production,
    page,
  }: { view: RunView; commit: string; production: boolean; page?: string | undefined },
): Promise<{ id: number; told: boolean; status: DeploymentStatus }> {
  const status = deploymentStatus(view)
  const { environment, runId: run } = view
  const search = { task: TASK, environment, sha: commit }
  const known = await askAll(
    github,
    { path: ['deployments'], search, needs: NEEDS },
    z.array(deploymentSchema),
    (all) => all,
  )
  const found = known.find(({ payload }) => runIn(payload) === run)
  const id =
    found?.id ??
    (
      await ask(
        github,
        {
          ...{ method: 'POST', path: ['deployments'], needs: NEEDS },
          body: {
            ...{
              ref: commit,
              task: TASK,
              environment,
              production_environment: production,
              transient_environment: false,
            },
            // The commit is deployed as it is: nothing is merged into it, and no check is asked for again.
            ...{ auto_merge: false, required_contexts: [] },
            description: cut(`Migrations of ${view.database.name}`),
            payload: { run },
          },
        },
        deploymentSchema,
      )
    ).id
  const path = ['deployments', id, 'statuses']
  const [newest] = await ask(github, { path, search: { per_page: '1' }, needs: NEEDS }, z.array(statusSchema))
  if (newest?.state === status.state && newest.description === status.description)
    return { id, told: false, status }
  // The deployments of the application in this environment stay what they are.
  const body = { ...status, auto_inactive: false, ...(page === undefined ? {} : { log_url: page }) }
  await tell(github, { method: 'POST', path, body, needs: NEEDS })
  return { id, told: true, status }
}

/** What GitHub shows of a run. `success` from its validation on, while nothing speaks against it. */
export function deploymentStatus(
  view: Pick<RunView, 'environment' | 'phase' | 'outcome' | 'gates' | 'migrations'>,
): DeploymentStatus {
  const { state, description } = standing(view)
  return { state, description: cut(description) }
}

function standing({
  environment,
  phase,
  outcome,
  gates,
  migrations,
}: Parameters<typeof deploymentStatus>[0]): DeploymentStatus {
  const count = migrations.filter(({ state }) => state === 'applied').length
  const applied = `${count} of ${plural(migrations.length, 'migration')} applied`
  const begun = migrations.some(({ state }) => state !== 'pending' && state !== 'not-executed')
  const open = gates.find(({ state }) => state === 'open')
  const where =
    open === undefined ? `at the step ${phase}` : `waits at the gate "${gateTitle(open.gate, environment)}"`
  switch (outcome) {
    case null:
      if (phase === 'rollback' || open?.gate === 'rollback')
        return { state: 'in_progress', description: `${applied}; ${where}` }
      if (phase === 'monitor')
        return { state: 'success', description: `${applied} and validated; the monitoring goes on` }
      return begun
        ? { state: 'in_progress', description: `${applied}; ${where}` }
        : { state: 'queued', description: `Nothing applied yet; ${where}` }
    case 'completed':
      return {
        state: 'success',
        description:
          migrations.length === 0 ? 'Nothing was pending' : `${applied}, validated and monitored: healthy`,
      }
    case 'completed-unhealthy':
      return { state: 'failure', description: `${applied}; the monitoring ended breached or unknown` }
    case 'rolled-back':
      return { state: 'inactive', description: 'Rolled back' }
    case 'failed':
    case 'drifted':
      return {
        state: 'failure',
        description: `${outcome === 'failed' ? 'Failed' : 'The database had drifted'}; ${applied}`,
      }
    case 'declined':
    case 'aborted':
    case 'expired':
      return {
        state: begun ? 'failure' : 'inactive',
        description: `Ended: ${outcome}; ${begun ? applied : 'nothing was applied'}`,
      }
  }
}

/** GitHub gives an object, or the text of one. */
function runIn(payload: unknown): unknown {
  const value = typeof payload === 'string' ? jsonOf(payload) : payload
  return typeof value === 'object' && value !== null ? (value as { run?: unknown }).run : undefined
}

function cut(text: string): string {
  return cutText(visible(oneLine(text)), LONGEST_DESCRIPTION)
}
