import { defined } from '../../contract/defined.js'
import type { DatabaseSync } from 'node:sqlite'
import {
  referencedColumns,
  tableNamed,
  type DetailedCatalog,
  type TableSchema,
} from '../../d1/schema/schema.js'
import { runForeign } from '../../d1/sqlite/confined.js'
import { cellText, quoteName, shownValue } from '../../d1/sqlite/sqlite.js'
import { significantTokens, unquote } from '../../d1/sql/tokens.js'
import type { FailingRows } from '../evidence.js'
import type { StatementParts } from '../statement/statement.js'
import { rowsAgainstColumn } from './added-column.js'
import { indexTerms, newRowsOf, plainName, ruleNamed, type NewRows } from './new-rows.js'

/** A statement that a constraint refused. The database is as it met it, in the transaction of its file. */
interface Failed {
  database: DatabaseSync
  catalog: DetailedCatalog
  sql: string
  anatomy: StatementParts
  /** SQLite's. */
  message: string
}

const STAGE = 'temp.d1_runbook_new_rows'
const SHOWN = 3

/** The rows for which a statement failed, by trying it again without what refuses it. Undefined where that cannot be told. */
export function failingRowsOf(failed: Failed): FailingRows | undefined {
  const { database, message } = failed
  if (/constraint failed|cannot store|datatype mismatch|^Cannot add a NOT NULL/.exec(message) === null)
    return undefined
  return undone(database, () => {
    if (message === 'FOREIGN KEY constraint failed') return orphans(failed)
    if (failed.anatomy.alteration?.kind === 'add-column')
      return rowsAgainstColumn(database, failed.catalog, failed.sql, failed.anatomy, message)
    return failed.anatomy.verb === 'create-index' ? duplicatesInIndex(failed) : amongNewRows(failed)
  })
}

/** Rows without a parent, where the end of a file is what SQLite refuses; `before` reads them once it is taken back. */
export function orphansNow(
  database: DatabaseSync,
  catalog: DetailedCatalog,
): (before: DatabaseSync) => FailingRows[] {
  const now = violations(database)
  const named = now.map((one) => ({ ...one, key: keyOf(database, catalog, one) }))
  return (before) => orphansAmong(named, violations(before), catalog)
}

function undone<T>(database: DatabaseSync, look: () => T | undefined): T | undefined {
  database.exec('SAVEPOINT d1_runbook_look')
  try {
    return look()
  } catch {
    // What cannot be tried by itself is told as SQLite says it.
    return undefined
  } finally {
    database.exec('ROLLBACK TO d1_runbook_look; RELEASE d1_runbook_look')
  }
}

interface Violation {
  table: string
  rowid: string | undefined
  parent: string
}

function violations(database: DatabaseSync): Violation[] {
  return database
    .prepare('SELECT "table", rowid, parent FROM pragma_foreign_key_check')
    .all()
    .map((row) => ({
      table: cellText(row['table']),
      rowid: row['rowid'] === null ? undefined : cellText(row['rowid']),
      parent: cellText(row['parent']),
    }))
}

/** The statement again, its keys judged later: which rows have no parent then. */
function orphans({ database, catalog, sql, anatomy }: Failed): FailingRows | undefined {
  const before = violations(database)
  database.exec('PRAGMA defer_foreign_keys = ON')
  runForeign(database, sql)
  const now = violations(database).map((one) => ({ ...one, key: keyOf(database, catalog, one) }))
  const [found] = orphansAmong(now, before, catalog)
  if (found === undefined) return undefined
  const query = ofParent(catalog, anatomy, sql, found) ?? found.query
  return { ...found, ...defined({ query }) }
}

function orphansAmong(
  now: (Violation & { key: string | undefined })[],
  before: Violation[],
  catalog: DetailedCatalog,
): FailingRows[] {
  const known = new Set(before.map((one) => JSON.stringify([one.table, one.rowid, one.parent])))
  const fresh = now.filter(({ table, rowid, parent }) => !known.has(JSON.stringify([table, rowid, parent])))
  const first = fresh.filter(
    (one, at) => at === fresh.findIndex(({ table, parent }) => table === one.table && parent === one.parent),
  )
  return first.map((head) => {
    const rows = fresh.filter(({ table, parent }) => table === head.table && parent === head.parent)
    const keys = rows.flatMap(({ key }) => (key === undefined ? [] : [key]))
    const column = keyColumn(tableNamed(catalog, head.table))
    const listed = keys.length === rows.length && rows.length <= 20 && column !== undefined
    return {
      what: 'orphan',
      table: head.table,
      parent: head.parent,
      rows: rows.length,
      samples: keys.slice(0, SHOWN).map((key) => `${column ?? ''} = ${key}`),
      ...(listed
        ? {
            query: `SELECT * FROM ${plainName(head.table)} WHERE ${plainName(column)} IN (${keys.join(', ')});`,
          }
        : {}),
    }
  })
}

