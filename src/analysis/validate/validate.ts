import { defined } from '../../contract/defined.js'
import { messageOf } from '../../contract/failures.js'
import { DEFAULT_LEDGER } from '../../contract/names.js'
import { ledgerSql } from '../../d1/schema/ledger.js'
import type { DatabaseSync } from 'node:sqlite'
import type { Finding } from '../../contract/finding.js'
import type { MigrationFile } from '../../contract/target.js'
import { readDetailedCatalog, type DetailedCatalog } from '../../d1/schema/schema.js'
import { openConfined, runForeign } from '../../d1/sqlite/confined.js'
import { acknowledge } from '../findings/acknowledge.js'
import type { BrokenObject, Evidence, FailureEvidence, StatementEvidence } from '../evidence.js'
import { brokenObjects, brokenSince } from '../replay/health.js'
import type { History } from '../rules/history.js'
import { arrange, collectFindings, collectHistoryFindings } from '../findings/collect.js'
import { unfollowed } from '../replay/unfollowed.js'
import { notMadeAgain } from '../replay/made-again.js'
import { viewFates } from '../compare/view-fates.js'
import { withConstraints } from '../compare/constraints.js'
import { followTables } from '../replay/lineage.js'
import { replayFile, type FileReplay, type Watched } from '../replay/replay.js'
import { endingFailures } from '../replay/file-ending.js'
import { command, words } from '../../contract/next-command.js'

export interface ValidateInput {
  /** The whole folder, in apply order. */
  files: MigrationFile[]
  /** Names in the ledger, when it is known: these files are history and never block. */
  applied?: string[]
  /** SHA-256 by file name, from `migrations/checksums.json`. */
  checksums?: Record<string, string>
  /** `.sql` files below the folder that Wrangler passes over. */
  overlooked?: readonly string[]
  /** Default: Wrangler's. */
  migrationsTable?: string
  /**
   * The statements that make the schema of the database that the ledger is of. What was made by hand is there then, and
   * the applied files are not replayed.
   */
  schema?: readonly string[]
  watched?: Watched
  /** How large the replay may make its database, in bytes. Default: that of `openConfined` in memory. */
  maxBytes?: number
}

export interface ValidateResult {
  /** No error that nobody accepted. */
  success: boolean
  findings: Finding[]
}

/**
 * What the files alone tell, without a database: the whole chain is replayed in memory, each file as one transaction, and the
 * schema compared. A possible loss is a warning here; only what will certainly fail is an error.
 */
export function validateMigrations(input: ValidateInput): Promise<ValidateResult> {
  const { files, applied, checksums, overlooked = [] } = input
  const history: History = { files, applied, checksums, overlooked }
  const database = openConfined(':memory:', defined({ maxBytes: input.maxBytes }))
  try {
    const found = [...collectHistoryFindings(history), ...replayChain(database, input)]
    const pending = input.files.filter(({ name }) => input.applied?.includes(name) !== true)
    const findings = arrange(acknowledge(found, pending, { complete: false }), input.files)
    const success = !findings.some(({ severity, accepted }) => severity === 'error' && accepted === undefined)
    return Promise.resolve({ success, findings })
  } finally {
    database.close()
  }
}

function replayChain(database: DatabaseSync, input: ValidateInput): Finding[] {
  const migrationsTable = input.migrationsTable ?? DEFAULT_LEDGER
  const applied = new Set(input.applied ?? [])
  const chain = new Chain(input.files, input.schema !== undefined)
  database.exec(ledgerSql(migrationsTable))
  for (const sql of input.schema ?? []) createObject(database, sql)
  let before = readDetailedCatalog(database, { migrationsTable })
  const findings: Finding[] = []
  let span: { files: MigrationFile[]; replays: FileReplay[]; before: DetailedCatalog } = {
    files: [],
    replays: [],
    before,
  }
  const certain = input.applied !== undefined
  const start = { before, statements: [] as StatementEvidence[] }

  /** Of what is applied: it is no news. */
  let brokenBefore: BrokenObject[] | undefined

  /** What stands before the first file that fails: behind it nobody knows what the folder leads to. */
  let sound: Pick<Evidence, 'after' | 'broken' | 'unfollowed' | 'end'> | undefined

  const judge = (after: DetailedCatalog, last: boolean): void => {
    findings.push(
      ...collectFindings({
        ...evidenceOf(database, span, after, certain),
        ...(last && sound === undefined
          ? {
              end: start,
              broken: brokenSince(database, after, brokenBefore),
              unfollowed: unfollowed(start.before, after),
            }
          : {}),
      }),
    )
    span = { files: [], replays: [], before: after }
  }

  const known = input.schema !== undefined
  for (const file of input.files.filter(({ name }) => !known || !applied.has(name))) {
    const isHistory = applied.has(file.name)
    if (!isHistory) brokenBefore ??= brokenObjects(database, before)
    const options = { ...input.watched, migrationsTable, countRows: false, origin: span.before }
    let replay = replayFile(database, file, isHistory ? { ...options, tolerant: true } : options)
    if (!isHistory && replay.failures.some(({ code }) => code !== 'TX101')) {
      const failures = chain.explain([...replay.failures, ...endingFailures(file, replay.parsed)], before)
      sound ??= {
        after: before,
        broken: brokenSince(database, before, brokenBefore),
        unfollowed: unfollowed(start.before, before),
        end: { before: start.before, statements: [...start.statements] },
      }
      // What still runs of it is kept, so that later files are not blamed for what this one did not create.
      replay = { ...replayFile(database, file, { ...options, tolerant: true }), failures }
    } else if (!isHistory) {
      replay.failures.push(...endingFailures(file, replay.parsed))
    }
    const after = readDetailedCatalog(database, { migrationsTable, known: before })
    before = after
    if (isHistory) {
      span.before = after
      start.before = after
      continue
    }
    span.files.push(file)
    span.replays.push(replay)
    start.statements.push(...replay.statements)
    // Without a ledger nobody knows which files run together: each is judged by itself.
    if (!certain && file !== input.files.at(-1)) judge(after, false)
  }
  judge(before, true)
  if (sound === undefined) return findings
  const nothing = { files: [], replays: [], before: sound.after }
  return [
    ...findings,
    ...collectFindings({ ...evidenceOf(database, nothing, sound.after, certain), ...sound }),
  ]
}

