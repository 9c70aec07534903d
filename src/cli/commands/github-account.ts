import { RunbookError } from '../../contract/failures.js'
import { noteSecret } from '../../contract/given-secrets.js'
import type { GitHub } from '../../github/send.js'
import { tokenIn } from './token.js'

const API = 'https://api.github.com'

/** How to reach GitHub is said by variables: they are those of GitHub Actions, and ours for whoever is not there. */
const TOKEN = 'D1_RUNBOOK_GITHUB_TOKEN'
const APP_ID = 'D1_RUNBOOK_GITHUB_APP_ID'
const APP_KEY = 'D1_RUNBOOK_GITHUB_APP_KEY'
const ACTIONS_TOKEN = 'GITHUB_TOKEN'

/** `--repo`, else the repository of the job. Asks nothing yet. Throws `ConfigInvalid`, and `NotAuthenticated` where no variable names a token or an app. */
export async function openGitHub(asked: string | undefined, env: NodeJS.ProcessEnv): Promise<GitHub> {
  const { apiUrlOf, repositoryOf } = await import('../../github/send.js')
  const repository = repositoryOf(asked ?? env['GITHUB_REPOSITORY'] ?? '')
  const url = apiUrlOf(valueOf(env, 'GITHUB_API_URL') ?? API)
  const id = valueOf(env, APP_ID)
  const privateKey = tokenIn(env, APP_KEY)
  if (id !== undefined || privateKey !== undefined) {
    if (id === undefined || privateKey === undefined)
      throw new RunbookError(
        'ConfigInvalid',
        `A GitHub App is named by ${APP_ID} and ${APP_KEY}_FILE together.`,
        {
          advice: 'Set both, or none.',
        },
      )
    noteSecret(privateKey)
    const { installationTokens } = await import('../../github/token.js')
    return { url, repository, token: installationTokens({ id, privateKey }, { url, repository }) }
  }
  const token = tokenIn(env, TOKEN) ?? valueOf(env, ACTIONS_TOKEN)
  if (token === undefined)
    throw new RunbookError('NotAuthenticated', 'There is no token for GitHub.', {
      advice: `Set ${ACTIONS_TOKEN} in the job (env: ${ACTIONS_TOKEN}: \${{ github.token }}), or ${TOKEN}, or ${APP_ID} and ${APP_KEY}_FILE of a GitHub App.`,
    })
  noteSecret(token)
  return { url, repository, token: () => Promise.resolve(token) }
}

/** Page of the job that runs this, where one does. */
export function jobUrl(env: NodeJS.ProcessEnv): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env
  if (server === undefined || repository === undefined || !/^\d+$/.test(run ?? '')) return undefined
  const url = `${server}/${repository}/actions/runs/${run ?? ''}`
  return URL.canParse(url) && new URL(url).protocol === 'https:' ? url : undefined
}

/** Pull request of the job: `refs/pull/7/merge`. */
export function pullOfJob(env: NodeJS.ProcessEnv): number | undefined {
  const [, number] = /^refs\/pull\/(\d+)\/merge$/.exec(env['GITHUB_REF'] ?? '') ?? []
  return number === undefined ? undefined : Number(number)
}

/** What is set to nothing is not set. */
function valueOf(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name]
  return value === undefined || value === '' ? undefined : value
}
