import { defined } from '../../contract/defined.js'
import type { Finding } from '../../contract/finding.js'
import { normaliseSql } from '../../d1/schema/catalog.js'
import {
  holdsRows,
  rowidColumn,
  tableNamed,
  type DetailedCatalog,
  type TableSchema,
} from '../../d1/schema/schema.js'
import { mentions } from '../statement/statement.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { Evidence } from '../evidence.js'
import { shapeCulprit } from '../rules/attribution.js'
import { ct101 } from '../rules/ct101.js'
import { ct102 } from '../rules/ct102.js'
import { qc101 } from '../rules/qc101.js'
import { findingOf, same } from '../rules/rule.js'
import { executeOnBoth, type BothVersions } from './execute-both.js'

/**
 * What an application that knows the columns of before meets: for each table whose shape or triggers changed an INSERT of those columns, with the
 * values of a row that is there. Tables into which a configured query inserts are left to that one, and so are columns and tables that
 * are gone: DS103, BC101 and BC102 tell them.
 */
export function checkOldInserts(evidence: Evidence, versions: BothVersions, known: Set<string>): Finding[] {
  return [...evidence.before.tables.values()].flatMap((before): Finding[] => {
    const fate = evidence.fates.find((candidate) => candidate.before === before)
    const after = fate === undefined ? tableNamed(evidence.after, before.name) : fate.after
    if (after === undefined || !holdsRows(before) || !same(before.name, after.name)) return []
    const reshaped = before.sql !== after.sql
    if (!reshaped && triggersOf(evidence.before, before.name) === triggersOf(evidence.after, after.name))
      return []
    if (known.has(before.name.toLowerCase())) return []
    const number = rowidColumn(before)
    const columns = before.columns
      .filter((column) => !column.generated && column !== number)
      .map(({ name }) => name)
    if (columns.length === 0) return []
    const refused = refusalOf(versions, after, columns)
    if (refused === undefined || /has no column named|no such (?:table|column)/.test(refused)) return []
    // A rebuild that takes the column's default or number is told with what becomes of such an INSERT.
    const told = [...(ct101.check?.(evidence) ?? []), ...(ct102.check?.(evidence) ?? [])]
    const cause = after.columns.find(({ name }) => refused.endsWith(`.${name}`))?.name
    if (cause !== undefined && told.some((it) => same(it.table, before.name) && same(it.column, cause)))
      return []
    const message = `An INSERT into ${before.name} with the columns of before (${columns.join(', ')}) ${/^NOT NULL/.test(refused) ? 'is refused' : 'and values of a row that is there is refused'} afterwards: ${refused}.`
    const column = after.columns.find(({ name }) => refused.endsWith(`${after.name}.${name}`))
    const trigger = evidence.statements.findLast(
      ({ anatomy }) => anatomy.verb === 'create-trigger' && mentions(anatomy.tokens, before.name),
    )
    const place = reshaped && fate !== undefined ? shapeCulprit(evidence, fate) : trigger
    return [
      findingOf(qc101, 'warning', place, message, {
        table: before.name,
        ...defined({ column: column?.name }),
        advice:
          'The running application still writes the old columns: give what is new a default, or deploy the application that writes it first.',
      }),
    ]
  })
}

/**
 * What SQLite says of an INSERT of these columns. A NULL that may be no more is none of the statement where the column has a default now:
 * the row of before may have it because the INSERT left the column out, so that is what is tried then.
 */
function refusalOf(versions: BothVersions, after: TableSchema, columns: string[]): string | undefined {
  const list = columns.map(quoteName).join(', ')
  const sql = `INSERT INTO ${quoteName(after.name)} (${list}) VALUES (${columns.map(() => '?').join(', ')})`
  const { refused } = executeOnBoth(versions, sql, after.name)
  const filled = after.columns.find(
    ({ name, default: value }) =>
      value !== null && refused === `NOT NULL constraint failed: ${after.name}.${name}`,
  )
  const others = columns.filter((name) => !same(name, filled?.name))
  if (others.length === columns.length || others.length === 0)
    return filled === undefined ? refused : undefined
  return refusalOf(versions, after, others)
}

function triggersOf(catalog: DetailedCatalog, table: string): string {
  return [...catalog.triggers.values()]
    .filter((trigger) => same(trigger.table, table))
    .map(({ sql }) => normaliseSql(sql))
    .sort()
    .join(';')
}
