import { defined } from '../../contract/defined.js'
import { tableNamed, type DetailedCatalog, type TableSchema } from '../../d1/schema/schema.js'
import { normaliseSql } from '../../d1/schema/catalog.js'
import { closingAt, depthsOf } from '../../d1/sql/parentheses.js'
import { significantTokens, unquote, type Token } from '../../d1/sql/tokens.js'
import { assignments, columnsFilled } from '../compare/writers.js'
import { mentions, type StatementParts } from '../statement/statement.js'

/** The rows that a statement wants to leave in a table. */
export interface NewRows {
  table: TableSchema
  columns: string[]
  /** SELECT that makes them; undefined: the rows of the table as they are. */
  select?: string
  /** The one table that a plain copy reads, under the same names of columns. */
  source?: string
}

/** Undefined where the words do not say it: rows that are spelt out, joins of an UPDATE, a table that is not there. */
export function newRowsOf(
  catalog: DetailedCatalog,
  sql: string,
  anatomy: StatementParts,
): NewRows | undefined {
  const table = tableNamed(catalog, anatomy.target ?? '')
  if (table?.kind !== 'table') return undefined
  const own = table.columns.filter(({ generated }) => !generated).map(({ name }) => name)
  if (anatomy.verb === 'alter-table') return { table, columns: own }
  if (anatomy.verb === 'update') return updated(table, own, sql, anatomy.tokens)
  if (anatomy.verb !== 'insert' || !anatomy.copies) return undefined
  const outer = topLevel(anatomy.tokens, 0)
  const word = outer.find(({ text }) => /^(?:insert|replace)$/i.test(text))
  if (word === undefined) return undefined
  // What a WITH before the INSERT names is part of the SELECT as well as what one behind it does.
  const insert = anatomy.tokens.slice(anatomy.tokens.indexOf(word))
  const select = topLevel(insert, 0).find(({ text }) => /^(?:select|with)$/i.test(text))
  if (select === undefined) return undefined
  const at = anatomy.tokens.indexOf(select)
  const columns = columnsFilled({ ...anatomy, tokens: insert }) ?? own
  const end = endOfSelect(anatomy.tokens, at)
  const prefix = sql.slice(0, word.start).trim()
  const plain = prefix === '' && /^select$/i.test(select.text)
  const read = [...catalog.tables.values()].filter(
    ({ name }) => name !== table.name && mentions(anatomy.tokens.slice(at), name),
  )
  const source =
    plain && read.length === 1 && takesAsIs(anatomy.tokens, at, columns) ? read[0]?.name : undefined
  return {
    table,
    columns,
    select: `${prefix} ${sql.slice(select.start, end?.start)}`.trim().replace(/;$/, ''),
    ...defined({ source }),
  }
}

/** Whether a SELECT lists these columns by name and nothing else, or all by a star. */
function takesAsIs(tokens: Token[], at: number, columns: string[]): boolean {
  const from = tokens.findIndex(({ text }, index) => index > at && /^from$/i.test(text))
  const listed = tokens
    .slice(at + 1, from)
    .filter(({ text }) => text !== ',')
    .map(({ text }) => unquote(text).toLowerCase())
  return from > 0 && (listed.join() === '*' || listed.join() === columns.join().toLowerCase())
}

function endOfSelect(tokens: Token[], at: number): Token | undefined {
  return tokens.find(
    ({ text }, index) =>
      index > at &&
      (/^returning$/i.test(text) ||
        (/^on$/i.test(text) && /^conflict$/i.test(tokens[index + 1]?.text ?? ''))),
  )
}

/** Every row of the table as the UPDATE would leave it. */
function updated(table: TableSchema, columns: string[], sql: string, tokens: Token[]): NewRows | undefined {
  if (!/^update$/i.test(tokens[0]?.text ?? '') || !/^set$/i.test(tokens[2]?.text ?? '')) return undefined
  const values = new Map(
    assignments(tokens).map(({ column, value }) => [column.toLowerCase(), textOf(sql, value)]),
  )
  const rest = topLevel(tokens, 3)
  if (rest.some(({ text }) => /^(?:from|returning)$/i.test(text))) return undefined
  const where = rest.find(({ text }) => /^where$/i.test(text))
  const condition =
    where === undefined ? '1' : sql.slice(where.start + where.text.length).replace(/;\s*$/, '')
  const shown = columns.map((name) => {
    const value = values.get(name.toLowerCase())
    return value === undefined
      ? quote(name)
      : `CASE WHEN (${condition}) THEN (${value}) ELSE ${quote(name)} END`
  })
  return { table, columns, select: `SELECT ${shown.join(', ')} FROM ${quote(table.name)}` }
}

/** The text of a value that these tokens start with, up to the next assignment or clause. */
function textOf(sql: string, tokens: Token[]): string {
  const [first] = tokens
  const end = topLevel(tokens, 0).find(({ text }) => /^(?:,|;|where|from|returning)$/i.test(text))
  return sql.slice(first?.start, end?.start).trim().replace(/;$/, '')
}

function topLevel(tokens: Token[], from: number): Token[] {
  const rest = tokens.slice(from)
  const depths = depthsOf(rest)
  // Both parentheses count as outside.
  return rest.filter(({ text }, at) => (depths[at] ?? 0) - (text === ')' ? 1 : 0) === 0)
}

/** Table, terms and condition of a CREATE UNIQUE INDEX, as it writes them. */
export function indexTerms(
  sql: string,
  tokens: Token[],
): { table: string; terms: string[]; where?: string } | undefined {
  const on = tokens.findIndex(({ text }) => /^on$/i.test(text))
  const [table, open] = [tokens[on + 1], tokens[on + 2]]
  if (on < 0 || table === undefined || open?.text !== '(') return undefined
  const terms: string[] = []
  let depth = 0
  let from = open.start + 1
  for (const token of tokens.slice(on + 2)) {
    if (token.text === '(') depth += 1
    if (token.text === ')') depth -= 1
    if (depth === 0 || (depth === 1 && token.text === ',')) {
      terms.push(
        sql
          .slice(from, token.start)
          .trim()
          .replace(/\s+(?:asc|desc)$/i, ''),
      )
      from = token.start + 1
    }
    if (depth > 0) continue
    const where = tokens.find(({ start, text }) => start > token.start && /^where$/i.test(text))
    const name = unquote(table.text)
    if (where === undefined) return { table: name, terms }
    return {
      table: name,
      terms,
      where: sql
        .slice(where.start + 5)
        .trim()
        .replace(/;$/, ''),
    }
  }
  return undefined
}

/** The expression of the CHECK that SQLite names by its name or by its text. */
export function ruleNamed(tableSql: string, said: string): string | undefined {
  const tokens = significantTokens(tableSql)
  for (const [at, { text }] of tokens.entries()) {
    const open = tokens[at + 1]
    if (!/^check$/i.test(text) || open?.text !== '(') continue
    const close = tokens[closingAt(tokens, at + 1)]
    if (close === undefined) return undefined
    const expression = tableSql.slice(open.start + 1, close.start)
    const name = /^constraint$/i.test(tokens[at - 2]?.text ?? '')
      ? unquote(tokens[at - 1]?.text ?? '')
      : undefined
    if (name === undefined ? normaliseSql(expression) === normaliseSql(said) : name === said)
      return expression
  }
  return undefined
}

/** A name as people write it: quoted only where it must be. */
export function plainName(name: string): string {
  return /^[a-z_]\w*$/i.test(name) ? name : quote(name)
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
