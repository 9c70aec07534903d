import { shapeCulprit } from './attribution.js'
import type { Finding } from '../../contract/finding.js'
import type { Evidence } from '../evidence.js'
import { indexAgain, indexAgainText, indexFates, type IndexFate } from './index-fates.js'
import { findingOf, lossSeverity, same, type Rule } from './rule.js'

export const ix101: Rule = {
  code: 'IX101',
  title: 'index lost',
  severity: 'error',
  advice: 'Create the index again at the end of the migration.',
  source: 'https://sqlite.org/lang_droptable.html: indexes go with their table, silently',
  check: (evidence) =>
    indexFates(evidence)
      .filter(({ outcome }) => outcome === 'lost')
      .map((found) => lostIndex(evidence, found)),
}

function lostIndex(evidence: Evidence, { fate, index }: IndexFate): Finding {
  const dropped = evidence.statements.find(
    ({ anatomy }) => anatomy.verb === 'drop-index' && same(anatomy.target, index.name),
  )
  const searches = searchesText(evidence.searchedBy?.get(index.name) ?? [])
  const again = indexAgainText(evidence, index)
  const kind = index.unique ? 'unique index' : 'index'
  const place = dropped ?? shapeCulprit(evidence, fate)
  const details = {
    table: fate.before.name,
    ...indexAgain(evidence, place, { index, fate }),
  }
  if (dropped !== undefined) {
    // Dropped by name it is meant, but it guarded the rows, or a rebuild beside it is where people forget to make it again.
    const severity = fate.how === 'kept' && !index.unique ? 'info' : 'warning'
    const message = `The ${kind} ${index.name} is dropped and not made again.${searches}${again}`
    return findingOf(ix101, severity, place, message, details)
  }
  const how =
    fate.how === 'renamed'
      ? `with the table, whose place ${fate.after?.name ?? ''} takes`
      : 'with the table that is rebuilt'
  const message = `The ${kind} ${index.name} on ${fate.before.name} is lost ${how}.${searches}${again}`
  return findingOf(ix101, lossSeverity(evidence), place, message, details)
}

/** Queries named in one finding. */
const NAMED = 3

function searchesText(queries: readonly string[]): string {
  if (queries.length === 0) return ''
  const more = queries.length > NAMED ? ` and ${queries.length - NAMED} more` : ''
  return ` It is what the application searched by in ${queries.slice(0, NAMED).join(', ')}${more}.`
}
