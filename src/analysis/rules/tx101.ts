import type { Finding } from '../../contract/finding.js'
import { tokenize } from '../../d1/sql/tokens.js'
import type { Evidence } from '../evidence.js'
import { failuresOf } from './refused.js'
import { findingOf, type Rule } from './rule.js'

export const tx101: Rule = {
  code: 'TX101',
  title: 'transaction control',
  severity: 'error',
  advice: 'Remove BEGIN, COMMIT, SAVEPOINT and ROLLBACK: D1 runs the file as one transaction.',
  source: 'workerd refuses BEGIN TRANSACTION and SAVEPOINT; Wrangler strips the first pair, locally only',
  check: (evidence) => [
    ...failuresOf(tx101, evidence),
    ...evidence.files.flatMap((file) => inText(evidence, file)),
  ],
}

/** Wrangler looks for these words by plain text search, in comments and literals too. */
function inText(evidence: Evidence, file: { name: string; sql: string }): Finding[] {
  if (!file.sql.includes('BEGIN TRANSACTION')) return []
  return [...tokenize(file.sql)]
    .filter(
      ({ kind, text }) => (kind === 'comment' || kind === 'string') && text.includes('BEGIN TRANSACTION'),
    )
    .map(({ kind, start }) => {
      const line = file.sql.slice(0, start).split('\n').length
      const where = kind === 'comment' ? 'a comment' : 'a text'
      const message = `BEGIN TRANSACTION stands in ${where}: Wrangler searches the file for these words and ${kind === 'comment' ? 'refuses a local apply' : 'cuts them out of the text'}.`
      return findingOf(
        tx101,
        evidence.destination.place === 'local' ? 'error' : 'warning',
        { file: file.name, line },
        message,
        {
          advice: 'Word it differently.',
        },
      )
    })
}
