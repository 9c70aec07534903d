import type { Evidence } from '../evidence.js'
import {
  referencedColumns,
  tableNamed,
  type DetailedCatalog,
  type ForeignKeySchema,
  type TableSchema,
} from '../../d1/schema/schema.js'

export interface KeyProblem {
  table: TableSchema
  key: ForeignKeySchema
}

/** Foreign keys whose target table does not exist. */
export function withoutTarget(catalog: DetailedCatalog): KeyProblem[] {
  return keysOf(catalog).filter(({ key }) => tableNamed(catalog, key.target) === undefined)
}

/** Foreign keys that point to columns which do not exist or are not a unique key together. */
export function mismatched(catalog: DetailedCatalog): KeyProblem[] {
  return keysOf(catalog).filter(({ key }) => {
    const target = tableNamed(catalog, key.target)
    if (target === undefined) return false
    const columns = referencedColumns(key, target).map((name) => name.toLowerCase())
    return columns.length !== key.columns.length || !isUnique(target, columns)
  })
}

/** Problems at the end that were not there before, under the same table and columns. */
export function endProblems(
  evidence: Evidence,
  find: (catalog: DetailedCatalog) => KeyProblem[],
): KeyProblem[] {
  if (evidence.end === undefined) return []
  const known = new Set(find(evidence.end.before).map(identity))
  return find(evidence.after).filter((problem) => !known.has(identity(problem)))
}

function identity({ table, key }: KeyProblem): string {
  return [table.name, key.columns.join(), key.target, key.targetColumns.join()].join(' ').toLowerCase()
}

function keysOf(catalog: DetailedCatalog): KeyProblem[] {
  return [...catalog.tables.values()].flatMap((table) => table.foreignKeys.map((key) => ({ table, key })))
}

function isUnique(table: TableSchema, columns: string[]): boolean {
  const equal = (names: (string | null)[]): boolean =>
    names.length === columns.length &&
    names.every((name) => name !== null && columns.includes(name.toLowerCase()))
  return (
    equal(table.primaryKey) ||
    table.indexes.some((index) => index.unique && !index.partial && equal(index.columns))
  )
}
