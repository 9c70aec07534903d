import { sameName, type TableSchema } from '../../d1/schema/schema.js'
import type { Token } from '../../d1/sql/tokens.js'
import type { ColumnChange, StatementEvidence, TableFate } from '../evidence.js'
import { mentions } from '../statement/statement.js'
import { placesBeside } from './candidates.js'
import { joined, type Wanted } from './places.js'
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
 * Values for which a new column of the row has one word each, where a statement spells each value and each word: `CASE … WHEN`; or which
 * chose the rows that have something there: `SET deleted_at = … WHERE active = 0`. Values that share a word, or have none, are missing.
 */
export function mappedIn(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  name: string,
  key: Pair[],
  wanted: Wanted,
): Mapped | undefined {
  const { database, statements } = versions
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
    const now = column('s', is)
    const takesNull = after.columns.some((it) => it.name === is && it.default === null)
    const chosen = takesNull && chosenBy(writers, fate, name, is)
    const word = chosen ? `CASE WHEN ${now} IS NULL THEN 'NULL' ELSE 'not NULL' END` : `quote(${now})`
    const from = joined(`(${wanted.sql})`, row)
    // The rows that no UPDATE chose have the default of a new column.
    const isNew = !fate.before.columns.some((it) => sameName(it.name, is))
    const rest = isNew && spelt.size > 0 ? after.columns.find((it) => it.name === is)?.default : undefined
    const words = database
      .prepare(`SELECT DISTINCT quote(w.v) AS v, ${word} AS is_now FROM ${from} LIMIT ${MOST_WORDS + 1}`)
      .all()
      .map((it): [string, string] => [String(it['v']), String(it['is_now'])])
    if (words.length > MOST_WORDS) continue
    const alone = (side: 0 | 1, pair: [string, string]): boolean =>
      words.filter((other) => other[side] === pair[side]).length === 1
    const kept = words.filter(
      (pair) =>
        alone(0, pair) &&
        alone(1, pair) &&
        (chosen || (spelt.has(pair[0]) && spelt.has(pair[1]) && pair[1] !== 'NULL') || pair[1] === rest),
    )
    if (kept.length === 0 || (chosen && kept.length < words.length)) continue
    if (chosen && !kept.some(([value]) => isTold(value, spelt))) continue
    const keys = Array.from({ length: wanted.keys }, (_, at) => `w.k${at} AS k${at}`).join(', ')
    const known = kept.map(([before]) => before).join(', ')
    const missing = `SELECT ${keys}, w.v AS v FROM (${wanted.sql}) w WHERE +w.v NOT IN (${known})`
    const mappedSamples = kept.slice(0, SAMPLES).map(([before, after]) => ({ key: '', before, after }))
    return { mappedTo: row.named(is), mappedSamples, missing }
  }
  return undefined
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

/** A value that the statements spell, or that `WHERE active` alone tells: `WHERE instr(name, ' ') > 0` says no name, though only two were there. */
function isTold(value: string, spelt: Set<string>): boolean {
  return spelt.has(value) || value === '0' || value === '1'
}

/** The condition of the statement itself. */
function conditionNames(tokens: Token[], name: string): boolean {
  const own = withoutQueries(tokens)
  const where = own.findIndex(({ text }) => /^where$/i.test(text))
  return where > 0 && mentions(own.slice(where), name)
}

/** More words than anybody spells out in one CASE. */
const MOST_WORDS = 30
