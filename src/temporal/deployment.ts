import type { Client } from '@temporalio/client'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, RunbookError } from '../contract/failures.js'
import { diskOfQueue, OWN_NAME } from '../contract/names.js'
import { command, words } from '../contract/next-command.js'
import { packageRoot } from '../process/package-root.js'
import { resolveServer } from './server-address.js'

/** A version of the worker: runs that one started are carried on by its like only. */
export interface Deployment {
  name: string
  buildId: string
}

export interface WorkerVersion {
  buildId: string
  /** New runs go to it. */
  current: boolean
  /** When one of its workers polled first. ISO 8601, UTC. */
  since: string | null
  /** Runs and monitorings that need one of its workers until they are done. */
  openRuns: number
}

const NOT_FOUND = 5
const PERMISSION_DENIED = 7
const UNIMPLEMENTED = 12
/** A deployment is known to the server some moments after a worker of it has polled. Milliseconds. */
const KNOWN_WITHIN_MS = 30_000
const LOOK_AGAIN_MS = 300

/** Said as build ID: the worker is of no version. */
const NO_BUILD = 'none'

/**
 * The version of a worker. Of a server that somebody named it has one, by default the build's own; beside an embedded server, which
 * begins and ends with its worker, just where it is asked for. Undefined: it is of no version.
 */
export function deploymentFor({
  projectDir,
  env,
  versioned,
  root,
}: {
  projectDir: string
  env: NodeJS.ProcessEnv
  versioned?: boolean | undefined
  /** Where the build is. Default: of this installation. */
  root?: string
}): Deployment | undefined {
  const { source } = resolveServer({ projectDir })
  return deploymentOf(env, versioned ?? (source === 'named' || source === 'configuration'), root)
}

/** Of the environment; `versioned`: without a build ID there, the build's own. Undefined: the worker is of no version. */
export function deploymentOf(
  env: NodeJS.ProcessEnv,
  versioned: boolean,
  root?: string,
): Deployment | undefined {
  const { D1_RUNBOOK_BUILD_ID: given = '' } = env
  if (given === NO_BUILD || (given === '' && !versioned)) return undefined
  return { name: deploymentName(env), buildId: given === '' ? ownBuildId(root) : given }
}

/** Of all versions of the workers of a team. */
export function deploymentName({ D1_RUNBOOK_DEPLOYMENT: name = '' }: NodeJS.ProcessEnv): string {
  return name === '' ? 'd1-runbook' : name
}

