import type { Finding, Fix, Severity } from '../../contract/finding.js'
import type { Evidence, StatementEvidence, TableFate } from '../evidence.js'
import { portableTrigger } from '../../d1/sql/remote-triggers.js'
import { plural } from '../../text/plural.js'
import { grouped } from '../../contract/number.js'
import type { History } from './history.js'
import { type Words } from '../../contract/next-command.js'

/** One code of the analysis. `check` and `checkHistory` are pure. */
export interface Rule {
  code: string
  title: string
  /** What a rehearsed finding of this code usually is; the data decides. */
  severity: Severity
  /** What to do about it. */
  advice: string
  /** Where the rule comes from. */
  source: string
  /** A disagreement of files and ledger: `status` lists it. */
  conflict?: true
  check?: (evidence: Evidence) => Finding[]
  checkHistory?: (history: History) => Finding[]
}

type Details = Partial<Pick<Finding, 'table' | 'column' | 'count' | 'before' | 'after' | 'fix'>> & {
  advice?: Words
}

/** Where a finding points to: a statement, or a file as a whole. */
export type Location = Pick<StatementEvidence, 'file' | 'line'> | { file: string } | undefined

export function findingOf(
  rule: Pick<Rule, 'code' | 'advice'>,
  severity: Severity,
  place: Location,
  message: string,
  details: Details = {},
): Finding {
  const { advice, ...rest } = details
  return {
    code: rule.code,
    severity,
    migration: place?.file ?? '-',
    ...(place !== undefined && 'line' in place ? { line: place.line } : {}),
    ...rest,
    message,
    advice: advice ?? rule.advice,
  }
}

/**
 * A fix that adds statements, given without their `;`, to the end of the file that a finding blames; none where it blames no file. Triggers
 * are put as remote D1 takes them.
 */
export function atEndOf(
  evidence: Pick<Evidence, 'files'>,
  place: Location,
  statements: readonly string[],
): { fix?: Fix } {
  const file = evidence.files.find(({ name }) => name === place?.file)
  if (file === undefined || statements.length === 0) return {}
  const lines = file.sql.replace(/\n$/, '').split('\n').length
  const sql = statements.map((statement) => `${portableTrigger(statement).replace(/;\s*$/, '')};`).join('\n')
  return { fix: { sql, replaces: { file: file.name, fromLine: lines + 1, toLine: lines } } }
}

/** A loss that the rehearsal shows is an error; one that the files only make possible is a warning. */
export function lossSeverity(evidence: Evidence): Severity {
  return evidence.mode === 'copy' ? 'error' : 'warning'
}

export function rowsText(count: number): string {
  return plural(count, 'row')
}

/**
 * `3 rows of 5`, of which `values` had one: of all rows of the table, or of those that had a value; where rows are gone as well, without a
 * whole.
 */
export function rowsOfWhole({ data }: TableFate, rows: number, values: number): string {
  if (data === undefined) return rowsText(rows)
  const { rowsBefore, lost, moved, equal = 0 } = data
  if (values === rowsBefore) return `${rowsText(rows)} of ${grouped(values)}`
  return lost + moved + equal === 0 ? `${rowsText(rows)} of ${grouped(values)} with a value` : rowsText(rows)
}

export function valuesText(count: number): string {
  return plural(count, 'value')
}

/** Equal names as SQLite compares them. */
export function same(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a.toLowerCase() === b.toLowerCase()
}

/** A name as SQL reads it, whatever it holds. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
