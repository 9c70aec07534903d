import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { startCloudflareApi, type CloudflareApi } from '../../sample/cloudflare-api/index.js'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { writeCharters } from '../e2e/charters.js'
import { here } from '../e2e/here.js'
import { documentOf } from '../e2e/processes.js'
import { FIRST, LEDGER, QUICK_BASELINE, readLedger, scratchFolder, visits } from '../e2e/project.js'
import { RunObserver } from '../e2e/run.js'
import { gateway, KEY, startGateway, storageOf } from '../store/servers.js'
import { startCluster, type Cluster } from './cluster.js'

export const PEOPLE = { lead: 'José', administrator: 'Dagný', requester: 'Rita' }

const ROWS = 2_000
const FILES = visits(ROWS)
export const PENDING = Object.keys(FILES)

export interface Project {
  run: RunObserver
  start: () => Promise<void>
  /** What the database itself says is not as it should be after a run that left these files applied; empty when all is. */
  faults: (applied: readonly string[]) => string[]
}

export interface Stage {
  cluster: Cluster
  /** Of the whole cluster: below it works each Wrangler. */
  folder: string
  /** Each worker keeps its files in `<folder>/<name>/home`. */
  homeOf: (worker: string) => string
  projects: Project[]
  /** Archives of this one lie in a bucket; undefined where this machine has no server for one. */
  inBucket: Project | undefined
  close: () => Promise<void>
}

/**
 * A cluster with two workers of production that share no disk, and as many projects, each with a database of the local Cloudflare API;
 * besides them one whose archives lie in a bucket, where there is a server for it. `isShort`: of which projects, from 0, a run soon gives up
 * the worker that has its archive, instead of after ten minutes.
 */
export async function openStage(
  count: number,
  { isShort = () => false }: { isShort?: (project: number) => boolean } = {},
): Promise<Stage> {
  const scratch = scratchFolder()
  // As root PostgreSQL runs as somebody else, who must get through to its folder.
  chmodSync(scratch.folder, 0o711)
  const bucket = gateway === undefined ? undefined : await startGateway(gateway)
  const numbers = Array.from({ length: count + (bucket === undefined ? 0 : 1) }, (_, index) => index + 1)
  const sql = `${FIRST} ${LEDGER} INSERT INTO users (name) VALUES ('Zoë'), ('Ann');
    INSERT INTO d1_migrations (name) VALUES ('0001_users.sql');`
  const api = await startCloudflareApi({
    dir: path.join(scratch.folder, 'api'),
    databases: numbers.map((one) => ({ id: databaseId(one), name: `archive-${one}`, sql })),
    dayRows: null,
  })
  const settingsOf = (one: number) => ({
    ...(bucket !== undefined && one > count ? { storage: storageOf(bucket) } : {}),
    ...(isShort(one - 1) ? { backup: { waitForWorker: '20s' } } : {}),
  })
  const folders = numbers.map((one) =>
    writeProject(path.join(scratch.folder, `project ${one}`), one, settingsOf(one)),
  )
  const charters = await writeCharters(scratch.folder, folders, api.accountId)
  // On other machines than the workers: they find no folder of the name that the charter has.
  const checkouts = folders.map((folder, index) => path.join(scratch.folder, `checkout ${index + 1}`))
  checkouts.forEach((checkout, index) => renameSync(folders[index] ?? '', checkout))
  const wrangler = { XDG_CONFIG_HOME: path.join(scratch.folder, 'wrangler'), WRANGLER_SEND_METRICS: 'false' }
  const env = { ...api.env, ...wrangler, ...KEY }
  const folder = path.join(scratch.folder, 'cluster')
  const cluster = await startCluster({ folder, charters, env, ownDisks: true })
  const temporal = await connectClient({
    projectDir: scratch.folder,
    address: cluster.env.TEMPORAL_ADDRESS,
    namespace: cluster.env.TEMPORAL_NAMESPACE,
  })
  const variables = { ...env, ...cluster.env }
  const projects = checkouts.map((checkout, index) =>
    openProject(checkout, index + 1, { api, temporal, variables }),
  )
  return {
    ...{ cluster, folder },
    homeOf: (worker) => path.join(folder, worker, 'home'),
    projects: projects.slice(0, count),
    inBucket: projects[count],
    async close() {
      await temporal.close()
      await cluster.stop()
      await bucket?.close()
      await api.close()
      scratch.remove()
    },
  }
}

function databaseId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

function writeProject(folder: string, number: number, settings: object): string {
  mkdirSync(path.join(folder, 'migrations'), { recursive: true })
  const write = (name: string, content: string): void => writeFileSync(path.join(folder, name), content)
  const database = {
    ...{ binding: 'DB', database_name: `archive-${number}`, database_id: databaseId(number) },
    migrations_dir: 'migrations',
  }
  write('wrangler.json', JSON.stringify({ name: 'app', env: { production: { d1_databases: [database] } } }))
  const people = [
    { name: PEOPLE.lead, roles: ['team-lead'] },
    { name: PEOPLE.administrator, roles: ['database-administrator'] },
    { name: PEOPLE.requester, roles: ['developer'] },
  ]
  const monitoring = { ...QUICK_BASELINE, schedule: ['1m'] }
  const production = { monitoring, ...settings }
  write('runbook.config.json', JSON.stringify({ people, environments: { production } }))
  for (const [name, content] of Object.entries({ '0001_users.sql': FIRST, ...FILES })) {
    write(path.join('migrations', name), content)
  }
  return folder
}

function openProject(
  folder: string,
  number: number,
  at: { api: CloudflareApi; temporal: TemporalClient; variables: Record<string, string> },
): Project {
  const words = ['--requester', PEOPLE.requester, '--time-scale', '600', '--project', folder]
  return {
    run: new RunObserver(at.temporal, 'production', databaseId(number)),
    async start() {
      await documentOf<object>(here(['start', ...words, '--env', 'production', '--json'], at.variables), 0)
    },
    faults(applied) {
      const database = at.api.database(databaseId(number))
      const count = (sql: string): number => Number(database.prepare(sql).get()?.['rows'])
      const ledger = readLedger(database).join()
      const table = count(`SELECT count(*) AS rows FROM sqlite_schema WHERE name = 'visits'`)
      const rows = table === 0 ? 0 : count('SELECT count(*) AS rows FROM visits')
      const users = count('SELECT count(*) AS rows FROM users')
      const expected = ['0001_users.sql', ...applied].join()
      return [
        ledger === expected ? '' : `ledger ${ledger}`,
        table === Math.min(1, applied.length) ? '' : `${table} tables visits`,
        rows === (applied.length === 0 ? 0 : ROWS) ? '' : `${rows} rows of visits`,
        users === 2 ? '' : `${users} rows of users`,
      ].filter((fault) => fault !== '')
    },
  }
}
