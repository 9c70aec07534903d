import { holdsRows, sameName, tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName, shownValue } from '../../d1/sqlite/sqlite.js'
import type { RepeatedRows, StatementEvidence, TableFate } from '../evidence.js'
import { column, number, SAMPLES } from './row-keys.js'
import type { Versions } from './versions.js'
import { columnsFilled } from './writers.js'

/**
 * New tables in which a row of another one is several times, as a join makes them that finds several partners: all of their columns came
 * from one table, its key among them, so each of its rows belongs there once. What a rebuild puts in the place of its table is told there.
 */
export function repeatedRows(versions: Versions, fates: TableFate[]): RepeatedRows[] {
  return [...versions.after.tables.values()]
    .filter((table) => table.kind === 'table' && isNew(versions, table))
    .filter(
      ({ name }) => !fates.some(({ after, how }) => how !== 'kept' && sameName(after?.name ?? '', name)),
    )
    .flatMap((table) => {
      const copies = copiesInto(versions.statements, table.name)
      const [first] = copies
      const sources = copies.map((copy) => sourceOf(versions, copy))
      const [source] = sources
      if (first === undefined || source === undefined || !sources.every((it) => it === source)) return []
      const filled = columnsOf(first, table)
      const copied = new Set(first.sources.map((it) => it.column.toLowerCase()))
      const others = filled.filter((name) => !copied.has(name.toLowerCase()))
      if (filled.length === 0 || others.some((name) => !isConstant(versions, table, name))) return []
      return found(versions, table, source.name, filled, first)
    })
}

function isNew({ database, before }: Versions, { name }: TableSchema): boolean {
  const old = tableNamed(before, name)
  if (old === undefined) return true
  return holdsRows(old) && number(database, `SELECT count(*) AS n FROM prior.${quoteName(old.name)}`) === 0
}

/** The statements that fill a table, which had another name then where it was renamed. */
function copiesInto(statements: StatementEvidence[], table: string): StatementEvidence[] {
  const names = new Set([table.toLowerCase()])
  for (const { anatomy } of [...statements].reverse()) {
    const { alteration, target = '' } = anatomy
    if (alteration?.kind === 'rename-table' && names.has(alteration.to.toLowerCase()))
      names.add(target.toLowerCase())
  }
  return statements.filter(({ anatomy }) => anatomy.copies && names.has((anatomy.target ?? '').toLowerCase()))
}

/** The table from which a copy takes all that it does not spell out, with its whole key. */
function sourceOf({ before }: Versions, { sources, anatomy }: StatementEvidence): TableSchema | undefined {
  const [first] = sources
  const table = tableNamed(before, first?.table ?? '')
  if (table === undefined || table.primaryKey.length === 0) return undefined
  if (!sources.every((it) => sameName(it.table, table.name))) return undefined
  if (anatomy.tokens.some(({ text }) => /^union$/i.test(text))) return undefined
  return table.primaryKey.every((name) => sources.some(({ from }) => sameName(from, name)))
    ? table
    : undefined
}

function columnsOf({ anatomy }: StatementEvidence, table: TableSchema): string[] {
  const listed = columnsFilled(anatomy)
  return table.columns
    .filter(({ generated }) => !generated)
    .map(({ name }) => name)
    .filter((name) => listed?.some((it) => sameName(it, name)) ?? true)
}

function isConstant({ database }: Versions, table: TableSchema, name: string): boolean {
  const values = `SELECT DISTINCT ${quoteName(name)} FROM main.${quoteName(table.name)} LIMIT 2`
  return number(database, `SELECT count(*) AS n FROM (${values})`) < 2
}

function found(
  { database }: Versions,
  { name }: TableSchema,
  source: string,
  filled: string[],
  { file, line }: StatementEvidence,
): RepeatedRows[] {
  const names = filled.map((it) => column('t', it)).join(', ')
  const groups = `FROM main.${quoteName(name)} t GROUP BY ${names} HAVING count(*) > 1`
  const rows = number(database, `SELECT coalesce(sum(n - 1), 0) AS n FROM (SELECT count(*) AS n ${groups})`)
  if (rows === 0) return []
  const shown = filled
    .slice(0, 4)
    .map((it) => shownValue(column('t', it), 40))
    .join(` || ', ' || `)
  const samples = database
    .prepare(`SELECT ${shown} AS sample ${groups} LIMIT ${SAMPLES}`)
    .all()
    .map((row) => String(row['sample']))
  return [{ table: name, source, rows, samples, file, line }]
}
