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
          const place = {
            ...{ table: target ?? '', column: alteration.column },
            ...(why === REQUIRED ? { advice: GIVE_DEFAULT } : {}),
          }
          return [findingOf(mf104, 'warning', statement, message, place)]
        }),
}

const REQUIRED = 'is NOT NULL without a default'
export const GIVE_DEFAULT =
  'Give the column a default that is constant, or add it without NOT NULL, fill it by an UPDATE and rebuild the table with NOT NULL.'

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
  return isRequired(words) ? REQUIRED : undefined
}

/** NOT NULL, and NULL is what the rows that are there would get; what a column is computed from fills it. */
function isRequired(words: string[]): boolean {
  const own = outsideParentheses(words)
  const notNull = own.some((word, at) => word === 'NOT' && own[at + 1] === 'NULL')
  const at = words.indexOf('DEFAULT')
  const value = words.slice(at + 1).find((word) => word !== '(')
  return notNull && !own.includes('AS') && (at < 0 || value === 'NULL')
}

function outsideParentheses(words: string[]): string[] {
  let depth = 0
  return words.filter((word) => {
    if (word === ')') depth -= 1
    const outside = depth === 0
    if (word === '(') depth += 1
    return outside
  })
}
