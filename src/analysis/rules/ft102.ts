import type { Finding, Severity } from '../../contract/finding.js'
import type { Evidence, StatementEvidence, UnfollowedWrite, UnfollowedWrites } from '../evidence.js'
import { significantTokens, unquote } from '../../d1/sql/tokens.js'
import { mentions } from '../statement/statement.js'
import { atEndOf, findingOf, lossSeverity, same, type Rule } from './rule.js'

export const ft102: Rule = {
  code: 'FT102',
  title: 'search index that does not follow every write of its table',
  severity: 'warning',
  advice: `Give the table triggers for all three: INSERT, UPDATE and DELETE. Those of an index that reads its rows from the table take the old words out by its 'delete' command, not by DELETE.`,
  source: 'https://sqlite.org/fts5.html#external_content_tables',
  check: (evidence) => (evidence.unfollowed ?? []).flatMap((found) => judge(evidence, found)),
}

function judge(evidence: Evidence, found: UnfollowedWrites): Finding[] {
  const { index, table, fix } = found
  // The trigger that is gone is told of by TR101, with what it did.
  const writes = found.writes.filter(({ lost }) => lost === undefined)
  if (writes.length === 0) return []
  const place = maker(evidence, found)
  const refused = writes.filter(({ message }) => message !== undefined)
  const others = writes.filter(({ message }) => message === undefined)
  const told = others.map((write) => followText(write, table))
  const follows = `The search index ${index} does not follow every write of ${table}: ${told.join('; ')}. Tried on an empty copy of the schema.`
  const findings = [
    ...refused.map((write): [Severity, string] => [refusedSeverity(evidence), refusedText(write, found)]),
    ...(told.length === 0 ? [] : [[severityOf(evidence, found), follows] as const]),
  ]
  return findings.map(([severity, message], at) =>
    // One fix is for all of them.
    findingOf(ft102, severity, place, message, {
      table: index,
      ...(at === 0 ? atEndOf(evidence, place, fix) : {}),
    }),
  )
}

/** A row deleted and still found. */
export function followText({ kind, columns, stale, missing }: UnfollowedWrite, table: string): string {
  if (kind === 'INSERT') return `a new row of ${table} is not found`
  if (kind === 'DELETE') return `a deleted row is still found`
  const what = columns === undefined ? 'a changed row' : `a row with another ${columns.join(' or ')}`
  if (!missing) return `${what} is still found by its old words`
  return stale
    ? `${what} is still found by its old words, and not by the new ones`
    : `${what} is not found by its new words`
}

function refusedText({ kind, message = '' }: UnfollowedWrite, { table, index }: UnfollowedWrites): string {
  return `${kind === 'DELETE' ? 'A DELETE' : 'An UPDATE'} on ${table} fails because of a trigger that writes the search index ${index}: ${message}.`
}

function refusedSeverity({ certain }: Evidence): Severity {
  return certain ? 'error' : 'warning'
}

/** Who fills it again from time to time, as a query shows, has chosen that; a new index is found wanting, and one that followed is broken. */
function severityOf(evidence: Evidence, { index, before }: UnfollowedWrites): Severity {
  const refilled = (evidence.queries ?? []).some((sql) => {
    const tokens = significantTokens(sql)
    return (
      mentions(tokens, index) &&
      tokens.some(({ text }) => unquote(text.replaceAll("'", '"')).toLowerCase() === 'rebuild')
    )
  })
  if (refilled) return 'info'
  return before === 'new' ? 'warning' : lossSeverity(evidence)
}

/** The last statement that made one of its triggers, the index, or the table. */
function maker(evidence: Evidence, { index, table }: UnfollowedWrites): StatementEvidence | undefined {
  const statements = evidence.end?.statements ?? evidence.statements
  return (
    statements.findLast(
      ({ anatomy: { verb, tokens } }) =>
        verb === 'create-trigger' && mentions(tokens, index) && mentions(tokens, table),
    ) ??
    statements.findLast(({ anatomy: { target } }) => same(target, index)) ??
    statements.findLast(({ anatomy: { target } }) => same(target, table))
  )
}
