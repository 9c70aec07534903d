/**
 * A whole run up to *validated*, with every approval given at once, against the runbook's commands typed by hand without a
 * pause: status, backup, its restore, apply, status, a look at the rows. Both on databases of the same content, in turn, each
 * with the machine's own Wrangler. Run: `tsx bench/run.ts [--rounds N]` (default: 3; medians are compared).
 */
import { execa } from 'execa'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { startCloudflareApi } from '../sample/cloudflare-api/index.js'
import { localDatabaseFile } from '../src/d1/read/local-file.js'
import { openSqlite } from '../src/d1/sqlite/sqlite.js'
import { packageRoot } from '../src/process/package-root.js'
import { startEmbeddedServer } from '../src/temporal/embedded-server.js'
import { buildIfStale, documentOf, launch, launchService, untilSays } from '../test/e2e/processes.js'
import { FIRST, LEDGER, PENDING, scratchFolder } from '../test/e2e/project.js'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })
const ROUNDS = Number(values.rounds)
const WAYS = ['local', 'remote'] as const
type Way = (typeof WAYS)[number]

const ROWS = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
  INSERT INTO users (name) SELECT 'visitor ' || i FROM n;`
const CONTENT = `${FIRST} ${LEDGER} ${ROWS} INSERT INTO d1_migrations (name) VALUES ('0001_users.sql');`

/** A run changes its database, and so do the commands: each has one of its own. */
function databases(way: Way): { id: string; name: string }[] {
  return Array.from({ length: 2 * ROUNDS }, (_, index) => ({
    id: `00000000-0000-4000-8000-${(way === 'local' ? '1' : '2') + String(index).padStart(11, '0')}`,
    name: `${way}-${index}`,
  }))
}

const scratch = scratchFolder()
await buildIfStale()
const api = await startCloudflareApi({
  dir: path.join(scratch.folder, 'api'),
  databases: databases('remote').map((database) => ({ ...database, sql: CONTENT })),
})
const server = await startEmbeddedServer({ projectDir: scratch.folder })
const env = {
  ...api.env,
  XDG_CONFIG_HOME: path.join(scratch.folder, 'wrangler'),
  WRANGLER_SEND_METRICS: 'false',
  TEMPORAL_ADDRESS: server.address,
}

function project(way: Way, { id, name }: { id: string; name: string }): string {
  const folder = path.join(scratch.folder, name)
  mkdirSync(path.join(folder, 'migrations'), { recursive: true })
  const database = { binding: 'DB', database_name: name, database_id: id }
  const file = { name: 'app', d1_databases: [database], env: { staging: { d1_databases: [database] } } }
  writeFileSync(path.join(folder, 'wrangler.json'), JSON.stringify(file))
  for (const [migration, sql] of Object.entries({ '0001_users.sql': FIRST, ...PENDING })) {
    writeFileSync(path.join(folder, 'migrations', migration), sql)
  }
  if (way === 'remote') return folder
  const sqlite = localDatabaseFile({ persistTo: path.join(folder, '.wrangler', 'state'), databaseId: id })
  mkdirSync(path.dirname(sqlite), { recursive: true })
  const connection = openSqlite(sqlite)
  connection.exec(CONTENT)
  connection.close()
  return folder
}

async function byHand(way: Way, folder: string, name: string): Promise<number> {
  const wrangler = path.join(packageRoot(), 'node_modules', 'wrangler', 'bin', 'wrangler.js')
  const place = way === 'local' ? ['--local'] : ['--remote', '--env', 'staging']
  const started = performance.now()
  const d1 = (...args: string[]) =>
    execa(process.execPath, [wrangler, 'd1', ...args], { cwd: folder, env, stdin: 'ignore' })
  await d1('migrations', 'list', name, ...place)
  await d1('export', name, ...place, '--output', 'backup.sql')
  await d1('execute', name, '--local', '--persist-to', 'restored', '--file', 'backup.sql', '--yes')
  await d1('migrations', 'apply', name, ...place)
  await d1('migrations', 'list', name, ...place)
  await d1('execute', name, ...place, '--command', 'SELECT count(*) FROM users', '--json')
  return performance.now() - started
}

async function byRunbook(way: Way, folder: string): Promise<number> {
  const environment = way === 'local' ? 'local' : 'staging'
  const worker = launchService(['worker', '--project', folder, '--json'], env)
  await untilSays(worker, /Worker polls/)
  try {
    const started = performance.now()
    const args = ['start', '--wait', '--yes', '--until', 'validated', '--requester', 'bench', '--json']
    await documentOf(launch([...args, '--project', folder, '--env', environment], env), 0)
    const took = performance.now() - started
    await documentOf(
      launch(['abort', '--reason', 'measured', '--project', folder, '--env', environment, '--json'], env),
      0,
    )
    return took
  } finally {
    worker.kill('SIGTERM')
    await worker
  }
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

try {
  for (const way of WAYS) {
    const waiting = databases(way)
    const hand: number[] = []
    const ours: number[] = []
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const [times, measure] of [
        [hand, (folder: string, name: string) => byHand(way, folder, name)],
        [ours, (folder: string) => byRunbook(way, folder)],
      ] as const) {
        const database = waiting.shift()
        if (database !== undefined) times.push(await measure(project(way, database), database.name))
      }
    }
    const shown = (times: number[]): string => times.map((ms) => (ms / 1000).toFixed(1)).join(', ')
    console.log(`${way}: by hand ${shown(hand)} s, a run ${shown(ours)} s`)
    console.log(`  ratio of the medians ${(median(ours) / median(hand)).toFixed(2)} (goal: at most 0.7)`)
  }
} finally {
  await server.stop()
  await api.close()
  rmSync(scratch.folder, { recursive: true, force: true, maxRetries: 5 })
}
