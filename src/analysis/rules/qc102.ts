import type { Rule } from './rule.js'

/** Raised by `application-queries.ts`, which alone has the queries. */
export const qc102: Rule = {
  code: 'QC102',
  title: 'query turns from an index search into a full scan',
  severity: 'warning',
  advice: 'Keep or recreate the index that the query used.',
  source: 'https://sqlite.org/eqp.html',
}
