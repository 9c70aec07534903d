import type { DatabaseSync } from 'node:sqlite'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { significantTokens, unquote } from '../../d1/sql/tokens.js'
import { armsOf } from './compound.js'
import { withoutRecursion } from './recursions.js'
import type { StatementParts } from './statement.js'

/** A column that a statement fills from another one as it is: no expression stands between the two. */
export interface ColumnSource {
  /** Column of the table that is filled. */
  column: string
  table: string
  from: string
}

/**
 * Which columns an INSERT … SELECT or CREATE TABLE … AS SELECT copies as they are, asked before it runs: SQLite itself knows the origin
 * of each column of a SELECT, through names, stars, subqueries and views. Empty where it cannot be told.
 * Source: https://sqlite.org/c3ref/column_database_name.html
 */
export function columnSources(database: DatabaseSync, sql: string, anatomy: StatementParts): ColumnSource[] {
  const copy = anatomy.copies ? partsOf(sql, anatomy) : undefined
  if (copy === undefined) return []
  try {
    const arms = singly(copy.select).map((select) =>
      database.prepare(withoutRecursion(database, select)).columns(),
    )
    const names =
      copy.columns ??
      (anatomy.verb === 'insert'
        ? insertable(database, anatomy.target ?? '')
        : (arms[0] ?? []).map(({ name }) => name))
    return arms.flatMap((origins) =>
      origins.flatMap(({ table, column }, at) => {
        const filled = names[at]
        return filled === undefined || table === null || column === null
          ? []
          : [{ column: filled, table, from: column }]
      }),
    )
  } catch {
    return []
  }
}

/** SQLite names the origins of the first SELECT of several only. What a WITH stands before is one. */
function singly(select: string): string[] {
  return /^with$/i.test(significantTokens(select)[0]?.text ?? '')
    ? [select]
    : armsOf(select, { distinct: false })
}

/** The SELECT of a copy by itself, and the columns that the statement lists. */
function partsOf(
  sql: string,
  { tokens, verb, target }: StatementParts,
): { select: string; columns?: string[] } | undefined {
  const textOf = (at: number): string => tokens[at]?.text.toUpperCase() ?? ''
  const named = tokens.findIndex(
    ({ text }, at) =>
      unquote(text).toLowerCase() === target?.toLowerCase() &&
      /^(?:INTO|TABLE|EXISTS|\.)$/.test(textOf(at - 1)),
  )
  if (named < 0) return undefined
  if (verb === 'create-table') {
    const as = tokens[named + 1]
    return as !== undefined && textOf(named + 1) === 'AS' ? { select: sql.slice(as.start + 2) } : undefined
  }
  const begin = tokens.findIndex((_, at) => /^(?:INSERT|REPLACE)$/.test(textOf(at)))
  let at = textOf(named + 1) === 'AS' ? named + 3 : named + 1
  const columns: string[] = []
  const listed = textOf(at) === '(' && !/^(?:SELECT|WITH|VALUES)$/.test(textOf(at + 1))
  if (listed) {
    for (at += 1; at < tokens.length && textOf(at) !== ')'; at += 1)
      if (textOf(at) !== ',') columns.push(unquote(tokens[at]?.text ?? ''))
    at += 1
  }
  const from = tokens[at]
  if (from === undefined) return undefined
  const end = tokens.findIndex(
    (_, on) =>
      on > at && (textOf(on) === 'RETURNING' || (textOf(on) === 'ON' && textOf(on + 1) === 'CONFLICT')),
  )
  const body = sql.slice(from.start, end < 0 ? undefined : tokens[end]?.start)
  const select = `${sql.slice(tokens[0]?.start, tokens[begin]?.start)} ${body}`
  return listed ? { select, columns } : { select }
}

/** The columns that INSERT without a list fills, in their order. */
function insertable(database: DatabaseSync, table: string): string[] {
  return database
    .prepare(`SELECT name FROM pragma_table_xinfo(${quoteName(table)}) WHERE hidden = 0 ORDER BY cid`)
    .all()
    .map(({ name }) => String(name))
}
