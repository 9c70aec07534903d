import { openConfined } from '../../d1/sqlite/confined.js'
import { quoteText } from '../../d1/sqlite/sqlite.js'
import { unquote } from '../../d1/sql/tokens.js'
import { normaliseSql } from '../../d1/schema/catalog.js'
import type { TableSchema } from '../../d1/schema/schema.js'
import type { DefaultComparison, TableFate } from '../evidence.js'

/** Defaults of columns that are still there which make another value now, or none. */
export function compareDefaults(fate: TableFate, after: TableSchema): DefaultComparison[] {
  return fate.before.columns.flatMap((column) => {
    const wanted = fate.renamedColumns.get(column.name.toLowerCase()) ?? column.name
    const now = after.columns.find(({ name }) => name.toLowerCase() === wanted.toLowerCase())
    if (now === undefined || column.default === null || column.generated || now.generated) return []
    if (now.default === null && /^null$/i.test(column.default)) return []
    if (now.default !== null && makeSame(column.default, now.default, now.type)) return []
    return [{ column: column.name, after: now.name, was: column.default, is: now.default }]
  })
}

/** Written otherwise, but one value: 'a' and "a", (0) and 0, CURRENT_TIMESTAMP and datetime('now'). */
function makeSame(was: string, is: string, type: string): boolean {
  const [old, now] = [normaliseSql(was), normaliseSql(is)]
  // The case of words makes no difference, that of a text does.
  if (old === now || (old.toLowerCase() === now.toLowerCase() && !/['"]/.test(old))) return true
  const database = openConfined(':memory:')
  try {
    database.exec(`CREATE TABLE d (b ${type} DEFAULT ${wrapped(was)}, a ${type} DEFAULT ${wrapped(is)})`)
    database.exec('INSERT INTO d DEFAULT VALUES')
    return database.prepare('SELECT b IS a AS same FROM d').get()?.['same'] === 1
  } catch {
    return false
  } finally {
    database.close()
  }
}

/** SQLite tells a default without the parentheses that an expression needs, in which "a" would be a column. */
function wrapped(text: string): string {
  return text.startsWith('"') ? quoteText(unquote(text)) : `(${text})`
}
