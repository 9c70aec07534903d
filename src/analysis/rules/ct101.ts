import { defined } from '../../contract/defined.js'
import { isCopyOf, nameNow, shapeCulprit } from './attribution.js'
import type { Finding, Severity } from '../../contract/finding.js'
import type { Evidence, LoweredSequence, TableFate } from '../evidence.js'
import { rowidColumn, type ColumnSchema, type TableSchema } from '../../d1/schema/schema.js'
import { tokenize } from '../../d1/sql/tokens.js'
import { collationsIn } from '../statement/collations.js'
import { atEndOf, findingOf, lossSeverity, same, type Rule } from './rule.js'
import { uniqueKeys } from './unique-keys.js'

export const ct101: Rule = {
  code: 'CT101',
  title: 'rebuild loses constraints or keys',
  severity: 'error',
  advice:
    'Write the new table with the keys and constraints of the old one; CREATE TABLE … AS SELECT keeps none of them.',
  source: 'https://sqlite.org/lang_createtable.html#create_table_as_select_statements',
  check: (evidence) => [
    ...evidence.fates.flatMap((fate) => {
      const { after } = fate
      if (
        after === undefined ||
        (fate.how === 'kept' && fate.remade !== true) ||
        fate.before.kind !== 'table'
      )
        return []
      if (fate.how === 'renamed' && fate.ended?.anatomy.verb === 'alter-table') return []
      return losses(fate, after).map((loss) => judge(evidence, fate, after, loss))
    }),
    ...evidence.sequences.map((sequence) => forgotten(evidence, sequence)),
  ],
}

function forgotten(evidence: Evidence, { table, before, after }: LoweredSequence): Finding {
  const fate = evidence.fates.find((candidate) => same(candidate.before.name, table))
  const written = evidence.statements.find(
    ({ anatomy, sql }) => same(anatomy.target, 'sqlite_sequence') && sql.includes(table),
  )
  const place = written ?? (fate === undefined ? undefined : shapeCulprit(evidence, fate))
  const message = `The AUTOINCREMENT counter of ${table} is lowered: new keys start at ${after + 1}, no longer at ${before + 1}.`
  return findingOf(ct101, 'warning', place, message, {
    table,
    advice:
      'Keys of deleted rows come again, and what still names them finds other rows: set the counter back.',
    ...atEndOf(evidence, place, [
      `UPDATE sqlite_sequence SET seq = ${before} WHERE name = '${table.replaceAll("'", "''")}'`,
    ]),
  })
}

interface Loss {
  kind:
    | 'primary key'
    | 'unique'
    | 'check'
    | 'not null'
    | 'key not null'
    | 'default'
    | 'autoincrement'
    | 'collation'
    | 'generated'
    | 'strict'
  text: string
  column?: string
}

function judge(evidence: Evidence, fate: TableFate, after: TableSchema, loss: Loss): Finding {
  return findingOf(
    ct101,
    severityOf(evidence, fate, after, loss),
    shapeCulprit(evidence, fate),
    fate.how === 'kept'
      ? `A column of ${fate.before.name} is made again: it loses ${loss.text}.`
      : `The rebuild of ${fate.before.name} loses ${loss.text}.`,
    {
      table: fate.before.name,
      ...defined({ column: loss.column }),
    },
  )
}

/**
 * Relaxing a constraint is what many rebuilds are for: it counts as meant when it is all that the rebuild changes, or when the
 * file says so. A column's NOT NULL is only told, unless CREATE TABLE … AS took all of them.
 */
