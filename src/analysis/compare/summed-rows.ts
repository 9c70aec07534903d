import { sameName, tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { DataComparison, StatementEvidence, SummedRows, TableFate } from '../evidence.js'
import { newKeyExpression } from './new-key-expression.js'
import { closingAt } from '../../d1/sql/parentheses.js'
import { unquote } from '../../d1/sql/tokens.js'
import { referring } from './deduplicated.js'
import { column, keyOfRow, missingRows, number, type Pair } from './row-keys.js'
import type { Versions } from './versions.js'
import { assignments, upToComma, writes } from './writers.js'

/**
 * Rows that have one key now and are one row: no longer among the lost ones where that row says of each column the sum of what they said, or
 * what all of them said, or the first or last of it: `… ON CONFLICT DO UPDATE SET hits = hits + excluded.hits`, `sum(hits) … GROUP BY lower(page)`.
 */
export function withSummed(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  found: DataComparison,
): DataComparison {
  const { database, statements } = versions
  if (found.lost === 0) return found
  if (fate.how === 'kept') return summedInPlace(versions, fate, after, pairs, found)
  const key = newKeyExpression(statements, fate, after, pairs) ?? partOfKey(fate, after, pairs)
  if (key === undefined) return found
  const others = pairs.filter(({ was }) => !key.some((part) => part.was === was))
  const mayEnd = (name: string): boolean => statements.some((statement) => takesEnd(statement, name))
  const columns = sumsOfBefore(database, fate, after, key, others, mayEnd)
  return told(found, others, columns, { rows: found.rowsBefore - found.rowsAfter })
}

/**
 * The same where the table stays: an UPDATE put the sums into one row of each group, and a DELETE took the others, to which nothing refers. What
 * no UPDATE sets was the same in all of them.
 */
function summedInPlace(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  found: DataComparison,
): DataComparison {
  const { database, statements } = versions
  const { before } = fate
  const [id, ...more] = before.primaryKey
  const key = pairs.find(({ was }) => was === id)
  const own = statements.filter(({ anatomy }) => sameName(anatomy.target ?? '', before.name))
  const by = pairs.filter((pair) => pair !== key && own.some((it) => groupsBy(it, pair.was)))
  const fewer = found.rowsBefore - found.rowsAfter
  if (key === undefined || more.length > 0 || by.length === 0 || found.lost !== fewer) return found
  if (found.columns.some(({ column }) => by.some(({ was }) => was === column))) return found
  const gone = missingRows(fate, after, [key])
  const refers = ([table, name]: [string, string]): boolean =>
    number(
      database,
      `SELECT count(*) AS n FROM ${gone} AND EXISTS (SELECT 1 FROM main.${quoteName(table)} r WHERE ${column('r', name)} = ${column('b', key.was)})`,
    ) > 0
  if (referring(versions, fate, key.was).some(refers)) return found
  const set = own.flatMap(({ anatomy }) => (anatomy.verb === 'update' ? assignments(anatomy.tokens) : []))
  const others = pairs.filter((pair) => pair !== key && !by.includes(pair))
  const mayEnd = (name: string): boolean => set.some((it) => sameName(it.column, name))
  const columns = sumsOfBefore(database, fate, after, by, others, mayEnd)
  return told(found, others, columns, { rows: found.lost, by: by.map(({ was }) => was) })
}

/** `sumsOf` the rows of before, grouped by these columns. */
function sumsOfBefore(
  database: Versions['database'],
  { before }: TableFate,
  after: TableSchema,
  by: Pair[],
  others: Pair[],
  mayEnd: (column: string) => boolean,
): Sums | undefined {
  const rows = `SELECT ${by.map((part, at) => `${keyOfRow(part)} AS k${at}`).join(', ')}${values(others)} FROM prior.${quoteName(before.name)} b`
  return sumsOf(database, rows, {
    table: `main.${quoteName(after.name)}`,
    key: by.map(({ is }) => is),
    columns: others.map(({ is }) => is),
    mayEnd,
  })
}

/** The rows are put together, and what became of the other columns is told with them; as it was found where no column holds a sum. */
function told(
  found: DataComparison,
  others: Pair[],
  sums: Sums | undefined,
  of: Omit<SummedRows, keyof Sums>,
): DataComparison {
  if (sums === undefined || sums.columns.length === 0) return found
  const names = new Set(others.map(({ was }) => was))
  return {
    ...{ ...found, lost: 0, lostSamples: [], summed: { ...of, ...sums } },
    columns: found.columns.filter((change) => !names.has(change.column)),
  }
}

/** A statement puts rows together by a column: `GROUP BY sku`, `o.sku = s.sku`. */
function groupsBy({ anatomy: { tokens } }: StatementEvidence, name: string): boolean {
  const is = (at: number): boolean => sameName(unquote(tokens[at]?.text ?? ''), name)
  return tokens.some(({ text }, at) => {
    if (/^(?:=|is)$/i.test(text)) return is(at - 1) && is(tokens[at + 2]?.text === '.' ? at + 3 : at + 1)
    if (!/^group$/i.test(text)) return false
    const rest = tokens.slice(at + 2)
    const end = rest.findIndex((token) => /^(?:\)|;|having|order|limit)$/i.test(token.text))
    return rest.slice(0, end < 0 ? rest.length : end).some((token) => sameName(unquote(token.text), name))
  })
}

