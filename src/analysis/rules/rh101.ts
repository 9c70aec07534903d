import { defined } from '../../contract/defined.js'
import { GIVE_DEFAULT } from './mf104.js'
import { failuresOf } from './refused.js'
import { rowsText, type Rule } from './rule.js'
import type { FailingRows } from '../evidence.js'

export const rh101: Rule = {
  code: 'RH101',
  title: 'fails on the copy',
  severity: 'error',
  advice: 'Correct the statement or the data that it meets; production would refuse it the same way.',
  source: 'rehearsal on the restored copy, in workerd',
  check: (evidence) => {
    const failures = evidence.failures.filter(({ code }) => code === rh101.code)
    return failuresOf(rh101, evidence).map((finding, at) => {
      const rows = failures[at]?.rows
      if (rows === undefined) return finding
      return {
        ...finding,
        message: `${finding.message}. ${rowsSentence(rows)}`,
        ...(/^Cannot add a NOT NULL/.test(finding.message) ? { advice: GIVE_DEFAULT } : {}),
        ...defined({ query: rows.query }),
      }
    })
  },
}

function rowsSentence({ what, table, parent = '', rows, samples }: FailingRows): string {
  const are = rows === 1 ? 'is' : 'are'
  const says = {
    duplicate: `${rowsText(rows)} ${are} equal there`,
    null: `${rowsText(rows)} for ${table} ${rows === 1 ? 'has' : 'have'} no value there`,
    check: `The CHECK refuses ${rowsText(rows)}`,
    orphan: `${rowsText(rows)} of ${table} would reference no row of ${parent}`,
    type: `${rowsText(rows)} for ${table} ${are} of another type`,
  }[what]
  return samples.length === 0
    ? `${says}.`
    : `${says}: ${samples.join('; ')}${rows > samples.length && what !== 'duplicate' ? '; …' : ''}.`
}
