import { normaliseSql } from '../../d1/schema/catalog.js'
import { sameName, type TableSchema } from '../../d1/schema/schema.js'
import { openConfined } from '../../d1/sqlite/confined.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'

/**
 * The columns that ALTER TABLE … DROP COLUMN must take from `now` to leave exactly the text of `wanted`; undefined where it cannot.
 * Tried out: SQLite refuses keys, unique and indexed columns, and the text must come out equal for the fingerprint.
 */
export function droppableColumns(now: TableSchema, wanted: TableSchema): string[] | undefined {
  const added = now.columns.filter(
    ({ name }) => !wanted.columns.some((column) => sameName(column.name, name)),
  )
  if (now.name !== wanted.name || added.length === 0) return undefined
  if (now.columns.length - added.length !== wanted.columns.length) return undefined
  const scratch = openConfined(':memory:', { foreignKeys: false })
  try {
    scratch.exec(now.sql)
    for (const { name } of [...added].reverse())
      scratch.exec(`ALTER TABLE ${quoteName(now.name)} DROP COLUMN ${quoteName(name)}`)
    const row = scratch
      .prepare(`SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?`)
      .get(now.name)
    return normaliseSql(String(row?.['sql'])) === normaliseSql(wanted.sql)
      ? [...added].reverse().map(({ name }) => name)
      : undefined
  } catch {
    return undefined
  } finally {
    scratch.close()
  }
}
