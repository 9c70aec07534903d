import { defined } from '../contract/defined.js'
import path from 'node:path'
import type { Channel } from '../contract/announcement.js'
import {
  monitoringPlanSchema,
  probeSchema,
  thresholdsSchema,
  type MonitoringPlan,
  type Probe,
} from '../contract/monitoring.js'
import { RunbookError } from '../contract/failures.js'
import { GATES, type Gate } from '../contract/names.js'
import type { EscalationStep, GatePolicy, Policy } from '../contract/policy.js'
import { migrationRequestSchema, type MigrationRequest } from '../contract/run.js'
import { isBelow } from '../process/below.js'
import { asksForPresence, defaultPolicy } from '../runbook/default-policy.js'
import { reached } from '../runbook/escalation.js'
import { checkpointOffsets } from '../runbook/monitoring/schedule.js'
import { holdsRole, samePerson } from '../runbook/people/people.js'
import { freezesOf } from './freezes.js'
import type { Environment, Project } from './project.js'
import type { EnvironmentConfig } from './schema.js'
import { findEnvironment } from './target.js'

/** The part of a request that the configuration answers, everything defaulted. */
export type RequestSettings = Pick<
  MigrationRequest,
  | 'policy'
  | 'people'
  | 'window'
  | 'freezes'
  | 'channels'
  | 'contacts'
  | 'timeZone'
  | 'monitoring'
  | 'keepBackups'
  | 'recentBackupMs'
  | 'updateEveryMs'
  | 'stagingEnvironment'
  | 'dashboardUrl'
>

/** What a request defaults by itself. */
const habitsSchema = migrationRequestSchema.pick({
  keepBackups: true,
  recentBackupMs: true,
  updateEveryMs: true,
})

const CLOUDFLARE_SUPPORT = {
  role: 'Cloudflare Support',
  name: 'Cloudflare Support',
  contact: 'https://dash.cloudflare.com/?to=/:account/support',
}

/** Throws `EnvironmentUnknown`. */
export function resolveRequestSettings(project: Project, environment: string): RequestSettings {
  const found = findEnvironment(project, environment)
  const { config } = project
  const { settings } = found
  const contacts = settings.contacts ?? config.contacts
  const timeZone = settings.timeZone ?? config.timeZone
  const freezes = freezesOf(config, settings)
  const hasSupport = contacts.some(({ role }) => /cloudflare/i.test(role))
  return {
    policy: policyOf(found, project),
    people: config.people,
    ...(settings.window === undefined ? {} : { window: inUtc(settings.window) }),
    channels: channelsOf(settings.channels ?? config.channels, project),
    contacts: hasSupport ? contacts : [...contacts, CLOUDFLARE_SUPPORT],
    timeZone,
    ...(freezes.length === 0 ? {} : { freezes }),
    monitoring: monitoringOf(found),
    ...habitsSchema.parse({
      keepBackups: settings.backup.keep,
      recentBackupMs: settings.backup.maxAge,
      updateEveryMs: settings.updateEvery,
    }),
    ...defined({ stagingEnvironment: settings.stagingEnvironment, dashboardUrl: settings.dashboardUrl }),
  }
}

/** The project's tests as an argument list; undefined when none are configured. Never goes through a shell. */
export function testCommandOf(project: Project): string[] | undefined {
  return argumentsOf(project.config.testCommand)
}

/** The command that knows whether the pull request was reviewed; undefined when none is configured. */
export function reviewCommandOf(project: Project): string[] | undefined {
  return argumentsOf(project.config.reviewCommand)
}

function argumentsOf(command: string | string[] | undefined): string[] | undefined {
  return typeof command === 'string' ? command.trim().split(/\s+/) : command
}

/** What the application asks the database, of this environment or of the project. */
export function queriesOf(project: Project, environment: string): { name: string; sql: string }[] {
  return findEnvironment(project, environment).settings.queries ?? project.config.queries
}

function policyOf(environment: Environment, project: Project): Policy {
  const { people } = project.config
  const base = defaultPolicy({
    environment: environment.name,
    production: environment.production,
    people,
  })
  const { gates, automaticRollback, automaticRollbackStrategy, requireSignatures, attestations } =
    environment.settings.policy
  const signs = requireSignatures ?? base.requireSignatures
  const merged = GATES.map((gate): [Gate, GatePolicy] => {
    const rules = withEscalation(gate, mergeGate(base.gates[gate], gates[gate]), { environment, project })
    const presence =
      gates[gate]?.requirePresence ??
      (signs && environment.production && asksForPresence(gate, rules, people))
    if (presence && !signs) throw presenceUnsigned(gate, environment, project)
    return [gate, presence ? { ...rules, requirePresence: true } : rules]
  })
  return {
    gates: Object.fromEntries(merged) as Policy['gates'],
    automaticRollback: automaticRollback ?? base.automaticRollback,
    automaticRollbackStrategy: automaticRollbackStrategy ?? base.automaticRollbackStrategy,
    requireSignatures: signs,
    ...defined({ attestations }),
  }
}

/** Between two people of `onCall`. Milliseconds. */
const NEXT_ON_CALL_MS = 10 * 60_000

