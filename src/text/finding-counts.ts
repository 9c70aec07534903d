import type { Finding } from '../contract/finding.js'
import { plural } from './plural.js'

/** How many findings nobody accepted, as every surface counts them: an info is no more than a remark. */
export function findingCounts(findings: readonly Pick<Finding, 'severity' | 'accepted'>[]): string {
  const open = (severity: Finding['severity']): number =>
    findings.filter((finding) => finding.severity === severity && finding.accepted === undefined).length
  return `${plural(open('error'), 'error')}, ${plural(open('warning'), 'warning')}`
}
