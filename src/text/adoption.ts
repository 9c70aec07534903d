import type { Difference } from '../contract/adoption.js'
import { plural } from './plural.js'

/** A difference between what the files leave and what the database holds, as a phrase. */
export function differenceText(difference: Difference): string {
  const { kind, state, name, table, rows = 0, message = '' } = difference
  switch (kind) {
    case 'rows':
      return `${rowsText(difference, rows)}${samplesText(difference)}`
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

/** What was seen, and no more: a row that is not as a file leaves it may be it, as it was changed since. */
function rowsText({ state, act, name }: Difference, rows: number): string {
  const [one, has] = [rows === 1, rows === 1 ? 'has' : 'have']
  const they = `${plural(rows, 'row')} that it ${act === 'changed' ? 'changes in' : 'inserts into'} ${name}`
  if (state === 'missing') return `of ${they} neither key nor values are there`
  if (state === 'other-key')
    return `the values of ${they} are there under ${one ? 'another number' : 'other numbers'}`
  if (state === 'alike')
    return `${they} ${one ? 'has its number' : 'have their numbers'} from SQLite, and another row with equal values leaves open which ${one ? 'it is' : 'they are'}`
  if (state === 'same-key') return `${they}: the ${one ? 'key is' : 'keys are'} there, with other values`
  return `${plural(rows, 'row')} of ${name} ${has} other values than the files leave`
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
