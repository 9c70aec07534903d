import { sameName, tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { TableFate } from '../evidence.js'
import { column, number, shownRows } from './row-keys.js'
import { pointers } from './candidates.js'
import type { Versions } from './versions.js'
import { rowsNotIn, type RowsOf } from './whole-rows.js'

export interface Linked {
  tables: string[]
  lost: number
  lostSamples: string[]
}

/**
 * Rows of a dropped table, but for the number that SQLite had given each, that a new table and one that it points to hold together: `tags (post_id,
 * name)` as `post_tags (post_id, tag_id)` and `tag (name)`. Equal rows would be one there: then nothing is said. `rows`: FROM clause of the alias `b`;
 * `spare`: the number, to which nothing referred.
 */
export function linkedRows(
  versions: Versions,
  fate: TableFate,
  rows: string,
  copies: TableSchema[],
  spare: string | undefined,
): Linked | undefined {
  const { database, before } = versions
  const names = fate.before.columns.flatMap(({ name, generated }) =>
    generated || name === spare ? [] : [name],
  )
  if (fate.after !== undefined || spare === undefined || names.length < 2) return undefined
  const wanted: RowsOf = { values: names.map((name) => column('b', name)), from: rows }
  const all = number(database, `SELECT count(*) AS n FROM ${rows}`)
  const different = number(
    database,
    `SELECT count(*) AS n FROM (SELECT DISTINCT ${wanted.values.join(', ')} FROM ${rows})`,
  )
  if (different < all) return undefined
  const found = copies
    .filter(({ name }) => tableNamed(before, name) === undefined)
    .flatMap((table) =>
      pointers(versions, table).flatMap(({ from, target, id }) => {
        const place = (name: string): string | undefined =>
          heldAs(fate, table, name, 't', from) ?? heldAs(fate, target, name, 'y', id)
        const values = names.flatMap((name) => place(name) ?? [])
        if (
          values.length < names.length ||
          !['t.', 'y.'].every((side) => values.some((it) => it.startsWith(side)))
        )
          return []
        const join = `main.${quoteName(table.name)} t JOIN main.${quoteName(target.name)} y ON ${column('y', id)} = ${column('t', from)}`
        const missing = rowsNotIn(wanted, [{ values, from: join }], true)
        return [
          {
            tables: [table.name, target.name],
            missing,
            lost: number(database, `SELECT count(*) AS n FROM (${missing})`),
          },
        ]
      }),
    )
  const [best] = found.sort((a, b) => a.lost - b.lost)
  if (best === undefined || best.lost * 2 > all) return undefined
  const { tables, missing, lost } = best
  return { tables, lost, lostSamples: lost === 0 ? [] : shownRows(database, names.length, missing) }
}

/** The column that was filled from it as it is, as SQL; never the one that links the two tables. */
function heldAs(
  { heirs }: TableFate,
  table: TableSchema,
  name: string,
  alias: string,
  except: string,
): string | undefined {
  const heir = heirs.find(
    (it) => it.column === name && sameName(it.table, table.name) && !sameName(it.is, except),
  )
  return heir === undefined ? undefined : column(alias, heir.is)
}
