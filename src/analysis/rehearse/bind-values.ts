import { tableNamed, type DetailedCatalog, type TableSchema } from '../../d1/schema/schema.js'
import { quoteText, type Row, type SqlValue } from '../../d1/sqlite/sqlite.js'
import { significantTokens, unquote, type Token } from '../../d1/sql/tokens.js'
import { anatomyOf } from '../statement/statement.js'

/** Where a parameter stands: the column that it is compared with or written to, a number of rows, or unknown. */
type Place = { column: string } | { limit: string } | { column: undefined }

interface Parameter {
  start: number
  end: number
  place: Place
}

/**
 * The statement with each parameter replaced by a value that the tables hold: `sampleOf` gives a row of a table. What a parameter is for
 * is read from the words around it; one that nothing tells of gets 1.
 */
export function bindValues(
  sql: string,
  catalog: DetailedCatalog,
  sampleOf: (table: string) => Row | undefined,
): string {
  const tokens = significantTokens(sql)
  const tables = [...new Set(tokens.map(({ text }) => unquote(text)))].flatMap(
    (name) => tableNamed(catalog, name) ?? [],
  )
  const { target } = anatomyOf(sql, tokens)
  const own = tables.filter(({ name }) => name.toLowerCase() === target?.toLowerCase())
  const ordered = [...own, ...tables.filter((table) => !own.includes(table))]
  let out = ''
  let from = 0
  for (const { start, end, place } of parametersOf(tokens, own[0])) {
    out += sql.slice(from, start) + literal(valueAt(place, ordered, sampleOf))
    from = end
  }
  return out + sql.slice(from)
}

function valueAt(
  place: Place,
  tables: TableSchema[],
  sampleOf: (table: string) => Row | undefined,
): SqlValue {
  if ('limit' in place) return place.limit === 'offset' ? 0 : 1000
  const { column } = place
  if (column === undefined) return 1
  for (const table of tables) {
    const held = table.columns.find(({ name }) => name.toLowerCase() === column.toLowerCase())
    const sample = held === undefined ? undefined : sampleOf(table.name)
    if (held !== undefined && sample !== undefined) return sample[held.name] ?? null
  }
  return 1
}

function parametersOf(tokens: Token[], target: TableSchema | undefined): Parameter[] {
  const items = insertedColumns(tokens, target)
  return tokens.flatMap(({ kind, start, text }, at): Parameter[] => {
    if (kind !== 'variable') return []
    const item = items.get(start)
    const place = item === undefined ? placeAt(tokens, at, at + 1) : { column: item }
    return [{ start, end: start + text.length, place }]
  })
}

/** Of INSERT INTO t (a, b) VALUES (…, …): the column for each token of the values, by its start. */
function insertedColumns(tokens: Token[], target: TableSchema | undefined): Map<number, string> {
  const found = new Map<number, string>()
  const into = tokens.findIndex(({ text }) => /^into$/i.test(text))
  const values = tokens.findIndex(({ text }, at) => at > into && /^values$/i.test(text))
  if (into < 0 || values < 0 || target === undefined) return found
  const list = tokens.slice(into + 1, values)
  const open = list.findIndex(({ text }) => text === '(')
  const named = list
    .slice(open + 1)
    .filter(({ kind }) => kind === 'word' || kind === 'name')
    .map(({ text }) => unquote(text))
  const columns =
    open < 0 ? target.columns.filter(({ generated }) => !generated).map(({ name }) => name) : named
  let depth = 0
  let item = 0
  for (const { text, start } of tokens.slice(values + 1)) {
    if (text === '(') depth += 1
    if (text === '(' && depth === 1) item = 0
    if (text === ')') depth -= 1
    if (text === ',' && depth === 1) item += 1
    if (depth === 0 && text !== ')' && text !== ',') break
    const column = columns[item]
    if (depth > 0 && column !== undefined) found.set(start, column)
  }
  return found
}

const COMPARES = /^(?:=|==|<>|!=|<|>|<=|>=|is|not|like|glob|match|between)$/i

function placeAt(tokens: Token[], at: number, next: number): Place {
  const before = tokens[at - 1]?.text ?? ''
  if (/^(?:limit|offset)$/i.test(before)) return { limit: before.toLowerCase() }
  const after = tokens[next]
  if (after !== undefined && COMPARES.test(after.text) && !COMPARES.test(before)) {
    const column = nameAt(tokens, next + 1)
    if (column !== undefined) return { column }
  }
  // col = ?, col IN (?, ?), col BETWEEN ? AND ?, col = lower(?): the last name that something is compared with.
  for (let back = at - 1; back >= 0 && at - back < 40; back -= 1) {
    const { text = '' } = tokens[back] ?? {}
    if (/^(?:where|set|on|having|select|values|;)$/i.test(text)) break
    if (!COMPARES.test(text) && !/^in$/i.test(text)) continue
    const { kind, text: name = '' } = tokens[back - 1] ?? {}
    if ((kind === 'word' || kind === 'name') && !COMPARES.test(name)) return { column: unquote(name) }
  }
  return { column: undefined }
}

/** `a` or `t.a`. */
function nameAt(tokens: Token[], at: number): string | undefined {
  const token = tokens[at]
  if (token === undefined || (token.kind !== 'word' && token.kind !== 'name')) return undefined
  return unquote(tokens[at + 1]?.text === '.' ? (tokens[at + 2]?.text ?? '') : token.text)
}

/** A value as SQL. */
export function literal(value: SqlValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return quoteText(value)
  if (typeof value === 'object')
    return `x'${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}'`
  return String(value)
}
