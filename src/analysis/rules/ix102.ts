import type { Finding } from '../../contract/finding.js'
import type { Evidence } from '../evidence.js'
import { shapeCulprit } from './attribution.js'
import { creationOf, describeIndex, indexFates, type IndexFate } from './index-fates.js'
import { atEndOf, findingOf, same, type Rule } from './rule.js'

export const ix102: Rule = {
  code: 'IX102',
  title: 'index made again otherwise',
  severity: 'warning',
  advice: 'Where the old one is still needed, create it beside the new one.',
  source: 'https://sqlite.org/queryplanner.html: an index is searched by its first columns',
  check: (evidence) =>
    indexFates(evidence).flatMap((found) => (found.outcome === 'changed' ? [changed(evidence, found)] : [])),
}

function changed(evidence: Evidence, { fate, index, by, loosened }: IndexFate): Finding {
  const made = evidence.statements.findLast(
    ({ anatomy }) => anatomy.verb === 'create-index' && same(anatomy.target, by?.name),
  )
  const now = by === undefined ? '' : describeIndex(by)
  const name = by !== undefined && !same(by.name, index.name) ? ` as ${by.name}` : ''
  const effect = loosened ? ' Rows that it refused are taken now.' : ''
  const message = `The index ${index.name} on ${fate.before.name} is made again otherwise${name}: ${now}; it was ${describeIndex(index)}.${effect}`
  // In a table that stays, somebody dropped and made it by name, for what is searched.
  const severity = loosened || fate.how !== 'kept' ? 'warning' : 'info'
  const place = made ?? shapeCulprit(evidence, fate)
  return findingOf(ix102, severity, place, message, {
    table: fate.before.name,
    ...atEndOf(evidence, place, [creationOf(index, evidence.after)]),
  })
}