/** The columns of the key of before that are the whole key now. */
function partOfKey({ before }: TableFate, after: TableSchema, pairs: Pair[]): Pair[] | undefined {
  const key = after.primaryKey.flatMap(
    (name) => pairs.find(({ was, is }) => is === name && before.primaryKey.includes(was)) ?? [],
  )
  return key.length > 0 && key.length === after.primaryKey.length && key.length < before.primaryKey.length
    ? key
    : undefined
}

/** The table of these that has each row of a dropped one under its key, added to the one that it had; undefined where there is none. */
export function summedInto(
  { database, before, statements }: Versions,
  fate: TableFate,
  copies: TableSchema[],
): (SummedRows & { table: string }) | undefined {
  const all = fate.before.columns.filter(({ generated }) => !generated).map(({ name }) => name)
  for (const table of copies) {
    const old = tableNamed(before, table.name)
    const adding = statements.filter((statement) => writes(statement, table.name) && adds(statement))
    if (old === undefined || adding.length === 0) continue
    const heir = (name: string): string | undefined =>
      fate.heirs.find((it) => it.table === table.name && it.column === name)?.is ??
      table.columns.find((it) => sameName(it.name, name))?.name
    const held = all.map((was) => ({ was, is: heir(was) }))
    const whole = held.flatMap(({ was, is }): Pair[] => (is === undefined ? [] : [{ was, is }]))
    const key = table.primaryKey.flatMap((is) => whole.find((pair) => pair.is === is) ?? [])
    if (whole.length < held.length || key.length === 0 || key.length < table.primaryKey.length) continue
    const others = whole.filter((pair) => !key.includes(pair))
    const side = (of: 'was' | 'is', from: string): string =>
      `SELECT ${key.map((part, at) => `${column('b', part[of])} AS k${at}`).join(', ')}${values(others, of)} FROM ${from} b`
    const own = key.map((part) => column('b', part.is)).join(', ')
    const taken = `(${own}) IN (SELECT ${key.map(({ was }) => quoteName(was)).join(', ')} FROM prior.${quoteName(fate.before.name)})`
    const rows = `${side('was', `prior.${quoteName(fate.before.name)}`)} UNION ALL ${side('is', `prior.${quoteName(old.name)}`)} WHERE ${taken}`
    const into = {
      table: `main.${quoteName(table.name)}`,
      key: key.map(({ is }) => is),
      columns: others.map(({ is }) => is),
      mayEnd: (name: string) => adding.some((statement) => takesEnd(statement, name)),
    }
    const sums = sumsOf(database, rows, into)
    if (sums === undefined || sums.columns.length === 0) continue
    const met = number(
      database,
      `SELECT count(*) AS n FROM ${`prior.${quoteName(old.name)}`} b WHERE ${taken}`,
    )
    return { table: table.name, rows: met, ...sums }
  }
  return undefined
}

type Sums = Pick<SummedRows, 'columns' | 'ends'>

