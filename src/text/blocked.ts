import type { Finding } from '../contract/finding.js'

/** What does not parse, or what D1 refuses to run: a reason in the file changes nothing of that. */
const REFUSED: ReadonlySet<string> = new Set(['SY101', 'RH101', 'D1L101', 'D1L103', 'D1L104', 'TX101'])

/** What to do about a plan that blocks. Only what would run is offered to be accepted. */
export function unblocking(findings: readonly Pick<Finding, 'code' | 'severity' | 'accepted'>[]): string {
  const blocking = findings.filter(({ severity, accepted }) => severity === 'error' && accepted === undefined)
  const refused = [...new Set(blocking.map(({ code }) => code))].filter((code) => REFUSED.has(code))
  const correct = 'Correct what is marked as an error'
  if (blocking.every(({ code }) => REFUSED.has(code))) return `${correct}.`
  const but = refused.length === 0 ? '' : `; accepting does not make ${refused.join(' and ')} run`
  return `${correct}, or accept it in the file with a reason${but}.`
}
