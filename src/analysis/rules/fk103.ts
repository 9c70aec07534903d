import { findingOf, rowsText, same, type Rule } from './rule.js'

export const fk103: Rule = {
  code: 'FK103',
  title: 'foreign key violations afterwards',
  severity: 'error',
  advice: 'Give the rows a parent or remove them before the migration ends.',
  source: 'https://sqlite.org/pragma.html#pragma_foreign_key_check',
  check: (evidence) => [
    ...evidence.violations.map(({ table, parent, rows }) =>
      findingOf(
        fk103,
        'error',
        evidence.statements.findLast(
          ({ anatomy, touches }) =>
            same(anatomy.target, table) || touches.some((touch) => same(touch.table, table)),
        ),
        `${rowsText(rows)} of ${table} reference a row of ${parent} that does not exist afterwards.`,
        { table, after: rows },
      ),
    ),
    ...evidence.oldViolations.map(({ table, parent, rows }) =>
      findingOf(
        fk103,
        'info',
        undefined,
        `${rowsText(rows)} of ${table} referenced a missing row of ${parent} before this migration already.`,
        {
          table,
          before: rows,
        },
      ),
    ),
  ],
}
