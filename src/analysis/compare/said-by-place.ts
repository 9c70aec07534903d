import { sameName, tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { literalWanted } from '../statement/conditions.js'
import type { Versions } from './versions.js'
import { withoutQueries, writes } from './writers.js'

/**
 * What a row has in a column that its new table lacks, as SQL: the one value that every statement which filled the table asked for
 * (`WHERE kind = 'image'`), else NULL, of which nothing is to be said. A table that was there before says nothing of where its rows are from.
 */
export function saidByPlace({ statements, before }: Versions, table: TableSchema, column: string): string {
  if (tableNamed(before, table.name) !== undefined) return 'NULL'
  const filling = statements.filter((statement) => {
    const { verb } = statement.anatomy
    const idle = verb === 'delete' || (verb === 'insert' && statement.changes === 0)
    return !idle && writes(statement, table.name)
  })
  const literals = filling.map(({ anatomy, fires }) => {
    const own = withoutQueries(anatomy.tokens)
    const [where = -1, ...more] = own.flatMap(({ text }, at) => (/^where$/i.test(text) ? [at] : []))
    const told = anatomy.copies && sameName(anatomy.target ?? '', table.name) && fires === undefined
    return told && where >= 0 && more.length === 0 ? literalWanted(own.slice(where + 1), column) : undefined
  })
  const [only, ...others] = new Set(literals)
  return only !== undefined && others.length === 0 ? only : 'NULL'
}
