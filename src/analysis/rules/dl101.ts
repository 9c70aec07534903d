import {
  copyReached,
  isCollateral,
  refilledLater,
  rowLosses,
  valueCulprit,
  type RowLoss,
} from './attribution.js'
import type { Finding } from '../../contract/finding.js'
import type { Evidence, StatementEvidence, TableFate } from '../evidence.js'
import { tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { unquote } from '../../d1/sql/tokens.js'
import { NamesInTime } from './own-names.js'
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

const UPSERT =
  'REPLACE deletes the row that is in the way and writes another: write INSERT … ON CONFLICT … DO UPDATE SET …, which changes the row that is there.'

/** Whether rows of a table go by a DROP or REPLACE of another one, through a foreign key. */
export function isThroughParent(evidence: Evidence, fate: TableFate, { place }: RowLoss): boolean {
  if (place === undefined || fate.how === 'dropped') return false
  if (copyReached(evidence, place, fate) !== undefined) return true
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
  if (culprit === undefined) return undefined
  if (copyReached(evidence, culprit, fate) !== undefined) return culprit
  if (!replacesParent(culprit) || !isCollateral(evidence, culprit, fate)) return undefined
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
      const message = `${verbOf(place)} ${place.anatomy.target ?? ''} deletes ${rowsText(lost)} of ${childText(evidence, place, fate)} through its foreign key (ON DELETE CASCADE).`
      return [
        findingOf(dl101, 'error', place, message, {
          ...{ table: before.name, before: data.rowsBefore, after: data.rowsBefore - lost },
          ...(place.anatomy.replaces ? { advice: UPSERT } : {}),
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
          `${verbOf(culprit)} ${culprit.anatomy.target ?? ''} clears ${childText(evidence, culprit, fate, change.column)} in ${rowsText(change.nulled + change.changed)} through its foreign key.`,
          {
            table: before.name,
            column: change.column,
            before: change.values,
            after: change.values - change.nulled - change.changed,
            ...(culprit.anatomy.replaces ? { advice: UPSERT } : {}),
          },
        ),
      ]
    })
    return [...rows, ...nulled]
  })
}

/** A table that references itself is reached under the name of its copy. */
function childText(evidence: Evidence, place: StatementEvidence, fate: TableFate, column?: string): string {
  const copy = copyReached(evidence, place, fate)
  if (copy !== undefined)
    return `${column === undefined ? '' : `${column} of `}${copy}, which takes its place,`
  return column === undefined ? fate.before.name : `${fate.before.name}.${column}`
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
    const copies = evidence.fates.flatMap((fate) => copyReached(evidence, statement, fate) ?? [])
    return [...children]
      .filter((table) => tableNamed(evidence.before, table) !== undefined || copies.includes(table))
      .filter((table) => !refilledLater(evidence, statement, table))
      .map((table) =>
        findingOf(
          dl101,
          'warning',
          statement,
          `${verbOf(statement)} ${statement.anatomy.target ?? ''} deletes or clears the rows of ${table} that reference ${statement.anatomy.replaces ? 'a row that is there already' : 'it'}.`,
          { table, ...(statement.anatomy.replaces ? { advice: UPSERT } : {}) },
        ),
      )
  })
}

/** A parent rebuilt by DROP and RENAME while children without an action reference it: D1 refuses it as soon as they have rows. */
function refused(evidence: Evidence): Finding[] {
  return evidence.fates.flatMap((fate) => {
    const { how, before, ended } = fate
    const drop = how === 'rebuilt' ? ended : undefined
    const swapped = evidence.statements.some(
      ({ anatomy: { alteration } }) =>
        alteration?.kind === 'rename-table' && same(alteration.to, before.name),
    )
    if (drop?.anatomy.verb !== 'drop-table' || !swapped || isForgiven(evidence, drop)) return []
    const kept = [...evidence.before.tables.values()].filter(
      (child) => !same(child.name, before.name) && tableNamed(evidence.after, child.name) !== undefined,
    )
    const copy = copyNaming(evidence, fate)
    return [...kept, ...(copy === undefined ? [] : [copy])]
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

/**
 * `PRAGMA defer_foreign_keys = ON` before the DROP, `OFF` behind it: SQLite forgets what was deferred, and asks no more. Source: sqlite3.c,
 * the flag `SQLITE_DeferFKs` in `pragma.c`.
 */
function isForgiven({ statements }: Evidence, drop: StatementEvidence): boolean {
  const switches = statements.filter(
    ({ file, anatomy: { verb, tokens } }) =>
      verb === 'pragma' &&
      file === drop.file &&
      tokens.some(({ text }) => /^defer_foreign_keys$/i.test(text)),
  )
  const at = statements.indexOf(drop)
  const isOn = (it: StatementEvidence | undefined): boolean | undefined =>
    it === undefined ? undefined : !it.anatomy.tokens.some(({ text }) => /^(?:off|false|no|0)$/i.test(text))
  const before = switches.findLast((it) => statements.indexOf(it) < at)
  return isOn(before) === true && switches.some((it) => statements.indexOf(it) > at && isOn(it) === false)
}

/** The table that takes the place, under its name of then, where it was created to reference the old one by name. */
function copyNaming(evidence: Evidence, fate: TableFate): TableSchema | undefined {
  const names = new NamesInTime(evidence, fate)
  const created = evidence.statements.find(
    (statement) =>
      statement.anatomy.verb === 'create-table' && names.isSuccessor(statement, statement.anatomy.target),
  )
  const { target, tokens = [] } = created?.anatomy ?? {}
  const refers = tokens.some(
    ({ text }, at) =>
      at > 0 && same(unquote(text), fate.before.name) && /^references$/i.test(tokens[at - 1]?.text ?? ''),
  )
  if (target === undefined || fate.after === undefined || !refers || same(target, fate.before.name))
    return undefined
  return { ...fate.after, name: target }
}

function verbOf({ anatomy }: StatementEvidence): string {
  return anatomy.verb === 'drop-table' ? 'DROP TABLE' : 'REPLACE INTO'
}
