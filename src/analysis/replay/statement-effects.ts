import type { DatabaseSync } from 'node:sqlite'
import { cellText, quoteName } from '../../d1/sqlite/sqlite.js'
import { isEmpty } from '../compare/column-changes.js'
import { SAMPLES } from '../compare/row-keys.js'
import { assignments } from '../compare/writers.js'
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
    const columns = database.prepare(`SELECT name FROM pragma_table_info(?) LIMIT 4`).all(target)
    const shown = columns.map(({ name }) => `substr(quote(${quoteName(cellText(name))}), 1, 40)`)
    const rest = sql.slice(word.start + word.text.length).replace(/;\s*$/, '')
    const asked = `${sql.slice(0, word.start)}SELECT ${shown.join(` || ', ' || `)} AS sample${rest}`
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
