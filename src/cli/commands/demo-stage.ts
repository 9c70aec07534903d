import { rm, readdir, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { RunbookError } from '../../contract/failures.js'
import { STATE_FOLDER, stateFolder } from '../../process/state-folder.js'
import { at, command, words } from '../../contract/next-command.js'
import { withSession } from '../../client/session.js'
import type { EmbeddedServer } from '../../temporal/embedded-server.js'

/** Everything that the demo runs: server, sample project, its application's health service. */
export interface DemoStage {
  projectDir: string
  environment: 'local' | 'production'
  server: EmbeddedServer
  close: () => Promise<void>
}

/**
 * A fresh sample in `folder`. The Temporal server of an earlier demo in the same folder keeps its histories; a demo that
 * still runs there is refused with `AlreadyRunning` before anything of it is touched.
 */
export async function openDemoStage(input: {
  folder: string
  remote: boolean
  onProgress: (message: string) => void
}): Promise<DemoStage> {
  const { folder, remote, onProgress } = input
  await mkdir(folder, { recursive: true })
  const { startEmbeddedServer } = await import('../../temporal/embedded-server.js')
  onProgress('Starting the Temporal server')
  const server = await startEmbeddedServer({ projectDir: folder, onMessage: onProgress })
  const closing: (() => Promise<void>)[] = [() => server.stop()]
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    await refuseKeptRun(folder, remote ? 'production' : 'local')
    await emptyExceptState(folder)
    const sample = remote ? await remoteSample(folder, onProgress) : await localSample(folder, onProgress)
    closing.push(sample.close)
    const { writeSampleConfig } = await import('../../../sample/config.js')
    await writeSampleConfig({
      projectDir: folder,
      healthUrl: sample.healthUrl,
      environment: sample.environment,
    })
    return { projectDir: folder, environment: sample.environment, server, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** A run that somebody left there goes on with its database: it is not taken away from under it. */
async function refuseKeptRun(folder: string, environment: DemoStage['environment']): Promise<void> {
  const { SAMPLE_DATABASES } = await import('../../../sample/project.js')
  const { refuseSecondStart } = await import('../../client/start.js')
  try {
    await withSession(folder, (session) =>
      refuseSecondStart(session, {
        environment,
        database: { ...SAMPLE_DATABASES[environment], remote: environment === 'production' },
        projectDir: folder,
        persistTo: path.join(folder, '.wrangler', 'state'),
      }),
    )
  } catch (error) {
    if (!(error instanceof RunbookError) || error.type !== 'AlreadyRunning') throw error
    const dev = at({ project: folder }, command('dev'))
    throw new RunbookError('AlreadyRunning', `An earlier demo in ${folder} is not over.`, {
      advice: words`Look at it: ${dev}. For a new one, take another folder: ${command('demo', '--dir', 'DIR')}, or remove that one.`,
      cause: error,
    })
  }
}

/** Where a remote demo keeps the databases of its local Cloudflare API, which ends with it. */
export function sampleCloud(folder: string): string {
  return stateFolder(folder, 'cloud')
}

/** `.d1-runbook` holds the server's record and its histories. */
async function emptyExceptState(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name !== STATE_FOLDER)
      await rm(path.join(folder, name), { recursive: true, force: true, maxRetries: 3 })
  }
  await rm(sampleCloud(folder), { recursive: true, force: true, maxRetries: 3 })
}

interface Sample {
  environment: DemoStage['environment']
  healthUrl: string
  close: () => Promise<void>
}

async function localSample(folder: string, onProgress: (message: string) => void): Promise<Sample> {
  const { prepareSample } = await import('../../../sample/prepare.js')
  const { startHealthService } = await import('../../../sample/health.js')
  const { databaseFile } = await prepareSample({ to: folder, onProgress })
  const health = await startHealthService({ source: { databaseFile } })
  return { environment: 'local', healthUrl: health.url, close: () => health.close() }
}

/** Production "at Cloudflare": a local server that answers as the Cloudflare API does, for real `wrangler --remote`. */
async function remoteSample(folder: string, onProgress: (message: string) => void): Promise<Sample> {
  const { prepareRemoteSample } = await import('../../../sample/prepare.js')
  const { startHealthService } = await import('../../../sample/health.js')
  const { SAMPLE_DATABASES } = await import('../../../sample/project.js')
  const { startCloudflareApi } = await import('../../../sample/cloudflare-api/index.js')
  const cloud = sampleCloud(folder)
  const { databases } = await prepareRemoteSample({
    to: folder,
    dataDir: path.join(cloud, 'seed'),
    onProgress,
  })
  const api = await startCloudflareApi({ dir: path.join(cloud, 'api'), databases })
  Object.assign(process.env, api.env)
  onProgress(`The local Cloudflare API answers at ${api.url}`)
  const { id } = SAMPLE_DATABASES.production
  const query = (): Promise<{ artworks: number; schemaVersion: string }> => {
    const row = api
      .database(id)
      .prepare(
        'SELECT (SELECT count(*) FROM artworks) AS artworks, (SELECT max(name) FROM d1_migrations) AS version',
      )
      .get()
    return Promise.resolve({
      artworks: Number(row?.['artworks'] ?? 0),
      schemaVersion: String(row?.['version'] ?? ''),
    })
  }
  const health = await startHealthService({ source: { query } })
  return {
    environment: 'production',
    healthUrl: health.url,
    close: async () => {
      await health.close()
      await api.close()
    },
  }
}
