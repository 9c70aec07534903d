import type { Finding } from '../../contract/finding.js'
import type { Evidence } from '../evidence.js'
import { failuresOf } from './refused.js'
import { findingOf, type Rule } from './rule.js'

/** Milliseconds that D1 gives one call of its API. */
const API_LIMIT_MS = 30_000

export const rh102: Rule = {
  code: 'RH102',
  title: 'slower than the API limit',
  severity: 'error',
  advice: 'Split the migration into several files with less work each.',
  source: 'https://developers.cloudflare.com/d1/platform/limits/: 30 seconds a query',
  check: (evidence) => [...failuresOf(rh102, evidence), ...slowFiles(evidence)],
}

function slowFiles(evidence: Evidence): Finding[] {
  return Object.entries(evidence.durations)
    .filter(([, durationMs]) => durationMs > API_LIMIT_MS / 2)
    .map(([file, durationMs]) => {
      const slowest = evidence.statements
        .filter((statement) => statement.file === file)
        .sort((a, b) => b.durationMs - a.durationMs)[0]
      return findingOf(
        rh102,
        durationMs > API_LIMIT_MS ? 'error' : 'warning',
        slowest ?? { file },
        `The file took ${Math.round(durationMs / 1000)} s on the copy; the API gives up after ${API_LIMIT_MS / 1000} s, and the outcome is unknown then.`,
      )
    })
}
