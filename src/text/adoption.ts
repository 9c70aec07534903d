import type { Difference } from '../contract/adoption.js'
import { plural } from './plural.js'

/** A difference between what the files leave and what the database holds, as a phrase. */
export function differenceText(difference: Difference): string {
  const { kind, state, name, table, rows = 0, message = '' } = difference
  switch (kind) {
    case 'rows':
      return state === 'missing'
        ? `${plural(rows, 'row')} that it inserts into ${name} ${rows === 1 ? 'is' : 'are'} not there${samplesText(difference)}`
        : `${plural(rows, 'row')} of ${name} ${rows === 1 ? 'has' : 'have'} other values than the file inserts${samplesText(difference)}`
    case 'statement':
      return state === 'not-run'
        ? `the statement in ${name} would still change ${plural(rows, 'row')} of ${table ?? ''}`
        : `what the statement in ${name} did cannot be read from the database: ${message}`
    case 'column':
      return `column ${table ?? ''}.${name} ${stateText(difference)}`
    case 'index':
    case 'trigger':
      return `${kind} ${name} on ${table ?? ''} ${stateText(difference)}`
    case 'table':
    case 'view':
      return `${kind} ${name} ${stateText(difference)}`
  }
}

function stateText({ state, wanted = '', found = '' }: Difference): string {
  if (state === 'missing') return 'is missing'
  if (state === 'extra') return 'is there, and the files leave none'
  return `is another one: ${shortened(found)} instead of ${shortened(wanted)}`
}

function samplesText({ samples = [], rows = 0 }: Difference): string {
  if (samples.length === 0) return ''
  return ` (${samples.join('; ')}${rows > samples.length ? '; …' : ''})`
}

function shortened(sql: string): string {
  return sql.length > 120 ? `${sql.slice(0, 119)}…` : sql
}
