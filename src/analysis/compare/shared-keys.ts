import { sameName, type IndexSchema, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { TableFate } from '../evidence.js'
import { column, number, type Pair } from './row-keys.js'
import type { Versions } from './versions.js'

/** Rows of before that another one was like in the columns of a unique index of now which the table did not have; by the index's name. */
export function sharedKeys(
  { database }: Versions,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
): Record<string, number> {
  const counted = after.indexes
    .filter(({ unique, partial }) => unique && !partial)
    .filter((index) => !fate.before.indexes.some((old) => old.unique && sameColumns(old, index)))
    .flatMap((index) => {
      const keys = index.columns.flatMap((name, at) => {
        const pair = pairs.find(({ is }) => name !== null && sameName(is, name))
        return pair === undefined
          ? []
          : [`${column('b', pair.was)} COLLATE ${index.collations[at] ?? 'BINARY'}`]
      })
      if (keys.length === 0 || keys.length < index.columns.length) return []
      const present = keys.map((key) => `${key} IS NOT NULL`).join(' AND ')
      const groups = `SELECT count(*) AS rows FROM prior.${quoteName(fate.before.name)} b WHERE ${present} GROUP BY ${keys.join(', ')} HAVING count(*) > 1`
      return [[index.name, number(database, `SELECT coalesce(sum(rows), 0) AS n FROM (${groups})`)] as const]
    })
  return Object.fromEntries(counted)
}

function sameColumns(a: IndexSchema, b: IndexSchema): boolean {
  return a.columns.join().toLowerCase() === b.columns.join().toLowerCase()
}
