import { defined } from '../../contract/defined.js'
import type { Severity } from '../../contract/finding.js'
import type { AddedRule, Evidence, TableFate } from '../evidence.js'
import { shapeCulprit } from './attribution.js'
import { findingOf, rowsText, type Rule } from './rule.js'

export const ct103: Rule = {
  code: 'CT103',
  title: 'rebuild adds a constraint, a collation, a default or AUTOINCREMENT, or changes ON CONFLICT',
  severity: 'info',
  advice: 'See that the application writes and reads what the new table takes and says.',
  source: 'https://sqlite.org/lang_createtable.html',
  check: (evidence) =>
    evidence.fates.flatMap((fate) =>
      fate.before.kind !== 'table'
        ? []
        : (fate.added ?? []).map((rule) =>
            findingOf(
              ct103,
              severityOf(evidence, rule),
              shapeCulprit(evidence, fate),
              messageOf(fate, rule),
              { table: fate.before.name, ...('column' in rule ? defined({ column: rule.column }) : {}) },
            ),
          ),
    ),
}

/** The rows of a copy passed; of files nobody knows. */
function severityOf({ mode }: Evidence, rule: AddedRule): Severity {
  if (rule.kind === 'conflict') return 'warning'
  if (rule.kind === 'default' || rule.kind === 'autoincrement') return 'info'
  if (rule.kind === 'collation' && (rule.alike ?? 0) > 0) return 'warning'
  return mode === 'copy' ? 'info' : 'warning'
}

function messageOf({ before: { name } }: TableFate, rule: AddedRule): string {
  switch (rule.kind) {
    case 'check': {
      const refuses =
        rule.row === undefined
          ? rule.fewer === true
            ? ': it lists fewer values than before'
            : '; no row was found that it refuses, to try it with'
          : `: a row with ${rule.row}, which was taken, is refused`
      return `CHECK (${rule.check}) of ${name} is new${refuses}.`
    }
    case 'collation': {
      const { alike = 0 } = rule
      const rows =
        alike === 0 ? '' : ` ${rowsText(alike)} ${alike === 1 ? 'is' : 'are'} equal to another one only now.`
      return `${name}.${rule.column} is compared${rule.unique ? ', sorted and unique' : ' and sorted'} by ${rule.collation} now.${rows}`
    }
    case 'default':
      return `New rows of ${name} that leave ${rule.column} out get ${rule.is}; they had NULL.`
    case 'autoincrement':
      return `${name} is numbered by AUTOINCREMENT now: no key of a deleted row comes again, and each INSERT writes sqlite_sequence too.`
    case 'conflict': {
      const was = rule.was === undefined ? 'new' : `it was ON CONFLICT ${rule.was}`
      return `${rule.rule} of ${name} is ON CONFLICT ${rule.is} now, ${was}: a row that breaks it ${effectOf(rule)}.`
    }
  }
}

/** Source: https://sqlite.org/lang_conflict.html */
function effectOf({ rule, is }: { rule: string; is: string }): string {
  switch (is) {
    case 'REPLACE':
      return rule.startsWith('NOT NULL') ? 'gets the default' : 'takes the place of the one that is there'
    case 'IGNORE':
      return 'is left out without an error'
    case 'ROLLBACK':
      return 'is refused, and its transaction is rolled back'
    case 'FAIL':
      return 'is refused, and what its statement did before stays'
    default:
      return 'is refused'
  }
}