/** Rows that reference what a DELETE or DROP takes. */
function ofParent(
  catalog: DetailedCatalog,
  { verb, target = '', hasWhere, tokens }: StatementParts,
  sql: string,
  { table, parent }: FailingRows,
): string | undefined {
  const child = tableNamed(catalog, table)
  const key = child?.foreignKeys.find((one) => sameText(one.target, parent ?? ''))
  const of = tableNamed(catalog, target)
  if (child === undefined || key === undefined || of === undefined || !sameText(target, parent ?? ''))
    return undefined
  const [column, , ...more] = [key.columns[0], ...key.columns]
  const wanted = referencedColumns(key, of)[0]
  if (column === undefined || wanted === undefined || more.length > 0) return undefined
  if (verb === 'drop-table')
    return `SELECT * FROM ${plainName(table)} WHERE ${plainName(column)} IS NOT NULL;`
  const where = tokens.find(({ text }) => /^where$/i.test(text))
  if (verb !== 'delete' || (hasWhere && where === undefined) || !/^delete$/i.test(tokens[0]?.text ?? ''))
    return undefined
  const condition = where === undefined ? '' : ` ${sql.slice(where.start)}`
  return `SELECT * FROM ${plainName(table)} WHERE ${plainName(column)} IN (SELECT ${plainName(wanted)} FROM ${plainName(target)}${condition});`
}

function keyOf(
  database: DatabaseSync,
  catalog: DetailedCatalog,
  { table, rowid }: Violation,
): string | undefined {
  const column = keyColumn(tableNamed(catalog, table))
  if (column === undefined || rowid === undefined) return undefined
  const row = database
    .prepare(`SELECT ${shownValue(quoteName(column))} AS key FROM ${quoteName(table)} WHERE rowid = ?`)
    .get(rowid)
  return row === undefined ? undefined : cellText(row['key'])
}

function keyColumn(table: TableSchema | undefined): string | undefined {
  return table?.primaryKey.length === 1 ? table.primaryKey[0] : undefined
}

function duplicatesInIndex({ database, catalog, sql, anatomy }: Failed): FailingRows | undefined {
  const index = indexTerms(sql, anatomy.tokens)
  const table = index === undefined ? undefined : tableNamed(catalog, index.table)
  if (index === undefined || table === undefined) return undefined
  const known = index.terms.map((term) => `${term} IS NOT NULL`)
  const filter = [...known, ...(index.where === undefined ? [] : [`(${index.where})`])].join(' AND ')
  return duplicates(database, {
    from: plainName(table.name),
    table: table.name,
    terms: index.terms,
    filter,
    key: keyColumn(table),
  })
}

interface Grouping {
  from: string
  table: string
  terms: string[]
  filter: string
  key?: string | undefined
}

function duplicates(
  database: DatabaseSync,
  { from, table, terms, filter, key }: Grouping,
): FailingRows | undefined {
  const groups = `FROM ${from} WHERE ${filter} GROUP BY ${terms.join(', ')} HAVING count(*) > 1`
  const values = terms.map((term) => shownValue(term)).join(` || ', ' || `)
  const keys =
    key === undefined
      ? 'NULL'
      : `${shownValue(`min(${plainName(key)})`)} || ' and ' || ${shownValue(`max(${plainName(key)})`)}`
  const found = database.prepare(`SELECT count(*) AS n, ${values} AS value, ${keys} AS keys ${groups}`).all()
  if (found.length === 0) return undefined
  const samples = found.slice(0, SHOWN).map((row) => {
    const who = row['keys'] === null ? '' : `, such as ${key ?? ''} ${cellText(row['keys'])}`
    return `${terms.join(', ')} = ${cellText(row['value'])} in ${cellText(row['n'])} rows${who}`
  })
  const rows = found.reduce((sum, row) => sum + Number(row['n']), 0)
  return { what: 'duplicate', table, rows, samples, query: `SELECT ${terms.join(', ')}, count(*) ${groups};` }
}

