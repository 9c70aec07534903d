import { defined } from '../../contract/defined.js'
import type { Severity } from '../../contract/finding.js'
import { rowidColumn, type TableSchema } from '../../d1/schema/schema.js'
import type { Evidence, TableFate } from '../evidence.js'
import { generatedExpressions } from '../statement/generated-expressions.js'
import { nameNow, shapeCulprit } from './attribution.js'
import { findingOf, lossSeverity, same, type Rule } from './rule.js'
import { uniqueKeys } from './unique-keys.js'

export const ct102: Rule = {
  code: 'CT102',
  title: 'rebuild weakens a constraint, changes a default or the numbering of rows',
  severity: 'warning',
  advice:
    'Write the new table with the rules of the old one, unless the application is meant to meet others.',
  source: 'https://sqlite.org/lang_createtable.html#constraint_enforcement',
  check: (evidence) =>
    evidence.fates.flatMap((fate) => {
      const { after } = fate
      if (
        after === undefined ||
        (fate.how === 'kept' && fate.remade !== true) ||
        fate.before.kind !== 'table'
      )
        return []
      return changes(evidence, fate, after).map(({ message, severity = 'warning', column }) =>
        findingOf(ct102, severity, shapeCulprit(evidence, fate), message, {
          table: fate.before.name,
          ...defined({ column }),
        }),
      )
    }),
}

interface Change {
  message: string
  severity?: Severity
  column?: string
}

function changes(evidence: Evidence, fate: TableFate, after: TableSchema): Change[] {
  return [
    ...weakenedChecks(fate),
    ...loosenedKeys(fate, after),
    ...changedDefaults(fate),
    ...rewrittenExpressions(fate, after),
    ...lostNumbering(evidence, fate, after),
  ]
}

function weakenedChecks({ before, checks = [] }: TableFate): Change[] {
  return checks.flatMap(({ check, columns, replaced, outcome, row }): Change[] => {
    const [column] = columns
    if (!replaced || outcome === 'covered' || outcome === 'grown') return []
    if (outcome === 'admitted')
      return [
        {
          message: `CHECK (${check}) of ${before.name} refuses less now: a row with ${row ?? ''} is taken.`,
          ...defined({ column }),
        },
      ]
    return [
      {
        message: `CHECK (${check}) of ${before.name} is written otherwise; no row was found that it refused, to try it with.`,
        severity: 'info',
        ...defined({ column }),
      },
    ]
  })
}

function loosenedKeys(fate: TableFate, after: TableSchema): Change[] {
  return uniqueKeys(fate, after).flatMap(({ columns, outcome, by }) =>
    outcome === 'loosened'
      ? [
          {
            message: `Rows of ${fate.before.name} may now share (${columns.join(', ')}): only ${by ?? ''} is unique.`,
            ...(columns.length === 1 ? defined({ column: columns[0] }) : {}),
          },
        ]
      : [],
  )
}

function changedDefaults({ before, defaults = [] }: TableFate): Change[] {
  return defaults.flatMap(({ column, was, is }) =>
    is === null
      ? []
      : [{ message: `New rows of ${before.name} get DEFAULT ${is} in ${column}; it was ${was}.`, column }],
  )
}

/** Where rows show that it computes otherwise, CH101 tells. */
function rewrittenExpressions(fate: TableFate, after: TableSchema): Change[] {
  const [was, is] = [generatedExpressions(fate.before.sql), generatedExpressions(after.sql)]
  return fate.before.columns.flatMap(({ name }): Change[] => {
    const old = was.get(name.toLowerCase())
    const now = is.get(nameNow(fate, name).toLowerCase())
    const told = fate.data?.columns.some((change) => same(change.column, name)) === true
    if (old === undefined || now === undefined || told || old.toLowerCase() === now.toLowerCase()) return []
    const shown = fate.data === undefined || fate.data.rowsBefore === 0 ? '' : '; no row shows a difference'
    const message = `${fate.before.name}.${name} is computed as ${now}; it was ${old}${shown}.`
    return [{ message, severity: 'info', column: name }]
  })
}

/** INTEGER PRIMARY KEY is the row's number; INT PRIMARY KEY is an ordinary column, which SQLite does not fill. */
function lostNumbering(evidence: Evidence, fate: TableFate, after: TableSchema): Change[] {
  const was = rowidColumn(fate.before)
  if (was === undefined || rowidColumn(after) !== undefined) return []
  const now = after.columns.find(({ name }) => same(name, nameNow(fate, was.name)))
  if (now === undefined || now.keyPosition === 0) return []
  const required = now.notNull || after.withoutRowid
  const effect = required ? 'is refused' : `stores NULL in ${now.name}`
  const numbers = /INT/.test(now.type)
  return [
    {
      message: `${fate.before.name}.${now.name} is no longer numbered by SQLite (${now.type === '' ? 'no type' : now.type} PRIMARY KEY): an INSERT that leaves it out ${effect}.`,
      // Another type is chosen for keys that the application makes; INT for INTEGER is a slip.
      severity:
        numbers && after.primaryKey.length === 1 ? lossSeverity(evidence) : required ? 'warning' : 'info',
      column: now.name,
    },
  ]
}