/** The chain of a gate: its own, or at `rollback` that of `onCall`. Throws `ConfigInvalid` for whom or by what nobody could be reached. */
function withEscalation(
  gate: Gate,
  rules: GatePolicy,
  { environment, project }: { environment: Environment; project: Project },
): GatePolicy {
  const { people } = project.config
  const onCall = environment.settings.onCall ?? project.config.onCall
  const refuse = (said: string, advice: string): RunbookError =>
    new RunbookError('ConfigInvalid', said, {
      advice: `${advice} (${project.configFile ?? 'runbook.config'})`,
    })
  if (gate === 'rollback') {
    const unable = onCall.find(
      (name) => !people.some((one) => samePerson(one.name, name)) || !holdsRole(name, rules.roles, people),
    )
    if (unable !== undefined)
      throw refuse(
        `onCall names ${JSON.stringify(unable)}, who may not decide at the gate 'rollback' of ${environment.name}.`,
        `Name people who hold one of its roles: ${rules.roles.join(', ') || 'none is asked for'}`,
      )
  }
  const escalation: EscalationStep[] | undefined =
    rules.escalation ??
    (gate === 'rollback' && onCall.length > 0
      ? onCall.map((name, index) => ({ afterMs: index * NEXT_ON_CALL_MS, to: [name] }))
      : undefined)
  if (escalation === undefined) return rules
  const channels = (environment.settings.channels ?? project.config.channels).map(({ name }) => name)
  const where = `The escalation of the gate '${gate}' of ${environment.name}`
  for (const step of escalation) {
    const unknown = step.to.find((one) => reached([one], people).every(({ person }) => person === undefined))
    if (unknown !== undefined)
      throw refuse(
        `${where} is to reach ${JSON.stringify(unknown)}: no person has that name or role.`,
        'Name a person of `people`, or a role that one holds',
      )
    const silent = (step.channels ?? []).find((name) => !channels.includes(name))
    if (silent !== undefined)
      throw refuse(
        `${where} names the channel ${JSON.stringify(silent)}, which is none of ${environment.name}: ${channels.join(', ')}.`,
        'Name one of `channels`, by its `name`',
      )
  }
  return { ...rules, escalation }
}

function presenceUnsigned(gate: Gate, environment: Environment, project: Project): RunbookError {
  return new RunbookError(
    'ConfigInvalid',
    `The policy of ${environment.name} asks for presence at the gate '${gate}', and for no signatures.`,
    {
      advice: `A hardware key or a passkey shows that somebody is there by a signature: add requireSignatures: true beside it in ${project.configFile ?? 'runbook.config'}.`,
    },
  )
}

type GateConfig = EnvironmentConfig['policy']['gates'][Gate]

function mergeGate(base: GatePolicy, config: GateConfig): GatePolicy {
  if (config === undefined) return base
  const deadlineMs = config.deadline ?? base.deadlineMs
  return {
    roles: config.roles ?? base.roles,
    approvals: config.approvals ?? base.approvals,
    requesterMayApprove: config.requesterMayApprove ?? base.requesterMayApprove,
    differentFrom: config.differentFrom ?? base.differentFrom,
    ...defined({ deadlineMs }),
    remindersMs: config.reminders ?? base.remindersMs,
    escalateTo: config.escalateTo ?? base.escalateTo,
    automatic: config.automatic ?? base.automatic,
    ...(config.escalation === undefined
      ? {}
      : {
          escalation: config.escalation
            .map(({ after, to, channels }) => ({ afterMs: after, to, ...defined({ channels }) }))
            .sort((a, b) => a.afterMs - b.afterMs),
        }),
  }
}

/**
 * A path of a file channel is meant from the project, not from wherever the worker runs, and stays below it: it is appended to with
 * what a pull request may say. Throws `ConfigInvalid`.
 */
function channelsOf(channels: Channel[], project: Project): Channel[] {
  return channels.map((channel) => {
    if (channel.kind !== 'file') return channel
    const file = path.resolve(project.projectDir, channel.path)
    if (isBelow(project.projectDir, file)) return { ...channel, path: file }
    throw new RunbookError(
      'ConfigInvalid',
      `The channel ${channel.name} writes to ${channel.path}, which is not below the project's folder ${project.projectDir}.`,
      { advice: `Give a path below it in ${project.configFile ?? 'runbook.config'}.` },
    )
  })
}

function monitoringOf(environment: Environment): MonitoringPlan {
  const { monitoring, healthUrl } = environment.settings
  return monitoringPlanSchema.parse({
    probes: probesOf(monitoring.probes ?? [], healthUrl),
    thresholds: thresholdsSchema.parse(monitoring.thresholds ?? {}),
    offsetsMs: monitoring.schedule ?? checkpointOffsets(),
    timeScale: monitoring.timeScale,
    baselineSamples: monitoring.baselineSamples,
    baselinePauseMs: monitoring.baselinePause,
  })
}

/** Connectivity, stability and the newest backup are always looked at; the health endpoint when it is known. */
function probesOf(configured: Probe[], healthUrl: string | undefined): Probe[] {
  const health = { name: 'health', kind: 'http', critical: true, url: healthUrl }
  const always = [
    { name: 'database', kind: 'connectivity', critical: true },
    { name: 'stability', kind: 'stability', critical: true },
    { name: 'backup', kind: 'backup', critical: false },
  ].map((probe) => probeSchema.parse(probe))
  const names = new Set(configured.map(({ name }) => name))
  const kinds = new Set(configured.map(({ kind }) => kind))
  const missing = [
    ...(healthUrl === undefined || names.has('health') ? [] : [probeSchema.parse(health)]),
    ...always.filter(({ name, kind }) => !names.has(name) && !kinds.has(kind)),
  ]
  return [...missing, ...configured]
}

function inUtc(window: { opensAt: string; closesAt: string }): { opensAt: string; closesAt: string } {
  return {
    opensAt: new Date(window.opensAt).toISOString(),
    closesAt: new Date(window.closesAt).toISOString(),
  }
}
