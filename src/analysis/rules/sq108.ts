import type { SchemaChange } from '../../contract/plan.js'
import type { Finding } from '../../contract/finding.js'
import { findingOf, type Rule } from './rule.js'

/** Raised by the rehearsal, which alone has the live schema: see {@link driftFinding}. */
export const sq108: Rule = {
  code: 'SQ108',
  title: 'live schema that the files do not produce',
  severity: 'info',
  advice:
    'Write a migration with IF NOT EXISTS for what was changed by hand: a new environment would lack it.',
  source: 'replay of the applied files against the copy',
}

/** One finding for all differences; their list stands in `after`. */
export function driftFinding(changes: SchemaChange[]): Finding[] {
  if (changes.length === 0) return []
  const shown = changes.slice(0, 5).map(({ change, type, name, table }) => {
    const object = table === undefined || type === 'table' ? name : `${table}.${name}`
    return `${type} ${object} ${change === 'added' ? 'only in the database' : change === 'removed' ? 'only in the files' : 'differs'}`
  })
  const more = changes.length > shown.length ? `; ${changes.length - shown.length} more` : ''
  const message = `The live schema is not what the applied files make: ${shown.join('; ')}${more}.`
  return [findingOf(sq108, 'info', undefined, message, { after: changes })]
}