/** A shadow table came with its virtual table. */
function createObject(database: DatabaseSync, sql: string): void {
  try {
    runForeign(database, sql)
  } catch (error) {
    if (!/already exists/.test(messageOf(error))) throw error
  }
}

function evidenceOf(
  database: DatabaseSync,
  span: { files: MigrationFile[]; replays: FileReplay[]; before: DetailedCatalog },
  after: DetailedCatalog,
  certain: boolean,
): Evidence {
  const statements = span.replays.flatMap((replay) => replay.statements)
  const fates = followTables(span.before, after, statements).map((fate) => withConstraints(fate))
  return {
    mode: 'files',
    files: span.files,
    statements,
    before: span.before,
    after,
    fates,
    notMadeAgain: notMadeAgain(database, span.before, after, fates),
    views: viewFates(span.before, after),
    sequences: [],
    repeated: [],
    search: [],
    failures: span.replays.flatMap(({ failures }) => failures),
    broken: [],
    violations: [],
    oldViolations: [],
    durations: {},
    certain,
    destination: { place: 'unknown' },
  }
}

/** Tells failures that a file is to blame for from those that only show that the chain does not start from nothing. */
class Chain {
  readonly #creates: Set<string>
  readonly #schemaIsKnown: boolean
  readonly #failed: string[] = []

  /** @param schemaIsKnown what the files stand on was read: a table that is missing there is missing. */
  constructor(files: MigrationFile[], schemaIsKnown: boolean) {
    this.#schemaIsKnown = schemaIsKnown
    this.#creates = new Set(files.flatMap(({ sql }) => createdTables(sql)))
  }

  explain(failures: FailureEvidence[], before: DetailedCatalog): FailureEvidence[] {
    return failures.flatMap((failure) => {
      const missing = missingName(failure.message)
      if (missing !== undefined && this.#failed.some((sql) => mentionsText(sql, missing))) return []
      this.#failed.push(failure.sql)
      const base =
        !this.#schemaIsKnown &&
        missing !== undefined &&
        !this.#creates.has(missing) &&
        before.tables.size === 0
      if (base) return [{ ...failure, uncertain: true, advice: ADVICE }]
      return [dependsOnRows(failure) ? { ...failure, uncertain: true, advice: ROWS_ADVICE } : failure]
    })
  }
}

const ADVICE =
  'No file of the folder creates this table. If it was made outside of the migrations, add a first migration that creates it, so that new environments can be built.'

/** The replay starts without rows: what these miss or meet, production may hold or not. */
function dependsOnRows({ message, sql }: FailureEvidence): boolean {
  if (/^(?:FOREIGN KEY|UNIQUE) constraint failed/.test(message)) return true
  return /^(?:NOT NULL|CHECK) constraint failed/.test(message) && /\bselect\b/i.test(sql)
}

const ROWS_ADVICE = words`On an empty database this fails. ${command('plan')} shows whether it does on the rows of yours; a new environment cannot be built with it.`

function missingName(message: string): string | undefined {
  return /no such (?:table|column|index|view|trigger): (?:main\.)?([^\s]+)/.exec(message)?.[1]?.toLowerCase()
}

function mentionsText(sql: string, name: string): boolean {
  return new RegExp(`(?:^|\\W)${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?:\\W|$)`, 'i').test(sql)
}

function createdTables(sql: string): string[] {
  return [...sql.matchAll(/create\s+(?:virtual\s+)?table\s+(?:if\s+not\s+exists\s+)?["'`[]?([\w$]+)/gi)].map(
    (match) => match[1]?.toLowerCase() ?? '',
  )
}