/** What an INSERT … SELECT or UPDATE would leave, in a table without rules: which rows of it break the one that refused it. */
function amongNewRows(failed: Failed): FailingRows | undefined {
  const { database, message } = failed
  const added = newRowsOf(failed.catalog, failed.sql, failed.anatomy)
  if (added === undefined) return undefined
  const { table, columns } = added
  if (added.select !== undefined) {
    const types = columns.map((name) => {
      const type = table.columns.find((column) => sameText(column.name, name))?.type ?? ''
      return `${quoteName(name)} ${type === 'ANY' ? '' : type}`
    })
    database.exec(`CREATE TEMP TABLE d1_runbook_new_rows (${types.join(', ')})`)
    runForeign(database, `INSERT INTO ${STAGE} ${added.select}`)
  }
  const from = added.select === undefined ? plainName(table.name) : STAGE
  const unique = /^UNIQUE constraint failed: (?!index )(.+)$/.exec(message)?.[1]
  if (unique !== undefined) {
    const terms = columnsIn(unique).map(plainName)
    const filter = terms.map((term) => `${term} IS NOT NULL`).join(' AND ')
    const found = duplicates(database, { from, table: table.name, terms, filter, key: keyIn(added, terms) })
    return found === undefined ? undefined : withQuery(database, added, found, found.query ?? '')
  }
  const broken = brokenRule(table, message)
  if (broken === undefined) return undefined
  const key = keyIn(added, []) ?? columns[0] ?? ''
  const rows = Number(
    database.prepare(`SELECT count(*) AS n FROM ${from} WHERE ${broken.where}`).get()?.['n'],
  )
  if (rows === 0) return undefined
  const shown = [...new Set([key, ...columns.filter((name) => broken.concerns(name))])].slice(0, 4)
  const pieces = shown
    .map((name) => `${quoteText(`${name} = `)} || ${shownValue(quoteName(name))}`)
    .join(` || ', ' || `)
  const samples = database
    .prepare(`SELECT ${pieces} AS sample FROM ${from} WHERE ${broken.where} LIMIT ${SHOWN}`)
    .all()
    .map((row) => cellText(row['sample']))
  const found: FailingRows = { what: broken.what, table: table.name, rows, samples }
  return withQuery(database, added, found, `SELECT * FROM ${from} WHERE ${broken.where};`)
}

interface BrokenRule {
  what: FailingRows['what']
  /** True for the rows that break it. */
  where: string
  concerns: (column: string) => boolean
}

function brokenRule(table: TableSchema, message: string): BrokenRule | undefined {
  const empty = /^NOT NULL constraint failed: (.+)$/.exec(message)?.[1]
  if (empty !== undefined) {
    const where = columnsIn(empty)
      .map((column) => `${plainName(column)} IS NULL`)
      .join(' OR ')
    return { what: 'null', where, concerns: () => false }
  }
  const stored = /^cannot store \w+ value in (\w+) column [^.]+\.(.+)$/.exec(message)
  if (stored !== null) {
    const [, type = '', column = ''] = stored
    const kind = /^INT/.test(type) ? 'integer' : type.toLowerCase()
    return typed(column, kind)
  }
  const whole = table.columns.find(({ keyPosition, type }) => keyPosition === 1 && type === 'INTEGER')
  if (message === 'datatype mismatch') return whole === undefined ? undefined : typed(whole.name, 'integer')
  const check = /^CHECK constraint failed(?:: (.+))?$/s.exec(message)?.[1]
  const expression = check === undefined ? undefined : ruleNamed(table.sql, check)
  if (expression === undefined) return undefined
  const words = new Set(significantTokens(expression).map(({ text }) => unquote(text).toLowerCase()))
  return { what: 'check', where: `NOT (${expression})`, concerns: (name) => words.has(name.toLowerCase()) }
}

function typed(column: string, kind: string): BrokenRule {
  const where = `typeof(${plainName(column)}) NOT IN ('null', '${kind}')`
  return { what: 'type', where, concerns: (name) => sameText(name, column) }
}

/** A SELECT for the same rows that needs no table of ours, where it counts as many. */
function withQuery(
  database: DatabaseSync,
  { select, columns, source }: NewRows,
  found: FailingRows,
  staged: string,
): FailingRows {
  const { query: _query, ...rest } = found
  const names = columns.map(plainName).join(', ')
  const candidates = [
    ...(source === undefined ? [] : [staged.replaceAll(STAGE, plainName(source))]),
    ...(select === undefined
      ? [staged]
      : [`WITH new_rows (${names}) AS (${select}) ${staged.replaceAll(STAGE, 'new_rows')}`]),
  ]
  const query = candidates.find((sql) => countOf(database, sql) === countOf(database, staged))
  return { ...rest, ...defined({ query }) }
}

function countOf(database: DatabaseSync, query: string): string | undefined {
  try {
    const rows = database.prepare(`SELECT count(*) AS n FROM (${query.replace(/;$/, '')})`).get()
    return cellText(rows?.['n'])
  } catch {
    return undefined
  }
}

function keyIn({ table, columns }: NewRows, terms: string[]): string | undefined {
  const key = keyColumn(table)
  const there = key !== undefined && columns.some((name) => sameText(name, key))
  return there && !terms.includes(plainName(key)) ? key : undefined
}

/** `t.a, t.b`. */
function columnsIn(list: string): string[] {
  return list.split(', ').map((each) => each.slice(each.indexOf('.') + 1))
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function sameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
