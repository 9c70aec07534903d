import type { Plan } from '../contract/plan.js'
import type { Channel } from '../contract/announcement.js'
import type { Check, MigrationRequest, RunView } from '../contract/run.js'
import { differenceLine } from '../runbook/charter/differences.js'
import { gapLine, gapsOf, type Gap } from '../runbook/gaps.js'
import { hostOf } from '../text/host-of.js'
import { freezesAhead, freezeText } from '../runbook/freezes.js'
import { requestLine } from '../runbook/people/provenance.js'
import { planHeadline } from '../runbook/plan-blocks.js'
import type { Status } from '../contract/status.js'

/** Promise 1: which database, proven, stands in every confirmation. */
function targetLines(view: RunView): string[] {
  const { name, id, remote } = view.database
  const account = view.accountId === undefined ? '' : `, account ${view.accountId}`
  return [
    `Environment: ${view.environment} (${remote ? 'remote, Cloudflare' : 'local, on this machine'})`,
    `Database: ${name} (${id})${account}`,
  ]
}

/** Where the run reads from and writes to beside the database: by these ways something could leave the worker. */
function outsideLines({ monitoring, channels, dashboardUrl }: MigrationRequest): string[] {
  const urls = monitoring.probes.flatMap((probe) => ('url' in probe ? [probe.url] : []))
  const hosts = new Set([...urls, ...(dashboardUrl === undefined ? [] : [dashboardUrl])].map(hostOf))
  const told = channels.map((channel) => [channel.name, ...placeOf(channel)].join(' '))
  return [
    `Asks the hosts: ${hosts.size === 0 ? 'none' : [...hosts].join(', ')}`,
    `Tells: ${told.length === 0 ? 'nobody' : told.join(', ')}`,
  ]
}

/** The file, or the variable of the worker that holds the address. */
function placeOf(channel: Channel): string[] {
  switch (channel.kind) {
    case 'terminal':
      return []
    case 'file':
      return [`(${channel.path})`]
    case 'slack':
      return [`(${channel.webhookUrlEnv})`]
    case 'slack-app':
      return [
        `(channel ${channel.channel}${channel.decisions === undefined ? '' : `, buttons of ${hostOf(channel.decisions.console)}`})`,
      ]
    case 'webhook':
      return [`(${channel.urlEnv})`]
    case 'pagerduty':
      return [`(PagerDuty, ${channel.region}: ${channel.routingKeyEnv})`]
    case 'opsgenie':
      return [`(Opsgenie, ${channel.region}: ${channel.apiKeyEnv})`]
    case 'email':
      return [`(by ${hostOf(channel.server)} to ${channel.to.join(' and ')})`]
  }
}

export function teamLeadPrompt(view: RunView, request: MigrationRequest): string[] {
  return [
    ...targetLines(view),
    requestLine(view),
    `Migration files: ${request.files.length}`,
    ...outsideLines(request),
    ...freezesAhead(request.freezes, Date.now())
      .slice(0, 3)
      .map((freeze) => `Freeze: ${freezeText(freeze, request.timeZone)}`),
    ...notAsAsked(view),
    ...view.checks.map(checkLine),
  ]
}

/** What the request asked for otherwise than the charter has it. */
function notAsAsked({ admission }: RunView): string[] {
  return (admission?.differences ?? []).map((one) => `! ${differenceLine(one)}`)
}

export function environmentPrompt(view: RunView): string[] {
  return [...targetLines(view), requestLine(view)]
}

export function connectivityPrompt(view: RunView, seen: { latencyMs: number; database: string }): string[] {
  return [...targetLines(view), `Answered as ${seen.database} in ${Math.round(seen.latencyMs)} ms`]
}

export function preflightPrompt(view: RunView, status: Status, plan: Plan, broken: readonly Gap[]): string[] {
  return [
    ...view.checks.map(checkLine),
    ...broken.map(gapLine),
    `${status.applied.length} applied, ${status.pending.length} pending, ${status.conflicts.length} conflicts`,
    ...plan.findings.map(({ severity, code, migration, message, accepted }) => {
      const [label, why] = accepted === undefined ? [severity, ''] : ['accepted', ` (reason: ${accepted})`]
      return `${label} ${code} ${migration}: ${message}${why}`
    }),
  ]
}

export function finalPrompt(view: RunView, plan: Plan, broken: readonly Gap[]): string[] {
  return [
    ...targetLines(view),
    `Apply ${plan.migrations.length}: ${plan.migrations.map(({ name }) => name).join(', ')}`,
    planHeadline(plan),
    `Verified backup: ${view.backup?.file ?? 'none'}`,
    ...[...gapsOf({ checks: view.checks }), ...broken].map(gapLine),
  ]
}

export function teamConfirmationPrompt(view: RunView, checks: Check[]): string[] {
  const reported = view.issues
    .filter(({ severity }) => severity !== 'minor')
    .map(({ severity, description, actor }) => `! ${actor} reports (${severity}): ${description}`)
  return [...targetLines(view), ...checks.map(checkLine), ...reported]
}

/** `2 passed, 1 attested, 2 skipped`: what was not looked at is no failure, and not hidden either. */
export function checkCounts(checks: readonly Check[]): string {
  return (['passed', 'attested', 'warned', 'failed', 'skipped'] as const)
    .map((state) => ({ state, count: checks.filter((check) => check.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${state}`)
    .join(', ')
}

function checkLine({ state, title, message, source }: Check): string {
  const marks = { passed: '✓', attested: '✓', failed: '✗', warned: '!', skipped: '-' } as const
  return `${marks[state]} ${title}: ${message}${source === 'client' ? ' (told by who started the run)' : ''}`
}