function severityOf(evidence: Evidence, fate: TableFate, after: TableSchema, loss: Loss): Severity {
  const wholesale = evidence.statements.some(
    (statement) => statement.anatomy.verb === 'create-table' && isCopyOf(statement, fate),
  )
  if (wholesale && after.primaryKey.length === 0)
    return loss.kind === 'default' ? 'warning' : lossSeverity(evidence)
  if (loss.kind === 'primary key') return lossSeverity(evidence)
  if (loss.kind === 'not null') return 'info'
  if (loss.kind === 'default' || loss.kind === 'strict' || loss.kind === 'key not null') return 'warning'
  if (loss.kind === 'autoincrement') return fate.data?.rowsBefore === 0 ? 'info' : 'warning'
  if (loss.kind === 'collation' && !isKey(after, loss)) return 'warning'
  return soleChange(fate, after, loss.kind) || saidSo(evidence) ? 'warning' : lossSeverity(evidence)
}

/** 'Ann' and 'ann' were one key and are two now. */
function isKey(after: TableSchema, { column = '' }: Loss): boolean {
  const includes = (names: (string | null)[]): boolean =>
    names.some((name) => same(name ?? undefined, column))
  return (
    includes(after.primaryKey) || after.indexes.some(({ unique, columns }) => unique && includes(columns))
  )
}

function losses(fate: TableFate, after: TableSchema): Loss[] {
  const { before } = fate
  const nowOf = (name: string): string => nameNow(fate, name)
  const found: Loss[] = []
  const collations = { before: collationsIn(before.sql), after: collationsIn(after.sql) }
  for (const { columns, primary, outcome } of uniqueKeys(fate, after)) {
    if (outcome !== 'lost') continue
    const text = primary ? `its primary key (${columns.join(', ')})` : `UNIQUE (${columns.join(', ')})`
    const kind = primary ? 'primary key' : 'unique'
    found.push({ kind, text, ...(columns.length === 1 && !primary ? { column: columns[0] ?? '' } : {}) })
  }
  for (const { check, columns, replaced, outcome } of fate.checks ?? []) {
    if (replaced || outcome === 'covered' || referenced(after, columns.map(nowOf))) continue
    const [column] = columns
    found.push({ kind: 'check', text: `CHECK (${check})`, ...defined({ column }) })
  }
  for (const column of before.columns) {
    const now = after.columns.find(({ name }) => same(name, nowOf(column.name)))
    if (now === undefined) continue
    if (column.notNull && !now.notNull && now.keyPosition === 0)
      found.push({ kind: 'not null', text: `NOT NULL of ${column.name}`, column: column.name })
    if (takesNullAsKey(before, column, after, now)) {
      const implied = before.withoutRowid && !after.withoutRowid ? ', which WITHOUT ROWID implied' : ''
      const text = `NOT NULL of its key ${column.name}${implied}: rows can have NULL there, any number of them`
      found.push({ kind: 'key not null', text, column: column.name })
    }
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
  }
  for (const { column, was, is } of fate.defaults ?? []) {
    if (is === null) found.push({ kind: 'default', text: `DEFAULT ${was} of ${column}`, column })
  }
  if (before.strict && !after.strict)
    found.push({ kind: 'strict', text: 'STRICT: any value fits any column' })
  // Without a key of numbers there is nothing to count: CT102 says so.
  if (before.autoIncrement && !after.autoIncrement && rowidColumn(after) !== undefined) {
    found.push({ kind: 'autoincrement', text: 'AUTOINCREMENT: keys of deleted rows can be given out again' })
  }
  return found
}

/** A primary key takes NULL, unless it is NOT NULL, the row's own number, or the key of a WITHOUT ROWID table. Of numbers CT102 tells. */
function takesNullAsKey(
  before: TableSchema,
  was: ColumnSchema,
  after: TableSchema,
  now: ColumnSchema,
): boolean {
  const refused = was.notNull || (was.keyPosition > 0 && before.withoutRowid)
  const refuses = now.notNull || after.withoutRowid || rowidColumn(after) === now
  return refused && now.keyPosition > 0 && !refuses && rowidColumn(before) !== was
}

/** A foreign key to a table of the allowed values does what a CHECK did. */
function referenced(after: TableSchema, columns: string[]): boolean {
  return (
    columns.length > 0 &&
    columns.every((column) => after.foreignKeys.some((key) => key.columns.some((name) => same(name, column))))
  )
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
