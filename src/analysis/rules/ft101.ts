import type { Finding, Fix, Severity } from '../../contract/finding.js'
import type { Evidence, SearchMismatch } from '../evidence.js'
import { mentions } from '../statement/statement.js'
import { atEndOf, findingOf, rowsText, same, type Rule } from './rule.js'
import { grouped } from '../../contract/number.js'

export const ft101: Rule = {
  code: 'FT101',
  title: 'search index that does not match its rows',
  severity: 'error',
  advice: 'Fill the index again at the end of the migration.',
  source: 'https://sqlite.org/fts5.html#external_content_table_pitfalls',
  check: (evidence) => evidence.search.map((found) => judge(evidence, found)),
}

function judge(evidence: Evidence, found: SearchMismatch): Finding {
  const { index, table, state, refill, copy } = found
  const place =
    evidence.statements.findLast(
      ({ anatomy }) => same(anatomy.target, index) && !mentions(anatomy.tokens, 'rebuild'),
    ) ??
    evidence.statements.findLast(
      ({ anatomy }) => mentions(anatomy.tokens, table) || mentions(anatomy.tokens, index),
    )
  const advice = adviceFor(state, index, refill.length > 0)
  const fix = copy === undefined ? atEndOf(evidence, place, refill) : inPlaceOf(evidence, copy)
  const details = { table: index, advice, ...fix }
  return findingOf(ft101, severityOf(found), place, messageOf(found), details)
}

function adviceFor(state: SearchMismatch['state'], index: string, written: boolean): string {
  switch (state) {
    case 'unreadable':
      return written
        ? `Its content is called otherwise now: make ${index} again for that, and fill it.`
        : `Its content is another table or column now: drop ${index} and create it for that, then fill it.`
    case 'renumbered':
      return 'Copy the numbers too: INSERT INTO … (rowid, …) SELECT rowid, … FROM ….'
    case 'mismatch':
      return ft101.advice
  }
}

/**
 * A new index may be filled later, by hand. One that answered rightly and does no longer is a loss, and so is one that its file fills in
 * part and that FTS5 itself calls malformed then.
 */
function severityOf({ before, state, malformed, referredBy }: SearchMismatch): Severity {
  // Whether anybody keeps the numbers is not known, unless a column does.
  if (state === 'renumbered') return referredBy === undefined ? 'warning' : 'error'
  if (before === 'mismatch') return 'info'
  if (malformed === true) return 'error'
  return before !== 'sound' && state !== 'unreadable' ? 'warning' : 'error'
}

function messageOf(found: SearchMismatch): string {
  const { index, state, before, rows, missing, message, referredBy, chosen } = found
  const table = chosen === true ? `${found.table} that its triggers choose` : found.table
  if (state === 'renumbered') {
    const have = missing === 1 ? 'has another rowid' : 'have other rowids'
    const who = referredBy === undefined ? 'who kept one of them' : `${referredBy}, which says rowids of it,`
    return `${rowsText(missing)} of the full-text table ${index} ${have} now: ${who} finds another row, or none.`
  }
  if (state === 'unreadable') return `The search index ${index} cannot be read afterwards: ${message ?? ''}.`
  const lacking =
    missing === 0
      ? ''
      : missing >= rows
        ? ` none of the ${rowsText(rows)} of ${table} is in it as it is.`
        : ` ${grouped(missing)} of ${rowsText(rows)} of ${table} ${missing === 1 ? 'is not in it as it is' : 'are not in it as they are'}.`
  if (before === 'mismatch')
    return `The search index ${index} did not match ${found.table} before this migration already.`
  if (before === 'none')
    return `The new search index ${index} does not match ${found.table}:${lacking || ' a search answers with other rows.'}`
  return `The search index ${index} no longer matches ${found.table}:${lacking || ' a search answers with other rows.'}`
}

/** In place of the copy, where it stands on lines of its own. */
function inPlaceOf(
  { files }: Evidence,
  { file, line, sql, withNumbers }: NonNullable<SearchMismatch['copy']>,
): { fix?: Fix } {
  const bare = (text: string): string => text.trim().replace(/\s*;$/, '')
  const lines = files.find(({ name }) => name === file)?.sql.split('\n') ?? []
  const toLine = line + sql.split('\n').length - 1
  if (bare(lines.slice(line - 1, toLine).join('\n')) !== bare(sql)) return {}
  return { fix: { sql: `${withNumbers};`, replaces: { file, fromLine: line, toLine } } }
}
