import { failuresOf } from './refused.js'
import type { Rule } from './rule.js'

export const d1l101: Rule = {
  code: 'D1L101',
  title: 'statement longer, or a larger program, than D1 takes',
  severity: 'error',
  advice: 'Split the statement.',
  source: 'https://developers.cloudflare.com/d1/platform/limits/; workerd: SQLITE_LIMIT_VDBE_OP',
  check: (evidence) => failuresOf(d1l101, evidence),
}
