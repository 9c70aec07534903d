import { defined } from '../../contract/defined.js'
import { significantTokens } from '../../d1/sql/tokens.js'
import type { DataComparison, Evidence, SummedRows, TableFate } from '../evidence.js'
import { mentions } from '../statement/statement.js'
import { grouped } from '../../contract/number.js'
import { findingOf, rowsText, type Rule } from './rule.js'

export const ds102: Rule = {
  code: 'DS102',
  title: 'table dropped',
  severity: 'warning',
  advice: 'Make sure that nothing reads or writes the table any more; deploy that first.',
  source: 'https://atlasgo.io/lint/analyzers#destructive-changes',
  check: (evidence) =>
    evidence.fates
      .filter(({ how, before }) => how === 'dropped' && before.kind !== 'shadow')
      // Where rows of it are lost, DL102 tells the table too, and where the others are.
      .filter(({ data }) => data === undefined || data.lost === 0)
      .filter(({ before, data }) => data?.rowsBefore !== 0 || mayBeMissed(evidence, before.name))
      .map((fate) => {
        const { before, ended, data } = fate
        const rows = data === undefined ? '' : ` with ${rowsText(data.rowsBefore)}`
        const moved = data === undefined || data.moved === 0 ? '' : `; ${whereNow(data)}`
        return findingOf(
          ds102,
          'warning',
          ended,
          `Table ${before.name} is dropped${rows}${moved}${condensedText(fate)}.`,
          {
            table: before.name,
            ...defined({ before: data?.rowsBefore, after: data?.moved }),
          },
        )
      }),
}

/** What GROUP BY and its like made of the rows is not the rows. */
export function condensedText({ condensedTo = [] }: TableFate): string {
  if (condensedTo.length === 0) return ''
  const have = condensedTo.length === 1 ? 'has' : 'have'
  return `; ${condensedTo.join(', ')} ${have} one row for several of them`
}

/**
 * Whether something may miss a table or column of which the copy held nothing: a query of the application names it, or nobody knows what
 * the database holds.
 */
export function mayBeMissed({ queries = [], withoutRows }: Evidence, ...names: string[]): boolean {
  if (withoutRows === true) return true
  return queries.some((sql) => {
    const tokens = significantTokens(sql)
    return names.every((name) => mentions(tokens, name))
  })
}

/** Where the rows of a dropped table are that it still gives back. */
export function whereNow(data: DataComparison): string {
  const { among, movedTo = '' } = data
  const untold = among === undefined ? '' : `; which rows of ${among} they are is said nowhere`
  return `${placeText(data)}${untold}${summedText(data.summed, movedTo)}`
}

/** What each of them said is gone, and their sum is there. */
function summedText(summed: SummedRows | undefined, table: string): string {
  if (summed === undefined) return ''
  const holds = `${summed.columns.map((name) => `${table}.${name}`).join(', ')} ${summed.columns.length === 1 ? 'is' : 'are'} the sum`
  return `; ${rowsText(summed.rows)} of ${table} had the key of one of them: ${holds} of both${endsText(summed, table)}`
}

/** Columns that say of the rows that became one no more than the least or greatest. */
export function endsText({ ends = [] }: SummedRows, table: string): string {
  if (ends.length === 0) return ''
  return `, ${ends.map((name) => `${table}.${name}`).join(', ')} ${ends.length === 1 ? 'is' : 'are'} the least or greatest of theirs`
}

function placeText({ rowsBefore, moved, movedTo = '', underOtherKeys }: DataComparison): string {
  const all = moved === rowsBefore
  const some = `${grouped(moved)} of ${grouped(rowsBefore)}`
  if (underOtherKeys === true)
    return `${all ? 'their values' : `the values of ${some}`} are in ${movedTo}, under other keys: those of before are gone`
  return `${all ? 'they are all' : `${some} ${moved === 1 ? 'is' : 'are'}`} in ${movedTo}`
}