/** Names these very bytes: equal builds are one version wherever they run, and another byte makes another one. */
export function ownBuildId(root = packageRoot()): string {
  const hash = createHash('sha256')
  for (const file of codeBelow(path.join(root, 'dist')))
    hash
      .update(`${path.relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0')
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
  return `${version}-${hash.digest('hex').slice(0, 12)}`
}

function codeBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .sort()
    .map((name) => path.join(folder, name))
}

/** Newest first; none where no worker of the deployment ever polled. No billable action. */
export async function readVersions(client: Client, name: string): Promise<WorkerVersion[]> {
  const found = await describe(client, name)
  if (found === undefined) return []
  const current = found.routingConfig?.currentDeploymentVersion?.buildId
  const versions = await Promise.all(
    (found.versionSummaries ?? []).map(async ({ deploymentVersion, createTime }): Promise<WorkerVersion> => {
      const buildId = deploymentVersion?.buildId ?? ''
      const seconds = createTime?.seconds
      return {
        buildId,
        current: buildId === current,
        since:
          seconds === undefined || seconds === null ? null : new Date(Number(seconds) * 1000).toISOString(),
        openRuns: await openRunsOf(client, { name, buildId }),
      }
    }),
  )
  return versions.sort((a, b) => (b.since ?? '').localeCompare(a.since ?? ''))
}

/** Sends new runs to the workers of this version; runs under way stay. Throws `WorkerMissing` where none of it ever polled, or none a task queue of the current version. */
export async function promoteVersion(client: Client, { name, buildId }: Deployment): Promise<void> {
  const versions = await readVersions(client, name)
  if (!versions.some((version) => version.buildId === buildId)) throw unknownVersion(name, buildId, versions)
  const before = versions.find(({ current }) => current)?.buildId
  const queues = before === undefined ? [] : await queuesOf(client, { name, buildId: before })
  const missing = await missingIn(client, { name, buildId }, queues)
  if (missing.length > 0) throw leavesQueues(buildId, missing)
  await client.workflowService.setWorkerDeploymentCurrentVersion({
    namespace: client.options.namespace,
    deploymentName: name,
    buildId,
    identity: OWN_NAME,
    // Those of the disks of other workers: just runs of their own version send anything there.
    ignoreMissingTaskQueues: true,
  })
}

/** Of the queues of the current version those that this one does not poll, without those of disks, which no two workers need share. */
async function missingIn(client: Client, version: Deployment, queues: readonly string[]): Promise<string[]> {
  const polled = queues.length === 0 ? [] : await queuesOf(client, version)
  return queues.filter((queue) => diskOfQueue(queue) === undefined && !polled.includes(queue))
}

async function queuesOf(client: Client, { name, buildId }: Deployment): Promise<string[]> {
  const { versionTaskQueues } = await client.workflowService.describeWorkerDeploymentVersion({
    namespace: client.options.namespace,
    deploymentVersion: { deploymentName: name, buildId },
  })
  return [...new Set(versionTaskQueues.flatMap((one) => one.name ?? []))]
}

/**
 * What a worker of this version does when it has begun to poll: the first one of all makes itself the current one, since without
 * any no run would begin. Returns all versions, none of them current where that may not be set; undefined where the server does not know this
 * one yet.
 */
export async function settleVersions(
  client: Client,
  deployment: Deployment,
): Promise<WorkerVersion[] | undefined> {
  let known: WorkerVersion[] | undefined
  for (const limit = Date.now() + KNOWN_WITHIN_MS; Date.now() < limit; await sleep(LOOK_AGAIN_MS)) {
    try {
      const versions = await readVersions(client, deployment.name)
      if (!versions.some(({ buildId }) => buildId === deployment.buildId)) continue
      if (versions.some((version) => version.current)) return versions
      known = versions
      await promoteVersion(client, deployment)
      return versions.map((one) => ({ ...one, current: one.buildId === deployment.buildId }))
    } catch (error) {
      // It polls, and takes work, whatever the server does meanwhile: that it is away is no reason to end.
      if (error instanceof RunbookError) throw error
      if (codeOf(error) === PERMISSION_DENIED) break
    }
  }
  return known
}

/** Throws `ToolTooOld` where the server says that it knows no versions, `NotPermitted` where it refuses to tell of them. One that is away just now says nothing. */
export async function demandVersions(client: Client, name: string): Promise<void> {
  await describe(client, name).catch((error: unknown) => {
    if (error instanceof RunbookError) throw error
  })
}

async function describe(client: Client, deploymentName: string) {
  const { namespace } = client.options
  try {
    const found = await client.workflowService.describeWorkerDeployment({ namespace, deploymentName })
    return found.workerDeploymentInfo ?? undefined
  } catch (error) {
    const code = codeOf(error)
    if (code === NOT_FOUND) return undefined
    if (code === UNIMPLEMENTED) throw knowsNoVersions(error)
    if (code === PERMISSION_DENIED) throw tellsNoVersions(error)
    throw error
  }
}

/** Of a gRPC error. */
function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

async function openRunsOf(client: Client, { name, buildId }: Deployment): Promise<number> {
  const version = `${name}:${buildId}`.replaceAll("'", "''")
  const query = `TemporalWorkerDeploymentVersion = '${version}' AND ExecutionStatus = 'Running'`
  return (await client.workflow.count(query)).count
}

function unknownVersion(name: string, buildId: string, versions: readonly WorkerVersion[]): RunbookError {
  const known = versions.length === 0 ? 'none is known' : versions.map((one) => one.buildId).join(', ')
  return new RunbookError(
    'WorkerMissing',
    `No worker of the version ${buildId} of ${name} ever polled: ${known}.`,
    { advice: words`Start one first: ${command('worker', '--versioned')}` },
  )
}

function leavesQueues(buildId: string, missing: readonly string[]): RunbookError {
  return new RunbookError(
    'WorkerMissing',
    `No worker of the version ${buildId} polls what those of the current one do: ${missing.join(', ')}. New runs there would find nobody.`,
    { advice: words`Start one for each: ${command('worker', '--versioned')}` },
  )
}

function knowsNoVersions(cause: unknown): RunbookError {
  return new RunbookError('ToolTooOld', 'This Temporal server knows no versions of workers.', {
    advice: words`Bring it to 1.28 or later, or start workers of no version: ${command('worker', '--unversioned')}`,
    cause,
  })
}

/** Before 1.28 a server has them switched off, and says so by these words too. */
function tellsNoVersions(cause: unknown): RunbookError {
  const said = cause instanceof Error && 'details' in cause ? String(cause.details) : messageOf(cause)
  return new RunbookError('NotPermitted', `Temporal refuses to tell of versions of workers: ${said}`, {
    advice: words`Let an administrator allow it, and switch worker deployment versions on for the namespace (Temporal 1.28 has them on), or start workers of no version: ${command('worker', '--unversioned')}`,
    cause,
  })
}
