import type { DatabaseSync } from 'node:sqlite'
import type { Finding } from '../../contract/finding.js'
import type { MigrationFile } from '../../contract/target.js'
import { readDetailedCatalog } from '../../d1/schema/schema.js'
import { openConfined } from '../../d1/sqlite/confined.js'
import type { Evidence, StatementEvidence, TableFate } from '../evidence.js'
import { collectFindings } from '../findings/collect.js'
import { followTables } from '../replay/lineage.js'
import { replayFile, type FileReplay, type ReplayOptions } from '../replay/replay.js'
import { anatomyOf, mentions, type StatementParts, type Verb } from '../statement/statement.js'

/** What rows and values a file takes: whoever mends its failing statement should know that too. */
const LOSSES = new Set(['DL101', 'DL102', 'DL103', 'CH101', 'CH102'])

/** Statements that can bring rows and values back, so that the tables they name are not judged half-way. */
const REFILLING: readonly Verb[] = ['insert', 'update', 'create-table', 'alter-table', 'other']

interface FailedFile {
  /** The copy, on which every file before this one ran. It is left as this file's first statements leave it. */
  copy: string
  /** A connection to it that sees the state of before the migration as `prior`. */
  database: DatabaseSync
  file: MigrationFile
  replay: FileReplay
  /** Of the files that ran. */
  evidence: Evidence
  settled: readonly StatementEvidence[]
  options: ReplayOptions
  compare: (fate: TableFate, after: Evidence['after'], statements: StatementEvidence[]) => TableFate
}

/**
 * What the statements of a failing file do before the one that fails: they run once more without it, and what becomes of rows and
 * values is judged. Nothing where D1 refuses a statement by rule, where the file fails at its end, and of tables that the rest of the file
 * may fill again.
 */
export function lossesBeforeFailure(failed: FailedFile): Finding[] {
  const { copy, database, file, replay, evidence, settled, options, compare } = failed
  const [failure] = replay.failures
  const at = replay.statements.length
  const stopped = replay.parsed.statements[at]
  if (replay.failures.length !== 1 || failure?.code !== 'SY101' || failure.where !== 'chain') return []
  if (at === 0 || stopped === undefined) return []
  const first = runAlone(copy, { name: file.name, sql: file.sql.slice(0, stopped.offset) }, options)
  if (first === undefined) return []
  const after = readDetailedCatalog(database, options)
  const statements = [...settled, ...first]
  const rest = replay.parsed.statements.slice(at).map(({ sql, tokens }) => anatomyOf(sql, tokens))
  const fates = followTables(evidence.before, after, statements).filter((fate) => !mayBeFilled(fate, rest))
  const findings = collectFindings({
    ...evidence,
    ...{ after, statements, fates: fates.map((fate) => compare(fate, after, statements)) },
    ...{
      failures: [],
      broken: [],
      violations: [],
      oldViolations: [],
      search: [],
      sequences: [],
      repeated: [],
    },
  })
  return findings
    .filter(({ code, migration }) => LOSSES.has(code) && migration === file.name)
    .map((finding) => ({ ...finding, message: `${finding.message} ${BEFORE_FAILURE}` }))
}

const BEFORE_FAILURE = 'That is what the statements before the failing one do.'

/** By a connection that knows nothing but the copy: a name that is missing there must be found nowhere else. */
function runAlone(
  copy: string,
  file: { name: string; sql: string },
  options: ReplayOptions,
): StatementEvidence[] | undefined {
  const alone = openConfined(copy)
  try {
    alone.exec('PRAGMA synchronous = OFF')
    const { statements, failures } = replayFile(alone, file, options)
    return failures.length === 0 ? statements : undefined
  } finally {
    alone.close()
  }
}

function mayBeFilled(fate: TableFate, rest: readonly StatementParts[]): boolean {
  const names = [fate.before.name, ...(fate.after === undefined ? [] : [fate.after.name]), ...fate.copiedTo]
  return rest.some(
    ({ verb, tokens }) => REFILLING.includes(verb) && names.some((name) => mentions(tokens, name)),
  )
}
