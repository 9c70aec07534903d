import type { SchemaChange } from '../../contract/plan.js'
import { defined } from '../../contract/defined.js'
import { normaliseSql } from './catalog.js'
import type { ColumnSchema, DetailedCatalog } from './schema.js'

/** What turns `before` into `after`, tables first. Layout and comments make no difference. */
export function diffCatalog(before: DetailedCatalog, after: DetailedCatalog): SchemaChange[] {
  return [
    ...differences('table', textOf(before.tables), textOf(after.tables)),
    ...columnChanges(before, after),
    ...differences('index', indexText(before), indexText(after)),
    ...differences('trigger', textOf(before.triggers), textOf(after.triggers)),
    ...differences('view', textOf(before.views), textOf(after.views)),
  ]
}

interface Described {
  name: string
  table?: string
  text: string
}

function differences(
  type: SchemaChange['type'],
  before: Map<string, Described>,
  after: Map<string, Described>,
): SchemaChange[] {
  const changes: SchemaChange[] = []
  for (const [key, old] of before) {
    const now = after.get(key)
    const where = { type, name: old.name, ...defined({ table: old.table }) }
    if (now === undefined) changes.push({ change: 'removed', ...where, before: old.text })
    else if (now.text !== old.text)
      changes.push({ change: 'changed', ...where, before: old.text, after: now.text })
  }
  for (const [key, now] of after) {
    if (before.has(key)) continue
    const where = { type, name: now.name, ...defined({ table: now.table }) }
    changes.push({ change: 'added', ...where, after: now.text })
  }
  return changes
}

function textOf(objects: Map<string, { name: string; table?: string; sql: string }>): Map<string, Described> {
  return new Map(
    [...objects].map(([key, { name, table, sql }]) => [
      key,
      { name, ...defined({ table }), text: normaliseSql(sql) },
    ]),
  )
}

function indexText(catalog: DetailedCatalog): Map<string, Described> {
  const indexes = [...catalog.tables.values()].flatMap((table) => table.indexes)
  return new Map(
    indexes
      .filter(({ origin }) => origin === 'statement')
      .map(({ name, table, sql }) => [name.toLowerCase(), { name, table, text: sql }]),
  )
}

function columnChanges(before: DetailedCatalog, after: DetailedCatalog): SchemaChange[] {
  return [...before.tables].flatMap(([key, table]) => {
    const now = after.tables.get(key)
    if (now === undefined || now === table) return []
    return differences('column', columnText(table.name, table.columns), columnText(now.name, now.columns))
  })
}

function columnText(table: string, columns: ColumnSchema[]): Map<string, Described> {
  return new Map(
    columns.map((column) => [
      column.name.toLowerCase(),
      { name: column.name, table, text: describeColumn(column) },
    ]),
  )
}

function describeColumn(column: ColumnSchema): string {
  const parts = [column.type]
  if (column.keyPosition > 0) parts.push('PRIMARY KEY')
  if (column.notNull) parts.push('NOT NULL')
  if (column.default !== null) parts.push(`DEFAULT ${column.default}`)
  if (column.generated) parts.push('GENERATED')
  return parts.join(' ')
}
