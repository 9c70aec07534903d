import { failuresOf } from './refused.js'
import type { Rule } from './rule.js'

export const sy101: Rule = {
  code: 'SY101',
  title: 'does not parse or run',
  severity: 'error',
  advice: 'Correct the statement; the rest of the file is rolled back with it.',
  source: 'replay of the chain on SQLite',
  check: (evidence) => failuresOf(sy101, evidence),
}
