import { defined } from '../../contract/defined.js'
import { isCopyOf, shapeCulprit } from './attribution.js'
import type { Finding, Severity } from '../../contract/finding.js'
import type { Evidence, TableFate } from '../evidence.js'
import type { TableSchema } from '../../d1/schema/schema.js'
import { tokenize } from '../../d1/sql/tokens.js'
import { collationsIn } from '../statement/collations.js'
import { findingOf, lossSeverity, same, type Rule } from './rule.js'

export const ct101: Rule = {
  code: 'CT101',
  title: 'rebuild loses constraints or keys',
  severity: 'error',
  advice:
    'Write the new table with the keys and constraints of the old one; CREATE TABLE … AS SELECT keeps none of them.',
  source: 'https://sqlite.org/lang_createtable.html#create_table_as_select_statements',
  check: (evidence) =>
    evidence.fates.flatMap((fate) => {
      const { after } = fate
      if (after === undefined || fate.how === 'kept' || fate.before.kind !== 'table') return []
      if (fate.how === 'renamed' && fate.ended?.anatomy.verb === 'alter-table') return []
      return losses(fate, after).map((loss) => judge(evidence, fate, after, loss))
    }),
}

interface Loss {
  kind:
    | 'primary key'
    | 'unique'
    | 'check'
    | 'not null'
    | 'default'
    | 'autoincrement'
    | 'collation'
    | 'generated'
    | 'strict'
    | 'sequence'
  text: string
  column?: string
}

function judge(evidence: Evidence, fate: TableFate, after: TableSchema, loss: Loss): Finding {
  return findingOf(
    ct101,
    severityOf(evidence, fate, after, loss),
    shapeCulprit(evidence, fate),
    `The rebuild of ${fate.before.name} loses ${loss.text}.`,
    {
      table: fate.before.name,
      ...defined({ column: loss.column }),
    },
  )
}

/**
 * Relaxing a constraint is what many rebuilds are for: it counts as meant when it is all that the rebuild changes, or when the
 * file says so. A column's NOT NULL or DEFAULT is only told, unless CREATE TABLE … AS took all of them.
 */
function severityOf(evidence: Evidence, fate: TableFate, after: TableSchema, loss: Loss): Severity {
  const wholesale = evidence.statements.some(
    (statement) => statement.anatomy.verb === 'create-table' && isCopyOf(statement, fate),
  )
  if (wholesale && after.primaryKey.length === 0)
    return loss.kind === 'default' ? 'warning' : lossSeverity(evidence)
  if (loss.kind === 'primary key') return lossSeverity(evidence)
  if (loss.kind === 'not null') return 'info'
  if (loss.kind === 'default') return stillNeeded(after, loss) ? 'warning' : 'info'
  if (loss.kind === 'strict' || loss.kind === 'sequence') return 'warning'
  if (loss.kind === 'autoincrement') return fate.data?.rowsBefore === 0 ? 'info' : 'warning'
  if (loss.kind === 'collation' && !isKey(after, loss)) return 'warning'
  return soleChange(fate, after, loss.kind) || saidSo(evidence) ? 'warning' : lossSeverity(evidence)
}

/** An INSERT that leaves the column out worked until now, and is refused from now on. */
function stillNeeded(after: TableSchema, { column }: Loss): boolean {
  return after.columns.some(({ name, notNull }) => notNull && same(name, column))
}

/** 'Ann' and 'ann' were one key and are two now. */
function isKey(after: TableSchema, { column = '' }: Loss): boolean {
  return uniqueBy(after, [column])
}

