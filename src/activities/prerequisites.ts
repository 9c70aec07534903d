import semver from 'semver'
import type { ReadActivities } from '../contract/activities.js'
import { RunbookError } from '../contract/failures.js'
import { secretsOf, type Channel } from '../contract/announcement.js'
import { MINIMUM_NODE } from '../contract/names.js'
import type { Check } from '../contract/run.js'
import type { Target } from '../contract/target.js'
import { readIdentity, whoAmI } from '../d1/identity.js'
import { findWrangler } from '../d1/wrangler-tool.js'
import { check, demandPassed } from './checks.js'
import type { Here } from './worker-place.js'

/** The runbook's Pre-Requisites, as far as a machine can know them. */
export async function checkPrerequisites(
  here: Here,
  input: Parameters<ReadActivities['checkPrerequisites']>[0],
): ReturnType<ReadActivities['checkPrerequisites']> {
  const { target } = here
  const checks = await Promise.all([
    check('node', 'Node.js 22+', nodeVersion),
    check('wrangler', 'Wrangler CLI v4.33.2 or later', () => wranglerVersion(target)),
    check('authenticated', 'Wrangler CLI authenticated', () => authentication(target)),
    check('target', 'Database is the one that is meant', () => proveTarget(target)),
    check('dashboard', 'Access to the monitoring dashboard', () => dashboard(input.dashboardUrl)),
    check('channels', 'Communication channel for team notifications', () =>
      channels(input.channels, here.env),
    ),
  ])
  demandPassed(checks, 'The prerequisites are not met')
  return { checks }
}

async function nodeVersion(): Promise<string> {
  if (semver.gte(process.versions.node, MINIMUM_NODE)) return process.versions.node
  throw new RunbookError('ToolTooOld', `Node.js ${process.versions.node} is older than ${MINIMUM_NODE}.`, {
    advice: 'Install Node.js 22.13 or later for the worker.',
  })
}

async function wranglerVersion(target: Target): Promise<Pick<Check, 'state' | 'message'>> {
  const { version, source } = await findWrangler(target.projectDir)
  const message = `${version}, ${source === 'project' ? "the project's own" : 'bundled'}`
  return { state: 'passed', message }
}

async function authentication(target: Target): Promise<string | Pick<Check, 'state' | 'message'>> {
  if (!target.database.remote) return { state: 'skipped', message: 'a local database needs no account' }
  const { accounts, via } = await whoAmI(target)
  if (target.accountId !== undefined && !accounts.some(({ id }) => id === target.accountId)) {
    throw new RunbookError('NotPermitted', `The ${via} gives no access to the account ${target.accountId}.`, {
      advice: 'Check account_id in the Wrangler file, and the permissions of the token (D1:Edit).',
    })
  }
  return `by ${via}, ${String(accounts.length)} account${accounts.length === 1 ? '' : 's'}`
}

async function proveTarget(target: Target): Promise<string> {
  const { name, id, accountId, tables } = await readIdentity(target)
  const account = accountId === undefined ? '' : ` in account ${accountId}`
  return `${name} (${id})${account}${tables === undefined ? '' : `, ${String(tables)} tables`}`
}

/** A dashboard that does not answer is no reason to refuse a migration, and every reason to say so before it. */
async function dashboard(url: string | undefined): Promise<Pick<Check, 'state' | 'message' | 'advice'>> {
  if (url === undefined) return { state: 'skipped', message: 'no dashboardUrl is configured' }
  try {
    const answer = await fetch(url, {
      method: 'HEAD',
      redirect: 'follow',
      signal: AbortSignal.timeout(10_000),
    })
    if (answer.status < 500) return { state: 'passed', message: `answers with ${String(answer.status)}` }
    return {
      state: 'warned',
      message: `answers with ${String(answer.status)}`,
      advice: 'Open it before you begin.',
    }
  } catch (error) {
    return {
      state: 'warned',
      message: `cannot be reached: ${reasonOf(error)}`,
      advice: 'Open it before you begin.',
    }
  }
}

async function channels(
  configured: Channel[],
  env: NodeJS.ProcessEnv,
): Promise<Pick<Check, 'state' | 'message' | 'advice'>> {
  const missing = configured.flatMap((channel) =>
    secretsOf(channel).filter((name) => (env[name] ?? '') === ''),
  )
  if (missing.length > 0) {
    const message = `the worker has no ${missing.join(', ')}`
    return { state: 'failed', message, advice: `Set ${missing.join(', ')} in the environment of the worker.` }
  }
  if (configured.length === 0) return { state: 'warned', message: 'nobody is told: no channel is configured' }
  return { state: 'passed', message: configured.map(({ name }) => name).join(', ') }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}
