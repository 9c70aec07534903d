import type { Finding } from '../../contract/finding.js'
import { holdsRows, rowidColumn } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { Evidence } from '../evidence.js'
import { shapeCulprit } from '../rules/attribution.js'
import { qc101 } from '../rules/qc101.js'
import { findingOf, same } from '../rules/rule.js'
import { executeOnBoth, type BothVersions } from './execute-both.js'

/**
 * What an application that knows the columns of before meets: for each table whose shape changed an INSERT of those columns, with the
 * values of a row that is there. Tables into which a configured query inserts are left to that one, and so are columns and tables that
 * are gone: DS103, BC101 and BC102 tell them.
 */
export function checkOldInserts(evidence: Evidence, versions: BothVersions, known: Set<string>): Finding[] {
  return evidence.fates.flatMap((fate): Finding[] => {
    const { before, after } = fate
    if (
      after === undefined ||
      !holdsRows(before) ||
      before.sql === after.sql ||
      !same(before.name, after.name)
    )
      return []
    if (known.has(before.name.toLowerCase())) return []
    const number = rowidColumn(before)
    const columns = before.columns
      .filter((column) => !column.generated && column !== number)
      .map(({ name }) => name)
    if (columns.length === 0) return []
    const list = columns.map(quoteName).join(', ')
    const sql = `INSERT INTO ${quoteName(before.name)} (${list}) VALUES (${columns.map(() => '?').join(', ')})`
    const { refused } = executeOnBoth(versions, sql, before.name)
    if (refused === undefined || /has no column named|no such (?:table|column)/.test(refused)) return []
    const message = `An INSERT into ${before.name} with the columns of before (${columns.join(', ')}) is refused afterwards: ${refused}.`
    const column = after.columns.find(({ name }) => refused.endsWith(`${after.name}.${name}`))
    return [
      findingOf(qc101, 'warning', shapeCulprit(evidence, fate), message, {
        table: before.name,
        ...(column === undefined ? {} : { column: column.name }),
        advice:
          'The running application still writes the old columns: give what is new a default, or deploy the application that writes it first.',
      }),
    ]
  })
}
