import { parseStatements, type ParsedFile } from '../../d1/sql/statements.js'
import type { FailureEvidence } from '../evidence.js'

/**
 * What goes wrong because Wrangler appends `INSERT INTO d1_migrations …` to the text of the file: a last statement without `;`
 * runs into it, and an open comment or quote swallows it.
 */
export function endingFailures(
  file: { name: string; sql: string },
  parsed: ParsedFile = parseStatements(file.sql),
): FailureEvidence[] {
  const failure = (line: number, sql: string, message: string, advice: string): FailureEvidence => ({
    file: file.name,
    line,
    sql,
    message,
    advice,
    code: 'SY101',
    where: 'chain',
  })
  const { open, statements } = parsed
  if (open !== undefined) {
    const line = file.sql.slice(0, open.start).split('\n').length
    const what = open.kind === 'comment' ? 'comment' : 'quote'
    const effect = 'it swallows what Wrangler appends to the file to record it as applied'
    return [
      failure(
        line,
        open.text.slice(0, 80),
        `The ${what} that starts here never ends: ${effect}.`,
        `Close the ${what}.`,
      ),
    ]
  }
  const last = statements.at(-1)
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
