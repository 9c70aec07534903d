import { findingOf, type Rule } from './rule.js'

export const lg101: Rule = {
  code: 'LG101',
  title: 'migration writes the ledger',
  severity: 'error',
  advice:
    'Leave the ledger to Wrangler: a name taken out runs again, a name put in never runs. To adopt a history, insert its names once, by hand.',
  source: 'https://developers.cloudflare.com/d1/reference/migrations/: the table of applied migrations',
  check: (evidence) =>
    evidence.statements
      .filter(({ writesLedger }) => writesLedger === true)
      .map((statement) => {
        const adds = statement.anatomy.verb === 'insert' && !statement.anatomy.replaces
        const what = adds ? 'records migrations as applied' : 'changes what counts as applied'
        const target = statement.anatomy.target ?? ''
        return findingOf(
          lg101,
          adds || !evidence.certain ? 'warning' : 'error',
          statement,
          `The statement writes ${target}, the ledger of migrations: it ${what}.`,
          { table: target },
        )
      }),
}
