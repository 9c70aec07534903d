import { sameName, tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { DataComparison, TableFate } from '../evidence.js'
import { mentions } from '../statement/statement.js'
import { column, isCalledAfter, missingRows, number, sampleRows, type Pair } from './row-keys.js'
import type { Versions } from './versions.js'

/**
 * Rows that are gone while exactly one that is equal but for its key is still there: duplicates that were cleared away, by a DELETE that
 * compares the table with itself, once what referred to them refers to others, or before the table gets a unique key that they were against. They are no
 * longer among the lost ones then.
 */
export function withoutDuplicates(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  found: DataComparison,
): DataComparison {
  const { database, statements } = versions
  const { before } = fate
  const [id] = before.primaryKey
  const key = pairs.filter(({ was }) => was === id)
  const others = pairs.filter(({ was }) => was !== id)
  const columns = before.columns.filter(({ generated }) => !generated)
  const simple = before.primaryKey.length === 1 && key.length === 1 && pairs.length === columns.length
  if (!simple || others.length === 0 || found.lost === 0 || found.moved > 0 || found.equal !== undefined)
    return found
  const clears = statements.some(
    ({ anatomy: { verb, target, tokens } }) =>
      verb === 'delete' &&
      sameName(target ?? '', before.name) &&
      tokens.some(({ text }) => /^(?:group|exists|partition|rowid)$/i.test(text)) &&
      tokens.filter((token) => mentions([token], before.name)).length > 1,
  )
  const unique = newlyUnique(fate, after, others)
  if (
    !clears ||
    database.prepare(`SELECT count(*) AS n FROM ${missingRows(fate, after, key)}`).get()?.['n'] !== found.lost
  )
    return found
  const alike = others
    .map(({ was, is }) => `${column('s', is)} COLLATE BINARY IS ${column('b', was)}`)
    // The new key refuses them only where it has a value; by its collation its index finds them.
    .concat(
      (unique ?? []).map(
        ({ pair: { was, is }, collation }) => `${column('s', is)} = ${column('b', was)} COLLATE ${collation}`,
      ),
    )
    .join(' AND ')
  const gone = `${missingRows(fate, after, key)} AND (SELECT count(*) FROM main.${quoteName(after.name)} s WHERE ${alike}) = 1`
  const references = referring(versions, fate, id ?? '')
  const referred = (schema: 'main' | 'prior', [table, name]: [string, string]): string =>
    `EXISTS (SELECT 1 FROM ${schema}.${quoteName(table)} r WHERE ${column('r', name)} = ${column('b', id ?? '')})`
  // Rows that nothing ever referred to may each stand for an event, unless one of a kind is all that the table takes now.
  const moved = references
    .filter(([table, name]) =>
      tableNamed(versions.before, table)?.columns.some((it) => sameName(it.name, name)),
    )
    .some(
      (reference) =>
        number(database, `SELECT count(*) AS n FROM ${gone} AND ${referred('prior', reference)}`) > 0,
    )
  if (!moved && unique === undefined) return found
  const spare = `${gone}${references.map((reference) => ` AND NOT ${referred('main', reference)}`).join('')}`
  const equal = number(database, `SELECT count(*) AS n FROM ${spare}`)
  if (equal === 0) return found
  const keys = `SELECT ${column('b', id ?? '')} FROM ${spare}`
  const lost = `${missingRows(fate, after, key)} AND ${column('b', id ?? '')} NOT IN (${keys})`
  return {
    ...found,
    ...{
      lost: found.lost - equal,
      lostSamples: equal === found.lost ? [] : sampleRows(database, fate, lost),
    },
    ...{ equal, equalSamples: sampleRows(database, fate, spare), equalBut: id ?? '' },
  }
}

/** The columns of a unique key that the table did not have; the surrogate key is none of them. */
function newlyUnique(
  { before }: TableFate,
  after: TableSchema,
  others: Pair[],
): { pair: Pair; collation: string }[] | undefined {
  for (const { unique, partial, columns, collations } of after.indexes) {
    const pairs = columns.map((name) => others.find(({ is }) => name !== null && sameName(is, name)))
    const known = pairs.filter((pair) => pair !== undefined)
    const names = known
      .map(({ was }) => was.toLowerCase())
      .sort()
      .join()
    const had = before.indexes.some(
      (old) =>
        old.unique &&
        old.columns
          .map((name) => name?.toLowerCase())
          .sort()
          .join() === names,
    )
    if (unique && !partial && !had && known.length === pairs.length)
      return known.map((pair, at) => ({ pair, collation: collations[at] ?? 'BINARY' }))
  }
  return undefined
}

/** Columns of other tables, as they are afterwards, that may hold the key. */
export function referring(
  { after }: Versions,
  { before }: TableFate,
  id: string,
): [table: string, column: string][] {
  return [...after.tables.values()]
    .filter(({ name, kind }) => kind === 'table' && !sameName(name, before.name))
    .flatMap((table) => {
      const byKey = table.foreignKeys
        .filter(({ target }) => sameName(target, before.name))
        .flatMap(({ columns }) => columns)
      const called = table.columns
        .map(({ name }) => name)
        .filter(
          (name) =>
            isCalledAfter(name, before.name) || (sameName(name, id) && !table.primaryKey.includes(name)),
        )
      return [...new Set([...byKey, ...called])].map((name): [string, string] => [table.name, name])
    })
}
