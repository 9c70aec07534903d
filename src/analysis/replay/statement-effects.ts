import { outermost } from '../../d1/sql/parentheses.js'
import type { DatabaseSync } from 'node:sqlite'
import { cellText, quoteName } from '../../d1/sqlite/sqlite.js'
import { isEmpty } from '../compare/differing.js'
import { SAMPLES, sampleText } from '../compare/row-keys.js'
import { assignments, upToComma } from '../compare/writers.js'
import { unquote, type Token } from '../../d1/sql/tokens.js'
import type { StatementParts } from '../statement/statement.js'

/** The first columns of a few rows that a DELETE is about to take, as SQL literals: its own words, asked as a SELECT. */
export function rowsToBeTaken(
  database: DatabaseSync,
  sql: string,
  { verb, target, tokens }: StatementParts,
): string[] {
  const word = tokens.find(({ text }) => /^delete$/i.test(text))
  const returning = tokens.find(({ text }) => /^returning$/i.test(text))
  if (verb !== 'delete' || target === undefined || word === undefined || returning !== undefined) return []
  // Asked twice, it answers differently.
  if (tokens.some(({ text }) => /^random/i.test(text))) return []
  try {
    const columns = database
      .prepare(`SELECT name, pk, hidden FROM pragma_table_xinfo(?)`)
      .all(target)
      .map(({ name, pk, hidden }) => ({
        ...{ name: cellText(name), keyPosition: Number(pk), generated: Number(hidden) > 1 },
      }))
    const shown = sampleText('', columns)
    if (shown === undefined) return []
    const rest = sql.slice(word.start + word.text.length).replace(/;\s*$/, '')
    const asked = `${sql.slice(0, word.start)}SELECT ${shown} AS sample${rest}`
    return database
      .prepare(tokens.some(({ text }) => /^limit$/i.test(text)) ? asked : `${asked} LIMIT ${SAMPLES}`)
      .all()
      .slice(0, SAMPLES)
      .map(({ sample }) => cellText(sample))
  } catch {
    // A name that only a DELETE knows: no sample then.
    return []
  }
}

/** How many values that are not NULL or empty the columns have which an UPDATE sets. */
export function countFilled(
  database: DatabaseSync,
  { verb, target, tokens }: StatementParts,
): { column: string; values: number }[] {
  if (verb !== 'update' || target === undefined) return []
  const columns = [...new Set(assignments(tokens).map(({ column }) => column))].slice(0, 30)
  if (columns.length === 0) return []
  const counts = columns.map(
    (name, at) => `count(CASE WHEN NOT (${isEmpty(quoteName(name))}) THEN 1 END) AS c${at}`,
  )
  try {
    const row = database.prepare(`SELECT ${counts.join(', ')} FROM main.${quoteName(target)}`).get() ?? {}
    return columns.map((column, at) => ({ column, values: Number(row[`c${at}`]) }))
  } catch {
    // It will not run either.
    return []
  }
}

/**
 * In how many rows an UPDATE is about to write another value than is there, for each column that it sets: its own words, asked as a SELECT.
 * Nothing where these cannot be asked so, or where it reads other rows (`heavy`: many of them) and asking would cost as much as the statement itself.
 */
export function rowsToBeChanged(
  database: DatabaseSync,
  sql: string,
  { verb, target, tokens }: StatementParts,
  heavy: boolean,
): Map<string, number> {
  const found = new Map<string, number>()
  const words = tokens.map(({ text }) => text.toLowerCase())
  const set = words.indexOf('set')
  if (verb !== 'update' || target === undefined || words[0] !== 'update' || set < 0) return found
  const refused = heavy ? /^(?:select|from)$/ : /^$/
  if (
    words.some((word) => refused.test(word) || /^(?:returning|limit|random|randomblob|indexed)$/.test(word))
  )
    return found
  const textOf = (from: Token | undefined, to: Token | undefined): string =>
    from === undefined || to === undefined ? '' : sql.slice(from.start, to.start + to.text.length)
  const table = textOf(tokens[words[1] === 'or' ? 3 : 1], tokens[set - 1])
  const alias = quoteName(words[set - 2] === 'as' ? unquote(tokens[set - 1]?.text ?? '') : target)
  const from = clauseAt(tokens, 'from')
  const where = clauseAt(tokens, 'where')
  const condition = where === undefined ? '' : sql.slice(where.start).replace(/;\s*$/, '')
  const end = where === undefined ? tokens.at(-1) : tokens[tokens.indexOf(where) - 1]
  const others =
    from === undefined ? '' : `, ${textOf(tokens[tokens.indexOf(from) + 1], end)}`.replace(/;\s*$/, '')
  const sets = assignments(tokens).slice(0, 30)
  const counts = sets.map(({ column, value }, at) => {
    const tokensOfValue = upToComma(value)
    const expression = textOf(tokensOfValue[0], tokensOfValue.at(-1))
    return `count(CASE WHEN (${expression}) COLLATE BINARY IS NOT ${alias}.${quoteName(column)} THEN 1 END) AS c${at}`
  })
  if (counts.length === 0) return found
  try {
    const row =
      database.prepare(`SELECT ${counts.join(', ')} FROM ${table}${others} ${condition}`).get() ?? {}
    for (const [at, { column }] of sets.entries()) found.set(column.toLowerCase(), Number(row[`c${at}`]))
  } catch {
    // A form that only an UPDATE has: how many is not known then.
  }
  return found
}

/** The clause of the statement itself that begins with this word. */
function clauseAt(tokens: Token[], word: string): Token | undefined {
  return outermost(tokens).find(({ text }) => text.toLowerCase() === word)
}
