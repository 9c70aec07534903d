import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { DatabaseSync } from 'node:sqlite'
import type { Finding } from '../contract/finding.js'
import type { Plan, PlannedMigration, RollbackSummary } from '../contract/plan.js'
import type { Database, MigrationFile } from '../contract/target.js'
import { readDetailedCatalog } from '../d1/schema.js'
import { openSqlite } from '../d1/sqlite.js'
import { acknowledge, verdictOf } from './acknowledge.js'
import { compareTable } from './compare.js'
import { checkQueries, type ApplicationQuery } from './compatibility.js'
import type { Evidence, TableFate } from './evidence.js'
import { brokenObjects, violationsIn } from './health.js'
import { arrange, judgeEvidence, judgeHistory } from './judge.js'
import { followTables } from './lineage.js'
import { planHashOf } from './plan-hash.js'
import { createLedger, replayFile, type FileReplay } from './replay.js'
import { rehearseWayBack } from './reverse-rehearsal.js'
import { rowChanges } from './rows.js'
import { withSafeRebuild } from './safe-rebuild.js'
import { shapeFailures } from './shape.js'
import { runOnD1, type D1Run } from './d1-run.js'

export interface RehearseInput {
  /** The restored copy, an SQLite file; it is copied, never changed. */
  databaseFile: string
  /** The whole folder, in apply order. */
  files: MigrationFile[]
  /** The ledger, oldest first. */
  applied: readonly (string | { name: string })[]
  environment: string
  database: Database
  migrationsTable?: string
  checksums?: Record<string, string>
  /** What the running application asks. */
  queries?: ApplicationQuery[]
  signal?: AbortSignal
  /** One line for people. */
  onProgress?: (message: string) => void
}

/**
 * Runs the pending files on a copy of the database: statement by statement in SQLite, to see which one does what to which rows, and
 * file by file in workerd, for what D1 accepts and the schema that it makes of it. The result is the plan that people approve.
 * Throws the signal's reason when it is aborted.
 */
