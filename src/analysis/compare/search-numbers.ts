import { defined } from '../../contract/defined.js'
import { sameName, type TableSchema } from '../../d1/schema/schema.js'
import { enclosed } from '../../d1/sql/parentheses.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { SearchMismatch, StatementEvidence, TableFate } from '../evidence.js'
import { column, isCalledAfter, number, pairsOf } from './row-keys.js'
import type { Versions } from './versions.js'
import { rowsNotIn, type RowsOf } from './whole-rows.js'

type Searched = Pick<Versions, 'database' | 'before' | 'statements'> & { fates: TableFate[] }

/** Rows of an index with content of its own that are there with other numbers, by which alone it finds a row. */
export function rowsRenumbered(
  versions: Searched,
  index: TableSchema,
  fate: TableFate | undefined,
): SearchMismatch | undefined {
  const { database } = versions
  if (fate?.written !== true || index.search?.kind !== 'own' || fate.before.search?.kind !== 'own')
    return undefined
  const pairs = pairsOf(fate, index)
  if (pairs.length === 0) return undefined
  const was = {
    values: pairs.map((pair) => column('b', pair.was)),
    from: `prior.${quoteName(fate.before.name)} b`,
  }
  const is = { values: pairs.map((pair) => column('s', pair.is)), from: `main.${quoteName(index.name)} s` }
  const gone = (some: RowsOf, others: RowsOf, once = false): number =>
    number(database, `SELECT count(*) AS n FROM (${rowsNotIn(some, [others], once)})`)
  const numbered = (rows: RowsOf, number: string): RowsOf => ({ ...rows, values: [number, ...rows.values] })
  const missing = gone(numbered(was, 'b.rowid'), numbered(is, 's.rowid'), true) - gone(was, is)
  if (missing <= 0) return undefined
  return {
    ...{ index: index.name, table: index.name, state: 'renumbered', before: 'sound', missing, refill: [] },
    rows: number(database, `SELECT count(*) AS n FROM ${was.from}`),
    ...defined({
      referredBy: referringTo(versions, fate.before.name),
      copy: copyInto(versions.statements, index),
    }),
  }
}

/** A column that says numbers of rows of the index and no others, of a table that nothing wrote. */
function referringTo({ database, before, fates }: Searched, index: string): string | undefined {
  for (const table of before.tables.values())
    for (const { name } of table.columns) {
      if (
        table.kind !== 'table' ||
        !isCalledAfter(name, index) ||
        fates.some((one) => sameName(one.before.name, table.name))
      )
        continue
      const [from, value] = [`prior.${quoteName(table.name)} t`, column('t', name)]
      const strange = `SELECT 1 FROM ${from} WHERE ${value} NOT IN (SELECT rowid FROM prior.${quoteName(index)}) LIMIT 1`
      const some = `SELECT count(${value}) AS n FROM ${from}`
      if (number(database, some) > 0 && database.prepare(strange).get() === undefined)
        return `${table.name}.${name}`
    }
  return undefined
}

/** The one copy that fills the index, whatever it was called then; undefined where it reads more than one table. */
function copyInto(statements: StatementEvidence[], index: TableSchema): SearchMismatch['copy'] {
  const names = [index.name]
  for (const { anatomy } of [...statements].reverse()) {
    const { alteration, target = '' } = anatomy
    if (alteration?.kind === 'rename-table' && names.some((name) => sameName(alteration.to, name)))
      names.push(target)
  }
  const [copy, ...more] = statements.filter(
    ({ anatomy: { verb, copies, target = '' } }) =>
      verb === 'insert' && copies && names.some((name) => sameName(target, name)),
  )
  const sql = copy === undefined || more.length > 0 ? undefined : withNumbers(copy, index)
  return copy === undefined || sql === undefined
    ? undefined
    : { file: copy.file, line: copy.line, sql: copy.sql, withNumbers: sql }
}

function withNumbers(
  { sql, anatomy: { tokens } }: StatementEvidence,
  { columns }: TableSchema,
): string | undefined {
  const at = (word: RegExp): number => tokens.findIndex(({ text }) => word.test(text))
  const name = at(/^into$/i) + 1
  const [into, chosen] = [tokens[name], tokens[at(/^select$/i) + 1]]
  const several =
    tokens.some(({ text }) =>
      /^(?:with|distinct|join|union|group|limit|except|intersect|rowid)$/i.test(text),
    ) || tokens.slice(at(/^from$/i)).some(({ text }) => text === ',')
  if (several || into === undefined || chosen === undefined) return undefined
  const listed = enclosed(tokens, name + 1)?.filter(({ text }) => text !== ',')
  const filled = listed?.map(({ text }) => text) ?? columns.map((one) => quoteName(one.name))
  const before = sql.slice(0, into.start + into.text.length)
  return `${before} (${['rowid', ...filled].join(', ')}) SELECT rowid, ${sql.slice(chosen.start).replace(/\s*;\s*$/, '')}`
}
