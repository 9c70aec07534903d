import type { Rule } from './rule.js'

/** Raised by `compatibility.ts`, which alone has the queries. */
export const qc101: Rule = {
  code: 'QC101',
  title: 'query of the running application breaks',
  severity: 'error',
  advice: 'Keep what the query needs until the application that no longer asks it is deployed.',
  source: 'the queries of the config, run on the migrated copy',
}