/** A statement asks for the least or greatest of a column: `max(seen)`, `min(seen, excluded.seen)`. */
function takesEnd({ anatomy: { tokens } }: StatementEvidence, name: string): boolean {
  return tokens.some(({ text }, at) => {
    if (!/^(?:min|max)$/i.test(text) || tokens[at + 1]?.text !== '(') return false
    return tokens
      .slice(at + 2, closingAt(tokens, at + 1))
      .some((token) => sameName(unquote(token.text), name))
  })
}

/** An upsert that adds what it brings to what is there. */
function adds({ anatomy: { verb, tokens } }: StatementEvidence): boolean {
  return (
    verb === 'insert' &&
    assignments(tokens).some(({ value }) => {
      const words = upToComma(value).map(({ text }) => text.toLowerCase())
      return words.includes('+') && words.includes('excluded')
    })
  )
}

/**
 * Of rows `k0` … `v0` … that are grouped by their key into one row each: the columns that hold sums of several, and those that hold the smallest or
 * largest. Undefined where a column holds anything else, or not the one value of all of them; or an end of it that nobody asked for, or of words.
 */
function sumsOf(
  database: Versions['database'],
  rows: string,
  into: { table: string; key: string[]; columns: string[]; mayEnd: (column: string) => boolean },
): Sums | undefined {
  const group = into.key.map((_, at) => `k${at}`).join(', ')
  const totals = into.columns.map(
    (_, at) => `sum(v${at}) AS s${at}, min(v${at}) AS a${at}, max(v${at}) AS z${at}, count(v${at}) AS c${at}`,
  )
  const link = into.key.map((name, at) => `${column('s', name)} IS g.k${at}`).join(' AND ')
  const says = into.columns.map((name, at) => {
    const s = column('s', name)
    const close = `(${s} = g.s${at} OR abs(${s} - g.s${at}) <= 1e-9 * abs(g.s${at}))`
    const sum = `typeof(${s}) IN ('integer', 'real') AND ${close}`
    return `${s} IS NULL AS n${at}, ${s} IS g.a${at} AND ${s} IS g.z${at} AS e${at}, ${sum} AS t${at}, (${s} IS g.a${at} OR ${s} IS g.z${at}) AND ${isMeasure(s)} AS m${at}, g.c${at} AS c${at}`
  })
  const from = `(SELECT ${[group, ...totals, 'count(*) AS n'].join(', ')} FROM (${rows}) GROUP BY ${group}) g LEFT JOIN ${into.table} s ON ${link}`
  const tests = into.columns.map(
    (_, at) =>
      `coalesce(min(e${at}), 0) AS same${at}, coalesce(min(CASE WHEN c${at} = 0 THEN 1 ELSE t${at} END), 0) AS sum${at}, coalesce(min(m${at}), 0) AS end${at}`,
  )
  const found = into.key.map((name) => `${column('s', name)} IS NOT NULL`).join(' AND ')
  const row =
    database
      .prepare(
        `SELECT ${[...tests, 'min(found) AS found'].join(', ')} FROM (SELECT ${[...says, `(${found}) AS found`].join(', ')} FROM ${from})`,
      )
      .get() ?? {}
  const holds = (test: string): boolean => Number(row[test]) === 1
  if (!holds('found')) return undefined
  const kinds = into.columns.map((name, at) => ({
    name,
    same: holds(`same${at}`),
    sum: holds(`sum${at}`),
    end: holds(`end${at}`) && into.mayEnd(name),
  }))
  if (!kinds.every(({ same, sum, end }) => same || sum || end)) return undefined
  const ends = kinds.filter(({ same, sum }) => !sum && !same).map(({ name }) => name)
  return {
    columns: kinds.filter(({ same, sum }) => sum && !same).map(({ name }) => name),
    ...(ends.length === 0 ? {} : { ends }),
  }
}

/** A number or a time: of words the first in the alphabet is chance. */
function isMeasure(value: string): string {
  return `(${value} IS NULL OR typeof(${value}) IN ('integer', 'real') OR ${value} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*')`
}

function values(pairs: Pair[], of: 'was' | 'is' = 'was'): string {
  return pairs.map((pair, at) => `, ${column('b', pair[of])} AS v${at}`).join('')
}
