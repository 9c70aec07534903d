import { setTimeout as sleep } from 'node:timers/promises'
import type { Project } from '../../config/project.js'
import { resolveTarget } from '../../config/target.js'
import { askOwnServer } from '../../client/patience.js'
import { readRun } from '../../client/runs.js'
import type { Session } from '../../client/session.js'
import { messageOf } from '../../contract/failures.js'
import { noteSecret } from '../../contract/given-secrets.js'
import type { Target } from '../../contract/target.js'
import { runLink } from '../../console/pages/layout.js'
import type { Webhook } from '../../console/webhooks.js'
import type { RepositoryPaths } from '../../github/basis.js'
import type { GitHub } from '../../github/send.js'
import type { Verdict } from '../../github/verdict.js'
import { redact } from '../../process/redact.js'
import { keepOutOfGit } from '../../process/private-files.js'
import { stateFolder } from '../../process/state-folder.js'
import { visible } from '../../text/visible.js'
import { tokenIn } from './token.js'

const SECRET = 'D1_RUNBOOK_GITHUB_WEBHOOK_SECRET'
export const WEBHOOK_PATH = '/github/webhook'
/** Lists of runs are no billable action, so looking often costs nothing. Milliseconds. */
const LOOK_EVERY_MS = 20_000

/**
 * What `serve` does at GitHub: deployments that show runs, and, with the webhook's secret, a protection rule. `look` is one pass over both; `keepUp` goes on until `signal` is aborted; whatever fails
 * is told and tried again. Throws `ConfigInvalid`.
 */
export async function serveGitHub(input: {
  project: Project
  database: string | undefined
  session: Session
  github: GitHub
  /** Of the console. */
  origin: string
  note: (text: string) => void
  env: NodeJS.ProcessEnv
}): Promise<{
  webhooks: Webhook[]
  look: () => Promise<void>
  keepUp: (signal: AbortSignal) => Promise<void>
}> {
  const { project, session, github, origin } = input
  const { RunSync } = await import('../../github/sync-runs.js')
  const said = new Set<string>()
  /** A difficulty that lasts is told once. */
  const note = (text: string): void => {
    const line = visible(redact(text))
    if (!said.has(line)) input.note(line)
    if (said.size < 10_000) said.add(line)
  }
  const pageOf = (run: { workflowId: string; runId: string }): string | undefined =>
    origin.startsWith('https:') ? `${origin}${runLink('/run', run)}` : undefined
  const sync = new RunSync({
    ...{ session, github, pageOf },
    // What is on somebody's own machine is deployed nowhere.
    isShown: ({ environment }) =>
      environment !== null && project.environments.get(environment)?.remote === true,
  })
  const secret = tokenIn(input.env, SECRET)
  const rule = secret === undefined ? undefined : await openRule({ ...input, secret, pageOf, note })
  const look = async (): Promise<void> => {
    try {
      await askOwnServer(session)
      await rule?.look()
      for (const one of await sync.look()) {
        if (one.state === 'failed')
          note(`The run ${one.runId} is not shown as a deployment: ${one.why ?? ''}`)
        if (one.state === 'unknown-commit')
          note(
            `The run ${one.runId} is not shown as a deployment: its files were not committed when it was started.`,
          )
      }
    } catch (error) {
      note(messageOf(error))
    }
  }
  return {
    webhooks: rule === undefined ? [] : [{ path: WEBHOOK_PATH, take: rule.take }],
    look,
    async keepUp(signal) {
      while (!signal.aborted) {
        await look()
        await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}

async function openRule(input: {
  project: Project
  database: string | undefined
  session: Session
  github: GitHub
  secret: string
  pageOf: (run: { workflowId: string; runId: string }) => string | undefined
  note: (text: string) => void
}): Promise<{ take: Webhook['take']; look: () => Promise<void> }> {
  const { project, github, secret, note } = input
  const { ProtectionRule } = await import('../../github/protection.js')
  const { WaitingDeployments } = await import('../../github/waiting.js')
  noteSecret(secret)
  await keepOutOfGit(stateFolder(project.projectDir))
  const waiting = await WaitingDeployments.open(stateFolder(project.projectDir, 'github-waiting.json'))
  const rule = new ProtectionRule({ github, secret, waiting, note, verdictOf: await verdicts(input) })
  return {
    look: () => rule.look(),
    async take(body, headers) {
      const answer = await rule.take(body, headers)
      // GitHub waits ten seconds for an answer; this is done behind it.
      if (answer.status === 202) rule.look().catch(() => undefined)
      return answer
    },
  }
}

/** What the runs say of a commit in an environment. A run that is under way is asked again when its phase is another one. */
async function verdicts({
  project,
  database,
  session,
  github,
  pageOf,
}: {
  project: Project
  database: string | undefined
  session: Session
  github: GitHub
  pageOf: (run: { workflowId: string; runId: string }) => string | undefined
}): Promise<(environment: string, sha: string) => Promise<{ verdict: Verdict; page?: string | undefined }>> {
  const { knowCheckout, repositoryPaths } = await import('../../github/basis.js')
  const { RunsOfCommits } = await import('../../github/run-of-commit.js')
  const { Trees } = await import('../../github/trees.js')
  const { noRun, verdictOn } = await import('../../github/verdict.js')
  const trees = new Trees(github)
  const runs = new RunsOfCommits(session)
  const kept = new Map<string, { phase: string; verdict: Verdict }>()
  const places = new Map<string, RepositoryPaths>()
  const pathsOf = async (environment: string, target: Target): Promise<RepositoryPaths> => {
    const known = places.get(environment)
    if (known !== undefined) return known
    const paths = await repositoryPaths({ project, target })
    await knowCheckout(trees, target)
    places.set(environment, paths)
    return paths
  }
  return async (environment, sha) => {
    if (!project.environments.has(environment)) {
      const why = `This project has no environment ${JSON.stringify(visible(environment))}: the environment of GitHub must be called as it is there.`
      return { verdict: { state: 'rejected', why } }
    }
    const target = resolveTarget(project, environment, { database })
    const paths = await pathsOf(environment, target)
    const { row, count } = await runs.find({ target }, { trees, paths, sha })
    if (row === undefined) return { verdict: noRun(count, environment) }
    const page = pageOf(row)
    const phase = [row.status, row.phase].join()
    const before = kept.get(row.runId)
    const settling = row.status !== 'RUNNING' || row.phase === 'monitor'
    if (!settling && before?.phase === phase) return { verdict: before.verdict, page }
    const verdict = verdictOn(await readRun(session, row.workflowId, row.runId))
    kept.set(row.runId, { phase, verdict })
    return { verdict, page }
  }
}
