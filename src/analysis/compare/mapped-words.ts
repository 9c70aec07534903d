import type { DatabaseSync } from 'node:sqlite'
import { sameName, tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { Token } from '../../d1/sql/tokens.js'
import type { ColumnChange, StatementEvidence, TableFate } from '../evidence.js'
import { mentions } from '../statement/statement.js'
import { placesBeside, placesElsewhere } from './candidates.js'
import { joined, type Place, type Wanted } from './places.js'
import { speltIn } from './readings.js'
import { column, SAMPLES, type Pair } from './row-keys.js'
import type { Versions } from './versions.js'
import { assignments, isSelect, upToComma, withoutQueries, writersOf } from './writers.js'

/** Values that stand as other words in a column of now. */
interface Mapped {
  mappedTo: string
  mappedSamples: ColumnChange['samples']
  /** A SELECT of the values that have no word of their own. */
  missing: string
}

/**
 * Values for which a column of now has one word each, beside them or in another table, where a statement spells each value and each word:
 * `CASE … WHEN`, where a flag needs no word; or which chose the rows that have something there: `SET deleted_at = …
 * WHERE active = 0`. Values that share a word, or have none, are missing.
 */
export function mappedIn(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  name: string,
  key: Pair[],
  wanted: Wanted,
): Mapped | undefined {
  const { statements } = versions
  const writers = writersOf(statements, fate, name)
  const mapping = writers.filter(
    ({ anatomy }) =>
      anatomy.tokens.some(({ text }) => /^(?:case|iif)$/i.test(text)) ||
      (anatomy.verb === 'update' && conditionNames(anatomy.tokens, name)),
  )
  const spelt = new Set(mapping.flatMap(({ anatomy }) => anatomy.tokens.map(({ text }) => text)))
  const [row] = placesBeside(versions, fate, after, name, key, writers)
  for (const is of row?.columns ?? []) {
    if (row === undefined) break
    const own = after.columns.find((it) => it.name === is)
    const chosen = own?.default === null && chosenBy(writers, fate, name, is)
    // The rows that no UPDATE chose have the default of a new column.
    const isNew = !fate.before.columns.some((it) => sameName(it.name, is))
    const rest = isNew && spelt.size > 0 ? own?.default : undefined
    const now = column('s', is)
    const word = chosen ? `CASE WHEN ${now} IS NULL THEN 'NULL' ELSE 'not NULL' END` : `quote(${now})`
    const found = mappedTo(versions.database, wanted, { place: row, is, word, spelt, chosen, rest })
    if (found !== undefined) return found
  }
  for (const place of chosenRows(versions, fate, name, key)) {
    const word = `CASE WHEN ${column('s', HAS_ROW)} IS NULL THEN 'no row' ELSE 'a row' END`
    const words = new Set(writers.flatMap(({ anatomy }) => anatomy.tokens.map(({ text }) => text)))
    const found = mappedTo(versions.database, wanted, {
      place,
      is: HAS_ROW,
      word,
      spelt: words,
      chosen: true,
    })
    if (found !== undefined) return found
  }
  if (mapping.length === 0) return undefined
  const texts = speltIn(writers.map(({ anatomy }) => anatomy.tokens))
  for (const place of placesElsewhere(versions, fate, after, name, key, writers, texts))
    for (const is of place.columns) {
      const word = `quote(${column('s', is)})`
      const found = mappedTo(versions.database, wanted, { place, is, word, spelt, chosen: false })
      if (found !== undefined) return found
    }
  return undefined
}

/** New tables that have a row for each one that a copy chose by the column: `INSERT INTO vips SELECT id FROM people WHERE vip = 1`. */
function chosenRows(
  { before, after: catalog, statements }: Versions,
  fate: TableFate,
  name: string,
  key: Pair[],
): Place[] {
  return fate.copiedTo.flatMap((copy): Place[] => {
    const table = tableNamed(catalog, copy)
    if (table === undefined || tableNamed(before, copy) !== undefined) return []
    const [filling, ...more] = statements.filter(
      ({ anatomy }) => anatomy.copies && sameName(anatomy.target ?? '', copy),
    )
    const alone = filling?.touches.every(
      ({ how, table: read }) => how !== 'read' || sameName(read, fate.before.name),
    )
    if (
      filling === undefined ||
      more.length > 0 ||
      alone !== true ||
      !conditionNames(filling.anatomy.tokens, name)
    )
      return []
    const link = key.flatMap(
      ({ was }) => fate.heirs.find((it) => it.column === was && it.table === table.name)?.is ?? [],
    )
    if (link.length === 0 || link.length < key.length) return []
    const keys = link.map((it) => column('t', it)).join(', ')
    const source = `(SELECT DISTINCT ${keys}, 1 AS ${HAS_ROW} FROM main.${quoteName(table.name)} t)`
    return [{ source, link, columns: [HAS_ROW], named: () => table.name }]
  })
}

interface Words {
  place: Place
  /** The column of it that has the words. */
  is: string
  /** The word, as SQL over the row `s` of the place. */
  word: string
  /** Tokens of the statements that map. */
  spelt: ReadonlySet<string>
  /** The word is no more than that the row was chosen. */
  chosen: boolean
  /** The word of rows that no statement gave one. */
  rest?: string | null | undefined
}

function mappedTo(
  database: DatabaseSync,
  wanted: Wanted,
  { place, is, word, spelt, chosen, rest }: Words,
): Mapped | undefined {
  const from = joined(`(${wanted.sql})`, place)
  const words = database
    .prepare(`SELECT DISTINCT quote(w.v) AS v, ${word} AS is_now FROM ${from} LIMIT ${MOST_WORDS + 1}`)
    .all()
    .map((it): [string, string] => [String(it['v']), String(it['is_now'])])
  if (words.length > MOST_WORDS || (is === HAS_ROW && words.length < 2)) return undefined
  const alone = (side: 0 | 1, pair: [string, string]): boolean =>
    words.filter((other) => other[side] === pair[side]).length === 1
  const isNow = (now: string): boolean => spelt.has(now) && now !== 'NULL'
  const kept = words.filter(
    (pair) =>
      alone(0, pair) &&
      alone(1, pair) &&
      (chosen || pair[1] === rest || (isNow(pair[1]) && isTold(pair[0], spelt))),
  )
  if (kept.length === 0) return undefined
  if (chosen && !kept.some(([value]) => isTold(value, spelt))) return undefined
  if (chosen && kept.length < words.length) return undefined
  const keys = Array.from({ length: wanted.keys }, (_, at) => `w.k${at} AS k${at}`).join(', ')
  const known = kept.map(([before]) => before).join(', ')
  const missing = `SELECT ${keys}, w.v AS v FROM (${wanted.sql}) w WHERE +w.v NOT IN (${known})`
  const mappedSamples = kept.slice(0, SAMPLES).map(([before, after]) => ({ key: '', before, after }))
  return { mappedTo: place.named(is), mappedSamples, missing }
}

/**
 * An UPDATE put something into the column, which is new, in rows that it chose by the one of before. What it looks up in other rows is NULL
 * where they have none: that says which values have a row there, not which they were.
 */
function chosenBy(writers: StatementEvidence[], fate: TableFate, name: string, is: string): boolean {
  if (fate.before.columns.some((it) => sameName(it.name, is))) return false
  return writers.some(({ anatomy: { verb, tokens } }) => {
    const [set] = assignments(tokens).filter(({ column: to }) => sameName(to, is))
    if (verb !== 'update' || set === undefined || upToComma(set.value).some(isSelect)) return false
    return conditionNames(tokens, name) && !withoutQueries(tokens).some(({ text }) => /^from$/i.test(text))
  })
}

/** A value that the statements spell, or that `WHEN active` alone tells: `WHERE instr(name, ' ') > 0` says no name, though only two were there. */
function isTold(value: string, spelt: ReadonlySet<string>): boolean {
  return spelt.has(value) || value === '0' || value === '1'
}

/** The condition of the statement itself. */
function conditionNames(tokens: Token[], name: string): boolean {
  const own = withoutQueries(tokens)
  const where = own.findIndex(({ text }) => /^where$/i.test(text))
  return where > 0 && mentions(own.slice(where), name)
}

/** What a row of another table says by being there. */
const HAS_ROW = 'has_row'

/** More words than anybody spells out in one CASE. */
const MOST_WORDS = 30
