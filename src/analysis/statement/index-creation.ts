import { sameName, type DetailedCatalog, type IndexSchema, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { significantTokens, unquote } from '../../d1/sql/tokens.js'

/** The table of an index then and now, and what columns are called that have another name. */
export interface IndexedTable {
  before: TableSchema
  after?: TableSchema
  /** Names in lower case before, names after. */
  renamedColumns: ReadonlyMap<string, string>
}

/** The statement that makes an index of before for the table of now, under a name that nothing of now has. */
export function creationOf(
  index: IndexSchema,
  catalog: DetailedCatalog,
  { before, after, renamedColumns }: IndexedTable,
): string {
  const tokens = significantTokens(index.sql)
  const on = tokens.findIndex(({ text }) => /^on$/i.test(text))
  const name = freeName(index.name, catalog)
  const parts = tokens.flatMap(
    ({ kind, text, start }, at): { start: number; end: number; text: string }[] => {
      const put = (now: string): { start: number; end: number; text: string }[] => [
        { start, end: start + text.length, text: quoteName(now) },
      ]
      const own = unquote(text)
      if (at < on) return sameName(own, index.name) && name !== index.name ? put(name) : []
      const isTable = at === on + 1 || (at === on + 3 && tokens[on + 2]?.text === '.')
      if (isTable && sameName(own, before.name))
        return after === undefined || after.name === before.name ? [] : put(after.name)
      const column = renamedColumns.get(own.toLowerCase())
      const isColumn = (kind === 'word' || kind === 'name') && at > on + 1 && tokens[at + 1]?.text !== '('
      return isColumn && column !== undefined && !sameName(column, own) ? put(column) : []
    },
  )
  let sql = ''
  let end = 0
  for (const part of parts) {
    sql += `${index.sql.slice(end, part.start)}${part.text}`
    end = part.end
  }
  return `${sql}${index.sql.slice(end)};`
}

function freeName(wanted: string, { tables, views }: DetailedCatalog): string {
  const taken = new Set(
    [
      ...[...tables.values()].flatMap((table) => [table.name, ...table.indexes.map(({ name }) => name)]),
      ...[...views.values()].map(({ name }) => name),
    ].map((name) => name.toLowerCase()),
  )
  let number = 1
  const named = (): string => (number === 1 ? wanted : `${wanted}_${number}`)
  while (taken.has(named().toLowerCase())) number += 1
  return named()
}
