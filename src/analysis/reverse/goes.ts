import { columnGoes } from '../../text/rollback-cost.js'
import { tableNamed, type DetailedCatalog } from '../../d1/schema/schema.js'

/** What a reverse takes away by leading back to a schema that lacks it, one sentence each. */
export function whatGoes(before: DetailedCatalog, after: DetailedCatalog): string[] {
  return [...after.tables.values()]
    .filter(({ kind }) => kind === 'table')
    .flatMap((table) => {
      const old = tableNamed(before, table.name)
      if (old === undefined) return [tableGoes(table.name)]
      const known = new Set(old.columns.map(({ name }) => name.toLowerCase()))
      return table.columns
        .filter(({ name, generated }) => !generated && !known.has(name.toLowerCase()))
        .map(({ name }) => columnGoes(table.name, name))
    })
}

export function tableGoes(name: string): string {
  return `Table ${name} goes, with every row in it.`
}
