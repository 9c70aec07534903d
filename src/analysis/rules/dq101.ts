import { findingOf, rowsText, type Rule } from './rule.js'
import { tableNamed } from '../../d1/schema/schema.js'

export const dq101: Rule = {
  code: 'DQ101',
  title: 'double-quoted name read as text',
  severity: 'error',
  advice:
    'The column does not exist where it is read: leave it out of the SELECT, or write the value that is meant.',
  source: 'https://sqlite.org/quirks.html#dblquote',
  check: (evidence) =>
    evidence.statements.flatMap((statement) =>
      statement.literals.map((name) => {
        const { target } = statement.anatomy
        const harmless = statement.changes === 0
        const severity = evidence.mode === 'copy' && !harmless ? 'error' : 'warning'
        const rows = evidence.mode === 'copy' ? ` in ${rowsText(statement.changes)}` : ''
        return findingOf(
          dq101,
          severity,
          statement,
          `"${name}" is no column here: SQLite reads it as the text '${name}'${rows}.`,
          { ...(target === undefined ? {} : { table: finalName(target) }), column: name },
        )

        /** The name that the table ends up with, where the statement fills a `__new_…` of it. */
        function finalName(table: string): string {
          if (tableNamed(evidence.after, table) !== undefined) return table
          const rename = evidence.statements.find(
            ({ anatomy }) =>
              anatomy.alteration?.kind === 'rename-table' &&
              anatomy.target?.toLowerCase() === table.toLowerCase(),
          )
          return rename?.anatomy.alteration?.kind === 'rename-table' ? rename.anatomy.alteration.to : table
        }
      }),
    ),
}
