import { closingAt } from '../../d1/sql/parentheses.js'
import type { DatabaseSync } from 'node:sqlite'
import { tableNamed, type DetailedCatalog } from '../../d1/schema/schema.js'
import { cellText, quoteName, shownValue } from '../../d1/sqlite/sqlite.js'
import type { Token } from '../../d1/sql/tokens.js'
import type { FailingRows } from '../evidence.js'
import type { StatementParts } from '../statement/statement.js'
import { plainName } from './new-rows.js'

const SHOWN = 3

/** The rows that an ADD COLUMN would leave without a value that it demands, or with one that its CHECK refuses; undefined for other reasons. */
export function rowsAgainstColumn(
  database: DatabaseSync,
  catalog: DetailedCatalog,
  sql: string,
  { alteration, target = '', tokens }: StatementParts,
  message: string,
): FailingRows | undefined {
  const table = tableNamed(catalog, target)
  if (alteration?.kind !== 'add-column' || table === undefined) return undefined
  const column = plainName(alteration.column)
  const textAfter = (word: RegExp): string | undefined => valueAfter(sql, tokens, word)
  const computed = textAfter(/^as$/i)
  const value = computed ?? textAfter(/^default$/i) ?? 'NULL'
  const check = textAfter(/^check$/i)
  const rule = /NOT NULL/.test(message)
    ? 'null'
    : /^CHECK constraint failed/.test(message)
      ? 'check'
      : undefined
  const where = rule === 'null' ? `${column} IS NULL` : check === undefined ? undefined : `NOT (${check})`
  if (rule === undefined || where === undefined) return undefined
  const from = `(SELECT *, (${value}) AS ${column} FROM ${plainName(table.name)})`
  const query = value === 'NULL' ? plainName(table.name) : `${from} WHERE ${where}`
  const rows = Number(database.prepare(`SELECT count(*) AS n FROM ${from} WHERE ${where}`).get()?.['n'])
  if (rows === 0) return undefined
  const [key] = table.primaryKey.length === 1 ? table.primaryKey : table.columns.map(({ name }) => name)
  const samples =
    key === undefined
      ? []
      : database
          .prepare(
            `SELECT ${shownValue(quoteName(key))} AS sample FROM ${from} WHERE ${where} LIMIT ${SHOWN}`,
          )
          .all()
          .map(({ sample }) => `${key} = ${cellText(sample)}`)
  return { what: rule, table: table.name, rows, samples, query: `SELECT * FROM ${query};` }
}

/** The value behind a word that no parenthesis encloses: one token, a signed number, or what stands in parentheses. */
function valueAfter(sql: string, tokens: Token[], word: RegExp): string | undefined {
  let depth = 0
  const at = tokens.findIndex(({ text }) => {
    if (text === '(') depth += 1
    if (text === ')') depth -= 1
    return depth === 0 && word.test(text)
  })
  const first = tokens[at + 1]
  if (at < 0 || first === undefined) return undefined
  if (first.text !== '(') {
    const next = tokens[at + 2]
    return /^[-+]$/.test(first.text) ? `${first.text}${next?.text ?? ''}` : first.text
  }
  const close = tokens[closingAt(tokens, at + 1)]
  return close === undefined ? undefined : sql.slice(first.start + 1, close.start)
}
