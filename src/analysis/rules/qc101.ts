import type { Rule } from './rule.js'

/** Raised by `application-queries.ts`, which alone has the queries. */
export const qc101: Rule = {
  code: 'QC101',
  title: 'statement of the running application breaks',
  severity: 'error',
  advice: 'Keep what the query needs until the application that no longer asks it is deployed.',
  source:
    'the queries of the config, and the INSERTs of the columns of before, executed on the migrated copy with values that it has',
}