function losses(fate: TableFate, after: TableSchema): Loss[] {
  const { before } = fate
  const nowOf = (name: string): string => fate.renamedColumns.get(name.toLowerCase()) ?? name
  const has = (name: string): boolean => after.columns.some((column) => same(column.name, nowOf(name)))
  const found: Loss[] = []
  const collations = { before: collationsIn(before.sql), after: collationsIn(after.sql) }
  if (
    before.primaryKey.length > 0 &&
    before.primaryKey.every(has) &&
    after.primaryKey.length === 0 &&
    !uniqueBy(after, before.primaryKey)
  ) {
    found.push({ kind: 'primary key', text: `its primary key (${before.primaryKey.join(', ')})` })
  }
  for (const index of before.indexes) {
    const columns = index.columns.filter((column) => column !== null)
    if (index.origin !== 'unique' || !columns.every(has) || uniqueBy(after, columns)) continue
    found.push({
      kind: 'unique',
      text: `UNIQUE (${columns.join(', ')})`,
      ...(columns.length === 1 ? { column: columns[0] ?? '' } : {}),
    })
  }
  for (const check of before.checks) {
    const subject = before.columns.find(({ name }) =>
      new RegExp(`\\b${escapeText(name)}\\b`, 'i').test(check),
    )
    const replaced = after.checks.some(
      (other) => subject === undefined || new RegExp(`\\b${escapeText(subject.name)}\\b`, 'i').test(other),
    )
    if (replaced || (subject !== undefined && !has(subject.name))) continue
    found.push({
      kind: 'check',
      text: `CHECK (${check})`,
      ...(subject === undefined ? {} : { column: subject.name }),
    })
  }
  for (const column of before.columns) {
    const now = after.columns.find(({ name }) => same(name, nowOf(column.name)))
    if (now === undefined) continue
    if (column.notNull && !now.notNull && now.keyPosition === 0)
      found.push({ kind: 'not null', text: `NOT NULL of ${column.name}`, column: column.name })
    if (column.generated && !now.generated)
      found.push({
        kind: 'generated',
        text: `the computation of ${column.name}: it is an ordinary column now`,
        column: column.name,
      })
    const collation = collations.before.get(column.name.toLowerCase())
    if (collation !== undefined && collations.after.get(now.name.toLowerCase()) !== collation)
      found.push({
        kind: 'collation',
        text: `COLLATE ${collation} of ${column.name}`,
        column: column.name,
      })
    if (column.default !== null && now.default === null)
      found.push({
        kind: 'default',
        text: `DEFAULT ${column.default} of ${column.name}`,
        column: column.name,
      })
  }
  const { sequence } = fate.data ?? {}
  if (sequence !== undefined) {
    const numbers = `${sequence.after + 1}, no longer at ${sequence.before + 1}`
    found.push({ kind: 'sequence', text: `the AUTOINCREMENT counter: new keys start at ${numbers}` })
  }
  if (before.strict && !after.strict)
    found.push({ kind: 'strict', text: 'STRICT: any value fits any column' })
  if (before.autoIncrement && !after.autoIncrement && after.primaryKey.length > 0) {
    found.push({ kind: 'autoincrement', text: 'AUTOINCREMENT: keys of deleted rows can be given out again' })
  }
  return found
}

/** A unique key over these columns, or over some of them with others (a key made wider on purpose). */
function uniqueBy(table: TableSchema, columns: string[]): boolean {
  const includes = (names: (string | null)[]): boolean =>
    columns.every((column) => names.some((name) => name !== null && same(name, column)))
  return includes(table.primaryKey) || table.indexes.some((index) => index.unique && includes(index.columns))
}

function soleChange(fate: TableFate, after: TableSchema, kind: Loss['kind']): boolean {
  const columns = (table: TableSchema): string =>
    table.columns
      .map(({ name, type, notNull, default: value }) => [name, type, notNull, value].join(' ').toLowerCase())
      .join()
  const others = losses(fate, after).some((loss) => loss.kind !== kind)
  return columns(fate.before) === columns(after) && !others
}

const SAID =
  /\b(?:remov|drop|relax|allow|without|no longer|loosen|lift)\w*\b.{0,80}\b(?:unique\w*|check|constraints?|duplicates?|primary key)\b/is

function saidSo(evidence: Evidence): boolean {
  return evidence.files.some(
    ({ name, sql }) =>
      SAID.test(name.replaceAll(/[_-]/g, ' ')) ||
      [...tokenize(sql)].some(({ kind, text }) => kind === 'comment' && SAID.test(text)),
  )
}

function escapeText(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
