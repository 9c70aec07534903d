import { rowidColumn, sameName, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { StatementEvidence, TableFate } from '../evidence.js'
import { column, join, leavingOut, number, type Pair } from './row-keys.js'
import { putsRows, takesRows } from './takes-rows.js'
import type { Versions } from './versions.js'
import { assignments, columnsFilled, writes } from './writers.js'

/** Keys of rows of before that a row has which was put in. */
const PUT_IN = 'd1_runbook_put_in'

/** Rows that a migration takes out of a table, and others that it writes out and puts in afterwards. */
interface PutIn {
  /** Columns that it sets in rows that stay: they no longer tell which row it is. */
  set: string[]
  /** It says which key each has; else SQLite gives them the next numbers. */
  named: boolean
}

/** Undefined where rows are only taken or only put in, and where they may be made of those of the table, or be put over one that is there. */
export function putIn(statements: StatementEvidence[], { before, how }: TableFate): PutIn | undefined {
  const isIt = (table: string): boolean => sameName(table, before.name)
  const own = statements.filter((statement) => writes(statement, before.name))
  const taken = own.findIndex(
    (statement) => statement.anatomy.verb !== 'insert' && takesRows(statement, isIt),
  )
  const giving = own.slice(taken + 1).filter((statement) => putsRows(statement, isIt))
  const updating = own.filter(({ touches }) => touches.some((it) => it.how === 'update' && isIt(it.table)))
  const written = giving.every(
    ({ anatomy: { verb, target = '', copies, replaces } }) =>
      verb === 'insert' && isIt(target) && !copies && !replaces,
  )
  const plain = updating.every(
    ({ anatomy: { verb, target = '', tokens } }) =>
      verb === 'update' && isIt(target) && !/^or$/i.test(tokens[1]?.text ?? ''),
  )
  if (how !== 'kept' || taken < 0 || giving.length === 0 || !written || !plain) return undefined
  const number = rowidColumn(before)?.name
  return {
    set: updating.flatMap(({ anatomy }) => assignments(anatomy.tokens).map((it) => it.column)),
    named:
      number === undefined ||
      giving.some(({ anatomy }) => columnsFilled(anatomy)?.some((name) => sameName(name, number)) ?? true),
  }
}

/**
 * The number of a row, with those left out that another row has now which was put in: it says nothing of what the one of before said. Where
 * the number was written out, one value that they share is enough for one row that was corrected; a value that all rows share tells nothing.
 */
export function besidePutIn(
  { database, statements }: Pick<Versions, 'database' | 'statements'>,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  key: Pair[],
): Pair[] {
  const { before } = fate
  const [first, ...others] = key
  const put = putIn(statements, fate)
  if (put === undefined || first === undefined || others.length > 0) return key
  if (first.was !== rowidColumn(before)?.name || first.by !== undefined) return key
  const prior = `prior.${quoteName(before.name)} b`
  const beside = pairs.filter(
    ({ was, is }) => was !== first.was && !put.set.some((name) => sameName(name, was) || sameName(name, is)),
  )
  const rows = number(database, `SELECT count(*) AS n FROM ${prior}`)
  const counted = beside.map((pair) => ({
    pair,
    different: number(database, `SELECT count(DISTINCT ${column('b', pair.was)}) AS n FROM ${prior}`),
  }))
  const several = counted.filter(({ different }) => different > 1 || rows === 1)
  const alone = several.filter(({ different }) => different === rows)
  const telling = (put.named || alone.length === 0 ? several : alone).map(({ pair }) => pair)
  if (telling.length === 0) return key
  const from = `${prior} CROSS JOIN main.${quoteName(after.name)} s ON ${join(key)}`
  const unlike = telling.map(
    ({ was, is }) => `(${column('b', was)} IS NULL OR ${column('b', was)} IS NOT ${column('s', is)})`,
  )
  const said = telling.map(({ was }) => `${column('b', was)} IS NOT NULL`).join(' OR ')
  const gone = `SELECT ${column('b', first.was)} FROM ${from} WHERE ${unlike.join(' AND ')} AND (${said})`
  const { rows: taken, lives } = leavingOut(database, `${PUT_IN}_${before.name}`, [first.was], gone)
  return taken() === 0 ? key : [{ ...first, lives }]
}
