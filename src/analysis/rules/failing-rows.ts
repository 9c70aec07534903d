import { tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { significantTokens } from '../../d1/sql/tokens.js'
import type { Evidence, FailureEvidence } from '../evidence.js'
import { anatomyOf, mentions, type StatementParts } from '../statement/statement.js'
import { same } from './rule.js'

/**
 * The SELECT that finds the rows for which a statement fails, on the database as it is now; undefined where the failure does
 * not say which, or where what it names is not there yet. Source of the messages: https://sqlite.org/src/file/src/build.c
 */
export function failingRows(
  evidence: Pick<Evidence, 'before'>,
  failure: FailureEvidence,
): string | undefined {
  const anatomy = anatomyOf(failure.sql)
  const unique = /^UNIQUE constraint failed: (.+)$/.exec(failure.message)?.[1]
  if (unique !== undefined) {
    const columns = columnsIn(unique)
    const source = sourceOf(evidence, anatomy, columns)
    return source === undefined ? undefined : duplicates(source, columns)
  }
  const empty = /^NOT NULL constraint failed: (.+)$/.exec(failure.message)?.[1]
  if (empty !== undefined) {
    const columns = columnsIn(empty)
    const source = sourceOf(evidence, anatomy, columns)
    return source === undefined
      ? undefined
      : `SELECT * FROM ${quoted(source.name)} WHERE ${anyNull(columns)};`
  }
  const check = /^CHECK constraint failed: (.+)$/s.exec(failure.message)?.[1]
  // A named CHECK is told by its name, which no row can be asked for.
  if (check === undefined || /^\w+$/.test(check)) return undefined
  const tokens = significantTokens(check)
  const source = sourceOf(evidence, anatomy, [])
  if (source?.columns.some(({ name }) => mentions(tokens, name)) !== true) return undefined
  return `SELECT * FROM ${quoted(source.name)} WHERE NOT (${check});`
}

/** The table that the statement reads and whose columns have these names: of an index its own, of a copy the other one. */
function sourceOf(
  { before }: Pick<Evidence, 'before'>,
  { verb, target, copies, tokens }: StatementParts,
  columns: readonly string[],
): TableSchema | undefined {
  const has = (table: TableSchema): boolean =>
    columns.every((name) => table.columns.some((column) => same(column.name, name)))
  if (verb === 'create-index') {
    const on = tokens.findIndex(({ text }) => text.toUpperCase() === 'ON')
    return [...before.tables.values()].find(
      (table) => on > 0 && mentions(tokens.slice(on + 1, on + 2), table.name) && has(table),
    )
  }
  if (!copies) return undefined
  const read = [...before.tables.values()].filter(
    (table) => !same(table.name, target) && mentions(tokens, table.name) && has(table),
  )
  // Of several, nobody knows which one the value comes from.
  return read.length === 1 ? tableNamed(before, read[0]?.name ?? '') : undefined
}

function duplicates({ name }: TableSchema, columns: readonly string[]): string {
  const list = columns.map(quoted).join(', ')
  const known = columns.map((column) => `${quoted(column)} IS NOT NULL`).join(' AND ')
  return `SELECT ${list}, count(*) FROM ${quoted(name)} WHERE ${known} GROUP BY ${list} HAVING count(*) > 1;`
}

function anyNull(columns: readonly string[]): string {
  return columns.map((column) => `${quoted(column)} IS NULL`).join(' OR ')
}

/** `t.a, t.b`; an index of expressions is told by its name, and has none. */
function columnsIn(list: string): string[] {
  if (list.startsWith('index ')) return ['']
  return list.split(', ').map((each) => each.slice(each.indexOf('.') + 1))
}

function quoted(name: string): string {
  return /^[a-z_]\w*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
