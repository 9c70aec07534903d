import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { validateMigrations } from '../src/analysis/validate/validate.js'
import { openSqlite } from '../src/d1/sqlite/sqlite.js'

/**
 * Ratio of `validate` on 200 files to plain SQLite running the same files into a database file, each in one transaction, as an
 * apply does. Target: below 1.5. The ratio to a database in memory is shown beside it.
 */
const FILES = 200
const ROUNDS = 7

const files = Array.from({ length: FILES }, (_, at) => {
  const n = String(at)
  const rows = Array.from({ length: 40 }, (__, row) => `('name ${row}', ${row}, 'text of ${n}')`).join(',\n')
  const shapes = [
    `CREATE TABLE t${n} (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER DEFAULT 0, body TEXT);\nCREATE INDEX t${n}_name ON t${n} (name);\nINSERT INTO t${n} (name, size, body) VALUES ${rows};`,
    `ALTER TABLE t${at - 1} ADD COLUMN extra TEXT;\nUPDATE t${at - 1} SET extra = lower(name);\nCREATE INDEX t${n}_extra ON t${at - 1} (extra);`,
    `CREATE TABLE t${at - 2}_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER, body TEXT, extra TEXT);\nINSERT INTO t${at - 2}_new SELECT id, name, size, body, extra FROM t${at - 2};\nDROP TABLE t${at - 2};\nALTER TABLE t${at - 2}_new RENAME TO t${at - 2};\nCREATE INDEX t${at - 2}_name2 ON t${at - 2} (name);`,
    `CREATE TRIGGER g${n} AFTER UPDATE ON t${at - 3} BEGIN UPDATE t${at - 3} SET size = CASE WHEN new.size IS NULL THEN 0 ELSE new.size END WHERE id = new.id; END;\nCREATE VIEW v${n} AS SELECT name, count(*) AS n FROM t${at - 3} GROUP BY name;`,
  ]
  const sql = `-- file ${n}\n${shapes[at % shapes.length] ?? ''}\n`
  const name = `${n.padStart(4, '0')}_step.sql`
  return {
    name,
    sql,
    sizeBytes: Buffer.byteLength(sql),
    sha256: createHash('sha256').update(sql).digest('hex'),
  }
})

const folder = mkdtempSync(join(tmpdir(), 'd1-runbook-bench-'))
let runs = 0

function run(file: string): void {
  const database = openSqlite(file)
  for (const { sql } of files) database.exec(`BEGIN;${sql}COMMIT;`)
  database.close()
}

async function time(work: () => unknown): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

const samples: { file: number; memory: number; validate: number }[] = []
for (let round = 0; round <= ROUNDS; round += 1) {
  runs += 1
  const sample = {
    file: await time(() => run(join(folder, `${runs}.sqlite`))),
    memory: await time(() => run(':memory:')),
    validate: await time(() => validateMigrations({ files })),
  }
  if (round > 0) samples.push(sample)
}
rmSync(folder, { recursive: true, force: true })
const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const file = median(samples.map((sample) => sample.file))
const memory = median(samples.map((sample) => sample.memory))
const ours = median(samples.map((sample) => sample.validate))
console.log(
  `validate ${FILES} files: ${ours.toFixed(0)} ms; plain SQLite into a file ${file.toFixed(0)} ms: ratio ${(ours / file).toFixed(2)} (target < 1.5); in memory ${memory.toFixed(0)} ms: ratio ${(ours / memory).toFixed(2)}`,
)
