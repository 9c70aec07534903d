import type { Rule } from './rule.js'

/** Raised by `application-queries.ts`, which alone has the queries. */
export const qc103: Rule = {
  code: 'QC103',
  title: 'query of the running application answers otherwise',
  severity: 'warning',
  advice: 'Look whether the application can do with the new answer before it is deployed.',
  source: 'the queries of the config, run on the copy before and after',
}
