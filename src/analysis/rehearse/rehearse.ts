import { pendingMigrations } from '../../d1/order/migration-order.js'
import { DEFAULT_LEDGER } from '../../contract/names.js'
import { defined } from '../../contract/defined.js'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Finding } from '../../contract/finding.js'
import type { Plan, PlannedMigration, RollbackSummary } from '../../contract/plan.js'
import type { Database, MigrationFile } from '../../contract/target.js'
import type { StatementRows } from '../evidence.js'
import { parseStatements } from '../../d1/sql/statements.js'
import { foldTriggers, REFUSED, remoteTriggers } from '../../d1/sql/remote-triggers.js'
import { openConfined } from '../../d1/sqlite/confined.js'
import { openSqlite, quoteText } from '../../d1/sqlite/sqlite.js'
import { ledgerSql } from '../../d1/schema/ledger.js'
import { readDetailedCatalog } from '../../d1/schema/schema.js'
import { RunbookError } from '../../contract/failures.js'
import { command, words } from '../../contract/next-command.js'
import { acknowledge, verdictOf } from '../findings/acknowledge.js'
import type { ApplicationQuery, OnQuery, QueryTrial } from './application-queries.js'
import { schemaChangesOf } from './schema-changes.js'
import { planQueries, productionQueries, type ProductionQuery } from './production-queries.js'
import { arrange, collectFindings, collectHistoryFindings } from '../findings/collect.js'
import { planHashOf } from './plan-hash.js'
import { cancellingFiles, reverseInFolder } from './reverse-files.js'
import { rehearseNatively, type NativeRehearsal } from './on-sqlite.js'
import {
  replayFile,
  type FileReplay,
  type StatementPosition,
  type Unreachable,
  type Watched,
} from '../replay/replay.js'
import { unwrittenRows } from '../reverse/without-rows.js'
import { rehearseWayBack, type WayBackInput } from '../reverse/rehearsal.js'
import { driftFinding } from '../rules/sq108.js'
import { withSafeRebuild } from '../reverse/safe-rebuild.js'
import { schemaDrift } from '../replay/schema-drift.js'
import { runOnD1, type D1Run } from './on-d1.js'
import type { ConfiguredQuery, TrafficReading } from '../../contract/queries.js'
import type { OpenScratch } from '../../d1/scratch/scratch-workerd.js'

export interface RehearseInput {
  /** The restored copy, an SQLite file; it is copied, never changed. Absent: what the applied files make of an empty database. */
  databaseFile?: string
  /** The whole folder, in apply order. */
  files: MigrationFile[]
  /** The ledger, oldest first. */
  applied: readonly (string | { name: string })[]
  /** Files of `applied` that the copy does not have yet, as an older archive: they are run on it before anything is compared. */
  runFirst?: readonly string[]
  environment: string
  database: Database
  /** The Wrangler that would apply the files; `sendsLf`: with line feeds whatever the files have. */
  wrangler?: { version: string; sendsLf: boolean }
  migrationsTable?: string
  checksums?: Record<string, string>
  /** `.sql` files below the folder that Wrangler passes over. */
  overlooked?: readonly string[]
  /** What the running application asks. */
  queries?: Pick<ApplicationQuery, 'name' | 'sql'>[]
  /** What production's analytics say that it is asked, where no `queries` are given. */
  traffic?: TrafficReading
  /** The copy is production's own, of now: what its statements cost is what production's will. */
  wholeCopy?: boolean
  /** Files of the folder that may be the reverse of the pending ones: proven, never taken by name. */
  candidates?: readonly MigrationFile[]
  /** The database as it is now, behind the pending files: the way back is tried on a copy of it too. */
  presentFile?: string
  signal?: AbortSignal
  /** One line for people. */
  onProgress?: (message: string) => void
  /** Called before and, with nothing, after each statement that may take long. */
  onStatement?: (at: StatementPosition | undefined) => void
  /** Statements that did not end when they were tried before. */
  hopeless?: readonly Unreachable[]
  /** Called before each query of production's and, with nothing, after them. */
  onQuery?: OnQuery
  /** Queries of production's that did not end when they were tried before. */
  endless?: string[]
}

