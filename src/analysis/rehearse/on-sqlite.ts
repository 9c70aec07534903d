import { defined } from '../../contract/defined.js'
import { ledgerSql } from '../../d1/schema/ledger.js'
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import type { Finding } from '../../contract/finding.js'
import type { Plan } from '../../contract/plan.js'
import type { Database, MigrationFile } from '../../contract/target.js'
import { holdsRows, readDetailedCatalog } from '../../d1/schema/schema.js'
import { attachAfterwards, openConfined } from '../../d1/sqlite/confined.js'
import { compareTable } from '../compare/compare.js'
import {
  checkApplication,
  type ApplicationQuery,
  type OnQuery,
  type QueryTrial,
} from './application-queries.js'
import type { Destination, Evidence, FailingRows, FailureEvidence, TableFate } from '../evidence.js'
import { lossesBeforeFailure } from './before-failure.js'
import { brokenObjects, brokenSince, violationsIn } from '../replay/health.js'
import { unfollowed } from '../replay/unfollowed.js'
import { notMadeAgain } from '../replay/made-again.js'
import { followTables } from '../replay/lineage.js'
import { replayFile, type FileReplay, type ReplayOptions } from '../replay/replay.js'
import { rowChanges } from '../compare/row-counts.js'
import { loweredSequences } from '../compare/autoincrement.js'
import { copiedIntoItself } from '../compare/copied-into-itself.js'
import { repeatedRows } from '../compare/repeated-rows.js'
import { searchMismatches } from '../compare/search-indexes.js'
import { viewFates } from '../compare/view-fates.js'
import { withConstraints } from '../compare/constraints.js'
import { endingFailures } from '../replay/file-ending.js'

export interface NativeInput {
  migrationsTable: string
  database: Database
  /** The Wrangler that would apply the files. */
  wrangler?: { version: string; sendsLf: boolean }
  queries?: ApplicationQuery[]
  /** The copy was made of the files: which rows the database holds is not known. */
  withoutRows?: boolean
  signal?: AbortSignal
  onProgress?: (message: string) => void
  onStatement?: ReplayOptions['onStatement']
  hopeless?: ReplayOptions['hopeless']
  onQuery?: OnQuery
  /** Texts of production's that did not end when they were tried before. */
  endless?: readonly string[]
}

/** What SQLite, statement by statement, shows of the files. */
export interface NativeRehearsal {
  evidence: Evidence
  findings: Finding[]
  /** What became of each query of the application. */
  trials: QueryTrial[]
  replays: Map<string, FileReplay>
  /** The files that ran, all of them unless one failed. */
  ran: MigrationFile[]
  rows: Plan['rows']
}

/**
 * Runs the pending files on `places.main`, which is a copy of `places.prior`, and compares the two. Stops at the first file that fails.
 * Throws the signal's reason when it is aborted.
 */
