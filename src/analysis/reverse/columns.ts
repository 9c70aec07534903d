import { affinityOf } from '../../d1/schema/affinity.js'
import type { ReverseInput } from './input.js'
import { defined } from '../../contract/defined.js'
import { sameName, type ColumnSchema, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { column, join, keyOf, ROWID } from '../compare/row-keys.js'
import type { TableFate } from '../evidence.js'
import { columnGoes } from '../../text/rollback-cost.js'
import { insertsFor } from './literal-rows.js'
import { pairsBack } from './pairs-back.js'
import { freeName, type Replacement } from './rebuild-sql.js'

interface ColumnsBack {
  replacement: Replacement
  /** Statements that write the lost values into a table of their own, and that drop it at the end. */
  holds: string[]
  drops: string[]
  price: string[]
}

/** How the rows of `now` fill `table` as it was: its columns by name, and those that are gone from the backup. */
export function replacementOf(
  input: ReverseInput,
  table: TableSchema,
  now: TableSchema | undefined,
  fate: TableFate | undefined,
): ColumnsBack {
  const fill = new Map<string, string>()
  const empty: ColumnsBack = { replacement: { from: now, to: table, fill }, holds: [], drops: [], price: [] }
  if (now === undefined) return empty
  const known: TableFate = fate ?? {
    before: table,
    after: now,
    how: 'kept',
    renamedColumns: new Map(),
    written: false,
    copiedTo: [],
    heirs: [],
  }
  const pairs = pairsBack(known, now)
  const gone = table.columns.filter(
    ({ name, generated }) => !generated && !pairs.some(({ was }) => was === name),
  )
  const back =
    gone.length === 0
      ? { ...empty, values: new Map<string, string>(), join: undefined }
      : valuesBack(input, known, now, gone)
  for (const wanted of table.columns.filter(({ generated }) => !generated)) {
    const pair = pairs.find(({ was }) => was === wanted.name)
    const value = pair === undefined ? back.values.get(wanted.name) : `h.${quoteName(pair.is)}`
    const source = now.columns.find(({ name }) => pair !== undefined && sameName(name, pair.is))
    const mayBeNull = source === undefined || !source.notNull
    const fallback = wanted.notNull && mayBeNull && wanted.keyPosition === 0 ? filler(wanted) : wanted.default
    if (value === undefined && !wanted.notNull) continue
    if (value === undefined) fill.set(wanted.name, filler(wanted))
    else
      fill.set(
        wanted.name,
        wanted.notNull && mayBeNull && wanted.keyPosition === 0 && fallback !== null
          ? `coalesce(${value}, ${fallback})`
          : value,
      )
  }
  const added = now.columns.filter(
    ({ name, generated }) => !generated && !pairs.some(({ is }) => is === name),
  )
  const goes = (name: string): string => {
    const again = pairs.find(({ was }) => sameName(was, name))
    return again === undefined
      ? columnGoes(now.name, name)
      : `What ${now.name}.${name} says now goes: ${now.name}.${again.is} takes its place.`
  }
  const price = [...added.map(({ name }) => goes(name)), ...back.price]
  return {
    replacement: { from: now, to: table, fill, ...defined({ join: back.join }) },
    holds: back.holds,
    drops: back.drops,
    price,
  }
}

function valuesBack(
  { database, after }: ReverseInput,
  fate: TableFate,
  now: TableSchema,
  gone: ColumnSchema[],
): {
  values: Map<string, string>
  join: string | undefined
  holds: string[]
  drops: string[]
  price: string[]
} {
  const none = { values: new Map<string, string>(), join: undefined, holds: [], drops: [] }
  const where = gone.map(({ name }) => `${column('b', name)} IS NOT NULL`).join(' OR ')
  const from = `prior.${quoteName(fate.before.name)} b WHERE ${where}`
  const some = database.prepare(`SELECT 1 FROM ${from} LIMIT 1`).get()
  if (some === undefined) return { ...none, price: [] }
  const key = keyOf(fate, now, pairsBack(fate, now))
  const names = gone.map(({ name }) => `${fate.before.name}.${name}`).join(', ')
  if (key === undefined || key.some(({ was }) => was === ROWID)) {
    return {
      ...none,
      price: [`The values of ${names} are not written out: the rows have no key to give them back by.`],
    }
  }
  const hold = freeName(after, `__back_${fate.before.name}`)
  const keyNames = key.map((_, at) => `k${at}`)
  const written = insertsFor(
    database,
    hold,
    [
      ...key.map(({ was }, at): [string, string] => [`k${at}`, column('b', was)]),
      ...gone.map(({ name }, at): [string, string] => [`v${at}`, column('b', name)]),
    ],
    // A row that the forward migration deleted comes back whole: its values are not for whoever has its key since.
    `prior.${quoteName(fate.before.name)} b WHERE (${where}) AND EXISTS (SELECT 1 FROM main.${quoteName(now.name)} s WHERE ${join(key)})`,
  )
  if ('tooMany' in written) {
    return {
      ...none,
      price: [
        `The values of ${names} are not written out: they are too many for a migration file, the backup holds them.`,
      ],
    }
  }
  const definition = [...keyNames, ...gone.map((_, at) => `v${at}`), `PRIMARY KEY (${keyNames.join(', ')})`]
  return {
    values: new Map(gone.map(({ name }, at) => [name, `r.v${at}`])),
    join: `LEFT JOIN ${quoteName(hold)} r ON ${key.map(({ is }, at) => `r.k${at} = h.${quoteName(is)}`).join(' AND ')}`,
    holds: [`CREATE TABLE ${quoteName(hold)} (${definition.join(', ')})`, ...written.statements],
    drops: [`DROP TABLE ${quoteName(hold)}`],
    price: [],
  }
}

/** A value for a NOT NULL column that the row has none for: its default, else the empty one of its type. */
export function filler(wanted: ColumnSchema): string {
  if (wanted.default !== null) return `(${wanted.default})`
  switch (affinityOf(wanted.type)) {
    case 'integer':
    case 'real':
    case 'numeric':
      return '0'
    case 'blob':
      return wanted.type === '' ? `''` : `x''`
    case 'text':
      return `''`
  }
}
