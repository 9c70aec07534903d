import { sameName, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName, shownValue } from '../../d1/sqlite/sqlite.js'
import { unquote } from '../../d1/sql/tokens.js'
import type { StatementEvidence, TableFate } from '../evidence.js'
import { column, number } from './row-keys.js'
import type { Versions } from './versions.js'
import { isSelect, withoutQueries } from './writers.js'

/**
 * The one value that all rows which are still there had in a column that is gone, as an SQL literal, where a statement parted them by that
 * column from the rows of other values, which went to other tables: what the table holds says it now. `there`: condition on `b`.
 */
export function kindThatStays(
  { database, statements }: Versions,
  fate: TableFate,
  after: TableSchema,
  name: string,
  there: string,
): string | undefined {
  const others = fate.copiedTo.filter((copy) => !sameName(copy, after.name))
  if (others.length === 0 || !statements.some((statement) => parts(statement, fate, after, name)))
    return undefined
  const b = column('b', name)
  const prior = `prior.${quoteName(fate.before.name)} b`
  const rows = database
    .prepare(
      `SELECT DISTINCT ${b} IS NULL AS absent, ${shownValue(b, 40)} AS v FROM ${prior} WHERE ${there} LIMIT 2`,
    )
    .all()
  const [only, ...more] = rows
  if (only === undefined || more.length > 0 || only['absent'] !== 0) return undefined
  const different = number(database, `SELECT count(DISTINCT ${b}) AS n FROM ${prior}`)
  return different > 1 ? String(only['v']) : undefined
}

/** It takes rows out, or leaves them out of the copy that takes the place, by a condition on this column alone. */
function parts(
  { anatomy: { verb, target = '', copies, tokens }, touches, changes }: StatementEvidence,
  { before, how }: TableFate,
  after: TableSchema,
  name: string,
): boolean {
  const own = withoutQueries(tokens)
  const where = own.findIndex(({ text }) => /^where$/i.test(text))
  const takes = verb === 'delete' && sameName(target, before.name)
  const leaves =
    how !== 'kept' && copies && touches.some((it) => it.how === 'read' && sameName(it.table, before.name))
  if (where < 0 || changes === 0 || !(takes || leaves) || own.slice(where).some(isSelect)) return false
  const names = own
    .slice(where + 1)
    .filter(
      ({ kind, text }, at, all) =>
        (kind === 'name' || kind === 'word') &&
        all[at + 1]?.text !== '.' &&
        !/^(?:in|is|not|and|or|null|true|false|between|like)$/i.test(text),
    )
    .map(({ text }) => unquote(text))
  return names.length > 0 && names.every((it) => sameName(it, name))
}