export async function rehearseMigrations(input: RehearseInput): Promise<Plan> {
  const folder = await mkdtemp(join(tmpdir(), 'd1-runbook-rehearse-'))
  try {
    const prior = join(folder, 'prior.sqlite')
    const main = join(folder, 'main.sqlite')
    await copyDatabase(input.databaseFile, prior)
    await copyFile(prior, main)
    return await rehearseIn(input, { prior, main, folder })
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

interface Places {
  prior: string
  main: string
  folder: string
}

async function rehearseIn(input: RehearseInput, places: Places): Promise<Plan> {
  const ledger = input.applied.map((entry) => (typeof entry === 'string' ? entry : entry.name))
  const applied = new Set(ledger)
  const pending = input.files.filter(({ name }) => !applied.has(name))
  const history = judgeHistory({ files: input.files, applied: ledger, checksums: input.checksums })
  const native = await rehearseNatively(input, places, pending)
  input.signal?.throwIfAborted()
  const run = await runOnD1({ input, file: places.prior, pending: native.ran, migrationsTable: tableOf(input) })
  try {
    return await conclude(input, places, { ledger, pending, history, native, run })
  } finally {
    await run.close()
  }
}

async function conclude(
  input: RehearseInput,
  places: Places,
  { ledger, pending, history, native, run }: Rehearsed,
): Promise<Plan> {
  const evidence = { ...native.evidence, failures: [...native.evidence.failures, ...run.failures], durations: run.durations }
  const rooms = { ...places, migrationsTable: tableOf(input) }
  const judged = [...history, ...(await withSafeRebuild(judgeEvidence(evidence), evidence, rooms)), ...native.findings]
  const findings = arrange(acknowledge(judged, pending), input.files)
  const complete = run.failures.length === 0 && native.ran.length === pending.length
  const rollback = complete ? await wayBack(input, places, native, run) : NO_WAY_BACK
  const plan = {
    verdict: verdictOf(findings),
    environment: input.environment,
    database: input.database,
    migrations: pending.map((file) => planned(file, native.replays, run)),
    findings,
    ledger,
    schemaFingerprint: run.schemaFingerprint,
    predictedFingerprint: run.predictedFingerprint,
    rows: native.rows,
    rollback,
  }
  return { planHash: planHashOf(plan), ...plan }
}

const NO_WAY_BACK: RollbackSummary = {
  available: false,
  rehearsed: false,
  price: ['The migration itself fails on the copy: nothing of it would be applied.'],
}

async function wayBack(input: RehearseInput, places: Places, native: NativeRehearsal, run: D1Run): Promise<RollbackSummary> {
  if (native.ran.length === 0) return { available: false, rehearsed: false, price: [] }
  input.onProgress?.('Rehearsing the way back')
  const summary = await rehearseWayBack({
    ...places,
    migrationsTable: tableOf(input),
    evidence: native.evidence,
    ...(input.signal === undefined ? {} : { signal: input.signal }),
  })
  if (summary.sql === undefined || summary.sql === '') return summary
  const refused = await run.tryBack(summary.sql)
  return refused === undefined ? summary : { available: false, rehearsed: true, price: [refused, ...summary.price] }
}

interface Rehearsed {
  ledger: string[]
  pending: MigrationFile[]
  history: Finding[]
  native: NativeRehearsal
  run: D1Run
}

interface NativeRehearsal {
  evidence: Evidence
  findings: Finding[]
  replays: Map<string, FileReplay>
  /** The files that ran, all of them unless one failed. */
  ran: MigrationFile[]
  rows: Plan['rows']
}

async function rehearseNatively(input: RehearseInput, places: Places, pending: MigrationFile[]): Promise<NativeRehearsal> {
  const migrationsTable = tableOf(input)
  const database = openSqlite(places.main)
  try {
    database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -32768')
    createLedger(database, migrationsTable)
    const before = readDetailedCatalog(database, { migrationsTable })
    const brokenBefore = brokenObjects(database, before)
    const replays = new Map<string, FileReplay>()
    const ran: MigrationFile[] = []
    for (const file of pending) {
      input.onProgress?.(`Rehearsing ${file.name}`)
      const replay = replayFile(database, file, { migrationsTable, countRows: true, origin: before })
      replay.failures.push(...shapeFailures(file, replay.parsed))
      replays.set(file.name, replay)
      input.signal?.throwIfAborted()
      await setImmediate()
      if (replay.failures.some(({ code }) => code !== 'TX101')) break
      ran.push(file)
    }
    const after = readDetailedCatalog(database, { migrationsTable })
    const statements = [...replays.values()].flatMap((replay) => replay.statements)
    const settled = statements.filter(({ file }) => ran.some(({ name }) => name === file))
    database.exec(`ATTACH DATABASE ${quote(places.prior)} AS prior`)
    const fates: TableFate[] = []
    for (const fate of followTables(before, after, settled)) {
      input.onProgress?.(`Comparing ${fate.before.name}`)
      fates.push(withData(database, fate, { database, after, statements: settled }))
      input.signal?.throwIfAborted()
      await setImmediate()
    }
    const known = new Set(brokenBefore.map(({ type, name }) => `${type} ${name}`))
    const violations = compareViolations(database, before, after, fates)
    const evidence: Evidence = {
      mode: 'copy',
      files: pending,
      statements,
      before,
      after,
      fates,
      failures: [...replays.values()].flatMap(({ failures }) => failures.map(onCopy)),
      broken: brokenObjects(database, after).filter(({ type, name }) => !known.has(`${type} ${name}`)),
      violations: violations.added,
      oldViolations: violations.old,
      durations: {},
      end: { before, statements },
      certain: true,
      local: !input.database.remote,
    }
    const findings = checkQueries(database, input.queries ?? [], places.prior)
    return { evidence, findings, replays, ran, rows: rowChanges(database, before, after, fates) }
  } finally {
    database.close()
  }
}

function withData(database: DatabaseSync, fate: TableFate, versions: Parameters<typeof compareTable>[0]): TableFate {
  if (fate.before.kind !== 'table') return fate
  return { ...fate, data: compareTable({ ...versions, database }, fate) }
}

/** What a statement says that fails while it is rehearsed is RH101; what D1 refuses by rule keeps its code. */
function onCopy(failure: Evidence['failures'][number]): Evidence['failures'][number] {
  return failure.code === 'SY101' ? { ...failure, code: 'RH101', where: 'copy' } : failure
}

function compareViolations(
  database: DatabaseSync,
  before: Evidence['before'],
  after: Evidence['after'],
  fates: TableFate[],
): { added: Evidence['violations']; old: Evidence['violations'] } {
  const touched = new Set(fates.filter(({ written }) => written).flatMap((fate) => [fate.before.name, fate.after?.name ?? '']).map((name) => name.toLowerCase()))
  const concerned = [...after.tables.values()].filter(
    (table) =>
      table.foreignKeys.length > 0 &&
      (touched.has(table.name.toLowerCase()) ||
        before.tables.get(table.name.toLowerCase()) === undefined ||
        table.foreignKeys.some(({ target }) => touched.has(target.toLowerCase()))),
  )
  const now = violationsIn(database, 'main', concerned.map(({ name }) => name))
  if (now.length === 0) return { added: [], old: [] }
  const was = violationsIn(database, 'prior', now.map(({ table }) => table))
  const excess = now.map((violation) => {
    const known = was.find(({ table, parent }) => table === violation.table && parent === violation.parent)?.rows ?? 0
    return { ...violation, rows: violation.rows - known }
  })
  return { added: excess.filter(({ rows }) => rows > 0), old: was }
}

function planned(file: MigrationFile, replays: Map<string, FileReplay>, run: D1Run): PlannedMigration {
  const prints = run.fingerprints.get(file.name)
  return {
    name: file.name,
    sha256: file.sha256,
    statements: replays.get(file.name)?.count ?? 0,
    durationMs: Math.round(run.durations[file.name] ?? 0),
    fingerprintBefore: prints?.before ?? run.predictedFingerprint,
    fingerprintAfter: prints?.after ?? run.predictedFingerprint,
  }
}

function tableOf(input: RehearseInput): string {
  return input.migrationsTable ?? 'd1_migrations'
}

/** A copy that holds everything, also what still lies in a write-ahead log beside the file. */
async function copyDatabase(from: string, to: string): Promise<void> {
  const database = openSqlite(from, { readOnly: true })
  try {
    const mode = database.prepare('PRAGMA journal_mode').get()?.['journal_mode']
    if (mode === 'wal') {
      database.exec(`VACUUM INTO ${quote(to)}`)
      return
    }
  } finally {
    database.close()
  }
  await copyFile(from, to)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
