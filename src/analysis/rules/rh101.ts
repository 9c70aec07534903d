import { defined } from '../../contract/defined.js'
import { failingRows } from './failing-rows.js'
import { failuresOf } from './refused.js'
import type { Rule } from './rule.js'

export const rh101: Rule = {
  code: 'RH101',
  title: 'fails on the copy',
  severity: 'error',
  advice: 'Correct the statement or the data that it meets; production would refuse it the same way.',
  source: 'rehearsal on the restored copy, in workerd',
  check: (evidence) => {
    const failures = evidence.failures.filter(({ code }) => code === rh101.code)
    const queries = failures.map((failure) => failingRows(evidence, failure))
    return failuresOf(rh101, evidence).map((finding, at) => ({
      ...finding,
      ...defined({ query: queries[at] }),
    }))
  },
}
