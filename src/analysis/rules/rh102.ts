import { defined } from '../../contract/defined.js'
import type { Finding } from '../../contract/finding.js'
import { plural } from '../../text/plural.js'
import type { Evidence, HeavyReads, StatementEvidence, StatementRows } from '../evidence.js'
import { failuresOf } from './refused.js'
import { findingOf, type Rule } from './rule.js'

/** Milliseconds that D1 gives one call of its API. */
const API_LIMIT_MS = 30_000

export const rh102: Rule = {
  code: 'RH102',
  title: 'slower than the API limit, or reads too many rows',
  severity: 'error',
  advice: 'Split the migration into several files with less work each.',
  source: 'https://developers.cloudflare.com/d1/platform/limits/: 30 seconds a query',
  check: (evidence) => [
    ...failuresOf(rh102, evidence),
    ...slowFiles(evidence),
    ...heavyStatements(evidence),
    ...firedTriggers(evidence),
  ],
}

function slowFiles(evidence: Evidence): Finding[] {
  return Object.entries(evidence.durations)
    .filter(([, durationMs]) => durationMs > API_LIMIT_MS / 2)
    .map(([file, durationMs]) => {
      const slowest = evidence.statements
        .filter((statement) => statement.file === file)
        .sort((a, b) => b.durationMs - a.durationMs)[0]
      const why = slowest?.reads === undefined ? '' : ` ${readsText(slowest.reads)}`
      return findingOf(
        rh102,
        durationMs > API_LIMIT_MS ? 'error' : 'warning',
        slowest ?? { file },
        `The file took ${Math.round(durationMs / 1000)} s on the copy; the API gives up after ${API_LIMIT_MS / 1000} s, and the outcome is unknown then.${why}`,
        slowest?.reads === undefined ? {} : wayOut(slowest, slowest.reads),
      )
    })
}

/** Fast here may be too slow there: D1 resets a database whose statement reads tens of millions of rows. */
function heavyStatements(evidence: Evidence): Finding[] {
  const { statements, durations } = evidence
  return statements.flatMap((statement) => {
    const { reads, file, anatomy } = statement
    if (reads === undefined || (durations[file] ?? 0) > API_LIMIT_MS / 2) return []
    const table = anatomy.target ?? reads.table
    const message = `${readsText(reads)}${measuredText(evidence, statement)}`
    return [findingOf(rh102, 'warning', statement, message, { table, ...wayOut(statement, reads) })]
  })
}

function readsText({ rows, table, tableRows, times, trigger, key }: HeavyReads): string {
  if (key !== undefined)
    return `Each of ${plural(times, 'row')} that go from ${key} is looked for in ${table} (${plural(tableRows, 'row')}), whose foreign key has no index: up to ${plural(rows, 'row')} read.`
  const who = trigger === undefined ? 'The statement' : `The trigger ${trigger}, which the statement fires,`
  return `${who} reads ${table} (${plural(tableRows, 'row')}) from its start up to ${plural(times, 'time')}: up to ${plural(rows, 'row')} read.`
}

/** The index that is missing, before the statement; where none helps, words. */
function wayOut(
  { file, line }: Pick<StatementEvidence, 'file' | 'line'>,
  { index }: HeavyReads,
): Pick<Finding, 'advice' | 'fix'> {
  if (index === undefined) {
    const advice =
      'No index over one column helps: write the statement so that it reads each table once, or do it in parts.'
    return { advice }
  }
  const advice =
    'Create the index that is missing before the statement, and drop it afterwards where nothing else needs it.'
  return { advice, fix: { sql: `${index};`, replaces: { file, fromLine: line, toLine: line - 1 } } }
}

/** What D1's engine counted, where it ran the statement by itself. */
function rowsOf({ costs }: Evidence, { file, line }: StatementEvidence): StatementRows | undefined {
  return costs?.get(file)?.find((cost) => cost.line === line)
}

function measuredText(evidence: Evidence, statement: StatementEvidence): string {
  const rows = rowsOf(evidence, statement)
  return rows === undefined ? '' : ` D1's engine counted ${plural(rows.rowsRead, 'row')} read on the copy.`
}

/** Harmless where it is meant, and part of the bill either way. */
function firedTriggers(evidence: Evidence): Finding[] {
  return evidence.statements.flatMap((statement) => {
    const { fires, anatomy, changes } = statement
    if (fires === undefined || statement.reads?.trigger !== undefined) return []
    const one = fires.triggers.length === 1
    const who = `${one ? 'the trigger' : 'the triggers'} ${fires.triggers.join(' and ')}`
    const counted = rowsOf(evidence, statement)
    const written =
      counted === undefined
        ? ''
        : ` D1's engine counted ${plural(counted.rowsWritten, 'row')} written in all.`
    const message = `The statement writes ${plural(changes, 'row')} and sets off ${who}, which ${one ? 'writes' : 'write'} ${plural(fires.rows, 'row')} more.${written}`
    const table = anatomy.target
    const advice = `Where these rows are not meant to be touched, drop ${who} before the statement and create ${one ? 'it' : 'them'} again after it.`
    return [findingOf(rh102, 'info', statement, message, { ...defined({ table }), advice })]
  })
}
