import { failuresOf } from './refused.js'
import type { Rule } from './rule.js'

export const d1l103: Rule = {
  code: 'D1L103',
  title: 'reserved name _cf_',
  severity: 'error',
  advice: 'Choose another name.',
  source: 'workerd authorises no table whose name starts with _cf_',
  check: (evidence) => failuresOf(d1l103, evidence),
}