export async function rehearseNatively(
  input: NativeInput,
  places: { main: string; prior: string },
  pending: MigrationFile[],
): Promise<NativeRehearsal> {
  const { migrationsTable } = input
  const database = openConfined(places.main)
  try {
    database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -32768')
    database.exec(ledgerSql(migrationsTable))
    const before = readDetailedCatalog(database, { migrationsTable })
    const brokenBefore = brokenObjects(database, before)
    const replays = new Map<string, FileReplay>()
    const ran: MigrationFile[] = []
    for (const file of pending) {
      input.onProgress?.(`Rehearsing ${file.name}`)
      const replay = replayFile(database, file, replayOptions(input, before))
      replay.failures.push(...endingFailures(file, replay.parsed))
      replays.set(file.name, replay)
      input.signal?.throwIfAborted()
      await setImmediate()
      if (replay.failures.some(({ code }) => code !== 'TX101')) break
      ran.push(file)
    }
    const after = readDetailedCatalog(database, { migrationsTable })
    const statements = [...replays.values()].flatMap((replay) => replay.statements)
    const settled = statements.filter(({ file }) => ran.some(({ name }) => name === file))
    attachAfterwards(database, places.prior, 'prior')
    const fates: TableFate[] = []
    for (const fate of followTables(before, after, settled)) {
      input.onProgress?.(`Comparing ${fate.before.name}`)
      fates.push(withData(database, fate, { database, before, after, statements: settled }))
      input.signal?.throwIfAborted()
      await setImmediate()
    }
    const violations = compareViolations(database, before, after, fates)
    const evidence: Evidence = {
      mode: 'copy',
      files: pending,
      statements,
      before,
      after,
      fates,
      failures: [...replays.values()].flatMap(({ failures }) =>
        failures.map((failure) => onCopy(withQueryOf(failure, places.prior))),
      ),
      broken: brokenSince(database, after, brokenBefore),
      notMadeAgain: notMadeAgain(database, before, after, fates),
      views: viewFates(before, after, database),
      search: searchMismatches({ database, before, after, statements: settled, fates }),
      unfollowed: unfollowed(before, after),
      sequences: loweredSequences(database, before, after, fates),
      repeated: [repeatedRows, copiedIntoItself].flatMap((find) =>
        find({ database, before, after, statements: settled }, fates),
      ),
      violations: violations.added,
      oldViolations: violations.old,
      queries: (input.queries ?? []).map(({ sql }) => sql),
      withoutRows: input.withoutRows ?? false,
      durations: {},
      end: { before, statements },
      certain: true,
      destination: destinationOf(input),
    }
    const { onQuery, endless } = input
    const { findings, trials } = checkApplication(database, evidence, input.queries ?? [], {
      priorFile: places.prior,
      ...defined({ onQuery, endless }),
    })
    evidence.searchedBy = searchedBy(trials)
    const rows = rowChanges(database, before, after, fates)
    const failed = pending[ran.length]
    const replay = failed === undefined ? undefined : replays.get(failed.name)
    if (failed !== undefined && replay !== undefined) {
      findings.push(
        ...lossesBeforeFailure({
          ...{ copy: places.main, database, file: failed, replay, evidence, settled },
          options: replayOptions(input, before),
          compare: (fate, then, all) =>
            withData(database, fate, { database, before, after: then, statements: all }),
        }),
      )
    }
    return { evidence, findings, trials, replays, ran, rows }
  } finally {
    database.close()
  }
}

function replayOptions(
  { migrationsTable, onStatement, hopeless }: NativeInput,
  origin: Evidence['before'],
): ReplayOptions {
  return { migrationsTable, countRows: true, origin, onStatement, hopeless }
}

function destinationOf({ database, wrangler }: NativeInput): Destination {
  if (database.remote) return { place: 'remote', ...defined({ wrangler }) }
  return { place: 'local', remoteId: /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(database.id) }
}

/** For each index that a query searched before: the queries, by name. */
function searchedBy(trials: readonly QueryTrial[]): NonNullable<Evidence['searchedBy']> {
  const found = new Map<string, string[]>()
  for (const { query, indexes } of trials)
    for (const index of indexes) found.set(index, [...(found.get(index) ?? []), query.name])
  return found
}

function withData(
  database: DatabaseSync,
  fate: TableFate,
  versions: Parameters<typeof compareTable>[0],
): TableFate {
  if (!holdsRows(fate.before)) return fate
  return { ...withConstraints(fate, database), data: compareTable({ ...versions, database }, fate) }
}

/** The SELECT for failing rows must find them in the database as it is, where nothing of the files has run yet. */
function withQueryOf(failure: FailureEvidence, prior: string): FailureEvidence {
  const { query, ...rows } = failure.rows ?? {}
  if (query === undefined || failure.rows === undefined) return failure
  const database = openConfined(prior, { readOnly: true })
  try {
    return database.prepare(query).get() === undefined ? { ...failure, rows: rows as FailingRows } : failure
  } catch {
    // It names what the files make first.
    return { ...failure, rows: rows as FailingRows }
  } finally {
    database.close()
  }
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
  const touched = new Set(
    fates
      .filter(({ written }) => written)
      .flatMap((fate) => [fate.before.name, fate.after?.name ?? ''])
      .map((name) => name.toLowerCase()),
  )
  const concerned = [...after.tables.values()].filter(
    (table) =>
      table.foreignKeys.length > 0 &&
      (touched.has(table.name.toLowerCase()) ||
        before.tables.get(table.name.toLowerCase()) === undefined ||
        table.foreignKeys.some(({ target }) => touched.has(target.toLowerCase()))),
  )
  const now = violationsIn(
    database,
    'main',
    concerned.map(({ name }) => name),
  )
  if (now.length === 0) return { added: [], old: [] }
  const was = violationsIn(
    database,
    'prior',
    now.map(({ table }) => table),
  )
  const excess = now.map((violation) => {
    const known =
      was.find(({ table, parent }) => table === violation.table && parent === violation.parent)?.rows ?? 0
    return { ...violation, rows: violation.rows - known }
  })
  return { added: excess.filter(({ rows }) => rows > 0), old: was }
}
