import type { Finding } from '../../contract/finding.js'
import type { Evidence } from '../evidence.js'
import { shapeCulprit } from './attribution.js'
import { describeIndex, indexAgain, indexAgainText, indexFates, type IndexFate } from './index-fates.js'
import { findingOf, same, type Rule } from './rule.js'

export const ix102: Rule = {
  code: 'IX102',
  title: 'index made again otherwise',
  severity: 'warning',
  advice: 'Where the old one is still needed, create it beside the new one.',
  source: 'https://sqlite.org/queryplanner.html: an index is searched by its first columns',
  check: (evidence) =>
    indexFates(evidence).flatMap((found) => (found.outcome === 'changed' ? [changed(evidence, found)] : [])),
}

function changed(evidence: Evidence, found: IndexFate): Finding {
  const { fate, index, by, refuses, finds } = found
  const made = evidence.statements.findLast(
    ({ anatomy }) => anatomy.verb === 'create-index' && same(anatomy.target, by?.name),
  )
  const now = by === undefined ? '' : describeIndex(by)
  const name = by !== undefined && !same(by.name, index.name) ? ` as ${by.name}` : ''
  const message = `The index ${index.name} on ${fate.before.name} is made again otherwise${name}: ${now}; it was ${describeIndex(index)}.${effectsOf(found)}${indexAgainText(evidence, index)}`
  // In a table that stays, somebody dropped and made it by name, for what is searched and refused.
  const meant = fate.how === 'kept' || finds !== 'otherwise'
  const severity = refuses === 'yes' && meant ? 'info' : 'warning'
  const place = made ?? shapeCulprit(evidence, fate)
  return findingOf(ix102, severity, place, message, {
    table: fate.before.name,
    ...indexAgain(evidence, place, found),
  })
}

function effectsOf({ fate, by, refuses, more, unfound }: IndexFate): string {
  const effects = [
    ...(refuses === 'no' ? ['Rows that it refused are taken now.'] : []),
    ...(refuses === 'unknown' ? ['Whether all that it refused is refused still is not known.'] : []),
    ...(more && by !== undefined
      ? [
          `Rows that were taken are refused now: those that are equal by ${describeIndex(by)} and were not by what was unique before.`,
        ]
      : []),
    ...(unfound === undefined
      ? []
      : [
          `No index of ${fate.after?.name ?? fate.before.name} starts with ${unfound.column} as ${unfound.collation} compares it any more: a query that looks for a value of it alone finds none to search by.`,
        ]),
  ]
  return effects.map((effect) => ` ${effect}`).join('')
}
