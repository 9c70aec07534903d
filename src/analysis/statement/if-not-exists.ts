import { keepsText } from '../../d1/schema/affinity.js'
import type { DatabaseSync } from 'node:sqlite'
import { readDetailedCatalog, sameName, tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { openConfined, runForeign } from '../../d1/sqlite/confined.js'
import { significantTokens, unquote, type Token } from '../../d1/sql/tokens.js'
import type { StatementParts } from './statement.js'

/** What a CREATE … IF NOT EXISTS asked for and did not get, because an object of that name was there. */
export interface Precondition {
  type: 'table' | 'index' | 'trigger' | 'view'
  /** The table that the object belongs to, or the object itself. */
  table: string
  /** Columns of a CREATE TABLE that the table there does not have. */
  columns: string[]
  /** Other differences, as phrases: "NOT NULL of name". */
  others: string[]
}

interface Existing {
  type: string
  name: string
  tbl_name: string
  sql: string | null
}

/**
 * Compares a CREATE … IF NOT EXISTS, before it runs, with what is there under its name; undefined where nothing is or nothing
 * that was asked for is missing. What the existing table has beyond that is no difference.
 * Source: https://sqlite.org/lang_createtable.html: "IF NOT EXISTS" makes it a no-op, whatever the definitions are.
 */
export function failedPrecondition(
  database: DatabaseSync,
  sql: string,
  anatomy: StatementParts,
): Precondition | undefined {
  const { tokens, target, verb } = anatomy
  if (target === undefined || !verb.startsWith('create-') || !saysIfNotExists(tokens)) return undefined
  const row = database
    .prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE')
    .get(target) as unknown as Existing | undefined
  if (row === undefined || row.sql === null) return undefined
  const type = verb.replace(/^create-(?:virtual-)?/, '') as Precondition['type']
  const found = { type, table: type === 'index' || type === 'trigger' ? row.tbl_name : row.name, columns: [] }
  if (row.type !== type) return { ...found, others: [`it is a ${row.type}`] }
  if (words(tokens) === words(significantTokens(row.sql))) return undefined
  if (verb !== 'create-table') return { ...found, others: ['with another definition'] }
  if (anatomy.copies) return { ...found, others: ['and nothing is copied into it'] }
  const [wanted, there] = [tableOf(sql, target), tableOf(row.sql, target)]
  if (wanted === undefined || there === undefined) return undefined
  const unmet = { ...found, columns: missingColumns(wanted, there), others: missingRules(wanted, there) }
  return unmet.columns.length + unmet.others.length === 0 ? undefined : unmet
}

function saysIfNotExists(tokens: Token[]): boolean {
  const at = tokens.findIndex(({ kind, text }) => kind === 'word' && /^if$/i.test(text))
  return at >= 2 && at <= 4 && /^exists$/i.test(tokens[at + 2]?.text ?? '')
}

/** The definition without IF NOT EXISTS, quotes and case; of an index or view, what follows its name. */
function words(tokens: Token[]): string {
  const text = tokens
    .filter(({ text: word }) => word !== ';')
    .map(({ kind, text: word }) => (kind === 'string' ? word : unquote(word).toLowerCase()))
    .join(' ')
  return text
    .replace(/^(create (?:unique )?(?:virtual )?\w+) if not exists /, '$1 ')
    .replace(/ (?:main|temp) \. /, ' ')
}

/** The table that this statement makes in an empty database; undefined where it needs others. */
function tableOf(sql: string, name: string): TableSchema | undefined {
  const scratch = openConfined(':memory:')
  try {
    runForeign(scratch, sql)
    return tableNamed(readDetailedCatalog(scratch), name)
  } catch {
    return undefined
  } finally {
    scratch.close()
  }
}

function missingColumns(wanted: TableSchema, there: TableSchema): string[] {
  return wanted.columns
    .map(({ name }) => name)
    .filter((name) => !there.columns.some((it) => sameName(it.name, name)))
}

function missingRules(wanted: TableSchema, there: TableSchema): string[] {
  const columns = wanted.columns.flatMap((column) => {
    const now = there.columns.find(({ name }) => sameName(name, column.name))
    if (now === undefined) return []
    const type =
      keepsText(column.type) === keepsText(now.type) ? [] : [`type ${column.type} of ${column.name}`]
    const looser = column.notNull && !now.notNull && now.keyPosition === 0
    return looser ? [...type, `NOT NULL of ${column.name}`] : type
  })
  const keys = wanted.foreignKeys
    .filter(
      (key) =>
        !there.foreignKeys.some(
          (it) => sameName(it.columns.join(), key.columns.join()) && sameName(it.target, key.target),
        ),
    )
    .map((key) => `the reference of ${key.columns.join(', ')} to ${key.target}`)
  const uniques = wanted.indexes
    .filter(({ unique }) => unique)
    .filter(
      (index) => !there.indexes.some((it) => it.unique && sameName(it.columns.join(), index.columns.join())),
    )
    .filter((index) => !sameName(there.primaryKey.join(), index.columns.join()))
    .filter((index) =>
      index.columns.every((name) => there.columns.some((it) => sameName(it.name, name ?? ''))),
    )
    .map((index) => `UNIQUE (${index.columns.join(', ')})`)
  return [...columns, ...keys, ...uniques].map((phrase) => `without ${phrase}`)
}
