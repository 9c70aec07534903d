import { isCollateral, refilledLater, rowLosses, valueCulprit, type RowLoss } from './attribution.js'
import type { Finding } from '../../contract/finding.js'
import type { Evidence, StatementEvidence, TableFate } from '../evidence.js'
import { tableNamed } from '../../d1/schema/schema.js'
import { findingOf, rowsText, same, type Rule } from './rule.js'

export const dl101: Rule = {
  code: 'DL101',
  title: 'dropping or rebuilding a referenced parent deletes or nulls children',
  severity: 'error',
  advice:
    'D1 keeps foreign keys on whatever PRAGMA foreign_keys says: hold the child rows in a table, rebuild the parent, then put them back; or use ALTER TABLE ADD/DROP/RENAME COLUMN instead of a rebuild.',
  source: 'https://sqlite.org/foreignkeys.html#fk_schemacommands',
  check: (evidence) =>
    evidence.mode === 'copy' ? observed(evidence) : [...possible(evidence), ...refused(evidence)],
}

/** Whether rows of a table go by a DROP or REPLACE of another one, through a foreign key. */
export function isThroughParent(evidence: Evidence, fate: TableFate, { place }: RowLoss): boolean {
  if (place === undefined || fate.how === 'dropped') return false
  if (!replacesParent(place) || !isCollateral(evidence, place, fate)) return false
  return reachedBy(evidence, place).has(fate.before.name.toLowerCase())
}

export function nulledThroughParent(
  evidence: Evidence,
  fate: TableFate,
  column: string,
): StatementEvidence | undefined {
  const references = [...fate.before.foreignKeys, ...(fate.after?.foreignKeys ?? [])].filter((key) =>
    key.columns.some((name) => same(name, column)),
  )
  if (references.length === 0) return undefined
  const culprit = valueCulprit(evidence, fate, column)
  if (culprit === undefined || !replacesParent(culprit) || !isCollateral(evidence, culprit, fate))
    return undefined
  const parents = reachedBy(evidence, culprit)
  return references.some(({ target }) => parents.has(target.toLowerCase())) ? culprit : undefined
}

/**
 * The table of which a statement takes rows, and those that lose theirs with it through ON DELETE CASCADE, in one step or several; in
 * lower case, under their names of before where they had others then.
 */
function reachedBy(evidence: Evidence, culprit: StatementEvidence): Set<string> {
  const reached = new Set([(culprit.anatomy.target ?? '').toLowerCase()])
  const earlier = evidence.statements.slice(0, evidence.statements.indexOf(culprit)).reverse()
  for (const {
    anatomy: { alteration, target = '' },
  } of earlier)
    if (alteration?.kind === 'rename-table' && reached.has(alteration.to.toLowerCase()))
      reached.add(target.toLowerCase())
  const tables = [...evidence.before.tables.values(), ...evidence.after.tables.values()]
  for (let size = 0; size < reached.size;) {
    size = reached.size
    for (const { name, foreignKeys } of tables)
      if (foreignKeys.some((key) => /^cascade$/i.test(key.onDelete) && reached.has(key.target.toLowerCase())))
        reached.add(name.toLowerCase())
  }
  return reached
}

function replacesParent({ anatomy }: StatementEvidence): boolean {
  return anatomy.verb === 'drop-table' || anatomy.replaces
}

function observed(evidence: Evidence): Finding[] {
  return evidence.fates.flatMap((fate) => {
    const { data, before } = fate
    if (data === undefined || fate.how === 'dropped') return []
    const rows = rowLosses(evidence, fate).flatMap((loss) => {
      const { place, rows: lost } = loss
      if (place === undefined || !isThroughParent(evidence, fate, loss)) return []
      const message = `${verbOf(place)} ${place.anatomy.target ?? ''} deletes ${rowsText(lost)} of ${before.name} through its foreign key (ON DELETE CASCADE).`
      return [
        findingOf(dl101, 'error', place, message, {
          ...{ table: before.name, before: data.rowsBefore, after: data.rowsBefore - lost },
        }),
      ]
    })
    const nulled = data.columns.flatMap((change) => {
      const culprit =
        change.nulled + change.changed > 0 ? nulledThroughParent(evidence, fate, change.column) : undefined
      if (culprit === undefined || change.after === undefined) return []
      return [
        findingOf(
          dl101,
          'error',
          culprit,
          `${verbOf(culprit)} ${culprit.anatomy.target ?? ''} clears ${before.name}.${change.column} in ${rowsText(change.nulled + change.changed)} through its foreign key.`,
          {
            table: before.name,
            column: change.column,
            before: change.values,
            after: change.values - change.nulled - change.changed,
          },
        ),
      ]
    })
    return [...rows, ...nulled]
  })
}

function possible(evidence: Evidence): Finding[] {
  return evidence.statements.flatMap((statement) => {
    if (!replacesParent(statement)) return []
    const children = new Set(
      statement.touches
        .filter(
          ({ table, how }) =>
            (how === 'delete' || how === 'update') && !same(table, statement.anatomy.target),
        )
        .map(({ table }) => table),
    )
    return [...children]
      .filter((table) => tableNamed(evidence.before, table) !== undefined)
      .filter((table) => !refilledLater(evidence, statement, table))
      .map((table) =>
        findingOf(
          dl101,
          'warning',
          statement,
          `${verbOf(statement)} ${statement.anatomy.target ?? ''} deletes or clears the rows of ${table} that reference ${statement.anatomy.replaces ? 'a row that is there already' : 'it'}.`,
          { table },
        ),
      )
  })
}

/** A parent rebuilt by DROP and RENAME while children without an action reference it: D1 refuses it as soon as they have rows. */
function refused(evidence: Evidence): Finding[] {
  return evidence.fates.flatMap(({ how, before, ended }) => {
    const drop = how === 'rebuilt' ? ended : undefined
    const swapped = evidence.statements.some(
      ({ anatomy: { alteration } }) =>
        alteration?.kind === 'rename-table' && same(alteration.to, before.name),
    )
    if (drop?.anatomy.verb !== 'drop-table' || !swapped) return []
    return [...evidence.before.tables.values()]
      .filter(
        (child) => !same(child.name, before.name) && tableNamed(evidence.after, child.name) !== undefined,
      )
      .filter(({ foreignKeys }) =>
        foreignKeys.some(
          ({ target, onDelete }) => same(target, before.name) && !/^(?:CASCADE|SET NULL)$/i.test(onDelete),
        ),
      )
      .filter((child) => !refilledLater(evidence, drop, child.name))
      .map((child) =>
        findingOf(
          dl101,
          'warning',
          drop,
          `DROP TABLE ${before.name} fails as long as rows of ${child.name} reference it: foreign keys stay on.`,
          { table: child.name },
        ),
      )
  })
}

function verbOf({ anatomy }: StatementEvidence): string {
  return anatomy.verb === 'drop-table' ? 'DROP TABLE' : 'REPLACE INTO'
}
