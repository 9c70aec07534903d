import { failuresOf } from './refused.js'
import type { Rule } from './rule.js'

export const rh101: Rule = {
  code: 'RH101',
  title: 'fails on the copy',
  severity: 'error',
  advice: 'Correct the statement or the data that it meets; production would refuse it the same way.',
  source: 'rehearsal on the restored copy, in workerd',
  check: (evidence) => failuresOf(rh101, evidence),
}
