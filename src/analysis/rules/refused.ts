import { defined } from '../../contract/defined.js'
import type { Finding } from '../../contract/finding.js'
import type { Evidence, FailureEvidence } from '../evidence.js'
import { inTheWay } from './in-the-way.js'
import { findingOf, type Rule } from './rule.js'

/** Findings of one code among what will not run. */
export function failuresOf(rule: Rule, evidence: Evidence): Finding[] {
  return evidence.failures
    .filter(({ code }) => code === rule.code)
    .map((failure) => failed(rule, evidence, failure))
}

function failed(rule: Rule, evidence: Evidence, failure: FailureEvidence): Finding {
  const cause = inTheWay(evidence, failure)
  return findingOf(
    rule,
    failure.uncertain === true ? 'warning' : 'error',
    failure,
    cause?.message ?? failure.message,
    { ...defined({ advice: cause?.advice ?? failure.advice }) },
  )
}
