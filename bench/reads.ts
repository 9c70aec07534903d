/**
 * What one read costs, by the way it takes: production through the official SDK or through a Wrangler process, local through
 * the file, an in-process Miniflare or a Wrangler process. The API is the local one, so that no network is in the figures.
 * Prints medians in milliseconds and the ratios. Run: `tsx bench/reads.ts`.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Target } from '../src/contract/target.js'
import { apiClient } from '../src/d1/cloudflare/api.js'
import { openFileReader, targetFile } from '../src/d1/read/local-reader.js'
import type { Reader } from '../src/d1/sqlite/reader.js'
import { openApiReader, openWranglerReader } from '../src/d1/read/remote-reader.js'
import { openSqlite } from '../src/d1/sqlite/sqlite.js'
import { openScratch } from '../src/d1/scratch/scratch-workerd.js'
import { startCloudflareApi } from '../sample/cloudflare-api/index.js'

const SEED = `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
  INSERT INTO t (v) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT 'value ' || i FROM n;`
const SQL = 'SELECT id, v FROM t ORDER BY id'
const DATABASE = { id: '11111111-2222-4333-8444-555555555555', name: 'bench' }

const folder = mkdtempSync(join(tmpdir(), 'd1-runbook-bench-'))
const api = await startCloudflareApi({
  dir: join(folder, 'api'),
  databases: [{ ...DATABASE, sql: SEED }],
  dayRows: null,
})
Object.assign(process.env, api.env)
try {
  const remote = benchTarget(true)
  const local = benchTarget(false)
  const file = targetFile(local)
  mkdirSync(dirname(file), { recursive: true })
  const database = openSqlite(file)
  database.exec(`PRAGMA journal_mode = WAL; ${SEED}`)
  database.close()

  const client = apiClient()
  if (client === undefined) throw new Error('The environment holds no token.')
  const direct = await median(openApiReader(remote, client, api.accountId), 100)
  const remoteProcess = await median(openWranglerReader(remote), 5)

  const plain = await median(openFileReader(file), 100)
  const startedAt = performance.now()
  const scratch = await openScratch({ file })
  await scratch.query(SQL)
  const started = performance.now() - startedAt
  const embedded = await median(scratch, 100)
  await scratch.remove()
  const localProcess = await median(openWranglerReader(local), 5)

  print('production: the API', direct, remoteProcess)
  print('production: wrangler d1 execute --remote', remoteProcess, remoteProcess)
  print('local: the file', plain, localProcess)
  print('local: in-process Miniflare, warm', embedded, localProcess)
  print('local: in-process Miniflare, start and first read', started, localProcess)
  print('local: wrangler d1 execute --local', localProcess, localProcess)
} finally {
  await api.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

async function median(reader: Pick<Reader, 'query' | 'close'>, reads: number): Promise<number> {
  const times: number[] = []
  // The first one warms up.
  for (let read = 0; read <= reads; read += 1) {
    const startedAt = performance.now()
    const rows = await reader.query(SQL)
    if (rows.length !== 100) throw new Error(`Read ${rows.length} rows instead of 100.`)
    if (read > 0) times.push(performance.now() - startedAt)
  }
  await reader.close()
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}

function print(way: string, ms: number, process: number): void {
  console.log(
    `${way.padEnd(52)}${ms.toFixed(1).padStart(9)} ms${`1/${(process / ms).toFixed(0)}`.padStart(9)}`,
  )
}

function benchTarget(remote: boolean): Target {
  return {
    environment: remote ? 'production' : 'local',
    production: remote,
    database: { ...DATABASE, remote },
    binding: 'DB',
    ...(remote ? { accountId: api.accountId } : {}),
    projectDir: folder,
    wranglerConfig: join(folder, 'wrangler.json'),
    migrationsDir: join(folder, 'migrations'),
    migrationsTable: 'd1_migrations',
    ...(remote ? {} : { persistTo: join(folder, 'state') }),
    backupDir: join(folder, 'backups'),
  }
}
