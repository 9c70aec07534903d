import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rehearseMigrations } from '../src/analysis/rehearse/rehearse.js'
import { openSqlite } from '../src/d1/sqlite/sqlite.js'

/**
 * Time of a plan on a database of about 100 MB and 2 million rows as a ratio to restoring it with the sqlite3 shell. Goals: below 1.4,
 * and below 320 MB of memory. Needs `sqlite3` on the PATH.
 */
const folder = mkdtempSync(join(tmpdir(), 'd1-runbook-bench-'))
const source = join(folder, 'source.sqlite')
const dump = join(folder, 'export.sql')

function build(): void {
  const database = openSqlite(source)
  database.exec(`PRAGMA synchronous = OFF;
    CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT, created_at TEXT);
    CREATE TABLE events (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, kind TEXT NOT NULL, note TEXT, at INTEGER);
    CREATE INDEX events_by_user ON events (user_id);
    CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) INSERT INTO users SELECT i, 'user' || i || '@lake.ch', 'Name ' || i, '2026-01-01' FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1800000) INSERT INTO events SELECT i, 1 + i % 200000, 'kind' || (i % 7), 'note of ' || i, i FROM n;`)
  database.close()
  const out = openSync(dump, 'w')
  execFileSync('sqlite3', [source, '.dump'], { stdio: ['ignore', out, 'inherit'] })
  closeSync(out)
}

function restore(): number {
  const target = join(folder, 'restored.sqlite')
  const input = openSync(dump, 'r')
  const started = performance.now()
  execFileSync('sqlite3', [target], { stdio: [input, 'ignore', 'inherit'] })
  const took = performance.now() - started
  closeSync(input)
  rmSync(target)
  return took
}

const MIGRATIONS = {
  'a column and an index': `ALTER TABLE users ADD COLUMN locale TEXT NOT NULL DEFAULT 'en'; CREATE INDEX events_by_kind ON events (kind);`,
  'a rebuild of the big table': `CREATE TABLE events_new (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, kind TEXT NOT NULL, note TEXT, at INTEGER, more TEXT);
INSERT INTO events_new (id, user_id, kind, note, at) SELECT id, user_id, kind, note, at FROM events;
DROP TABLE events; ALTER TABLE events_new RENAME TO events; CREATE INDEX events_by_user ON events (user_id);`,
  'a data fix over all users': `UPDATE users SET name = upper(name);`,
}

build()
const base = Math.min(restore(), restore())
console.log(
  `database ${(statSync(source).size / 1e6).toFixed(0)} MB, sqlite3 < export.sql ${base.toFixed(0)} ms`,
)
for (const [name, sql] of Object.entries(MIGRATIONS)) {
  const file = {
    name: '0001_change.sql',
    sql,
    sizeBytes: Buffer.byteLength(sql),
    sha256: createHash('sha256').update(sql).digest('hex'),
  }
  const started = performance.now()
  const plan = await rehearseMigrations({
    databaseFile: source,
    files: [file],
    applied: [],
    environment: 'bench',
    database: { name: 'bench', id: 'bench', remote: true },
    onProgress: (message) => {
      console.log(`  ${String(Math.round(performance.now() - started)).padStart(6)} ms ${message}`)
    },
  })
  const took = performance.now() - started
  const memory = process.resourceUsage().maxRSS / 1024
  console.log(
    `${name}: ${plan.verdict}, way back ${plan.rollback.available}${plan.rollback.available ? '' : ` (${plan.rollback.price[0] ?? ''})`}, ${took.toFixed(0)} ms, ratio ${(took / base).toFixed(2)} (goal < 1.4), ${memory.toFixed(0)} MB (goal < 320)`,
  )
}
rmSync(folder, { recursive: true, force: true })
process.exit(0)
