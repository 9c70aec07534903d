import { megabytes } from '../../text/bytes.js'
import { timeIn } from './zone.js'
import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import path from 'node:path'
import semver from 'semver'
import { misplacedMigrationsDir, requireMigrationsDir } from '../../config/migrations-dir.js'
import { foldersOutside } from '../../config/folders.js'
import { resolveRequestSettings, testCommandOf, type RequestSettings } from '../../config/settings.js'
import { loadProject, type Project } from '../../config/project.js'
import {
  configWarnings,
  environmentsSharingDatabase,
  previewsOfProduction,
  resolveTarget,
  whichId,
} from '../../config/target.js'
import { plural } from '../../text/plural.js'
import { MINIMUM_NODE } from '../../contract/names.js'
import type { Check, Freeze } from '../../contract/run.js'
import type { Target } from '../../contract/target.js'
import { lookUpVariables, openedCredentials } from '../../contract/variables.js'
import { errorRateCheck, testsCheck, unaskedHealth } from '../../runbook/gaps.js'
import type { CommonOptions } from '../terminal/app.js'
import { failureOf } from '../terminal/failure.js'
import { command, words } from '../../contract/next-command.js'
import { charterAgainst, charterOfWorkers } from './doctor-charter.js'
import { examineWrangler } from './doctor-wrangler.js'

/** Below this a backup and its restored copy may not fit. Bytes. */
const LITTLE_SPACE = 1024 ** 3

type Seen = string | Pick<Check, 'state' | 'message' | 'advice'>

/** Every check runs, whatever the others say: one pass shows all that is to do. */
export async function examine(options: CommonOptions & { charter?: string }): Promise<Check[]> {
  const checks = [await look('node', 'Node.js', nodeVersion)]
  let project: Project | undefined
  checks.push(
    await look('project', 'Configuration', async () => {
      project = await loadProject({ projectDir: options.project })
      return project.wrangler.file
    }),
  )
  const target = project === undefined ? undefined : targetOf(project, options)
  checks.push(await look('wrangler', 'Wrangler', () => examineWrangler(options.project, target)))
  checks.push(...(project === undefined ? [] : await examineProject(project, options)))
  checks.push(...(await examineTemporal(options.project, project?.taskQueue)))
  checks.push(...(await examineTraces()))
  checks.push(await look('disk', 'Disk space', () => diskSpace(options.project)))
  return checks
}

async function examineProject(
  project: Project,
  options: CommonOptions & { charter?: string },
): Promise<Check[]> {
  let target: Target | undefined
  const environment = await look('environment', `Environment ${options.env}`, () => {
    target = resolve(project, options)
    const { database } = target
    const message = `${database.name} (${whichId(project, target)}), ${database.remote ? 'remote' : 'local'}`
    const warnings = configWarnings(project, target)
    if (warnings.length === 0) return message
    return {
      state: 'warned',
      message: [message, ...warnings].join('. '),
      advice: 'Correct or remove that key.',
    }
  })
  if (target === undefined) return [environment]
  const known = target
  const outside = foldersOutside(known)
  return [
    environment,
    await look('distinct', 'Database of its own', () => distinctDatabase(project, known)),
    await look('migrations', 'Migrations directory', () => migrations(project, known)),
    ...(outside.length === 0 ? [] : [await look('outside', 'Folders outside', () => outside.join('. '))]),
    ...(known.database.remote
      ? [await look('authentication', 'Wrangler authentication', () => authentication(known))]
      : []),
    await look('database', 'Database connection', () => databaseInfo(known)),
    ...(known.database.remote ? [await priceOf(known)] : []),
    ...(known.database.remote && known.backupExportHours !== undefined
      ? [await look('export-hours', 'Hours of exports', () => exportHours(known))]
      : []),
    ...(await examineSettings(project, known, options)),
  ]
}

