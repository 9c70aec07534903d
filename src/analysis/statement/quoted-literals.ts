import type { DatabaseSync } from 'node:sqlite'
import { tableNamed, type DetailedCatalog } from '../../d1/schema/schema.js'
import { unquote, type Token } from '../../d1/sql/tokens.js'
import type { StatementParts } from './statement.js'

/**
 * Double-quoted names that SQLite silently reads as text although a column of that name is meant: a column of the table
 * that the statement writes, now or before this migration, or of one that it reads. Other double-quoted text (`"active"`) is
 * taken as what it is. The engine decides: the statement is compiled again with names that cannot fall back to text.
 * Source: https://sqlite.org/quirks.html#dblquote
 */
export function literalsInPlaceOfColumns(
  database: DatabaseSync,
  sql: string,
  anatomy: StatementParts,
  catalogs: DetailedCatalog[],
  tables: string[],
): string[] {
  const quoted = anatomy.tokens.filter(({ text }) => text.startsWith('"'))
  if (quoted.length === 0) return []
  const columns = new Set(
    catalogs.flatMap((catalog) =>
      tables.flatMap(
        (table) => tableNamed(catalog, table)?.columns.map(({ name }) => name.toLowerCase()) ?? [],
      ),
    ),
  )
  const asText = new Set<string>()
  for (let attempt = 0; attempt <= quoted.length; attempt += 1) {
    const missing = missingColumn(database, rewrite(sql, quoted, asText))
    if (missing === undefined) break
    const found = quoted.find(({ text }) => unquote(text).toLowerCase() === missing.toLowerCase())
    if (found === undefined || asText.has(missing.toLowerCase())) break
    asText.add(missing.toLowerCase())
  }
  return [...asText].filter((name) => columns.has(name))
}

/** Double-quoted names in the column list of a CREATE INDEX that are no columns: the index is over a constant. */
export function literalsInIndex(database: DatabaseSync, sql: string, anatomy: StatementParts): string[] {
  const open = anatomy.tokens.findIndex(({ text }) => text === '(')
  const close = anatomy.tokens.findIndex(({ text }, at) => at > open && text === ')')
  const quoted = anatomy.tokens.slice(open, close).filter(({ text }) => text.startsWith('"'))
  if (quoted.length === 0) return []
  const missing = missingColumn(database, rewrite(sql, quoted, new Set()))
  return missing === undefined ? [] : [missing]
}

/** Names become backtick names, which never fall back to text; those known to be text become text. */
function rewrite(sql: string, quoted: Token[], asText: Set<string>): string {
  let out = ''
  let at = 0
  for (const { start, text } of quoted) {
    const name = unquote(text)
    const literal = asText.has(name.toLowerCase())
    out +=
      sql.slice(at, start) +
      (literal ? `'${name.replaceAll("'", "''")}'` : `\`${name.replaceAll('`', '``')}\``)
    at = start + text.length
  }
  return out + sql.slice(at)
}

function missingColumn(database: DatabaseSync, sql: string): string | undefined {
  try {
    database.prepare(`EXPLAIN ${sql}`)
    return undefined
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    return /no such column: (?:.*\.)?(.+?)(?: - should this be .*)?$/.exec(message)?.[1]
  }
}
