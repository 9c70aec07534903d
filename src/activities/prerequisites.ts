import { networkReason } from './probes/request.js'
import semver from 'semver'
import type { ReadActivities } from '../contract/activities.js'
import { plural } from '../text/plural.js'
import { RunbookError, messageOf } from '../contract/failures.js'
import { secretsOf, type Channel } from '../contract/announcement.js'
import { MINIMUM_NODE } from '../contract/names.js'
import type { Check } from '../contract/run.js'
import type { Target } from '../contract/target.js'
import { lookUpVariables, OWN_VARIABLES, whyForbidden, type NamedVariables } from '../contract/variables.js'
import { readIdentity, whoAmI } from '../d1/read/identity.js'
import { needsPattern } from '../d1/wrangler/stage.js'
import { demandPatterns, findWrangler, UPGRADE_WRANGLER } from '../d1/wrangler/wrangler-tool.js'
import { newestHeld } from '../d1/backup/newest-held.js'
import type { Store } from '../store/store.js'
import { LEFT_UNFINISHED, unfinishedRun } from '../runbook/unfinished-run.js'
import { check, demandPassed } from './checks.js'
import { priceCheck } from './price.js'
import { whyMailIsSilent } from './email.js'
import { pagerApi } from './pagers.js'
import { whySlackIsSilent } from './slack-app.js'
import { archivesAt, type ActivityContext } from './worker-place.js'

const CHANNEL_TIMEOUT_MS = 5_000

/** The runbook's Pre-Requisites, as far as a machine can know them. */
export async function checkPrerequisites(
  here: ActivityContext,
  input: Parameters<ReadActivities['checkPrerequisites']>[0],
): ReturnType<ReadActivities['checkPrerequisites']> {
  const { target } = here
  const checks = await Promise.all([
    check('node', 'Node.js 22+', nodeVersion),
    check('wrangler', 'Wrangler CLI v4.33.2 or later', () => wranglerVersion(target)),
    check('authenticated', 'Wrangler CLI authenticated', () => authentication(target)),
    check('target', 'Database is the one that is meant', () => proveTarget(target)),
    check('dashboard', 'Access to the monitoring dashboard', () => dashboard(input.dashboardUrl)),
    check('variables', 'Production environment variables configured', () =>
      variables({ ...input, storage: target.storage }, here),
    ),
    check('channels', 'Communication channel for team notifications', () =>
      reachChannels(input.channels, here),
    ),
    ...(here.store === undefined ? [] : [reachStore(here.store)]),
    priceCheck(target),
  ])
  checks.push(...(await leftByOthers(here)))
  demandPassed(checks, 'The prerequisites are not met')
  return { checks }
}

/** A run begins where no other is under way: whatever is held then was left so. Nothing is said where it cannot be read. */
async function leftByOthers(here: ActivityContext): Promise<Check[]> {
  const held = await newestHeld(archivesAt(here)).catch(() => undefined)
  if (held === undefined) return []
  return [{ name: LEFT_UNFINISHED, title: 'Left unfinished', state: 'warned', ...unfinishedRun(held) }]
}

async function nodeVersion(): Promise<string> {
  if (semver.gte(process.versions.node, MINIMUM_NODE)) return process.versions.node
  throw new RunbookError('ToolTooOld', `Node.js ${process.versions.node} is older than ${MINIMUM_NODE}.`, {
    advice: 'Install Node.js 22.13 or later for the worker.',
  })
}

/** `doctor` says the same where the command line runs; this is the worker's. */
async function wranglerVersion(
  target: Target,
): Promise<string | Pick<Check, 'state' | 'message' | 'advice'>> {
  const wrangler = await findWrangler(target.projectDir)
  if (target.migrationsPattern !== undefined && needsPattern(target.migrationsPattern))
    demandPatterns(wrangler)
  const { version, source, warning } = wrangler
  const message = `${version}, ${source === 'project' ? "the project's own" : 'bundled'}`
  return warning === undefined
    ? message
    : { state: 'warned', message: `${message}. ${warning}`, advice: UPGRADE_WRANGLER }
}

async function authentication(target: Target): Promise<string | Pick<Check, 'state' | 'message'>> {
  if (!target.database.remote) return { state: 'skipped', message: 'a local database needs no account' }
  const { accounts, via } = await whoAmI(target)
  if (target.accountId !== undefined && !accounts.some(({ id }) => id === target.accountId)) {
    throw new RunbookError('NotPermitted', `The ${via} gives no access to the account ${target.accountId}.`, {
      advice: 'Check account_id in the Wrangler file, and the permissions of the token (D1:Edit).',
    })
  }
  return `by ${via}, ${plural(accounts.length, 'account')}`
}

