import { failuresOf } from './refused.js'
import type { Rule } from './rule.js'

export const d1l104: Rule = {
  code: 'D1L104',
  title: 'ATTACH, VACUUM or TEMP',
  severity: 'error',
  advice: 'Use an ordinary table and drop it at the end of the file.',
  source: 'https://developers.cloudflare.com/d1/sql-api/sql-statements/',
  check: (evidence) => failuresOf(d1l104, evidence),
}
