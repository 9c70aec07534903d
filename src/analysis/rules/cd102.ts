import type { Severity } from '../../contract/finding.js'
import { tableNamed, type ForeignKeySchema, type TableSchema } from '../../d1/schema/schema.js'
import type { Evidence, TableFate } from '../evidence.js'
import { nameNow, shapeCulprit } from './attribution.js'
import { findingOf, same, type Rule } from './rule.js'

export const cd102: Rule = {
  code: 'CD102',
  title: 'foreign key acts otherwise',
  severity: 'warning',
  advice:
    'Repeat the REFERENCES clause as it was, with its ON DELETE and ON UPDATE, unless the change is what the migration is for.',
  source: 'https://sqlite.org/foreignkeys.html#fk_actions',
  check: (evidence) =>
    evidence.fates.flatMap((fate) => {
      const { after, before } = fate
      if (after === undefined || before.sql === after.sql) return []
      return before.foreignKeys.flatMap((key) => {
        const columns = key.columns.map((column) => nameNow(fate, column)).join()
        const now = after.foreignKeys.filter((other) => same(other.columns.join(), columns))
        const nearest = now.find((other) => same(other.target, targetNow(evidence, key))) ?? now[0]
        if (nearest === undefined) return []
        return changes(evidence, fate, key, nearest).map((message) =>
          findingOf(cd102, severityOf(after, key, nearest), shapeCulprit(evidence, fate), message, {
            table: before.name,
            ...(key.columns.length === 1 ? { column: key.columns[0] ?? '' } : {}),
          }),
        )
      })
    }),
}

/** Both refuse at once; only the end of a transaction tells NO ACTION from RESTRICT. */
function refuses(action: string): boolean {
  return /^(?:NO ACTION|RESTRICT)$/i.test(action)
}

/** An action that can only fail breaks what the application did until now; else a change of action is for a person to read. */
function severityOf(child: TableSchema, was: ForeignKeySchema, is: ForeignKeySchema): Severity {
  const actions = [
    [was.onDelete, is.onDelete],
    [was.onUpdate, is.onUpdate],
  ]
  const fails = actions.some(
    ([old = '', now = '']) => !same(old, now) && !refuses(old) && refusesNull(now, child, is).length > 0,
  )
  if (fails) return 'error'
  const inEffect = actions.some(([old = '', now = '']) => !same(old, now) && !(refuses(old) && refuses(now)))
  return inEffect || !same(was.target, is.target) || was.deferred !== is.deferred ? 'warning' : 'info'
}

function changes(
  evidence: Evidence,
  { before, after: child = before }: TableFate,
  was: ForeignKeySchema,
  is: ForeignKeySchema,
): string[] {
  const place = `${before.name} (${was.columns.join(', ')})`
  const { target } = is
  const otherTarget =
    same(target, targetNow(evidence, was)) || same(target, was.target)
      ? []
      : [`${place} references ${target} now, not ${was.target}.`]
  const otherColumns =
    otherTarget.length > 0 || same(columnsOf(evidence, was), columnsOf(evidence, is))
      ? []
      : [
          `${place} references ${target} by (${columnsOf(evidence, is)}) now, not by (${columnsOf(evidence, was)}).`,
        ]
  const onDelete = same(was.onDelete, is.onDelete)
    ? []
    : [`Deleting a row of ${target} ${effect('DELETE', child, is)}; it was ON DELETE ${was.onDelete}.`]
  const onUpdate = same(was.onUpdate, is.onUpdate)
    ? []
    : [`Changing a key of ${target} ${effect('UPDATE', child, is)}; it was ON UPDATE ${was.onUpdate}.`]
  const deferral =
    was.deferred === is.deferred
      ? []
      : [
          is.deferred
            ? `${place} is judged only at the end of a transaction now (DEFERRABLE INITIALLY DEFERRED).`
            : `${place} is judged at each statement now; it was DEFERRABLE INITIALLY DEFERRED.`,
        ]
  return [...otherTarget, ...otherColumns, ...onDelete, ...onUpdate, ...deferral]
}

function effect(event: 'DELETE' | 'UPDATE', child: TableSchema, key: ForeignKeySchema): string {
  const { name } = child
  const action = event === 'DELETE' ? key.onDelete : key.onUpdate
  const clause = `ON ${event} ${action}`
  const required = refusesNull(action, child, key)
  if (required.length > 0)
    return `fails now while ${name} references it: ${clause} makes ${required.join(', ')} NULL, which it may not be`
  const defaults = defaultsOf(action, child, key)
  if (defaults.length > 0)
    return `sets the reference in ${name} to its default ${defaults.join(', ')} now (${clause}), and fails where ${key.target} has no such row`
  if (/^SET /i.test(action)) return `clears the reference in ${name} now (${clause})`
  if (refuses(action)) return `is refused while ${name} references it now (${clause})`
  return `${event === 'DELETE' ? 'deletes' : 'changes'} the rows of ${name} that reference it now (${clause})`
}

/** The values other than NULL that the action gives the columns, as SQL. */
function defaultsOf(action: string, child: TableSchema, key: ForeignKeySchema): string[] {
  if (!/^SET DEFAULT$/i.test(action)) return []
  return columnsIn(child, key).flatMap(({ default: value }) => (isNull(value) ? [] : [value ?? '']))
}

/**
 * Columns that the action makes NULL and that take none: what sets it off fails then.
 * Source: https://sqlite.org/foreignkeys.html#fk_actions
 */
function refusesNull(action: string, child: TableSchema, key: ForeignKeySchema): string[] {
  if (!/^SET /i.test(action)) return []
  const toDefault = /^SET DEFAULT$/i.test(action)
  return columnsIn(child, key)
    .filter((column) => column.notNull || isRequiredKey(child, column))
    .filter((column) => !toDefault || isNull(column.default))
    .map((column) => `${child.name}.${column.name}`)
}

function columnsIn({ columns }: TableSchema, key: ForeignKeySchema): TableSchema['columns'] {
  return columns.filter(({ name }) => key.columns.some((column) => same(column, name)))
}

/** A part of the key of a WITHOUT ROWID table, and the number of a row, are never NULL; other keys may be. */
function isRequiredKey(child: TableSchema, { type, keyPosition }: TableSchema['columns'][number]): boolean {
  if (keyPosition === 0) return false
  return child.withoutRowid || (child.primaryKey.length === 1 && same(type, 'INTEGER'))
}

function isNull(value: string | null): boolean {
  return value === null || same(value, 'NULL')
}

/** The name that the target of before has afterwards. */
function targetNow(evidence: Evidence, key: ForeignKeySchema): string {
  const fate = evidence.fates.find(({ before }) => same(before.name, key.target))
  return fate?.after?.name ?? key.target
}

function columnsOf(evidence: Evidence, key: ForeignKeySchema): string {
  if (key.targetColumns.length > 0) return key.targetColumns.join(', ')
  const target = tableNamed(evidence.after, key.target) ?? tableNamed(evidence.before, key.target)
  return target?.primaryKey.join(', ') ?? ''
}
