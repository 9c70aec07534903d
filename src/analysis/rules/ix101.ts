import { shapeCulprit } from './attribution.js'
import type { Finding } from '../../contract/finding.js'
import type { Evidence, TableFate } from '../evidence.js'
import type { IndexSchema, TableSchema } from '../../d1/schema/schema.js'
import { significantTokens } from '../../d1/sql/tokens.js'
import { findingOf, lossSeverity, same, type Rule } from './rule.js'

export const ix101: Rule = {
  code: 'IX101',
  title: 'index lost',
  severity: 'error',
  advice: 'Create the index again at the end of the migration.',
  source: 'https://sqlite.org/lang_droptable.html: indexes go with their table, silently',
  check: (evidence) =>
    evidence.fates.flatMap((fate) => {
      const { after } = fate
      if (after === undefined) return []
      return fate.before.indexes
        .filter(({ origin }) => origin === 'statement')
        .filter((index) => stillNeeded(index, fate, after) && !isCovered(index, fate, after))
        .map((index) => lostIndex(evidence, fate, index))
    }),
}

function lostIndex(evidence: Evidence, fate: TableFate, index: IndexSchema): Finding {
  const dropped = evidence.statements.find(
    ({ anatomy }) => anatomy.verb === 'drop-index' && same(anatomy.target, index.name),
  )
  const kind = index.unique ? 'unique index' : 'index'
  const advice = `${ix101.advice}\n${index.sql};`
  if (dropped !== undefined) {
    // Dropped by name it is meant, but it guarded the rows, or a rebuild beside it is where people forget to make it again.
    const severity = fate.how === 'kept' && !index.unique ? 'info' : 'warning'
    return findingOf(ix101, severity, dropped, `The ${kind} ${index.name} is dropped and not made again.`, {
      table: fate.before.name,
      advice,
    })
  }
  const message = `The ${kind} ${index.name} on ${fate.before.name} is lost with the table that is rebuilt.`
  return findingOf(ix101, lossSeverity(evidence), shapeCulprit(evidence, fate), message, {
    table: fate.before.name,
    advice,
  })
}

function stillNeeded(index: IndexSchema, fate: TableFate, after: TableSchema): boolean {
  return index.columns.every((column) => {
    if (column === null) return true
    const now = fate.renamedColumns.get(column.toLowerCase()) ?? column
    return after.columns.some(({ name }) => same(name, now))
  })
}

/** An index that answers the same: equal, or for a plain one any that starts with its columns. */
function isCovered(index: IndexSchema, fate: TableFate, after: TableSchema): boolean {
  const columns = index.columns.map((column) =>
    column === null ? null : (fate.renamedColumns.get(column.toLowerCase()) ?? column),
  )
  const leads = (names: (string | null)[]): boolean =>
    columns.every((column, at) => column !== null && same(column, names[at] ?? undefined))
  const equal = (names: (string | null)[]): boolean => names.length === columns.length && leads(names)
  const plain = !index.partial && !columns.includes(null)
  if (plain && (index.unique ? equal(after.primaryKey) : leads(after.primaryKey))) return true
  return after.indexes.some((other) => {
    if (body(other) === body(index) && other.unique === index.unique && body(index) !== '') return true
    if (!plain) return columns.includes(null) && other.columns.includes(null) && other.unique === index.unique
    if (other.partial) return index.partial && equal(other.columns)
    return index.unique ? other.unique && equal(other.columns) : leads(other.columns)
  })
}

/** What the index covers, without its own name and its table's. */
function body(index: IndexSchema): string {
  const tokens = significantTokens(index.sql)
  const start = tokens.findIndex(({ text }) => text === '(')
  return start < 0
    ? ''
    : tokens
        .slice(start)
        .map(({ text }) => text.replace(/["`[\]]/g, '').toLowerCase())
        .join(' ')
}
