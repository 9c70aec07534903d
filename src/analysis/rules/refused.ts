import { defined } from '../../contract/defined.js'
import type { Finding } from '../../contract/finding.js'
import type { Evidence, FailureEvidence } from '../evidence.js'
import { findingOf, type Rule } from './rule.js'

/** Findings of one code among what will not run. */
export function failuresOf(rule: Rule, evidence: Evidence): Finding[] {
  return evidence.failures.filter(({ code }) => code === rule.code).map((failure) => failed(rule, failure))
}

function failed(rule: Rule, failure: FailureEvidence): Finding {
  return findingOf(rule, failure.uncertain === true ? 'warning' : 'error', failure, failure.message, {
    ...defined({ advice: failure.advice }),
  })
}