/** What the configuration says of a run. One mistake in it is told once: what it keeps from being looked at is no second one. */
async function examineSettings(
  project: Project,
  target: Target,
  options: { charter?: string },
): Promise<Check[]> {
  let settings: RequestSettings | undefined
  const configured = await look('settings', SETTINGS, () => {
    settings = resolveRequestSettings(project, target.environment)
    return ''
  })
  if (settings === undefined)
    return [configured, ...DEPENDING.map((check) => ({ ...check, ...NOT_LOOKED_AT }))]
  const known = settings
  return [
    await look('people', PEOPLE, () => decidingPeople(project, target, known)),
    ...configuredGaps(project, known),
    await look('window', WINDOW, () => maintenanceWindow(known)),
    await look('freezes', FREEZES, () => freezesNow(known)),
    await look('charter', CHARTER, () =>
      options.charter === undefined
        ? workersCharter(project, target)
        : charterAgainst(project, target, options.charter),
    ),
    await look('secrets', VARIABLES, () => secretNames(project, target, known)),
  ]
}

const SETTINGS = 'Settings of the environment'
const PEOPLE = 'People who decide'
const WINDOW = 'Maintenance window'
const FREEZES = 'Freezes'
const CHARTER = 'Charter of the worker'
const VARIABLES = 'Environment variables'
const DEPENDING = [
  { name: 'people', title: PEOPLE },
  { name: 'window', title: WINDOW },
  { name: 'freezes', title: FREEZES },
  { name: 'charter', title: CHARTER },
  { name: 'secrets', title: VARIABLES },
]
const NOT_LOOKED_AT = { state: 'skipped', message: `not looked at: see "${SETTINGS}"` } as const

/** What cannot be asked is said by the check of the server. */
async function workersCharter(project: Project, target: Target): Promise<Seen> {
  const { withSession } = await import('../../client/session.js')
  const { readPollers } = await import('../../client/worker-presence.js')
  const pollers = await withSession(project.projectDir, (session) =>
    readPollers(session, project.taskQueue),
  ).catch(() => undefined)
  if (pollers === undefined)
    return {
      state: 'skipped',
      message: 'not known, for no server of this project could be asked: see "Temporal server"',
    }
  return charterOfWorkers(project, target, pollers.charters)
}

function resolve(project: Project, options: CommonOptions): Target {
  return resolveTarget(project, options.env, {
    database: options.database,
    accountId: process.env['CLOUDFLARE_ACCOUNT_ID'],
    allowSharedDatabase: true,
  })
}

/** Undefined where there is none, which the check of the environment says. */
function targetOf(project: Project, options: CommonOptions): Target | undefined {
  try {
    return resolve(project, options)
  } catch {
    return undefined
  }
}

async function examineTemporal(projectDir: string, taskQueue: string | undefined): Promise<Check[]> {
  const { withSession } = await import('../../client/session.js')
  const { demandSharedKey } = await import('../../client/worker-presence.js')
  const { workerCheck } = await import('./doctor-worker.js')
  let worker: Check | undefined
  const server = await look('temporal', 'Temporal server', () =>
    withSession(projectDir, async (session) => {
      if (taskQueue !== undefined)
        worker = await look('worker', 'Worker', async () => {
          await demandSharedKey(session, taskQueue)
          return workerCheck(session, taskQueue)
        })
      const ui = session.uiUrl === undefined ? '' : `, UI ${session.uiUrl}`
      return `answers at ${session.address}, namespace ${session.namespace}${ui}`
    }),
  )
  return worker === undefined ? [server] : [server, worker]
}

/** Nothing where nobody asks for traces. */
async function examineTraces(): Promise<Check[]> {
  const { openTracing, tracesAskedFor } = await import('../../temporal/tracing.js')
  const { asked, why } = tracesAskedFor(process.env)
  if (!asked) return []
  const tracing = why === undefined ? await openTracing() : { off: why }
  const seen: Seen =
    'on' in tracing
      ? 'sent by OpenTelemetry; whether somebody receives them is not asked'
      : {
          state: 'warned',
          message: `asked for, and not sent: ${tracing.off ?? ''}`,
          advice: 'The same goes for the worker, in its own environment.',
        }
  return [await look('traces', 'Traces', () => seen)]
}

