import { failuresOf } from './refused.js'
import type { Rule } from './rule.js'

export const d1l101: Rule = {
  code: 'D1L101',
  title: 'statement over 100 KB',
  severity: 'error',
  advice: 'Split the statement.',
  source: 'https://developers.cloudflare.com/d1/platform/limits/',
  check: (evidence) => failuresOf(d1l101, evidence),
}
