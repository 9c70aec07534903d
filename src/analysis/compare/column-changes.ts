import type { DatabaseSync } from 'node:sqlite'
import { defined } from '../../contract/defined.js'
import { shownValue, type Row } from '../../d1/sqlite/sqlite.js'
import { numbersCut } from './cut-numbers.js'
import { cutText, restOf } from './cut-texts.js'
import { countOverwritten, countShed } from './json-documents.js'
import type { ColumnChange } from '../evidence.js'
import { differ, isEmpty, retyped } from './differing.js'
import { mergedValues } from './merged-values.js'
import { countCut, cutOff, startsAsNumber } from './text-to-number.js'
import { column, SAMPLES, type Pair } from './row-keys.js'
import { undoneBy } from './undone.js'
import type { Writing } from './writers.js'

/** What became of the values of each column, of the rows that are there before and after. */
export function columnChanges(
  database: DatabaseSync,
  from: string,
  compared: Pair[],
  key: Pair[],
  writing: (column: string) => Writing,
): ColumnChange[] {
  if (compared.length === 0) return []
  const cuts = compared.map(({ was, is }) => {
    const [b, s] = [column('b', was), column('s', is)]
    // A number by which rows are known is another one, as the rows say; nobody reads a quantity from it.
    const renumbers = key.length === 1 && key[0]?.was === was && key[0].by !== undefined
    const { expressions } = writing(was)
    const cut = cutOff(b, s, renumbers ? '0' : numbersCut(database, from, [b, s], writing(was)))
    // `CASE WHEN price = 'free' THEN 0`: who spells a word says what becomes of it.
    const spelt = expressions.flat().filter(({ kind, text }) => kind === 'string' && text.startsWith("'"))
    return spelt.length === 0 ? cut : `(${cut}) AND ${b} NOT IN (${spelt.map(({ text }) => text).join(', ')})`
  })
  const beginnings = compared.map((pair) => cutText(pair, writing(pair.was)) ?? '0')
  const counts = compared.flatMap((pair, at) => {
    const b = column('b', pair.was)
    const s = column('s', pair.is)
    const cut = cuts[at] ?? '0'
    return [
      `count(${b}) AS v${at}`,
      `count(CASE WHEN NOT (${isEmpty(b)}) AND (${isEmpty(s)}) THEN 1 END) AS n${at}`,
      `count(CASE WHEN NOT (${isEmpty(s)}) AND ${b} IS NOT NULL AND ${differ(pair)} THEN 1 END) AS c${at}`,
      `count(CASE WHEN ${b} = '' AND ${s} IS NULL THEN 1 END) AS e${at}`,
      `count(CASE WHEN ${b} IS NULL AND ${s} IS NULL THEN 1 END) AS o${at}`,
      `count(CASE WHEN ${retyped(pair)} THEN 1 END) AS t${at}`,
      `count(CASE WHEN ${beginnings[at] ?? '0'} THEN 1 END) AS y${at}`,
      `count(DISTINCT CASE WHEN ${beginnings[at] ?? '0'} THEN ${restOf(pair)} END) AS r${at}`,
      `count(CASE WHEN (${cut}) AND ${startsAsNumber(b)} THEN 1 END) AS h${at}`,
      `count(CASE WHEN (${cut}) AND NOT ${startsAsNumber(b)} THEN 1 END) AS z${at}`,
      `count(DISTINCT CASE WHEN (${cut}) AND NOT ${startsAsNumber(b)} THEN ${b} END) AS w${at}`,
    ]
  })
  const row = database.prepare(`SELECT ${counts.join(', ')} FROM ${from}`).get() ?? {}
  return compared.flatMap((pair, at) => {
    const { was, is } = pair
    const of = (letter: string): number => Number(row[`${letter}${at}`])
    const [values, nulled] = [of('v'), of('n')]
    // Where no row said NULL, NULL says what '' said.
    const blanked = of('o') === 0 ? 0 : of('e')
    const changed = of('c') + blanked
    if (nulled + changed + of('e') === 0) return []
    const others = of('c') - of('t')
    const [headed, zeroed] = [of('h'), of('z')]
    const { maps } = writing(was)
    const cut = countCut({ values, changed: others, headed, zeroed, words: of('w'), mapped: maps })
    const cutAway = `(${cuts[at] ?? '0'})${cut > headed ? '' : ` AND ${startsAsNumber(column('b', was))}`}`
    const keyText = key.map((pair) => shownValue(column('b', pair.was))).join(` || ', ' || `)
    // What follows in each of them alike, no row has to say.
    const short = of('y') > 1 && of('r') === 1 && of('y') === others ? 0 : of('y')
    const beginning = short === 0 ? '0' : (beginnings[at] ?? '0')
    const emptied = `NOT (${isEmpty(column('b', was))}) AND (${isEmpty(column('s', is))})`
    const samplesWhere = (condition: string): ColumnChange['samples'] =>
      database
        .prepare(
          `SELECT ${keyText} AS key, ${shownValue(column('b', was), 80)} AS before, ${shownValue(column('s', is), 80)} AS after
           FROM ${from} WHERE ${column('b', was)} IS NOT NULL AND ${differ(pair)} AND ${condition} LIMIT 100`,
        )
        .all()
        .filter(isNews())
        .slice(0, SAMPLES)
        .map((sample) => ({
          key: String(sample['key']),
          before: String(sample['before']),
          after: String(sample['after']),
        }))
    const unlike = short === 0 ? '' : ` AND NOT (${beginning})`
    const samples = [
      ...(nulled === 0 ? [] : samplesWhere(emptied)),
      ...(changed === 0
        ? []
        : samplesWhere(
            cut === 0
              ? `NOT (${emptied})${others > 0 ? ` AND NOT (${retyped(pair)})` : ''}${unlike}`
              : `NOT (${emptied}) AND NOT (${cutAway}) AND NOT (${retyped(pair)})`,
          )),
    ]
    const documents = samples.some(({ before }) => /^'\s*[{[]/.test(before))
    const overwritten = documents ? countOverwritten(database, from, column('b', was), column('s', is)) : 0
    const { beside, elsewhere } = writing(was)
    const shed =
      documents && !elsewhere
        ? countShed(
            database,
            from,
            column('b', was),
            column('s', is),
            beside.map((it) => column('s', it)),
          )
        : 0
    const told = cut > 0 || overwritten > 0 || shed > 0
    const merged = told || others <= 0 ? undefined : mergedValues(database, from, pair, key, writing(was))
    const whole = changed > 0 && changed > of('t') && nulled === 0 && !told && merged === undefined
    const undone = whole ? undoneBy(database, from, pair, writing(was)) : undefined
    const kinds = {
      ...defined({ undone }),
      ...(shed > overwritten ? { shed: shed - overwritten } : {}),
      ...(of('t') === 0 ? {} : { retyped: of('t') }),
      ...(short === 0 ? {} : { short: { rows: short, samples: samplesWhere(beginning) } }),
      ...(cut === 0 ? {} : { cut, cutSamples: samplesWhere(cutAway) }),
      ...(of('e') === 0 ? {} : { blanked: { values: of('e'), nulls: of('o') } }),
      ...(merged === undefined ? {} : { merged }),
      ...(overwritten === 0 ? {} : { overwritten }),
    }
    return [{ column: was, after: is, values, nulled, changed, ...kinds, samples }]
  })
}

/** One sample of each kind: the same change again tells nothing. */
function isNews(): (sample: Row) => boolean {
  const seen = new Set<string>()
  return ({ before, after }) => {
    const change = JSON.stringify([before, after])
    return !seen.has(change) && seen.add(change).has(change)
  }
}
