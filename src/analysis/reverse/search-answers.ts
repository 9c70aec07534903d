import type { DatabaseSync } from 'node:sqlite'
import type { DetailedCatalog } from '../../d1/schema/schema.js'
import { rowsApart } from '../compare/search-feeds.js'
import { searchMismatches } from '../compare/search-indexes.js'
import type { TableFate } from '../evidence.js'
import { rowsText } from '../rules/rule.js'

interface ThereAndBack {
  /** `main` went forward and back, `prior` is as it was. */
  database: DatabaseSync
  before: DetailedCatalog
  after: DetailedCatalog
  fates: TableFate[]
  /** Of these the way back says that they come back without rows. */
  empty: string[]
}

/** What search indexes answer otherwise than before, or as one text why the way back is none: one that was sound is so no more. */
export function searchAnswers(versions: ThereAndBack): string[] | string {
  const { database, after, fates, empty } = versions
  const found = searchMismatches({ ...versions, statements: [] })
  const spoilt = found.find(({ before }) => before === 'sound')
  if (spoilt !== undefined)
    return `After the reverse migration the search index ${spoilt.index} does not answer with the rows of ${spoilt.table}, which it did before.`
  return [
    ...found.map(
      ({ index, table }) =>
        `The search index ${index} does not answer with the rows of ${table}: nor did it before.`,
    ),
    ...[...after.tables.values()].flatMap((index) => {
      const { search, name } = index
      if (search === undefined || search.kind === 'table' || empty.includes(name)) return []
      const concerned = fates.some(({ before }) => before.kind === 'table' || before.name === name)
      const apart = concerned ? rowsApart(database, index) : 0
      return apart === 0
        ? []
        : [`${rowsText(apart)} of the search index ${name} ${apart === 1 ? 'stays' : 'stay'} changed.`]
    }),
  ]
}
