import { rowidColumn, sameName, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { RepeatedRows, StatementEvidence, TableFate } from '../evidence.js'
import { column, isOfBefore, keyOf, number, pairsOf, sampleText, SAMPLES } from './row-keys.js'
import { copiesColumnsOf } from './reads-from.js'
import type { Versions } from './versions.js'
import { columnsFilled, selectedFor } from './writers.js'

/** What is other in each row, whichever it was copied from. */
const TIME_OR_CHANCE = /\b(?:random|randomblob|current_\w+|now|unixepoch|julianday)\b/i

/**
 * Rows that INSERT … SELECT made of rows of the same table, each equal to one that was there in all but what is given to every row anew: its
 * number, and what time or chance fills. A column in which the copy differs says what it is for.
 */
export function copiedIntoItself(versions: Versions, fates: TableFate[]): RepeatedRows[] {
  return fates.flatMap((fate) => {
    const { after, data } = fate
    if (fate.how !== 'kept' || after === undefined || data === undefined) return []
    const copies = versions.statements.filter(
      (statement) =>
        statement.anatomy.verb === 'insert' &&
        sameName(statement.anatomy.target ?? '', fate.before.name) &&
        copiesColumnsOf(versions.statements, statement, fate),
    )
    const [first] = copies
    const made = copies.reduce((sum, { changes }) => sum + changes, 0)
    const most = Math.min(made, data.rowsAfter - data.rowsBefore)
    return first === undefined || most <= 0 ? [] : repeatedIn(versions, fate, after, copies, first, most)
  })
}

function repeatedIn(
  { database }: Versions,
  fate: TableFate,
  after: TableSchema,
  copies: StatementEvidence[],
  { file, line }: StatementEvidence,
  most: number,
): RepeatedRows[] {
  const key = keyOf(fate, after, pairsOf(fate, after))
  const compared = comparedColumns(after, copies)
  if (key === undefined || compared.length === 0) return []
  const values = compared.map((name, at) => `(+${column('s', name)}) COLLATE BINARY AS x${at}`)
  const shown = sampleText('s', after.columns) ?? 'NULL'
  const main = `main.${quoteName(after.name)} s`
  const rows = `SELECT ${values.join(', ')}, ${shown} AS sample, ${isOfBefore(fate, key)} AS old FROM ${main}`
  const names = compared.map((_, at) => `x${at}`).join(', ')
  const groups = `SELECT sum(NOT old) AS new, max(CASE WHEN NOT old THEN sample END) AS sample FROM (${rows}) GROUP BY ${names} HAVING sum(old) > 0 AND new > 0`
  const found = Math.min(most, number(database, `SELECT coalesce(sum(new), 0) AS n FROM (${groups})`))
  if (found === 0) return []
  const samples = database
    .prepare(`SELECT sample FROM (${groups}) LIMIT ${SAMPLES}`)
    .all()
    .map(({ sample }) => String(sample))
  return [{ table: after.name, source: after.name, rows: found, samples, file, line }]
}

/** The columns of a row that say something of it. */
function comparedColumns(after: TableSchema, copies: StatementEvidence[]): string[] {
  const all = after.columns.filter(({ generated }) => !generated)
  const names = all.map(({ name }) => name)
  return all
    .filter(({ name }) => name !== rowidColumn(after)?.name)
    .filter((it) => !copies.every((copy) => TIME_OR_CHANCE.test(filledWith(copy, it, names))))
    .map(({ name }) => name)
}

/** What a copy puts into a column, as text: its default where it lists others. */
function filledWith(
  { anatomy }: StatementEvidence,
  { name, default: usual }: TableSchema['columns'][number],
  all: string[],
): string {
  const listed = columnsFilled(anatomy)?.some((it) => sameName(it, name)) ?? true
  return listed
    ? selectedFor(anatomy, name, all)
        .map(({ text }) => text)
        .join(' ')
    : (usual ?? '')
}
