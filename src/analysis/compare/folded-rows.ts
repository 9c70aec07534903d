import { sameName, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { StatementEvidence, TableFate } from '../evidence.js'
import { column, lostAmong, number } from './row-keys.js'
import type { Versions } from './versions.js'
import { writes } from './writers.js'

/** Rows of a name and a value each that became the members of JSON objects. */
export interface Folded {
  /** `table.column` with the objects. */
  into: string
  table: string
  /** FROM clause of the rows of which no object has the member; null where there is none. */
  missing: string | null
  lost: number
}

/**
 * Where rows that are gone are pieces of others now, in one of the copies. `rows`: their FROM clause, of the alias `b`; `spare`: a number of
 * their own to which nothing referred.
 */
export type Folding = (
  versions: Versions,
  fate: TableFate,
  rows: string,
  copies: TableSchema[],
  spare: string | undefined,
) => Folded | undefined

/**
 * Where rows that are gone are members of JSON objects now: one object for the whole table, or one for each owner, in the row whose key
 * the rest of their key is.
 */
export const foldedRows: Folding = ({ database, statements }, { before }, rows, copies, spare) => {
  const columns = before.columns.filter(({ name, generated }) => !generated && name !== spare)
  const unique = uniqueColumns(before, spare)
  const values = columns.filter(({ name }) => !unique.some((it) => sameName(it, name)))
  const [value, ...others] = values
  if (value === undefined || others.length > 0 || unique.length === 0 || unique.length > 2) return undefined
  const makers = copies.filter(({ name }) => statements.some((statement) => makesObjects(statement, name)))
  if (makers.length === 0) return undefined
  const all = number(database, `SELECT count(*) AS n FROM ${rows}`)
  for (const table of makers) {
    for (const { name } of table.columns)
      for (const key of unique) {
        const owner = unique.find((it) => it !== key)
        if (owner !== undefined && table.primaryKey.length !== 1) continue
        const link =
          owner === undefined ? '' : ` AND ${column('t', table.primaryKey[0] ?? '')} = ${column('b', owner)}`
        const document = `CASE WHEN typeof(${column('t', name)}) = 'text' AND json_valid(${column('t', name)}) AND json_type(${column('t', name)}) = 'object' THEN ${column('t', name)} END`
        const member = `SELECT 1 FROM main.${quoteName(table.name)} t, json_each(${document}) j WHERE j.key = CAST(${column('b', key)} AS TEXT) AND j.value IS +${column('b', value.name)}${link}`
        const gone = lostAmong(database, rows, `NOT EXISTS (${member})`)
        if (gone.lost * 2 <= all) return { into: `${table.name}.${name}`, table: table.name, ...gone }
      }
  }
  return undefined
}

/** The columns by which a row is known beside its number: its key, else a unique one. */
function uniqueColumns({ primaryKey, indexes }: TableSchema, spare: string | undefined): string[] {
  if (spare === undefined) return primaryKey
  const found = indexes.find(({ unique, partial, columns }) => unique && !partial && !columns.includes(null))
  return found?.columns.filter((name) => name !== null) ?? []
}

function makesObjects(statement: StatementEvidence, table: string): boolean {
  const { tokens, copies, verb } = statement.anatomy
  if (!copies && verb !== 'update') return false
  return (
    writes(statement, table) &&
    tokens.some(({ text }) => /^jsonb?_(?:group_object|object|set|insert|patch)$/i.test(text))
  )
}
