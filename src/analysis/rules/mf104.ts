import { tableNamed } from '../../d1/schema/schema.js'
import type { StatementEvidence } from '../evidence.js'
import { findingOf, type Rule } from './rule.js'

export const mf104: Rule = {
  code: 'MF104',
  title: 'column added that only an empty table takes',
  severity: 'warning',
  advice:
    'Add the column without the default and fill it by an UPDATE; a trigger or the application writes it from then on. Or rebuild the table.',
  source: 'https://sqlite.org/lang_altertable.html#alter_table_add_column',
  // On a copy SQLite itself refuses it, where there are rows.
  check: (evidence) =>
    evidence.mode === 'copy'
      ? []
      : evidence.statements.flatMap((statement) => {
          const { alteration, target } = statement.anatomy
          const known = tableNamed(evidence.before, target ?? '') !== undefined
          const why = known && alteration?.kind === 'add-column' ? refusedWithRows(statement) : undefined
          if (why === undefined || alteration?.kind !== 'add-column') return []
          const message = `ADD COLUMN ${alteration.column} ${why}: refused as soon as ${target ?? ''} has rows.`
          const place = { table: target ?? '', column: alteration.column }
          return [findingOf(mf104, 'warning', statement, message, place)]
        }),
}

function refusedWithRows({ anatomy: { tokens } }: StatementEvidence): string | undefined {
  const words = tokens.map(({ kind, text }) => (kind === 'word' ? text.toUpperCase() : text))
  const at = words.indexOf('DEFAULT')
  const value = at < 0 ? undefined : words[at + 1]
  if (value !== undefined && /^CURRENT_(?:TIMESTAMP|DATE|TIME)$/.test(value))
    return `has the default ${value}`
  // A call in parentheses; a number or text in them is constant.
  if (value === '(' && words[at + 3] === '(') return 'has a default that is computed'
  if (words.includes('REFERENCES') && value !== undefined && value !== 'NULL')
    return 'has a default beside its foreign key'
  return undefined
}