async function proveTarget(target: Target): Promise<string> {
  const { name, id, accountId, tables } = await readIdentity(target)
  const account = accountId === undefined ? '' : ` in account ${accountId}`
  return `${name} (${id})${account}${tables === undefined ? '' : `, ${plural(tables, 'table')}`}`
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
    if (answer.status < 500) return { state: 'passed', message: `answers with ${answer.status}` }
    return {
      state: 'warned',
      message: `answers with ${answer.status}`,
      advice: 'Open it before you begin.',
    }
  } catch (error) {
    return {
      state: 'warned',
      message: `cannot be reached: ${networkReason(error)}`,
      advice: 'Open it before you begin.',
    }
  }
}

/** Names only, never values. */
async function variables(
  input: Parameters<typeof lookUpVariables>[0],
  named: NamedVariables,
): Promise<Pick<Check, 'state' | 'message' | 'advice'>> {
  const { list, missing, forbidden } = lookUpVariables(input, named)
  if (forbidden.length > 0) {
    const advice = `Rename them to begin with ${OWN_VARIABLES}, or add them to "variables" in the runbook.config of the worker's project.`
    return { state: 'failed', message: forbidden.join('; '), advice }
  }
  if (missing.length === 0) return { state: 'passed', message: list }
  const message = `the worker has no ${missing.join(', ')}`
  return { state: 'failed', message, advice: `Set ${missing.join(', ')} in the environment of the worker.` }
}

/** Listed once: that it can be written is seen by the backup, before anything is decided. */
function reachStore(store: Store): Promise<Check> {
  return check('storage', 'Place for archives reachable', async () => {
    const archives = (await store.list()).filter(({ key }) => key.kind === 'archive')
    return `${store.place} answers, with ${plural(archives.length, 'archive')} of this database`
  })
}

/** Sends nothing: only whether somebody listens. A dead channel never holds up a migration, and is told before it. */
async function reachChannels(
  configured: Channel[],
  named: NamedVariables,
): Promise<Pick<Check, 'state' | 'message' | 'advice'>> {
  if (configured.length === 0)
    return {
      state: 'warned',
      message: 'nobody is told: no channel is configured',
      advice: 'Add one to `channels` in runbook.config.',
    }
  const silent = (
    await Promise.all(
      configured.map(async (channel) => {
        const why = await whySilent(channel, named)
        return why === undefined ? [] : [`${channel.name}: ${why}`]
      }),
    )
  ).flat()
  const names = configured.map(({ name }) => name).join(', ')
  if (silent.length === 0) return { state: 'passed', message: names }
  return {
    state: 'warned',
    message: `cannot be reached: ${silent.join('; ')}`,
    advice: 'Messages to them would be lost: check their addresses and the network of the worker.',
  }
}

/** Without the address, which is a secret. Any answer is one: a webhook refuses everything but a message. */
async function whySilent(channel: Channel, named: NamedVariables): Promise<string | undefined> {
  if (channel.kind === 'slack-app') {
    const { missing, forbidden } = lookUpVariables({ channels: [channel] }, named)
    return missing.length + forbidden.length > 0
      ? undefined
      : whySlackIsSilent(named, channel).catch((error: unknown) =>
          error instanceof TypeError ? networkReason(error) : messageOf(error),
        )
  }
  if (channel.kind === 'email') {
    const { missing, forbidden } = lookUpVariables({ channels: [channel] }, named)
    return missing.length + forbidden.length > 0
      ? undefined
      : whyMailIsSilent(named, channel, CHANNEL_TIMEOUT_MS)
  }
  if (channel.kind === 'pagerduty' || channel.kind === 'opsgenie') {
    const { missing, forbidden } = lookUpVariables({ channels: [channel] }, named)
    return missing.length + forbidden.length > 0
      ? undefined
      : whyUnreachable(pagerApi(channel, named), channel.apiUrlEnv)
  }
  const [name] = secretsOf(channel)
  // One that may not be named is a check of its own, as is one that is missing.
  const allowed = name !== undefined && whyForbidden(name, named.variables) === undefined
  const url = allowed ? named.env[name] : undefined
  return url === undefined || url === '' ? undefined : whyUnreachable(url, name)
}

/** Asks nothing. `variable`: that holds the address. */
async function whyUnreachable(url: string, variable = ''): Promise<string | undefined> {
  if (!URL.canParse(url)) return `${variable} holds no address`
  try {
    await fetch(new URL(url).origin, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(CHANNEL_TIMEOUT_MS),
    })
    return undefined
  } catch (error) {
    return networkReason(error)
  }
}
