/**
 * A backup of a database that is written to all the time: 1, 10 and 100 writes a second, of a local database and of one behind the
 * local Cloudflare API, by D1's export and by rows. Prints what became of it, how long it took, which tables moved, and how many
 * writes the application could not make meanwhile. Run: `tsx bench/backup-under-writes.ts [ROWS]` (default 5000).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCloudflareApi } from '../sample/cloudflare-api/index.js'
import { messageOf } from '../src/contract/failures.js'
import type { Target } from '../src/contract/target.js'
import { createBackup } from '../src/d1/backup/backup.js'
import { targetFile } from '../src/d1/read/local-reader.js'
import { openSqlite } from '../src/d1/sqlite/sqlite.js'
import { benchTarget } from './bench-target.js'

const ROWS = Number(process.argv[2] ?? 5000)
const SCHEMA = `CREATE TABLE page (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
CREATE TABLE event (id INTEGER PRIMARY KEY, page INTEGER NOT NULL REFERENCES page(id), said TEXT);
CREATE TABLE hits (page INTEGER PRIMARY KEY, n INTEGER NOT NULL);
INSERT INTO page SELECT value, 'page ' || value FROM json_each('[1,2,3,4,5]');
INSERT INTO hits SELECT id, 0 FROM page;
INSERT INTO event (page, said) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) SELECT 1 + i % 5, hex(randomblob(20)) FROM n;`
/** What one write of the application is. */
const WRITE = [
  `INSERT INTO event (page, said) VALUES (1, 'later')`,
  `UPDATE hits SET n = n + 1 WHERE page = 1`,
]

for (const perSecond of [1, 10, 100]) {
  await local(perSecond)
  await remote(perSecond, 'export')
  await remote(perSecond, 'rows')
}

async function local(perSecond: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'd1-runbook-bench-'))
  const target = benchTarget(folder)
  const writer = openSqlite(targetFile(target))
  try {
    writer.exec(`PRAGMA journal_mode = WAL; ${SCHEMA}`)
    await measure('local', perSecond, target, () => Promise.resolve(writer.exec(WRITE.join(';'))))
  } finally {
    writer.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function remote(perSecond: number, way: 'export' | 'rows'): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'd1-runbook-bench-'))
  const id = '11111111-2222-4333-8444-555555555555'
  // The limit of calls is the user's; an application's writes do not count into it.
  const rateLimit = { calls: 1e6, windowMs: 300_000, blockMs: 300_000 }
  const api = await startCloudflareApi({
    databases: [{ id, name: 'bench', sql: SCHEMA }],
    rateLimit,
    dayRows: null,
  })
  Object.assign(process.env, api.env)
  const target: Target = {
    ...benchTarget(folder),
    database: { name: 'bench', id, remote: true },
    accountId: api.accountId,
    backupWay: way,
  }
  const write = async (): Promise<void> => {
    const { ok } = await fetch(`${api.url}/accounts/${api.accountId}/d1/database/${id}/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.token}` },
      body: JSON.stringify({ sql: WRITE.join(';') }),
    })
    if (!ok) throw new Error('refused')
  }
  try {
    await measure(`remote by ${way}`, perSecond, target, write)
  } finally {
    await api.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(
  what: string,
  perSecond: number,
  target: Target,
  write: () => Promise<void>,
): Promise<void> {
  const seen = { written: 0, refused: 0 }
  const stop = new AbortController()
  const application = (async () => {
    while (!stop.signal.aborted) {
      await write().then(
        () => (seen.written += 1),
        () => (seen.refused += 1),
      )
      await sleep(1000 / perSecond)
    }
  })()
  const startedAt = performance.now()
  const outcome = await createBackup({ target, files: [], keep: 1 }).then(
    ({ moved }) =>
      `verified${moved === undefined ? '' : `, moved: ${moved.map(({ name, how, before, after, copied }) => `${name} ${how} ${before}-${after}, copied ${copied}`).join('; ') || 'none'}`}`,
    (error: unknown) => `FAILED: ${messageOf(error)}`,
  )
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  stop.abort()
  await application
  console.log(
    `${what}, ${perSecond} writes/s: ${outcome} (${seconds} s, ${seen.written} writes, ${seen.refused} refused)`,
  )
}
