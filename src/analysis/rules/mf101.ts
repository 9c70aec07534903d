import type { IndexSchema } from '../../d1/schema/schema.js'
import type { TableFate } from '../evidence.js'
import { nameNow } from './attribution.js'
import { findingOf, rowsText, same, type Rule } from './rule.js'
import { within } from './unique-keys.js'

export const mf101: Rule = {
  code: 'MF101',
  title: 'unique index added to an existing table',
  severity: 'info',
  advice:
    'Existing and incoming duplicates make it fail: look for them first, and let the application refuse them.',
  source: 'https://atlasgo.io/lint/analyzers#data-dependent-changes',
  check: (evidence) =>
    evidence.fates.flatMap((fate) =>
      addedUnique(fate)
        .filter((index) => !wasIndexed(fate, index))
        .map((index) => {
          const place =
            evidence.statements.findLast(({ anatomy }) => same(anatomy.target, index.name)) ?? fate.ended
          return findingOf(
            mf101,
            evidence.mode === 'copy' ? 'info' : 'warning',
            place,
            `Rows of ${fate.before.name}${conditionText(index)} must now be unique by ${termsText(index)}.${evidence.mode === 'copy' ? shown(fate, index) : ''}`,
            { table: fate.before.name },
          )
        }),
    ),
}

/** A partial index is about the rows that meet its condition, and no others. */
function conditionText({ partial, sql }: IndexSchema): string {
  const condition = partial ? /\)\s*where\s+(.*)$/is.exec(sql)?.[1] : undefined
  return partial ? ` that meet ${condition === undefined ? 'its condition' : `(${condition})`}` : ''
}

export function termsText({ columns }: IndexSchema): string {
  return columns.map((name) => name ?? 'an expression').join(', ')
}

/** What the rows of before say: that none were in the way, or how many were until the migration took or changed them. */
function shown({ data }: TableFate, { name }: IndexSchema): string {
  const rows = data?.shared?.[name]
  if (rows === 0) return ' No duplicates on the copy.'
  if (rows === undefined) return ' No duplicates are left on the copy.'
  return ` ${rowsText(rows)} of before were duplicates by that; none is left on the copy.`
}

/** Unique keys that the table has now and that no key of before implies, on columns that it had. */
export function addedUnique(fate: TableFate): IndexSchema[] {
  const now = <T extends string | null>(column: T): T | string =>
    column === null ? column : nameNow(fate, column)
  const existing = new Set(fate.before.columns.map(({ name }) => nameNow(fate, name).toLowerCase()))
  return (fate.after?.indexes ?? []).filter(
    (index) =>
      index.unique &&
      index.columns.some((column) => column !== null && existing.has(column.toLowerCase())) &&
      !fate.before.indexes.some(
        (old) => old.unique && !old.partial && within(old.columns.map(now), index.columns),
      ) &&
      !(fate.before.primaryKey.length > 0 && within(fate.before.primaryKey.map(now), index.columns)),
  )
}

/** An index of the same columns was there that was not unique, and is there no more. */
export function wasIndexed(fate: TableFate, index: IndexSchema): boolean {
  const columnsOf = ({ columns }: IndexSchema, called: (column: string) => string): string =>
    columns
      .map((column) => (column === null ? '' : called(column)))
      .join()
      .toLowerCase()
  const now = columnsOf(index, (column) => column)
  return fate.before.indexes.some(
    (old) =>
      !old.unique &&
      old.partial === index.partial &&
      columnsOf(old, (column) => nameNow(fate, column)) === now &&
      fate.after?.indexes.some(({ name, unique }) => !unique && same(name, old.name)) !== true,
  )
}
