import type { DatabaseSync } from 'node:sqlite'
import { defined } from '../../contract/defined.js'
import { keepsText } from '../../d1/schema/affinity.js'
import { rowidColumn, sameName, type ColumnSchema, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName, type SqlValue } from '../../d1/sqlite/sqlite.js'
import type { AddedRule, TableFate } from '../evidence.js'
import { collationsIn } from '../statement/collations.js'
import { conflictClausesIn, type ConflictClause } from '../statement/conflict-clauses.js'
import { compareChecks } from './checks.js'
import { number } from './row-keys.js'

/**
 * Rules that the table did not have and that the application meets: a CHECK that refuses more, a collation, a default in place of NULL,
 * AUTOINCREMENT, another ON CONFLICT. `samples`: values of a column of before; `migrated`: a connection with the rows of now.
 */
export function addedRules(
  fate: TableFate,
  after: TableSchema,
  samples: (column: string) => SqlValue[],
  migrated: DatabaseSync | undefined,
): AddedRule[] {
  if (fate.how === 'kept' && fate.remade !== true) return []
  const kept = fate.before.columns.flatMap((was) => {
    const wanted = fate.renamedColumns.get(was.name.toLowerCase()) ?? was.name
    const is = after.columns.find(({ name }) => sameName(name, wanted))
    return is === undefined ? [] : [{ was, is }]
  })
  return [
    ...addedChecks(fate, after, kept, samples),
    ...addedCollations(fate, after, kept, migrated),
    ...kept.flatMap(({ was, is }): AddedRule[] =>
      isNull(was.default) && !isNull(is.default) && !was.notNull && !is.generated && is.keyPosition === 0
        ? [{ kind: 'default', column: is.name, is: is.default ?? '' }]
        : [],
    ),
    ...(after.autoIncrement && !fate.before.autoIncrement && rowidColumn(fate.before) !== undefined
      ? [{ kind: 'autoincrement' as const }]
      : []),
    ...otherConflicts(fate, after, kept),
  ]
}

interface KeptColumn {
  was: ColumnSchema
  is: ColumnSchema
}

function isNull(value: string | null): boolean {
  return value === null || /^\(*null\)*$/i.test(value)
}

/** What a CHECK of now refuses and the table took: the comparison of CHECKs, the other way round. */
function addedChecks(
  fate: TableFate,
  after: TableSchema,
  kept: KeptColumn[],
  samples: (column: string) => SqlValue[],
): AddedRule[] {
  const back = new Map(kept.map(({ was, is }) => [is.name.toLowerCase(), was.name]))
  const reversed: TableFate = { ...fate, before: after, after: fate.before, renamedColumns: back }
  const samplesOf = (column: string): SqlValue[] => {
    const was = back.get(column.toLowerCase())
    return was === undefined ? [] : samples(was)
  }
  return compareChecks(reversed, fate.before, samplesOf).flatMap(
    ({ check, columns, outcome, row }): AddedRule[] => {
      if (outcome === 'covered') return []
      const fewer = outcome === 'grown' ? { fewer: true as const } : {}
      const [column] = columns
      return [{ kind: 'check', check, ...defined({ column, row }), ...fewer }]
    },
  )
}

function addedCollations(
  { before }: TableFate,
  after: TableSchema,
  kept: KeptColumn[],
  migrated: DatabaseSync | undefined,
): AddedRule[] {
  const [was, is] = [collationsIn(before.sql), collationsIn(after.sql)]
  return kept.flatMap((pair): AddedRule[] => {
    const collation = is.get(pair.is.name.toLowerCase())
    const same = collation === was.get(pair.was.name.toLowerCase())
    if (collation === undefined || same || !keepsText(pair.is.type)) return []
    const column = quoteName(pair.is.name)
    const alike =
      migrated === undefined
        ? undefined
        : number(
            migrated,
            `SELECT count(DISTINCT ${column} COLLATE BINARY) - count(DISTINCT ${column} COLLATE ${quoteName(collation)}) AS n FROM main.${quoteName(after.name)}`,
          )
    const unique = after.indexes.some(
      (index) => index.unique && index.columns.some((name) => name !== null && sameName(name, pair.is.name)),
    )
    return [{ kind: 'collation', column: pair.is.name, collation, unique, ...defined({ alike }) }]
  })
}

function otherConflicts(fate: TableFate, after: TableSchema, kept: KeptColumn[]): AddedRule[] {
  const nowOf = (name: string): string => kept.find(({ was }) => sameName(was.name, name))?.is.name ?? name
  const old = conflictClausesIn(fate.before.sql).map((it) => ({ ...it, columns: it.columns.map(nowOf) }))
  const now = conflictClausesIn(after.sql)
  const rules = [...now, ...old.filter((it) => !now.some((other) => alike(it, other)))]
  return rules.flatMap((rule): AddedRule[] => {
    if (!holds(rule, after)) return []
    const before = {
      ...rule,
      columns: rule.columns.map((name) => kept.find(({ is }) => sameName(is.name, name))?.was.name ?? ''),
    }
    if (before.columns.includes('')) return []
    const actionOf = (clauses: ConflictClause[]): string =>
      clauses.find((it) => alike(it, rule))?.action ?? 'ABORT'
    const [was, is] = [actionOf(old), actionOf(now)]
    if (!holds(before, fate.before))
      return is === 'ABORT'
        ? []
        : [{ kind: 'conflict', rule: `${rule.rule} (${rule.columns.join(', ')})`, is }]
    return was === is
      ? []
      : [{ kind: 'conflict', rule: `${rule.rule} (${rule.columns.join(', ')})`, was, is }]
  })
}

function alike(a: ConflictClause, b: ConflictClause): boolean {
  const text = ({ rule, columns }: ConflictClause): string => `${rule} ${columns.join().toLowerCase()}`
  return text(a) === text(b)
}

function holds({ rule, columns }: ConflictClause, table: TableSchema): boolean {
  const are = (names: (string | null)[]): boolean =>
    names.join().toLowerCase() === columns.join().toLowerCase()
  if (rule === 'PRIMARY KEY') return are(table.primaryKey)
  if (rule === 'UNIQUE')
    return table.indexes.some((index) => index.unique && !index.partial && are(index.columns))
  return table.columns.some((column) => sameName(column.name, columns[0] ?? '') && column.notNull)
}