/** A check never ends the examination: what it throws is its result. */
async function look(name: string, title: string, see: () => Seen | Promise<Seen>): Promise<Check> {
  try {
    const seen = await see()
    return typeof seen === 'string'
      ? { name, title, state: 'passed', message: seen }
      : { name, title, ...seen }
  } catch (error) {
    const { message, advice } = failureOf(error)
    return { name, title, state: 'failed', message, advice }
  }
}

function nodeVersion(): Seen {
  const { node } = process.versions
  if (semver.gte(node, MINIMUM_NODE)) return node
  return {
    state: 'failed',
    message: `${node} is older than ${MINIMUM_NODE}`,
    advice: 'Install Node.js 22.13 or later.',
  }
}

function distinctDatabase(project: Project, target: Target): Seen {
  const others = environmentsSharingDatabase(project, target)
  const previews = previewsOfProduction(project, target)
  if (others.length === 0 && previews.length > 0)
    return {
      state: 'warned',
      message: `the preview_database_id of ${previews.join(', ')} is this production database: \`wrangler dev --remote\` and \`--preview\` write to it`,
      advice: `Give the preview a database of its own in ${project.wrangler.file}.`,
    }
  if (others.length === 0)
    return target.database.remote ? 'no other environment names it' : 'it is on this machine'
  return {
    state: 'failed',
    message: `${others.join(', ')} and ${target.environment} name the same database ${target.database.id}`,
    advice: `Give each environment its own database_id in ${project.wrangler.file}.`,
  }
}

async function migrations(project: Project, target: Target): Promise<Seen> {
  const folder = requireMigrationsDir(project, target)
  const { readMigrationFiles } = await import('../../d1/migrations/migration-files.js')
  const files = await readMigrationFiles(folder, target.migrationsPattern)
  const message = `${plural(files.length, 'migration file')} in ${folder}`
  const misplaced = misplacedMigrationsDir(project, target)
  if (misplaced !== undefined)
    return { state: 'warned', message: `${message}. ${misplaced}`, advice: 'Move that line.' }
  if (files.length > 0) return message
  return { state: 'warned', message, advice: words`Write the first migration: ${command('create', 'NAME')}` }
}

async function authentication(target: Target): Promise<Seen> {
  const { whoAmI } = await import('../../d1/read/identity.js')
  const { accounts, via } = await whoAmI(target)
  return `by ${via}; accounts: ${accounts.map(({ name }) => name).join(', ') || 'none'}`
}

async function databaseInfo(target: Target): Promise<Seen> {
  const { readIdentity } = await import('../../d1/read/identity.js')
  const { tables, sizeBytes } = await readIdentity(target)
  if (!target.database.remote && sizeBytes === 0) {
    return { state: 'warned', message: 'the local database is empty: nothing was ever applied to it' }
  }
  const size = sizeBytes === undefined ? '' : `, ${megabytes(sizeBytes)}`
  return `answers: ${tables === undefined ? '? tables' : plural(tables, 'table')}${size}`
}

async function priceOf(target: Target): Promise<Check> {
  const { priceCheck } = await import('../../activities/price.js')
  return priceCheck(target)
}

async function exportHours(target: Target): Promise<Seen> {
  const { exportsNow } = await import('../../d1/backup/price.js')
  const { hoursSentence } = await import('../../runbook/price-words.js')
  const now = exportsNow(target, Date.now())
  return now === undefined ? 'none are needed: it is read by rows (backup.way)' : hoursSentence(now)
}

/** Held against whoever runs it: in production that is who may not give the final word on their own request. */
async function decidingPeople(
  project: Project,
  { production }: Target,
  { policy, people }: RequestSettings,
): Promise<Seen> {
  const { UNDECIDABLE_ADVICE, undecidableGates } = await import('../../runbook/satisfiable.js')
  const { defaultActor } = await import('../../process/programs.js')
  const requester = await defaultActor(project.projectDir)
  const blocked = undecidableGates({ policy, people, requester, production })
  if (blocked.length === 0) return `every gate can be approved when ${requester} asks for the run`
  return {
    state: 'failed',
    message: `when ${requester} asks for the run: ${blocked.map(({ gate, reason }) => `${gate}: ${reason}`).join('; ')}`,
    advice: UNDECIDABLE_ADVICE,
  }
}

