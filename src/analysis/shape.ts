import { splitStatements } from '../d1/statements.js'
import { tokenize } from '../d1/tokens.js'
import type { FailureEvidence } from './evidence.js'

/**
 * What goes wrong because Wrangler appends `INSERT INTO d1_migrations …` to the text of the file: a last statement without `;`
 * runs into it, and an open comment or quote swallows it.
 */
export function shapeFailures(file: { name: string; sql: string }): FailureEvidence[] {
  const failure = (line: number, sql: string, message: string, advice: string): FailureEvidence => ({
    file: file.name,
    line,
    sql,
    message,
    advice,
    code: 'SY101',
    where: 'chain',
  })
  for (const token of tokenize(file.sql)) {
    if (!token.open) continue
    const line = file.sql.slice(0, token.start).split('\n').length
    const what = token.kind === 'comment' ? 'comment' : 'quote'
    const effect = 'it swallows what Wrangler appends to the file to record it as applied'
    return [failure(line, token.text.slice(0, 80), `The ${what} that starts here never ends: ${effect}.`, `Close the ${what}.`)]
  }
  const last = splitStatements(file.sql).at(-1)
  if (last === undefined || last.terminated) return []
  return [
    failure(
      last.line,
      last.sql,
      'The last statement has no `;`: Wrangler appends its own INSERT to the file, and the two are refused as one.',
      'Add the `;`.',
    ),
  ]
}