/**
 * Runs the pending files on a copy of the database: statement by statement in SQLite, to see which one does what to which rows, and
 * file by file in workerd, for what D1 accepts and the schema that it makes of it. The result is the plan that people approve.
 * `open`: where an engine runs already. Throws the signal's reason when it is aborted.
 */
export async function rehearseMigrations(input: RehearseInput, open?: OpenScratch): Promise<Plan> {
  const folder = await mkdtemp(join(tmpdir(), 'd1-runbook-rehearse-'))
  try {
    const prior = join(folder, 'prior.sqlite')
    const main = join(folder, 'main.sqlite')
    if (input.databaseFile === undefined) replayHistory(input, prior)
    else await copyDatabase(input.databaseFile, prior)
    if ((input.runFirst ?? []).length > 0) replayOnto(input, prior, input.runFirst ?? [])
    await copyFile(prior, main)
    return await rehearseIn(input, { prior, main, folder }, open)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

interface Places {
  prior: string
  main: string
  folder: string
}

async function rehearseIn(input: RehearseInput, places: Places, open?: OpenScratch): Promise<Plan> {
  const ledger = ledgerOf(input)
  const pending = pendingMigrations(input.files, ledger)
  const { files, checksums, overlooked = [] } = input
  const history = collectHistoryFindings({ files, applied: ledger, checksums, overlooked })
  const drift = schemaDrift({
    files: input.files,
    applied: ledger,
    databaseFile: places.prior,
    migrationsTable: tableOf(input),
  })
  history.push(...driftFinding(drift ?? []))
  const { chosen, leftOut } = ownQueries(input)
  const queries = [...(input.queries ?? []), ...chosen]
  const native = await rehearseNatively(
    {
      ...{ ...input, queries, migrationsTable: tableOf(input) },
      withoutRows: input.databaseFile === undefined,
    },
    places,
    pending,
  )
  input.signal?.throwIfAborted()
  const run = await runOnD1({
    input,
    file: places.prior,
    pending: native.ran,
    migrationsTable: tableOf(input),
    asked: native.trials.flatMap(({ query, bound }) =>
      query.traffic === undefined || bound === undefined ? [] : [{ sql: query.sql, bound }],
    ),
    ...defined({ open }),
  })
  try {
    return await conclude(input, places, { ledger, pending, history, native, run, chosen, leftOut })
  } finally {
    await run.close()
  }
}

async function conclude(
  input: RehearseInput,
  places: Places,
  { ledger, pending, history, native, run, chosen, leftOut }: Rehearsed,
): Promise<Plan> {
  const evidence = {
    ...native.evidence,
    costs: run.costs,
    failures: [...native.evidence.failures, ...run.failures],
    durations: run.durations,
  }
  const rooms = { ...places, migrationsTable: tableOf(input), watched: watchedBy(input) }
  const judged = [
    ...history,
    ...(await withSafeRebuild(collectFindings(evidence), evidence, pending, rooms)),
    ...native.findings,
  ]
  const findings = arrange(acknowledge(judged, pending), input.files)
  const complete = run.failures.length === 0 && native.ran.length === pending.length
  const failing = run.failures[0]?.file ?? pending[native.ran.length]?.name ?? ''
  const back = complete ? await wayBack(input, places, native, run) : noWayBack(failing)
  const migrations = pending.map((file) => planned(file, native.replays, run))
  const cancels = complete ? cancellingFiles(migrations) : []
  const rollback = cancels.length === 0 ? back : { ...back, cancels }
  const plan = {
    verdict: verdictOf(findings),
    environment: input.environment,
    database: input.database,
    migrations,
    findings,
    ledger,
    schemaFingerprint: run.schemaFingerprint,
    predictedFingerprint: run.predictedFingerprint,
    rows: native.rows,
    rollback,
    schemaChanges: schemaChangesOf(native.evidence),
  }
  const { traffic, wholeCopy = false } = input
  // The hashes of the files are in the hash already.
  const trials = complete ? native.trials : withoutAfterwards(native.trials, failing)
  const configuredQueries = configuredOf(trials)
  const shown = {
    ...{ planHash: planHashOf(plan), ...plan, migrations: withText(migrations, pending) },
    ...(configuredQueries.length === 0 || pending.length === 0 ? {} : { configuredQueries }),
  }
  if (traffic === undefined || pending.length === 0) return shown
  const tried = { trials, measured: run.measured, wholeCopy: wholeCopy && complete }
  const queries = planQueries(traffic, { chosen, leftOut }, tried)
  return { ...shown, queries }
}

/** Where a file stops halfway, a query that met no harm was held against no database of afterwards. */
function withoutAfterwards(trials: readonly QueryTrial[], failing: string): QueryTrial[] {
  const because = `${failing} fails on the copy, so there is nothing of afterwards to compare with`
  return trials.map((trial) =>
    trial.outcome === 'unchanged' ? { ...trial, outcome: 'not-tried', because } : trial,
  )
}

function configuredOf(trials: readonly QueryTrial[]): ConfiguredQuery[] {
  return trials
    .filter(({ query }) => query.traffic === undefined)
    .map(({ query: { name }, outcome, because }) => ({ name, outcome, ...defined({ because }) }))
}

/** Production's own queries, where nobody configured any. */
function ownQueries(input: RehearseInput): { chosen: ProductionQuery[]; leftOut: number } {
  const { traffic, queries = [], files } = input
  if (traffic?.state !== 'read' || queries.length > 0) return { chosen: [], leftOut: 0 }
  return productionQueries(traffic, { migrationsTable: tableOf(input), files })
}

function noWayBack(failing: string): RollbackSummary {
  return {
    available: false,
    rehearsed: false,
    price: [`${failing} fails on the copy: no way back is written for files that cannot all run.`],
  }
}

async function wayBack(
  input: RehearseInput,
  places: Places,
  native: NativeRehearsal,
  run: D1Run,
): Promise<RollbackSummary> {
  if (native.ran.length === 0) return { available: false, rehearsed: false, price: [] }
  input.onProgress?.('Rehearsing the way back')
  const way = {
    ...places,
    migrationsTable: tableOf(input),
    evidence: native.evidence,
    watched: watchedBy(input),
    ...defined({ signal: input.signal, present: input.presentFile }),
  }
  const { candidates = [] } = input
  const theirs = await reverseInFolder(way, { candidates, remote: input.database.remote, run })
  const ours = theirs.summary ?? (await ourWayBack(input, way, native, run))
  return theirs.others.length === 0 ? ours : { ...ours, others: theirs.others }
}

async function ourWayBack(
  input: RehearseInput,
  way: WayBackInput,
  native: NativeRehearsal,
  run: D1Run,
): Promise<RollbackSummary> {
  const tried = await rehearseWayBack(way)
  const unwritten = input.databaseFile === undefined ? unwrittenRows(native.evidence) : []
  const summary = { ...tried, price: [...tried.price, ...unwritten] }
  // Written on empty tables: there was no row to count.
  if (input.databaseFile === undefined) delete summary.cost
  if (summary.sql === undefined || summary.sql === '') return summary
  if (input.database.remote) {
    // It is sent as a migration, and the schema must be word for word the one of before: only its lines may change.
    summary.sql = foldTriggers(summary.sql)
    const cut = remoteTriggers(summary.sql).find(({ shapes }) => shapes.some((shape) => REFUSED.has(shape)))
    if (cut !== undefined) return { available: false, rehearsed: true, price: [cutOnTheWay(cut.name)] }
  }
  const refused = await run.tryBack(summary.sql)
  return refused === undefined ? summary : { available: false, rehearsed: true, price: [refused] }
}

function cutOnTheWay(trigger: string): string {
  return `The reverse makes the trigger ${trigger} again as it was, and remote D1 cuts it apart when it is sent as a migration (TR102).`
}

interface Rehearsed {
  ledger: string[]
  pending: MigrationFile[]
  history: Finding[]
  native: NativeRehearsal
  run: D1Run
  chosen: ProductionQuery[]
  leftOut: number
}

function planned(file: MigrationFile, replays: Map<string, FileReplay>, run: D1Run): PlannedMigration {
  const prints = run.fingerprints.get(file.name)
  const costs = statementCosts(replays.get(file.name), run.costs.get(file.name))
  return {
    name: file.name,
    sha256: file.sha256,
    statements: replays.get(file.name)?.count ?? parseStatements(file.sql).statements.length,
    durationMs: wholeMs(run.durations[file.name]),
    fingerprintBefore: prints?.before ?? run.predictedFingerprint,
    fingerprintAfter: prints?.after ?? run.predictedFingerprint,
    ...defined({ statementCosts: costs }),
  }
}

/** A plan travels through Temporal, whose payloads have their limit. Characters. */
const SHOWN_SQL = 8_000
const ALL_SHOWN_SQL = 100_000

/** Each with the text that people read beside what it did. */
function withText(
  migrations: readonly PlannedMigration[],
  files: readonly MigrationFile[],
): PlannedMigration[] {
  let room = ALL_SHOWN_SQL
  return migrations.map((one) => {
    const sql = files.find(({ name }) => name === one.name)?.sql ?? ''
    if (sql.length > SHOWN_SQL || sql.length > room) return one
    room -= sql.length
    return { ...one, sql }
  })
}

/** 0 only of a file that D1's engine did not run to its end. */
function wholeMs(durationMs: number | undefined): number {
  return durationMs === undefined ? 0 : Math.max(1, Math.round(durationMs))
}

/** Rows by D1's count, and the time that SQLite took on the copy; nothing where D1 did not run the statements one by one. */
function statementCosts(
  replay: FileReplay | undefined,
  costs: readonly StatementRows[] | undefined,
): PlannedMigration['statementCosts'] {
  if (replay === undefined || costs === undefined) return undefined
  // One for one where both ran the same ones; several can stand on a line.
  const paired = replay.statements.length === costs.length
  return costs.map(({ line, rowsRead, rowsWritten }, at) => {
    const seen = paired ? replay.statements[at] : replay.statements.find((one) => one.line === line)
    return { line, rowsRead, rowsWritten, ms: Math.round((seen?.durationMs ?? 0) * 100) / 100 }
  })
}

function replayHistory(input: RehearseInput, file: string): void {
  replayOnto(input, file, ledgerOf(input))
}

/** Throws `SqlRefused` for an applied file that does not run. */
function replayOnto(input: RehearseInput, file: string, names: readonly string[]): void {
  const migrationsTable = tableOf(input)
  const database = openConfined(file)
  try {
    database.exec('PRAGMA synchronous = OFF')
    database.exec(ledgerSql(migrationsTable))
    for (const applied of input.files.filter(({ name }) => names.includes(name))) {
      const origin = readDetailedCatalog(database, { migrationsTable })
      const { failures } = replayFile(database, applied, {
        ...{ migrationsTable, countRows: false, origin },
        ...watchedBy(input),
      })
      const failure = failures.find(({ code }) => code !== 'TX101')
      if (failure === undefined) continue
      throw new RunbookError(
        'SqlRefused',
        `${applied.name} does not run on a scratch database: ${failure.message}`,
        { advice: words`${command('validate')} shows what is wrong with it.` },
      )
    }
  } finally {
    database.close()
  }
}

function watchedBy({ onStatement, hopeless }: RehearseInput): Watched {
  return { onStatement, hopeless }
}

function ledgerOf(input: RehearseInput): string[] {
  return input.applied.map((entry) => (typeof entry === 'string' ? entry : entry.name))
}

function tableOf(input: RehearseInput): string {
  return input.migrationsTable ?? DEFAULT_LEDGER
}

/** A copy that holds everything, also what still lies in a write-ahead log beside the file. */
async function copyDatabase(from: string, to: string): Promise<void> {
  const database = openSqlite(from, { readOnly: true })
  try {
    const mode = database.prepare('PRAGMA journal_mode').get()?.['journal_mode']
    if (mode === 'wal') {
      database.exec(`VACUUM INTO ${quoteText(to)}`)
      return
    }
  } finally {
    database.close()
  }
  await copyFile(from, to)
}