/** What a run would carry to the gate `final` as a gap, as far as the configuration alone tells. */
function configuredGaps(project: Project, { monitoring: { probes } }: RequestSettings): Check[] {
  const health = unaskedHealth(probes)
  return [
    testsCheck(testCommandOf(project)),
    errorRateCheck(probes),
    ...(health === undefined ? [] : [health]),
  ]
}

/** Only names are looked at and shown, never values. */
async function secretNames(
  project: Project,
  target: Target,
  { channels, monitoring }: RequestSettings,
): Promise<Seen> {
  const { list, missing } = lookUpVariables(
    { channels, probes: monitoring.probes, storage: target.storage },
    { env: process.env, variables: project.config.variables },
  )
  const { variables, storage, environments } = project.config
  const storages = [storage, ...Object.values(environments).map((one) => one.storage)]
  const warnings = [
    missing.length === 0
      ? []
      : {
          message: `not set here: ${missing.join(', ')}`,
          advice: "They must be set in the worker's environment, or nobody is told.",
        },
    openedCredentials(variables, storages) ?? [],
  ].flat()
  if (warnings.length === 0) return list
  return {
    state: 'warned',
    message: warnings.map(({ message }) => message).join('; '),
    advice: warnings.map(({ advice }) => advice).join(' '),
  }
}

async function freezesNow({ freezes, timeZone }: RequestSettings): Promise<Seen> {
  const { freezesAhead, freezeText } = await import('../../runbook/freezes.js')
  const now = Date.now()
  const ahead = freezesAhead(freezes, now)
  if (ahead.length === 0) return freezes === undefined ? 'none are configured' : 'all of them are over'
  const holds = ({ from }: Freeze): boolean => Date.parse(from) <= now
  const told = (some: Freeze[]): string => some.map((freeze) => freezeText(freeze, timeZone)).join('; ')
  const [held, later] = [ahead.filter(holds), ahead.filter((freeze) => !holds(freeze))]
  const toCome = later.length === 0 ? '' : `; to come: ${told(later)}`
  if (held.length === 0) return `none holds now${toCome}`
  return {
    state: 'warned',
    message: `${held.length === 1 ? 'one holds' : `${held.length} hold`} now, and nothing is applied: ${told(held)}${toCome}`,
    advice: 'A run that is started now waits for its end.',
  }
}

async function maintenanceWindow({ window, timeZone, freezes }: RequestSettings): Promise<Seen> {
  const { windowState } = await import('../../runbook/window.js')
  const now = Date.now()
  if (window === undefined)
    return windowState({ window, freezes, now }).state === 'open'
      ? 'none is configured: a run applies as soon as it is approved'
      : 'none is configured: a run applies once it is approved and no freeze holds'
  const { state } = windowState({ window, now })
  const message = `${timeIn(timeZone, window.opensAt)} to ${timeIn(timeZone, window.closesAt)}`
  const frozen = windowState({ window, freezes, now })
  if (state !== 'closed' && frozen.state === 'closed')
    return {
      state: 'failed',
      message: `it lies in a freeze: ${message}`,
      advice: words`Change window of the environment in runbook.config, or give another one: ${command('start', '--window', 'START/END')}`,
    }
  if (state !== 'closed')
    return `${message}, ${state === 'before' ? 'still ahead' : frozen.state === 'open' ? 'open now' : 'open now, but a freeze holds'}`
  return {
    state: 'failed',
    message: `it is over: ${message}`,
    advice: words`Change window of the environment in runbook.config, or give another one: ${command('start', '--window', 'START/END')}`,
  }
}

async function diskSpace(projectDir: string): Promise<Seen> {
  let folder = path.resolve(projectDir)
  while (!existsSync(folder) && path.dirname(folder) !== folder) folder = path.dirname(folder)
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  const message = `${(free / 1024 ** 3).toFixed(1)} GiB free`
  return free >= LITTLE_SPACE
    ? message
    : {
        state: 'warned',
        message,
        advice: 'A backup needs the size of the database three times over; free some space.',
      }
}
