/**
 * Backup + restore + verify of a local database against what one would type by hand: `wrangler d1 export --local` and
 * `sqlite3 new.db < export.sql`. Prints seconds, the ratio, and the peak memory of our process. Run:
 * `tsx bench/backup.ts [MEGABYTES]` (default 100).
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { Target } from '../src/contract/target.js'
import { benchTarget } from './bench-target.js'
import { createBackup, validateBackup } from '../src/d1/backup/backup.js'
import { targetFile } from '../src/d1/read/local-reader.js'
import { openSqlite } from '../src/d1/sqlite/sqlite.js'
import { runWrangler } from '../src/d1/wrangler/wrangler.js'

/** Set in the process that makes the backup: a target as JSON. Alone in it, its memory is the backup's and no seeding's. */
const CHILD = 'D1_RUNBOOK_BENCH_TARGET'

interface Measured {
  seconds: number
  file: string
  sizeBytes: number
  beforeMib: number
  peakMib: number
}

const asked = process.env[CHILD]
if (asked === undefined) await compare(Number(process.argv[2] ?? 100))
else console.log(JSON.stringify(await measure(JSON.parse(asked) as Target)))

async function measure(target: Target): Promise<Measured> {
  const beforeMib = process.resourceUsage().maxRSS / 1024
  const { seconds, value } = await timed(async () => createBackup({ target, files: [], keep: 1 }))
  const peakMib = process.resourceUsage().maxRSS / 1024
  return { seconds, file: value.file, sizeBytes: value.sizeBytes, beforeMib, peakMib }
}

async function compare(megabytes: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'd1-runbook-bench-'))
  try {
    const target = benchTarget(folder)
    const size = seed(targetFile(target), megabytes * 1024 * 1024)
    console.log(`database: ${mib(size)} MiB`)
    const byHand = await handTyped(target)
    const child = await execa(process.execPath, [...process.execArgv, process.argv[1] ?? ''], {
      env: { [CHILD]: JSON.stringify(target) },
    })
    const ours = JSON.parse(child.stdout) as Measured
    const validate = await timed(async () => validateBackup({ file: ours.file }))
    if (!validate.value.valid) throw new Error(validate.value.problems.join(' '))
    console.log(`by hand: export ${byHand.exportS.toFixed(1)} s + restore ${byHand.restoreS.toFixed(1)} s`)
    console.log(
      `ours: backup + restore + verify + archive ${ours.seconds.toFixed(1)} s, ${mib(ours.sizeBytes)} MiB zip`,
    )
    console.log(`validate again: ${validate.seconds.toFixed(1)} s`)
    console.log(
      `ratio: ${(ours.seconds / (byHand.exportS + byHand.restoreS)).toFixed(2)} (goal: at most 1.3)`,
    )
    console.log(
      `peak memory: ${ours.peakMib.toFixed(0)} MiB, ${ours.beforeMib.toFixed(0)} before the backup (goal: below 286, 300 MB)`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Rows like those of the sample: text, numbers, JSON, dates. */
function seed(file: string, bytes: number): number {
  mkdirSync(dirname(file), { recursive: true })
  const database = openSqlite(file)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
  database.exec(`CREATE TABLE artworks (id INTEGER PRIMARY KEY, title TEXT NOT NULL, lat REAL, lon REAL, photos TEXT, note TEXT, made TEXT);
    CREATE INDEX by_title ON artworks (title)`)
  const insert = database.prepare(
    'INSERT INTO artworks (title, lat, lon, photos, note, made) VALUES (?, ?, ?, ?, ?, ?)',
  )
  let random = 42
  const next = (): number => (random = (random * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648
  for (let written = 0; written < bytes * 0.93;) {
    database.exec('BEGIN')
    for (let row = 0; row < 1000; row += 1) {
      const words = Array.from({ length: 40 }, () => Math.floor(next() * 1e9).toString(36)).join(' ')
      const photos = JSON.stringify([{ url: `https://example.org/${words.slice(0, 20)}.jpg`, width: 1200 }])
      insert.run(
        `Mural č. ${words.slice(0, 12)}`,
        next() * 180 - 90,
        next() * 360 - 180,
        photos,
        words,
        '2026-01-01T00:00:00Z',
      )
      written += words.length + photos.length + 90
    }
    database.exec('COMMIT')
  }
  database.close()
  return statSync(file).size
}

async function handTyped(target: Target): Promise<{ exportS: number; restoreS: number }> {
  const dump = join(target.projectDir, 'export.sql')
  const exported = await timed(async () =>
    runWrangler({ target, config: target.wranglerConfig, args: ['d1', 'export', 'bench', '--output', dump] }),
  )
  if (!existsSync(dump))
    throw new Error(`wrangler d1 export failed: ${exported.value.stderr}${exported.value.stdout}`)
  const restored = await timed(async () =>
    // Without this every INSERT of the dump is a transaction on the disk, and the comparison flatters us by a minute.
    execa(
      'sqlite3',
      ['-cmd', 'PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF;', join(target.projectDir, 'new.db')],
      {
        inputFile: dump,
      },
    ),
  )
  return { exportS: exported.seconds, restoreS: restored.seconds }
}

async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; value: T }> {
  const startedAt = performance.now()
  const value = await work()
  return { seconds: (performance.now() - startedAt) / 1000, value }
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0)
}
