import { tableNamed, type ForeignKeySchema } from '../../d1/schema/schema.js'
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
          findingOf(cd102, severityOf(key, nearest), shapeCulprit(evidence, fate), message, {
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

function severityOf(was: ForeignKeySchema, is: ForeignKeySchema): 'warning' | 'info' {
  const actions = [
    [was.onDelete, is.onDelete],
    [was.onUpdate, is.onUpdate],
  ]
  const inEffect = actions.some(([old = '', now = '']) => !same(old, now) && !(refuses(old) && refuses(now)))
  return inEffect || !same(was.target, is.target) || was.deferred !== is.deferred ? 'warning' : 'info'
}

function changes(
  evidence: Evidence,
  { before }: TableFate,
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
    : [
        `Deleting a row of ${target} ${effect(is.onDelete, before.name, 'deletes')} now (ON DELETE ${is.onDelete}); it was ON DELETE ${was.onDelete}.`,
      ]
  const onUpdate = same(was.onUpdate, is.onUpdate)
    ? []
    : [
        `Changing a key of ${target} ${effect(is.onUpdate, before.name, 'changes')} now (ON UPDATE ${is.onUpdate}); it was ON UPDATE ${was.onUpdate}.`,
      ]
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

function effect(action: string, child: string, verb: string): string {
  if (/^CASCADE$/i.test(action)) return `${verb} the rows of ${child} that reference it`
  if (/^SET /i.test(action)) return `clears the reference in ${child}`
  return `is refused while ${child} references it`
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
